#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "baseline/method.h"
#include "core/size.h"
#include "degrade/srgb.h"

bool pixels_create(size_t width, size_t height, struct pixels *out) {
	*out = (struct pixels){calloc(width * height * 3, sizeof(float)), width, height};
	return out->values != NULL;
}

void pixels_release(struct pixels *pixels) {
	free(pixels->values);
	*pixels = (struct pixels){0};
}

void pixels_read(const struct picture *picture, bool in_light, const struct pixels *pixels) {
	for (size_t i = 0; i < pixels->width * pixels->height; i++)
		for (size_t c = 0; c < 3; c++) {
			const uint8_t value = picture->pixels[i * (size_t)picture->channels + c];
			pixels->values[3 * i + c] = in_light ? srgb_to_linear(value) : (float)value / 255;
		}
}

void pixels_write(const struct pixels *pixels, bool in_light, const struct picture *picture) {
	for (size_t i = 0; i < pixels->width * pixels->height; i++)
		for (size_t c = 0; c < 3; c++) {
			const float value = fminf(fmaxf(pixels->values[3 * i + c], 0), 1);
			picture->pixels[i * (size_t)picture->channels + c] =
				in_light ? srgb_from_linear(value) : (uint8_t)(value * 255 + 0.5f);
		}
}

static void widen(const struct pixels *pixels, size_t margin, const struct pixels *wide) {
	for (size_t y = 0; y < wide->height; y++)
		for (size_t x = 0; x < wide->width; x++) {
			const size_t from_y = mirrored((long)y - (long)margin, pixels->height);
			const size_t from_x = mirrored((long)x - (long)margin, pixels->width);
			memcpy(wide->values + (y * wide->width + x) * 3, pixels->values + (from_y * pixels->width + from_x) * 3,
				   3 * sizeof(float));
		}
}

bool pixels_convolve(const struct pixels *pixels, const struct psf *psf, const struct pixels *out) {
	const size_t margin = (size_t)psf->radius;
	struct pixels wide = {0};
	if (!pixels_create(pixels->width + 2 * margin, pixels->height + 2 * margin, &wide)) return false;
	widen(pixels, margin, &wide);
	psf_convolve(psf, wide.values, pixels->width, pixels->height, margin, out->values);
	pixels_release(&wide);
	return true;
}

void psf_of_blur(const struct deblur_blur *blur, struct psf *psf) {
	const double spread = (double)blur->spread_px, squares = spread * spread, anisotropy = (double)blur->anisotropy;
	const double angle = (double)blur->angle_deg;
	if (spread < 0.05) {
		psf_identity(psf);
		return;
	}
	switch (deblur_blur_kind(blur)) {
	case DEBLUR_BLUR_MOTION:
		psf_motion(psf, spread * sqrt(12), angle);
		break;
	case DEBLUR_BLUR_DEFOCUS:
		psf_defocus(psf, spread * sqrt(2), 0, 0);
		break;
	default: /* of a shake's path no more than its moments is known */
		psf_gaussian(psf, sqrt(squares * (1 + anisotropy) / 2), sqrt(squares * (1 - anisotropy) / 2), angle);
	}
}
