/* gaussian_pillow.c - Pillow's ImageFilter.GaussianBlur: three extended box blurs per axis after Gwosdek et al. 2011,
 * each rounded to 8 bits (Pillow 9.4, libImaging/BoxBlur.c, from its documented behaviour and golden files). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture/picture.h"

enum { PASSES = 3 };

/* The fractional radius of a box that, applied PASSES times, has the Gaussian's variance. In float, as Pillow has it.
 */
static float box_radius(float sigma) {
	const float variance = sigma * sigma / PASSES;
	const float length = (float)sqrt(12.0 * (double)variance + 1.0);
	const float whole = (float)floor(((double)length - 1.0) / 2.0);
	const float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
	return whole + part / (6 * (variance - (whole + 1) * (whole + 1)));
}

struct box {
	size_t radius;
	uint32_t inner, outer; /* weights of the box and of the two pixels beside it, 24 bits of fraction */
};

static struct box make_box(float radius) {
	struct box box = {.radius = (size_t)radius};
	box.inner = (uint32_t)((float)(1 << 24) / (radius * 2 + 1));
	box.outer = ((1u << 24) - (uint32_t)(box.radius * 2 + 1) * box.inner) / 2;
	return box;
}

static size_t clamp_index(ptrdiff_t i, size_t count) {
	return i < 0 ? 0 : (size_t)i >= count ? count - 1 : (size_t)i;
}

/* Blurs along an axis of `count` elements that lie `step` bytes apart; `lanes` bytes beside each other are independent.
 */
static void blur_axis(const struct box *box, const uint8_t *in, uint8_t *out, size_t count, size_t step, size_t lanes,
					  uint32_t *sum) {
	const ptrdiff_t radius = (ptrdiff_t)box->radius;
	memset(sum, 0, lanes * sizeof *sum);
	for (ptrdiff_t i = -radius - 1; i < radius; i++) /* the window of position -1 */
		for (size_t l = 0; l < lanes; l++) sum[l] += in[clamp_index(i, count) * step + l];
	for (ptrdiff_t x = 0; x < (ptrdiff_t)count; x++) {
		const uint8_t *left = in + clamp_index(x - radius - 1, count) * step;
		const uint8_t *right = in + clamp_index(x + radius, count) * step;
		const uint8_t *beyond = in + clamp_index(x + radius + 1, count) * step;
		for (size_t l = 0; l < lanes; l++) {
			sum[l] += (uint32_t)right[l] - left[l];
			const uint32_t all = sum[l] * box->inner + ((uint32_t)left[l] + beyond[l]) * box->outer;
			out[(size_t)x * step + l] = (uint8_t)((all + (1 << 23)) >> 24);
		}
	}
}

static void blur_across(const struct box *box, const uint8_t *in, uint8_t *out, size_t width, size_t height) {
	uint32_t sum[3];
	for (size_t y = 0; y < height; y++) blur_axis(box, in + y * width * 3, out + y * width * 3, width, 3, 3, sum);
}

enum deblur_status picture_gaussian_blur_pillow(const struct picture *in, double radius, struct picture *out) {
	if (in->channels != 3 || !(radius >= 0 && radius <= 1000)) return DEBLUR_BAD_ARGUMENT;
	const struct box box = make_box(box_radius((float)radius));
	const size_t row = in->width * 3, bytes = row * in->height;
	struct picture result = {0};
	uint8_t *other = malloc(bytes);
	uint32_t *sum = malloc(row * sizeof *sum);
	enum deblur_status status = picture_create(in->width, in->height, 3, &result);
	if (!status && (!other || !sum)) status = DEBLUR_OUT_OF_MEMORY;
	if (!status) {
		/* Six passes between two buffers; the sixth ends in the result. */
		uint8_t *from = other, *to = result.pixels;
		memcpy(from, in->pixels, bytes);
		for (int pass = 0; pass < 2 * PASSES; pass++) {
			if (pass < PASSES)
				blur_across(&box, from, to, in->width, in->height);
			else
				blur_axis(&box, from, to, in->height, row, row, sum);
			uint8_t *swap = from;
			from = to;
			to = swap;
		}
		memcpy(result.pixels, from, bytes);
		*out = result;
	} else {
		picture_release(&result);
	}
	free(other);
	free(sum);
	return status;
}
