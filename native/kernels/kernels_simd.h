/* kernels_simd.h - convolutions over a small vector vocabulary. One .c file per instruction set includes this after
 * defining
 *     vec                               a vector of LANES floats
 *     vec_load(p) vec_store(p, v)       unaligned
 *     vec_splat(x)                      x in every lane
 *     vec_multiply_add(a, b, c)         a * b + c, fused or not
 *     vec_add(a, b)
 *     vec_relu(v)                       v > 0 ? v : 0
 *     LANES                             4 or 8
 *     BLOCKS, PIXELS                    how many blocks of 8 output channels and pixels are computed together: PIXELS *
 *                                       BLOCKS * 8 / LANES sums, and what they are fed from, have to fit the registers
 *     ODD_BLOCKS, ODD_PIXELS            the same for what is left of an odd number of blocks
 *
 * A result is the sum of its bias and its taps in the order of kernels_ref.c, whatever the number of pixels and blocks
 * beside it. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include "kernels/kernels_elementwise.h"
#include "kernels/kernels_table.h"

enum { BLOCK_VECTORS = KERNELS_BLOCK / LANES, VECTORS = (BLOCKS > ODD_BLOCKS ? BLOCKS : ODD_BLOCKS) * BLOCK_VECTORS };

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
	size_t result_step;   /* floats of the destination and of the residual from one pixel to the next */
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

/* residual, to: of the first pixel's first channel. */
ALWAYS_INLINE void store(const struct group *g, int pixels, int blocks, vec sums[PIXELS][VECTORS],
						 const float *residual, float *to) {
	const size_t left = g->conv->out_channels - g->first_channel;
	UNROLL for (int p = 0; p < pixels; p++) {
		float *out = to + p * g->result_step;
		const float *more = residual ? residual + p * g->result_step : NULL;
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
							  size_t width, int pixels, int blocks) {
	size_t x = 0;
#define STEP(n)                                                                                                        \
	conv2d_pixels(g, corner + x * g->pixel_step, residual ? residual + x * g->result_step : NULL,                      \
				  to + x * g->result_step, n, blocks),                                                                 \
		x += (size_t)(n)
	while (x + (size_t)pixels <= width) STEP(pixels);
	if (pixels > 4 && x + 4 <= width) STEP(4);
	if (x + 2 <= width) STEP(2);
	while (x < width) STEP(1);
#undef STEP
}

static struct group make_group(const struct conv2d *conv, const struct map *src, size_t block, size_t result_step) {
	const size_t block_stride = conv->kernel * conv->kernel * conv->in_channels * KERNELS_BLOCK;
	return (struct group){.conv = conv,
						  .weights = conv->weights + block * block_stride,
						  .first_channel = block * KERNELS_BLOCK,
						  .block_stride = block_stride,
						  .row_stride = src->row_stride,
						  .pixel_step = conv->stride * conv->in_channels,
						  .result_step = result_step};
}

static const float *corner_of(const struct conv2d *conv, const struct map *src, size_t y) {
	return src->data + y * conv->stride * src->row_stride -
		   (ptrdiff_t)(conv->kernel / 2 * (src->row_stride + conv->in_channels));
}

static size_t block_count(const struct conv2d *conv) {
	return (conv->out_channels + KERNELS_BLOCK - 1) / KERNELS_BLOCK;
}

/* `count` blocks from `block` on, of one row of `width` pixels; residual, to: where the first of them goes. */
static void conv2d_blocks(const struct conv2d *conv, const struct map *src, const float *corner, size_t block,
						  size_t count, size_t width, const float *residual, float *to, size_t result_step) {
	while (count) {
		const struct group g = make_group(conv, src, block, result_step);
		const size_t done = count == ODD_BLOCKS ? ODD_BLOCKS : count >= BLOCKS ? BLOCKS : 1;
		if (done == 1)
			conv2d_row(&g, corner, residual, to, width, PIXELS, 1);
		else if (done == BLOCKS)
			conv2d_row(&g, corner, residual, to, width, PIXELS, BLOCKS);
		else
			conv2d_row(&g, corner, residual, to, width, ODD_PIXELS, ODD_BLOCKS);
		block += done;
		count -= done;
		to += done * KERNELS_BLOCK;
		if (residual) residual += done * KERNELS_BLOCK;
	}
}

static void conv2d(const struct conv2d *conv, const struct map *src, const struct map *residual,
				   const struct map *dst) {
	for (size_t y = 0; y < dst->height; y++)
		conv2d_blocks(conv, src, corner_of(conv, src, y), 0, block_count(conv), dst->width,
					  residual ? pixel_at(residual, y, 0) : NULL, pixel_at(dst, y, 0), dst->channels);
}

/* Channel o of the equivalent 1x1 convolution goes to place o / channels of the 2x2, and to its channel o % channels.
 */
static void scatter(const struct map *dst, size_t y, size_t x, size_t first, const float *values, size_t count) {
	for (size_t i = 0; i < count; i++) {
		const size_t place = (first + i) / dst->channels;
		pixel_at(dst, 2 * y + place / 2, 2 * x + place % 2)[(first + i) % dst->channels] = values[i];
	}
}

/* Where a block may lie in several places, so that its numbers go each their own way. */
static void transpose_slowly(const struct conv2d *conv, const struct map *src, size_t y, const struct map *dst) {
	for (size_t block = 0; block < block_count(conv); block++) {
		const struct group g = make_group(conv, src, block, 0);
		const size_t left = conv->out_channels - g.first_channel;
		for (size_t x = 0; x < src->width; x++) {
			float values[KERNELS_BLOCK];
			conv2d_pixels(&g, pixel_at(src, y, x), NULL, values, 1, 1);
			scatter(dst, y, x, g.first_channel, values, left < KERNELS_BLOCK ? left : KERNELS_BLOCK);
		}
	}
}

static void conv_transpose2x2(const struct conv2d *conv, const struct map *src, const struct map *dst) {
	const size_t blocks = dst->channels / KERNELS_BLOCK; /* of one place */
	for (size_t y = 0; y < src->height; y++)
		if (dst->channels % KERNELS_BLOCK)
			transpose_slowly(conv, src, y, dst);
		else
			for (size_t place = 0; place < 4; place++)
				conv2d_blocks(conv, src, pixel_at(src, y, 0), place * blocks, blocks, src->width, NULL,
							  pixel_at(dst, 2 * y + place / 2, place % 2), 2 * dst->channels);
}

#endif
