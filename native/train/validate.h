/* validate.h - how good a model is, measured the way a user meets it: through deblur.h, 8-bit pictures in and out, with
 * the blur estimated. */
#ifndef TRAIN_VALIDATE_H
#define TRAIN_VALIDATE_H

#include "data/dataset.h"

struct validation {
	double psnr_in_db, psnr_out_db; /* means over all samples */
	struct {
		size_t count;
		double psnr_in_db, psnr_out_db; /* means */
		double size_within_fifth;       /* share of the samples whose estimated spread is within 20% of the truth */
	} by_kind[DEBLUR_BLUR_KIND_COUNT];
};

/* bytes: a whole .dbm file. Runs at most `sample_limit` of the dataset's validation samples (0: all), evenly spread. */
enum deblur_status validate(const uint8_t *bytes, size_t size, const struct dataset *dataset, size_t sample_limit,
							struct validation *out);

#endif
