/* unsharp.c - the unsharp mask, as large as the blur is said to be. */
#include <math.h>

#include "baseline/method.h"

static enum deblur_status restore_channel(const struct picture *in, size_t channel, const struct psf *psf,
										  const struct picture *out) {
	struct plane plane = {0}, soft = {0};
	const bool fine = plane_create(in->width, in->height, &plane) && plane_create(in->width, in->height, &soft);
	if (fine) plane_from_channel(in, channel, false, &plane);
	const bool blurred = fine && plane_convolve(&plane, psf, &soft);
	for (size_t i = 0; blurred && i < in->width * in->height; i++) plane.values[i] += plane.values[i] - soft.values[i];
	if (blurred) plane_to_channel(&plane, channel, false, out);
	plane_release(&plane);
	plane_release(&soft);
	return blurred ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

enum deblur_status unsharp_restore(const struct picture *in, const struct deblur_blur *blur,
								   const struct picture *out) {
	const double sigma = fmax((double)blur->spread_px / sqrt(2), 0.3);
	struct psf psf;
	psf_gaussian(&psf, sigma, sigma, 0);
	enum deblur_status status = DEBLUR_OK;
	for (size_t c = 0; c < 3 && !status; c++) status = restore_channel(in, c, &psf, out);
	return status;
}
