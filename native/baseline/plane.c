#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "baseline/method.h"
#include "degrade/srgb.h"

bool plane_create(size_t width, size_t height, struct plane *out) {
	*out = (struct plane){calloc(width * height, sizeof(float)), width, height};
	return out->values != NULL;
}

void plane_release(struct plane *plane) {
	free(plane->values);
	*plane = (struct plane){0};
}

void plane_from_channel(const struct picture *picture, size_t channel, bool in_light, const struct plane *plane) {
	for (size_t i = 0; i < plane->width * plane->height; i++) {
		const uint8_t value = picture->pixels[i * (size_t)picture->channels + channel];
		plane->values[i] = in_light ? srgb_to_linear(value) : (float)value / 255;
	}
}

void plane_to_channel(const struct plane *plane, size_t channel, bool in_light, const struct picture *picture) {
	for (size_t i = 0; i < plane->width * plane->height; i++) {
		const float value = fminf(fmaxf(plane->values[i], 0), 1);
		picture->pixels[i * (size_t)picture->channels + channel] =
			in_light ? srgb_from_linear(value) : (uint8_t)(value * 255 + 0.5f);
	}
}

size_t mirrored(long i, size_t size) {
	const long period = 2 * (long)size, within = (i % period + period) % period;
	return (size_t)(within < (long)size ? within : period - 1 - within);
}

static void add_scaled(const float *from, float weight, float *to, size_t count) {
	for (size_t i = 0; i < count; i++) to[i] += weight * from[i];
}

/* One row at a time, with its surroundings in a row that is wider by the radius on both sides. */
static void widen(const struct plane *plane, long y, int radius, float *wide) {
	const float *row = plane->values + mirrored(y, plane->height) * plane->width;
	for (int x = 0; x < radius; x++) wide[x] = row[mirrored(x - radius, plane->width)];
	memcpy(wide + radius, row, plane->width * sizeof *row);
	for (int x = 0; x < radius; x++)
		wide[(size_t)radius + plane->width + (size_t)x] = row[mirrored((long)plane->width + x, plane->width)];
}

bool plane_convolve(const struct plane *plane, const struct psf *psf, const struct plane *out) {
	const int r = psf->radius;
	float *wide = malloc((plane->width + 2 * (size_t)PSF_MAX_RADIUS) * sizeof *wide);
	if (!wide) return false;
	memset(out->values, 0, out->width * out->height * sizeof(float));
	for (long y = -r; y < (long)plane->height + r; y++) {
		widen(plane, y, r, wide);
		for (int dy = -r; dy <= r; dy++) {
			if (y + dy < 0 || y + dy >= (long)plane->height) continue;
			float *to = out->values + (size_t)(y + dy) * out->width;
			for (int dx = -r; dx <= r; dx++) {
				const float w = psf->weights[PSF_MAX_RADIUS + dy][PSF_MAX_RADIUS + dx];
				if (w > 0) add_scaled(wide + r - dx, w, to, out->width);
			}
		}
	}
	free(wide);
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
