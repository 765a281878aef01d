/* resize.c - Pillow's Image.resize(..., BICUBIC) for 8-bit pictures: separable, coefficients in fixed point with 22
 * bits, horizontally first, rounded to 8 bits in between (Pillow 9.4, libImaging/Resample.c, from its documented
 * behaviour and golden files). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture/picture.h"

enum { FRACTION_BITS = 22 };

/* What one output position takes from which inputs. */
struct taps {
	size_t *first, *count;
	int32_t *weights; /* [outputs][most] */
	size_t most;
};

/* Keys 1981 with a = -0.5. */
static double bicubic(double x) {
	x = fabs(x);
	if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
	if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
	return 0;
}

static void release_taps(struct taps *taps) {
	free(taps->first);
	free(taps->count);
	free(taps->weights);
}

/* Shrinking widens the filter by the scale, so that nothing aliases. */
static void fill_taps(size_t in, size_t out, struct taps *taps, double *row) {
	const double scale = (double)in / (double)out, wide = scale > 1 ? scale : 1, support = 2 * wide;
	for (size_t i = 0; i < out; i++) {
		const double center = ((double)i + 0.5) * scale;
		long low = (long)(center - support + 0.5), high = (long)(center + support + 0.5);
		if (low < 0) low = 0;
		if (high > (long)in) high = (long)in;
		double sum = 0;
		for (long j = low; j < high; j++) sum += row[j - low] = bicubic(((double)j - center + 0.5) / wide);
		taps->first[i] = (size_t)low;
		taps->count[i] = (size_t)(high - low);
		for (long j = low; j < high; j++) {
			const double weight = (sum != 0 ? row[j - low] / sum : row[j - low]) * (1 << FRACTION_BITS);
			taps->weights[i * taps->most + (size_t)(j - low)] = (int32_t)(weight < 0 ? weight - 0.5 : weight + 0.5);
		}
	}
}

static enum deblur_status make_taps(size_t in, size_t out, struct taps *taps) {
	const double scale = (double)in / (double)out;
	taps->most = (size_t)ceil(2 * (scale > 1 ? scale : 1)) * 2 + 1;
	taps->first = calloc(out, sizeof *taps->first);
	taps->count = calloc(out, sizeof *taps->count);
	taps->weights = calloc(out * taps->most, sizeof *taps->weights);
	double *row = calloc(taps->most, sizeof *row);
	const bool made = taps->first && taps->count && taps->weights && row;
	if (made) fill_taps(in, out, taps, row);
	free(row);
	return made ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

static uint8_t clip(int32_t sum) {
	const int32_t value = sum >> FRACTION_BITS;
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void resize_rows(const struct picture *in, const struct taps *taps, const struct picture *out) {
	for (size_t y = 0; y < out->height; y++)
		for (size_t x = 0; x < out->width; x++) {
			const int32_t *weights = taps->weights + x * taps->most;
			const uint8_t *from = in->pixels + (y * in->width + taps->first[x]) * 3;
			int32_t sum[3] = {1 << (FRACTION_BITS - 1), 1 << (FRACTION_BITS - 1), 1 << (FRACTION_BITS - 1)};
			for (size_t i = 0; i < taps->count[x]; i++)
				for (size_t c = 0; c < 3; c++) sum[c] += from[3 * i + c] * weights[i];
			for (size_t c = 0; c < 3; c++) out->pixels[(y * out->width + x) * 3 + c] = clip(sum[c]);
		}
}

static enum deblur_status resize_columns(const struct picture *in, const struct taps *taps, const struct picture *out) {
	const size_t row = out->width * 3;
	int32_t *sum = malloc(row * sizeof *sum);
	if (!sum) return DEBLUR_OUT_OF_MEMORY;
	for (size_t y = 0; y < out->height; y++) {
		for (size_t i = 0; i < row; i++) sum[i] = 1 << (FRACTION_BITS - 1);
		for (size_t j = 0; j < taps->count[y]; j++) {
			const int32_t weight = taps->weights[y * taps->most + j];
			const uint8_t *from = in->pixels + (taps->first[y] + j) * row;
			for (size_t i = 0; i < row; i++) sum[i] += from[i] * weight;
		}
		for (size_t i = 0; i < row; i++) out->pixels[y * row + i] = clip(sum[i]);
	}
	free(sum);
	return DEBLUR_OK;
}

enum deblur_status picture_resize_bicubic(const struct picture *in, size_t width, size_t height, struct picture *out) {
	if (in->channels != 3 || !width || !height) return DEBLUR_BAD_ARGUMENT;
	struct taps across = {0}, down = {0};
	struct picture narrow = {0}, result = {0};
	enum deblur_status status = picture_create(width, in->height, 3, &narrow);
	if (!status) status = picture_create(width, height, 3, &result);
	if (!status) status = make_taps(in->width, width, &across);
	if (!status) status = make_taps(in->height, height, &down);
	/* An axis that keeps its size is copied: its taps are 1 and zeros, exactly. */
	if (!status) resize_rows(in, &across, &narrow);
	if (!status) status = resize_columns(&narrow, &down, &result);
	release_taps(&across);
	release_taps(&down);
	picture_release(&narrow);
	if (status)
		picture_release(&result);
	else
		*out = result;
	return status;
}
