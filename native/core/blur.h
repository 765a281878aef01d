/* blur.h - a blur descriptor as the nets see it: what the estimator gives, and what the restorer is told. */
#ifndef BLUR_H
#define BLUR_H

#include "deblur.h"

/* Hints come last: models that are older than these do without. */
enum {
	BLUR_PLAIN_CONDITION_COUNT =
		13, /* kinds 5, spread, spread^2, anisotropy as cos and sin of twice the angle, noise 2, JPEG, sRGB */
	BLUR_CONDITION_COUNT = BLUR_PLAIN_CONDITION_COUNT + DEBLUR_BLUR_HINT_COUNT,
	BLUR_PLAIN_RAW_COUNT = 12, /* kind logits 5, log(1 + spread), anisotropy 2, noise 2, JPEG, sRGB logit */
	BLUR_RAW_COUNT = BLUR_PLAIN_RAW_COUNT + DEBLUR_BLUR_HINT_COUNT,
};

#define BLUR_MAX_SPREAD_PX 16.0f
#define BLUR_MAX_HINT 4.0f

/* All numbers are scaled to about -1..1. Values outside the documented ranges are clamped. */
void blur_to_condition(const struct deblur_blur *blur, float condition[BLUR_CONDITION_COUNT]);
/* What the estimator should have said; logits are given as the probabilities themselves (the losses know). */
void blur_to_raw(const struct deblur_blur *blur, float raw[BLUR_RAW_COUNT]);
/* From the estimator's output: softmax over kinds, logistic for sRGB, everything clamped to its range. */
void blur_from_raw(const float raw[BLUR_RAW_COUNT], struct deblur_blur *blur);
/* What blur_from_raw makes of three of these numbers: the logarithm of 1 + the spread, and the anisotropy as a vector.
 */
void blur_set_shape(float log_spread, float cosine, float sine, struct deblur_blur *blur);
/* True if every number is finite and in its documented range. */
bool blur_is_valid(const struct deblur_blur *blur);

#endif
