/* rounding.h - weights rounded to few bits where they matter little, and to more where they matter much. */
#ifndef TRAIN_ROUNDING_H
#define TRAIN_ROUNDING_H

#include "train/sensitivity.h"

struct rounding {
	double bits;    /* that each weight takes in the mean */
	double lost_db; /* by a sample, as far as sensitivities can tell */
};

/* Rounds the weights of all rows that are worth a scale (quantise.h) to whole multiples of a step of their row, -127 to
 * 127 of them, so that model_file_write_quantised with 8 bits loses nothing more, and each takes `bits` in the mean
 * once the file is compressed: the entropy of the multiples, parameter by parameter.
 *
 * Of a given sum of bits, the least is lost where every row's step squared times its sensitivity is the same (reverse
 * water-filling: Cover and Thomas, "Elements of Information Theory", 10.3). No step is wider than three quarters of the
 * row's deviation: what does nothing now might do something once it is no longer what it was. bits: 2 to 8; what
 * that leaves out of reach is as near as it goes. An estimator that nobody hears stays as it is. */
struct rounding rounding_apply(struct model_file *model, const struct sensitivity *sensitivity, double bits);

#endif
