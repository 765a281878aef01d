#include <math.h>

#include "picture/picture.h"

enum deblur_status picture_psnr_db(const struct picture *a, const struct picture *b, double *out) {
	if (a->width != b->width || a->height != b->height) return DEBLUR_BAD_ARGUMENT;
	uint64_t sum = 0; /* exact: 255^2 * 3 * 200 million < 2^64 */
	for (size_t i = 0; i < a->width * a->height; i++)
		for (size_t c = 0; c < 3; c++) {
			const int d = a->pixels[i * (size_t)a->channels + c] - b->pixels[i * (size_t)b->channels + c];
			sum += (uint64_t)(d * d);
		}
	const double mean = (double)sum / (double)(a->width * a->height * 3);
	*out = mean > 0 ? 10 * log10(255.0 * 255.0 / mean) : (double)INFINITY;
	return DEBLUR_OK;
}
