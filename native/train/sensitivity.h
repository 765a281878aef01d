/* sensitivity.h - how much each row of a model's weights matters to what it restores.
 *
 * Of a net whose loss is a square, the second derivative for a weight is, near the best, the mean square of what the
 * output's numbers change with it (Gauss-Newton; LeCun, Denker and Solla, "Optimal Brain Damage", NIPS 1989). One
 * backward pass finds its mean for all weights at once: from an output gradient of random numbers, whose products have
 * the mean zero unless they are squares (Hutchinson, Comm. Stat. 18, 1989).
 *
 * Every other sample is told its blur, as a person might; the rest what the estimator says of them, and there the
 * gradient goes back through the estimator, too.
 *
 *     struct sensitivity s = {0};
 *     status = sensitivity_measure(&model, dataset, &(struct sensitivity_options){.samples = 48, .crop_px = 256}, &s);
 *     s.restorer[p][row]     // graph->parameters[p], its first dimension
 *     sensitivity_release(&s);
 */
#ifndef TRAIN_SENSITIVITY_H
#define TRAIN_SENSITIVITY_H

#include "core/model_file.h"
#include "data/dataset.h"

/* In decibels that a sample loses in the mean, per mean square that is added to one weight of the row: the loss of
 * many is their sum, as long as it is small. 0: nothing depends on it. */
struct sensitivity {
	double **restorer, **estimator; /* [parameter_count][shape[0]]; estimator NULL where
										   the model has none, or one that the restorer does not hear */
};

struct sensitivity_options {
	size_t samples;
	size_t crop_px; /* a multiple of 16, at most the dataset's */
	uint64_t seed;
	void (*tell)(void *context, size_t done); /* after each sample; NULL: nobody */
	void *context;
};

/* Whether a restorer that has to be told a blur has an estimator, and both speak of blur as training does today: older
 * models run, and are not measured. */
bool sensitivity_can_measure(const struct model_file *model);

/* *out is zeroed before, and filled on success. As dataset_sample; BAD_ARGUMENT: it cannot, or crop_px does not suit
 * the graphs; MODEL_DAMAGED: its numbers leave the range of floats. */
enum deblur_status sensitivity_measure(const struct model_file *model, const struct dataset *dataset,
									   const struct sensitivity_options *options, struct sensitivity *out);
void sensitivity_release(struct sensitivity *sensitivity); /* zeroed is fine */

#endif
