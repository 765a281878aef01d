/* unsharp.c - the unsharp mask, as large as the blur is said to be. */
#include <math.h>

#include "baseline/method.h"

enum deblur_status unsharp_restore(const struct picture *in, const struct deblur_blur *blur,
								   const struct picture *out) {
	const double sigma = fmax((double)blur->spread_px / sqrt(2), 0.3);
	struct pixels pixels = {0}, soft = {0};
	struct psf psf;
	bool fine = pixels_create(in->width, in->height, &pixels) && pixels_create(in->width, in->height, &soft);
	if (fine) {
		psf_gaussian(&psf, sigma, sigma, 0);
		pixels_read(in, false, &pixels);
		fine = pixels_convolve(&pixels, &psf, &soft);
	}
	for (size_t i = 0; fine && i < in->width * in->height * 3; i++)
		pixels.values[i] += pixels.values[i] - soft.values[i];
	if (fine) pixels_write(&pixels, false, out);
	pixels_release(&pixels);
	pixels_release(&soft);
	return fine ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}
