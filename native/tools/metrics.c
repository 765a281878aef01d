#include "tools/metrics.h"

#include <math.h>

const struct metric metrics[METRIC_COUNT] = {[METRIC_PSNR] = {"psnr", "_db", 4},
											 [METRIC_SSIM] = {"ssim", "", 5},
											 {"ssim_uniform5", "", 5},
											 {"ssim_gauss11", "", 5},
											 {"psnr_luma", "_db", 4},
											 {"ssim_luma_uniform5", "", 5},
											 {"ssim_luma_uniform7", "", 5},
											 {"ssim_luma_gauss11", "", 5},
											 {"sharpness", "", 5},
											 {"psnr_registered", "_db", 4}};

static enum deblur_status psnr(const struct picture *a, const struct picture *b, double *out) {
	const enum deblur_status status = picture_psnr_db(a, b, out);
	*out = fmin(*out, 100);
	return status;
}

static enum deblur_status registered(const struct picture *a, const struct picture *b, double *out) {
	const enum deblur_status status = picture_psnr_registered_db(a, b, METRIC_REGISTERED_PX, out);
	*out = fmin(*out, 100);
	return status;
}

static enum deblur_status measure_rgb(const struct picture *a, const struct picture *b, size_t count, double *values) {
	static const enum picture_ssim_window windows[] = {PICTURE_SSIM_UNIFORM7, PICTURE_SSIM_UNIFORM5,
													   PICTURE_SSIM_GAUSS11};
	enum deblur_status status = psnr(a, b, &values[0]);
	for (size_t i = 1; i < count && i < 4 && !status; i++) status = picture_ssim(a, b, windows[i - 1], &values[i]);
	return status;
}

/* A grey picture's three channels are its luma: what is said of them is said of it. */
static enum deblur_status measure_luma(const struct picture *a, const struct picture *b, double values[4]) {
	struct picture grey = {0}, true_grey = {0};
	enum deblur_status status = picture_luma(a, &grey);
	if (!status) status = picture_luma(b, &true_grey);
	if (!status) status = psnr(&grey, &true_grey, &values[0]);
	if (!status) status = picture_ssim(&grey, &true_grey, PICTURE_SSIM_UNIFORM5, &values[1]);
	if (!status) status = picture_ssim(&grey, &true_grey, PICTURE_SSIM_UNIFORM7, &values[2]);
	if (!status) status = picture_ssim(&grey, &true_grey, PICTURE_SSIM_GAUSS11, &values[3]);
	picture_release(&grey);
	picture_release(&true_grey);
	return status;
}

enum deblur_status metrics_measure(const struct picture *picture, const struct picture *truth, size_t count,
								   double values[METRIC_COUNT]) {
	enum deblur_status status = measure_rgb(picture, truth, count, values);
	if (count <= METRIC_BASIC_COUNT) return status;
	if (!status) status = measure_luma(picture, truth, values + 4);
	if (!status) status = picture_sharpness(picture, &values[8]);
	if (!status) status = registered(picture, truth, &values[9]);
	return status;
}
