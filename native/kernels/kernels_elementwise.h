/* kernels_elementwise.h - the ops that are bound by memory: one plain body, which the compiler vectorises for whatever
 * instruction set the including file is compiled for. Included by one .c file per variant; gives KERNELS_ELEMENTWISE
 * for its table. */
#ifndef KERNELS_ELEMENTWISE_H
#define KERNELS_ELEMENTWISE_H

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

static inline float activate(float x, enum activation activation) {
	return activation == ACTIVATION_RELU ? (x > 0 ? x : 0) : x; /* NaN becomes 0, in every variant */
}

static inline float *pixel_at(const struct map *map, size_t y, size_t x) {
	return map->data + y * map->row_stride + x * map->channels;
}

static void pixel_shuffle(size_t factor, const struct map *src, const struct map *dst) {
	const size_t c = dst->channels;
	for (size_t y = 0; y < src->height; y++)
		for (size_t dy = 0; dy < factor; dy++)
			for (size_t x = 0; x < src->width; x++) /* the dx of one dy are neighbours on both sides */
				memcpy(pixel_at(dst, y * factor + dy, x * factor), pixel_at(src, y, x) + dy * factor * c,
					   factor * c * sizeof(float));
}

static void pixel_unshuffle(size_t factor, const struct map *src, const struct map *dst) {
	const size_t c = src->channels;
	for (size_t y = 0; y < dst->height; y++)
		for (size_t dy = 0; dy < factor; dy++)
			for (size_t x = 0; x < dst->width; x++)
				memcpy(pixel_at(dst, y, x) + dy * factor * c, pixel_at(src, y * factor + dy, x * factor),
					   factor * c * sizeof(float));
}

static void add(const struct map *a, const struct map *b, const struct map *dst) {
	for (size_t y = 0; y < dst->height; y++) {
		const float *p = pixel_at(a, y, 0), *q = pixel_at(b, y, 0);
		float *to = pixel_at(dst, y, 0);
		for (size_t i = 0; i < dst->width * dst->channels; i++) to[i] = p[i] + q[i];
	}
}

static void sigmoid(const struct map *src, const struct map *dst) {
	for (size_t y = 0; y < dst->height; y++) {
		const float *from = pixel_at(src, y, 0);
		float *to = pixel_at(dst, y, 0);
		for (size_t i = 0; i < dst->width * dst->channels; i++) to[i] = 1 / (1 + expf(-from[i]));
	}
}

static void channel_affine(const float *scale, const float *shift, enum activation activation, const struct map *src,
						   const struct map *dst) {
	for (size_t y = 0; y < dst->height; y++)
		for (size_t x = 0; x < dst->width; x++) {
			const float *from = pixel_at(src, y, x);
			float *to = pixel_at(dst, y, x);
			for (size_t c = 0; c < dst->channels; c++)
				to[c] = activate(from[c] * (1 + scale[c]) + shift[c], activation);
		}
}

static void global_average(const struct map *src, float *mean) {
	enum { AT_ONCE = 64 };
	for (size_t first = 0; first < src->channels; first += AT_ONCE) {
		const size_t count = src->channels - first < AT_ONCE ? src->channels - first : AT_ONCE;
		double sum[AT_ONCE] = {0};
		for (size_t y = 0; y < src->height; y++)
			for (size_t x = 0; x < src->width; x++)
				for (size_t c = 0; c < count; c++) sum[c] += (double)pixel_at(src, y, x)[first + c];
		for (size_t c = 0; c < count; c++) mean[first + c] = (float)(sum[c] / (double)(src->height * src->width));
	}
}

static void linear(size_t in, size_t out, const float *weights, const float *bias, enum activation activation,
				   const float *src, float *dst) {
	for (size_t o = 0; o < out; o++) {
		float sum = bias[o];
		for (size_t i = 0; i < in; i++) sum += weights[o * in + i] * src[i];
		dst[o] = activate(sum, activation);
	}
}

#define KERNELS_ELEMENTWISE                                                                                            \
	.pixel_shuffle = pixel_shuffle, .pixel_unshuffle = pixel_unshuffle, .add = add, .sigmoid = sigmoid,                \
	.channel_affine = channel_affine, .global_average = global_average, .linear = linear

#endif
