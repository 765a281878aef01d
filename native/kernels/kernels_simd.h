/* kernels_simd.h - convolutions over a small vector vocabulary; one .c file per instruction set includes this after
 * defining vec                         a vector of LANES floats vec_load(p) vec_store(p, v) unaligned vec_splat(x)
 * vec_zero() vec_multiply_add(a, b, c)   a * b + c, fused or not vec_add(a, b) vec_relu(v)                 v > 0 ? v :
 * 0 LANES                       4 or 8 PIXELS                      pixels that are computed together BLOCKS blocks of 8
 * output channels that are computed together PIXELS * BLOCKS * 8 / LANES accumulators, and what they are fed from, have
 * to fit the registers.
 *
 * A result is the sum of its bias and its taps in the order of kernels_ref.c, whatever the number of pixels and blocks
 * beside it. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include "kernels/kernels_elementwise.h"
#include "kernels/kernels_table.h"

enum { BLOCK_VECTORS = KERNELS_BLOCK / LANES, VECTORS = BLOCKS * BLOCK_VECTORS };

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* What the inner loop needs of one convolution, row and group of blocks. */
struct group {
	const struct conv2d *conv;
	const float *weights; /* of the first block */
	size_t first_channel; /* of the first block */
	size_t block_stride;  /* floats from one block's weights to the next */
	size_t row_stride;    /* of the source */
	size_t pixel_step;    /* floats of the source from one result pixel's tap to the next pixel's */
};

/* corner: the upper left tap of the first pixel. pixels and blocks are constants after inlining. */
ALWAYS_INLINE void accumulate(const struct group *g, const float *corner, int pixels, int blocks,
							  vec sums[PIXELS][VECTORS]) {
	const int vectors = blocks * BLOCK_VECTORS;
	const size_t in = g->conv->in_channels, kernel = g->conv->kernel;
	UNROLL for (int p = 0; p < pixels; p++) UNROLL for (int v = 0; v < vectors; v++) sums[p][v] =
		vec_load(g->conv->bias + g->first_channel + v * LANES);
	const float *weights = g->weights;
	for (size_t ky = 0; ky < kernel; ky++) {
		const float *tap = corner + ky * g->row_stride;
		/* The taps of one row are neighbours: kx and the input channel are one loop. */
		for (size_t i = 0; i < kernel * in; i++, weights += KERNELS_BLOCK) {
			vec w[VECTORS];
			UNROLL for (int v = 0; v < vectors; v++) w[v] =
				vec_load(weights + v / BLOCK_VECTORS * g->block_stride + v % BLOCK_VECTORS * LANES);
			UNROLL for (int p = 0; p < pixels; p++) {
				const vec x = vec_splat(tap[p * g->pixel_step + i]);
				UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = vec_multiply_add(w[v], x, sums[p][v]);
			}
		}
	}
}

/* Scale, shift and activation of everything that was accumulated. */
ALWAYS_INLINE void finish(const struct group *g, int pixels, int blocks, vec sums[PIXELS][VECTORS]) {
	const int vectors = blocks * BLOCK_VECTORS;
	if (g->conv->scale) UNROLL for (int v = 0; v < vectors; v++) {
			const vec scale = vec_load(g->conv->scale + g->first_channel + v * LANES);
			const vec shift = vec_load(g->conv->shift + g->first_channel + v * LANES);
			UNROLL for (int p = 0; p < pixels; p++) sums[p][v] = vec_multiply_add(sums[p][v], scale, shift);
		}
	if (g->conv->activation == ACTIVATION_RELU)
		UNROLL for (int p = 0; p < pixels; p++) UNROLL for (int v = 0; v < vectors; v++) sums[p][v] =
			vec_relu(sums[p][v]);
}

/* Where only a part of a block exists. */
static void store_part(const float *values, size_t count, const float *residual, float *to) {
	for (size_t i = 0; i < count; i++) to[i] = residual ? values[i] + residual[i] : values[i];
}

ALWAYS_INLINE void store(const struct group *g, int pixels, int blocks, vec sums[PIXELS][VECTORS],
						 const float *residual, float *to) {
	const size_t channels = g->conv->out_channels, left = channels - g->first_channel;
	UNROLL for (int p = 0; p < pixels; p++) {
		float *out = to + p * channels + g->first_channel;
		const float *more = residual ? residual + p * channels + g->first_channel : NULL;
		if (left >= (size_t)blocks * KERNELS_BLOCK) {
			UNROLL for (int v = 0; v < blocks * BLOCK_VECTORS; v++)
				vec_store(out + v * LANES, more ? vec_add(sums[p][v], vec_load(more + v * LANES)) : sums[p][v]);
		} else {
			float values[VECTORS * LANES];
			UNROLL for (int v = 0; v < blocks * BLOCK_VECTORS; v++) vec_store(values + v * LANES, sums[p][v]);
			store_part(values, left, more, out);
		}
	}
}

ALWAYS_INLINE void conv2d_pixels(const struct group *g, const float *corner, const float *residual, float *to,
								 int pixels, int blocks) {
	vec sums[PIXELS][VECTORS];
	accumulate(g, corner, pixels, blocks, sums);
	finish(g, pixels, blocks, sums);
	store(g, pixels, blocks, sums, residual, to);
}

/* One row of one group of blocks: as many pixels at once as fit, then the rest by halves. */
ALWAYS_INLINE void conv2d_row(const struct group *g, const float *corner, const float *residual, float *to,
							  size_t width, int blocks) {
	const size_t channels = g->conv->out_channels;
	size_t x = 0;
#define STEP(n)                                                                                                        \
	conv2d_pixels(g, corner + x * g->pixel_step, residual ? residual + x * channels : NULL, to + x * channels, n,      \
				  blocks),                                                                                             \
		x += n
	while (x + PIXELS <= width) STEP(PIXELS);
#if PIXELS > 4
	if (x + 4 <= width) STEP(4);
#endif
	if (x + 2 <= width) STEP(2);
	while (x < width) STEP(1);
#undef STEP
}

static struct group make_group(const struct conv2d *conv, const struct map *src, size_t block) {
	const size_t block_stride = conv->kernel * conv->kernel * conv->in_channels * KERNELS_BLOCK;
	return (struct group){.conv = conv,
						  .weights = conv->weights + block * block_stride,
						  .first_channel = block * KERNELS_BLOCK,
						  .block_stride = block_stride,
						  .row_stride = src->row_stride,
						  .pixel_step = conv->stride * conv->in_channels};
}

static const float *corner_of(const struct conv2d *conv, const struct map *src, size_t y) {
	return src->data + y * conv->stride * src->row_stride -
		   (ptrdiff_t)(conv->kernel / 2 * (src->row_stride + conv->in_channels));
}

static size_t block_count(const struct conv2d *conv) {
	return (conv->out_channels + KERNELS_BLOCK - 1) / KERNELS_BLOCK;
}

static void conv2d(const struct conv2d *conv, const struct map *src, const struct map *residual,
				   const struct map *dst) {
	const size_t blocks = block_count(conv);
	for (size_t y = 0; y < dst->height; y++) {
		const float *corner = corner_of(conv, src, y);
		const float *more = residual ? pixel_at(residual, y, 0) : NULL;
		size_t block = 0;
#if BLOCKS > 1
		for (; block + BLOCKS <= blocks; block += BLOCKS) {
			const struct group g = make_group(conv, src, block);
			conv2d_row(&g, corner, more, pixel_at(dst, y, 0), dst->width, BLOCKS);
		}
#endif
		for (; block < blocks; block++) {
			const struct group g = make_group(conv, src, block);
			conv2d_row(&g, corner, more, pixel_at(dst, y, 0), dst->width, 1);
		}
	}
}

/* Channel o of the equivalent 1x1 convolution goes to place o / channels of the 2x2, and to its channel o % channels.
 */
static void scatter(const struct map *dst, size_t y, size_t x, size_t first, const float *values, size_t count) {
	for (size_t i = 0; i < count; i++) {
		const size_t place = (first + i) / dst->channels;
		pixel_at(dst, 2 * y + place / 2, 2 * x + place % 2)[(first + i) % dst->channels] = values[i];
	}
}

ALWAYS_INLINE void transpose_pixels(const struct group *g, const struct map *src, const struct map *dst, size_t y,
									size_t x, int pixels) {
	vec sums[PIXELS][VECTORS];
	float values[KERNELS_BLOCK];
	const size_t left = g->conv->out_channels - g->first_channel;
	accumulate(g, pixel_at(src, y, x), pixels, 1, sums);
	finish(g, pixels, 1, sums);
	UNROLL for (int p = 0; p < pixels; p++) {
		UNROLL for (int v = 0; v < BLOCK_VECTORS; v++) vec_store(values + v * LANES, sums[p][v]);
		scatter(dst, y, x + (size_t)p, g->first_channel, values, left < KERNELS_BLOCK ? left : KERNELS_BLOCK);
	}
}

static void conv_transpose2x2(const struct conv2d *conv, const struct map *src, const struct map *dst) {
	for (size_t y = 0; y < src->height; y++)
		for (size_t block = 0; block < block_count(conv); block++) {
			const struct group g = make_group(conv, src, block);
			size_t x = 0;
			for (; x + PIXELS <= src->width; x += PIXELS) transpose_pixels(&g, src, dst, y, x, PIXELS);
			for (; x < src->width; x++) transpose_pixels(&g, src, dst, y, x, 1);
		}
}

#endif
