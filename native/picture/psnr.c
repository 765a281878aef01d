#include <math.h>
#include <stdlib.h>

#include "picture/picture.h"
#include "picture/registration.h"

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

static float *floats_of(const struct picture *picture) {
	const size_t count = picture->width * picture->height;
	float *floats = malloc(count * 3 * sizeof *floats);
	for (size_t i = 0; floats && i < count; i++)
		for (size_t c = 0; c < 3; c++)
			floats[3 * i + c] = (float)picture->pixels[i * (size_t)picture->channels + c] / 255;
	return floats;
}

/* Small pictures have less to lose at their edges. */
static size_t most_px_of(const struct picture *picture, size_t most_px) {
	const size_t side = picture->width < picture->height ? picture->width : picture->height;
	while (most_px && side < 4 * registration_margin(most_px)) most_px--;
	return most_px;
}

enum deblur_status picture_psnr_registered_db(const struct picture *a, const struct picture *b, size_t most_px,
											  double *out) {
	if (a->width != b->width || a->height != b->height) return DEBLUR_BAD_ARGUMENT;
	most_px = most_px_of(a, most_px);
	if (!most_px) return picture_psnr_db(a, b, out);
	float *picture = floats_of(a), *twin = floats_of(b);
	enum deblur_status status = DEBLUR_OUT_OF_MEMORY;
	if (picture && twin) {
		const struct translation at =
			registration_find(picture, twin, a->width, a->height, most_px, REGISTRATION_QUARTERS);
		const double mean = registration_error(picture, twin, a->width, a->height, most_px, at);
		*out = mean > 0 ? -10 * log10(mean) : (double)INFINITY;
		status = DEBLUR_OK;
	}
	free(picture);
	free(twin);
	return status;
}
