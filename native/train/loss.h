/* loss.h - what training makes small. Each adds the gradient of weight * loss to `gradient` and returns the loss,
 * unweighted. Sums are taken in double over fixed runs, so that they do not depend on the thread count. */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include "core/blur.h"
#include "core/fft.h"

/* ---- two pictures, [batch][side][side][3] each ---- */

enum loss_term { LOSS_CHARBONNIER, LOSS_DECIBEL, LOSS_GRADIENT, LOSS_FFT, LOSS_TERM_COUNT };
const char *loss_term_name(enum loss_term term); /* "charbonnier", ... */

/* Mean over all numbers of sqrt((a - b)^2 + eps^2), eps = 1e-3 (Charbonnier et al. 1994; Lai et al. 2017). */
double loss_charbonnier(const float *output, const float *truth, size_t count, double weight, float *gradient);

/* Mean over the samples of 10 log10(mean square of output - truth), so that a decibel is worth the same in a picture
 * with little to lose and in one with much: what PSNR counts, negated (Chen et al. 2021, HINet). Squares count from
 * 1e-6 (60 dB) on. count: numbers of a sample. */
double loss_decibel(const float *output, const float *truth, size_t batch, size_t count, double weight,
					float *gradient);

/* Mean over all differences of neighbours, to the right and below, of how far output's is from truth's, with the same
 * root: edges count, and a wrong brightness does not. After the gradient difference loss of Mathieu et al. 2016. */
double loss_gradient(const float *output, const float *truth, size_t batch, size_t side, double weight,
					 float *gradient);

/* Mean over all frequencies, of squares of LOSS_FFT_SIDE_PX that cover the picture, and over the colours, of how far
 * the logarithms of the amplitudes are apart, with the same root: a blur divides amplitudes, so that its loss is the
 * same in bright and in faint detail. After the amplitude loss of Fuoli et al. 2021; amplitudes below a hundredth
 * are noise, and count little. fft: of LOSS_FFT_SIDE_PX. side: at least that. */
enum { LOSS_FFT_SIDE_PX = 32 };
double loss_fft(const struct fft *fft, const float *output, const float *truth, size_t batch, size_t side,
				double weight, float *gradient);

/* ---- features ---- */

/* Squared distance of projected features from a teacher's, over the square of the teacher's, so that the unit of its
 * activations does not matter: [batch][count] each, samples that do not `count` left out (Romero et al. 2015). */
double loss_features(const float *projected, const float *teacher, const bool *counts, size_t batch, size_t count,
					 double weight, float *gradient);

/* ---- blur descriptors ---- */

/* Mean over the batch of the estimator's loss, output and gradient [batch][BLUR_RAW_COUNT]: cross-entropy of the kind
 * and of in_srgb, the size's error as a share of it, Huber loss of the scaled anisotropy, noise and JPEG numbers; what
 * a picture without blur cannot show is left out, and what hints are has no truth. */
double loss_blur(const float *output, const struct deblur_blur *truth, size_t batch, double weight, float *gradient);

/* From what an estimate was worth to a net that was told it, back to the estimator: told_gradient
 * [BLUR_CONDITION_COUNT] is d loss / d blur_to_condition(blur_from_raw(output)) for one sample, and gradient
 * [BLUR_RAW_COUNT] gets the slope of that added. What was clamped passes nothing on. */
void loss_of_telling(const float *output, const float *told_gradient, float *gradient);

#endif
