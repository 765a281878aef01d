/* loss.h - what training makes small. Each adds the gradient of weight * loss to `gradient` and returns the loss,
 * unweighted. Sums are taken in double over fixed runs, so that they do not depend on the thread count. */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include "core/blur.h"

/* Mean over all numbers of sqrt((a - b)^2 + eps^2), eps = 1e-3 (Charbonnier et al. 1994; Lai et al. 2017). */
double loss_charbonnier(const float *output, const float *truth, size_t count, double weight, float *gradient);

/* Mean over the batch of the estimator's loss, output and gradient [batch][BLUR_RAW_COUNT]: cross-entropy of the kind
 * and of in_srgb, the size's error as a share of it, Huber loss of the scaled anisotropy, noise and JPEG numbers; what
 * a picture without blur cannot show is left out. */
double loss_blur(const float *output, const struct deblur_blur *truth, size_t batch, double weight, float *gradient);

#endif
