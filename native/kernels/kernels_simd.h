/* kernels_simd.h - convolutions over a small vector vocabulary. One .c file per instruction set includes this after
 * defining
 *     vec                               SIDE pixels side by side, LANES channels of each
 *     vec_load(p)                       LANES floats, the same for every pixel; unaligned, as the next two
 *     vec_load_each(p, step)            LANES floats for the first pixel; the second's lie step floats further
 *     vec_store_each(p, step, v)
 *     vec_splat_each(p, step)           *p in every lane of the first pixel, p[step] in those of the second
 *     vec_constant(x)                   x in every lane
 *     vec_multiply_add(a, b, c)         a * b + c, fused or not
 *     vec_add(a, b) vec_subtract(a, b) vec_multiply(a, b)
 *     vec_relu(v)                       v > 0 ? v : 0
 *     LANES, SIDE                       4 or 8; 1 or 2
 *     BLOCKS, PIXELS                    how many blocks of 8 output channels and pixels are computed together: PIXELS *
 *                                       BLOCKS * 8 / LANES / SIDE sums, and what they are fed from, have to fit the
 *                                       registers
 *     ODD_BLOCKS, ODD_PIXELS            the same where the number of blocks is no multiple of BLOCKS
 *
 * A result of conv2d is the sum of its bias and its taps in the order of kernels_ref.c, whatever the number of pixels
 * and blocks beside it. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include <stdbool.h>

#include "kernels/kernels_elementwise.h"
#include "kernels/kernels_table.h"

enum {
	BLOCK_VECTORS = KERNELS_BLOCK / LANES,
	VECTORS = (BLOCKS > ODD_BLOCKS ? BLOCKS : ODD_BLOCKS) * BLOCK_VECTORS,
	COLUMNS = (PIXELS > ODD_PIXELS ? PIXELS : ODD_PIXELS) / SIDE, /* vectors of pixels: at least 4 */
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* What the inner loop needs of one convolution, row and group of blocks. */
struct group {
	const struct conv2d *conv;
	const float *weights;              /* of the map's first block */
	size_t first_block, first_channel; /* of the group */
	size_t block_stride;               /* floats from one block's weights to the next */
	const float *rows[3];              /* of the source: where the taps of the first pixel begin */
	size_t row_count;                  /* 1 or 3 */
	size_t row_taps;                   /* how many taps there are in each row, all input channels counted */
	size_t pixel_step;                 /* floats of the source from one result pixel's tap to the next pixel's */
	size_t result_step;                /* floats of the destination and of the residual from one pixel to the next */
};

/* at: floats from the first pixel's taps to those of the first that is computed. columns and blocks are constants after
 * inlining. */
ALWAYS_INLINE void accumulate(const struct group *g, size_t at, int columns, int blocks, vec sums[COLUMNS][VECTORS]) {
	const int vectors = blocks * BLOCK_VECTORS;
	const float *weights = g->weights + g->first_block * g->block_stride;
	for (size_t row = 0; row < g->row_count; row++) {
		const float *tap = g->rows[row] + at;
		for (size_t i = 0; i < g->row_taps; i++, weights += KERNELS_BLOCK) {
			vec w[VECTORS];
			UNROLL for (int v = 0; v < vectors; v++) w[v] =
				vec_load(weights + v / BLOCK_VECTORS * g->block_stride + v % BLOCK_VECTORS * LANES);
			UNROLL for (int p = 0; p < columns; p++) {
				const vec x = vec_splat_each(tap + p * SIDE * g->pixel_step + i, g->pixel_step);
				UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = vec_multiply_add(w[v], x, sums[p][v]);
			}
		}
	}
}

/* Scale, shift and activation of what was summed up. */
ALWAYS_INLINE void finish(const struct group *g, int columns, int vectors, vec sums[COLUMNS][VECTORS]) {
	if (g->conv->scale) UNROLL for (int v = 0; v < vectors; v++) {
			const vec scale = vec_load(g->conv->scale + g->first_channel + v * LANES);
			const vec shift = vec_load(g->conv->shift + g->first_channel + v * LANES);
			UNROLL for (int p = 0; p < columns; p++) sums[p][v] = vec_multiply_add(sums[p][v], scale, shift);
		}
	if (g->conv->activation == ACTIVATION_RELU)
		UNROLL for (int p = 0; p < columns; p++) UNROLL for (int v = 0; v < vectors; v++) sums[p][v] =
			vec_relu(sums[p][v]);
}

/* Where only a part of the channels exists. */
static void store_part(const float *values, size_t count, const float *residual, float *to) {
	for (size_t i = 0; i < count; i++) to[i] = residual ? values[i] + residual[i] : values[i];
}

/* residual, to: of the first pixel's first channel; a vector's pixels are result_step floats apart, vectors `apart`. */
ALWAYS_INLINE void store(const struct group *g, int columns, int vectors, vec sums[COLUMNS][VECTORS],
						 const float *residual, float *to, size_t apart) {
	const size_t left = g->conv->out_channels - g->first_channel, step = g->result_step;
	UNROLL for (int p = 0; p < columns; p++) {
		float *out = to + (size_t)p * apart;
		const float *more = residual ? residual + (size_t)p * apart : NULL;
		if (left >= (size_t)(vectors * LANES)) {
			UNROLL for (int v = 0; v < vectors; v++) vec_store_each(
				out + v * LANES, step, more ? vec_add(sums[p][v], vec_load_each(more + v * LANES, step)) : sums[p][v]);
		} else {
			float values[SIDE][VECTORS * LANES];
			UNROLL for (int v = 0; v < vectors; v++) vec_store_each(values[0] + v * LANES, VECTORS * LANES, sums[p][v]);
			for (size_t i = 0; i < (step ? SIDE : 1); i++)
				store_part(values[i], left, more ? more + i * step : NULL, out + i * step);
		}
	}
}

/* From pixel x on; residual, to: of the group's first channel in the first pixel of the row. */
ALWAYS_INLINE void conv2d_pixels(const struct group *g, size_t x, const float *residual, float *to, int pixels,
								 int blocks) {
	const int columns = (pixels + SIDE - 1) / SIDE, vectors = blocks * BLOCK_VECTORS;
	vec sums[COLUMNS][VECTORS];
	UNROLL for (int v = 0; v < vectors; v++) {
		const vec bias = g->conv->bias ? vec_load(g->conv->bias + g->first_channel + v * LANES) : vec_constant(0);
		UNROLL for (int p = 0; p < columns; p++) sums[p][v] = bias;
	}
	accumulate(g, x * g->pixel_step, columns, blocks, sums);
	finish(g, columns, vectors, sums);
	store(g, columns, vectors, sums, residual ? residual + x * g->result_step : NULL, to + x * g->result_step,
		  SIDE * g->result_step);
}

/* One pixel alone fills a vector SIDE times. */
static struct group lone_pixel(const struct group *g, size_t x) {
	struct group lone = *g;
	for (size_t row = 0; row < g->row_count; row++) lone.rows[row] += x * g->pixel_step;
	lone.pixel_step = lone.result_step = 0;
	return lone;
}

/* One row of one group of blocks: as many pixels at once as fit, then the rest by halves. */
ALWAYS_INLINE void conv2d_row(const struct group *g, const float *residual, float *to, size_t width, int pixels,
							  int blocks) {
	size_t x = 0;
	for (; x + (size_t)pixels <= width; x += (size_t)pixels) conv2d_pixels(g, x, residual, to, pixels, blocks);
	if (pixels > 8 && x + 8 <= width) conv2d_pixels(g, x, residual, to, 8, blocks), x += 8;
	if (pixels > 4 && x + 4 <= width) conv2d_pixels(g, x, residual, to, 4, blocks), x += 4;
	if (x + 2 <= width) conv2d_pixels(g, x, residual, to, 2, blocks), x += 2;
	for (; x < width; x++) {
		const struct group lone = lone_pixel(g, x);
		const size_t at = x * g->result_step;
		conv2d_pixels(&lone, 0, residual ? residual + at : NULL, to + at, 1, blocks);
	}
}

/* How many of `left` blocks are computed together. */
static size_t blocks_at_once(size_t left) {
	return left % BLOCKS == 0 ? BLOCKS : left >= ODD_BLOCKS ? ODD_BLOCKS : 1;
}

/* Of result row y, without its blocks. */
static struct group make_group(const struct conv2d *conv, const struct map *src, size_t y, size_t result_step) {
	struct group g = {.conv = conv,
					  .weights = conv->weights,
					  .block_stride = conv->kernel * conv->kernel * conv->in_channels * KERNELS_BLOCK,
					  .row_count = conv->kernel,
					  .row_taps = conv->kernel * conv->in_channels, /* neighbours: kx and the channel are one loop */
					  .pixel_step = conv->stride * conv->in_channels,
					  .result_step = result_step};
	for (size_t row = 0; row < conv->kernel; row++)
		g.rows[row] = src->data + (ptrdiff_t)((y * conv->stride + row) * src->row_stride) -
					  (ptrdiff_t)(conv->kernel / 2 * (src->row_stride + conv->in_channels));
	return g;
}

static void set_block(struct group *g, size_t block) {
	g->first_block = block;
	g->first_channel = block * KERNELS_BLOCK;
}

static size_t block_count(const struct conv2d *conv) {
	return (conv->out_channels + KERNELS_BLOCK - 1) / KERNELS_BLOCK;
}

/* `count` blocks from `block` on, of one row of `width` pixels; residual, to: where the first of them goes. */
static void conv2d_blocks(struct group *g, size_t block, size_t count, size_t width, const float *residual, float *to) {
	while (count) {
		const size_t done = blocks_at_once(count);
		set_block(g, block);
		if (done == 1)
			conv2d_row(g, residual, to, width, PIXELS, 1);
		else if (done == BLOCKS)
			conv2d_row(g, residual, to, width, PIXELS, BLOCKS);
		else
			conv2d_row(g, residual, to, width, ODD_PIXELS, ODD_BLOCKS);
		block += done;
		count -= done;
		to += done * KERNELS_BLOCK;
		if (residual) residual += done * KERNELS_BLOCK;
	}
}

static void conv2d(const struct conv2d *conv, const struct map *src, const struct map *residual,
				   const struct map *dst) {
	for (size_t y = 0; y < dst->height; y++) {
		struct group g = make_group(conv, src, y, dst->channels);
		conv2d_blocks(&g, 0, block_count(conv), dst->width, residual ? pixel_at(residual, y, 0) : NULL,
					  pixel_at(dst, y, 0));
	}
}

/* Channel o of the equivalent 1x1 convolution goes to place o / channels of the 2x2, and to its channel o % channels.
 */
static void scatter(const struct map *dst, size_t y, size_t x, size_t first, const float *values, size_t count,
					const struct map *residual) {
	for (size_t i = 0; i < count; i++) {
		const size_t place = (first + i) / dst->channels, c = (first + i) % dst->channels;
		const size_t to_y = 2 * y + place / 2, to_x = 2 * x + place % 2;
		pixel_at(dst, to_y, to_x)[c] = values[i] + (residual ? pixel_at(residual, to_y, to_x)[c] : 0);
	}
}

/* Where a block may lie in several places, so that its numbers go each their own way. */
static void transpose_slowly(const struct conv2d *conv, const struct map *src, size_t y, const struct map *residual,
							 const struct map *dst) {
	struct group g = make_group(conv, src, y, 0);
	for (size_t block = 0; block < block_count(conv); block++) {
		set_block(&g, block);
		const size_t left = conv->out_channels - g.first_channel;
		for (size_t x = 0; x < src->width; x++) {
			float values[KERNELS_BLOCK];
			const struct group lone = lone_pixel(&g, x);
			conv2d_pixels(&lone, 0, NULL, values, 1, 1);
			scatter(dst, y, x, g.first_channel, values, left < KERNELS_BLOCK ? left : KERNELS_BLOCK, residual);
		}
	}
}

static void conv_transpose2x2(const struct conv2d *conv, const struct map *src, const struct map *residual,
							  const struct map *dst) {
	const size_t blocks = dst->channels / KERNELS_BLOCK; /* of one place */
	for (size_t y = 0; y < src->height; y++)
		if (dst->channels % KERNELS_BLOCK)
			transpose_slowly(conv, src, y, residual, dst);
		else
			for (size_t place = 0; place < 4; place++) {
				struct group g = make_group(conv, src, y, 2 * dst->channels);
				const size_t to_y = 2 * y + place / 2;
				conv2d_blocks(&g, place * blocks, blocks, src->width,
							  residual ? pixel_at(residual, to_y, place % 2) : NULL, pixel_at(dst, to_y, place % 2));
			}
}

/* ---- Winograd's F(4, 3) along rows: rows are transformed, convolved at each of the six points like any other row, one
 * pixel for four, and transformed back ---- */

/* The transform of the six pixels at `from` for LANES channels of SIDE blocks, whose pixels lie from_step floats apart
 * from block to block; to: of the first of the six places, which are `place` floats apart, blocks in_channels. */
ALWAYS_INLINE void transform_six(const float *from, size_t from_step, size_t in, float *to, size_t to_step,
								 size_t place) {
	const vec a = vec_constant(KERNELS_WINOGRAD_A), b = vec_constant(KERNELS_WINOGRAD_B);
	const vec minus_a2 = vec_constant(-KERNELS_WINOGRAD_A * KERNELS_WINOGRAD_A),
			  minus_b2 = vec_constant(-KERNELS_WINOGRAD_B * KERNELS_WINOGRAD_B);
	const vec a2b2 = vec_constant(KERNELS_WINOGRAD_A * KERNELS_WINOGRAD_A * KERNELS_WINOGRAD_B * KERNELS_WINOGRAD_B);
	const vec minus_sum =
		vec_constant(-(KERNELS_WINOGRAD_A * KERNELS_WINOGRAD_A + KERNELS_WINOGRAD_B * KERNELS_WINOGRAD_B));
	vec d[KERNELS_WINOGRAD_POINTS];
	UNROLL for (int i = 0; i < KERNELS_WINOGRAD_POINTS; i++) d[i] = vec_load_each(from + (size_t)i * in, from_step);
	const vec even_a = vec_multiply_add(minus_b2, d[2], d[4]), odd_a = vec_multiply_add(minus_b2, d[1], d[3]);
	const vec even_b = vec_multiply_add(minus_a2, d[2], d[4]), odd_b = vec_multiply_add(minus_a2, d[1], d[3]);
	const vec aodd = vec_multiply(a, odd_a), bodd = vec_multiply(b, odd_b);
	vec_store_each(to, to_step, vec_multiply_add(a2b2, d[0], vec_multiply_add(minus_sum, d[2], d[4])));
	vec_store_each(to + place, to_step, vec_add(even_a, aodd));
	vec_store_each(to + 2 * place, to_step, vec_subtract(even_a, aodd));
	vec_store_each(to + 3 * place, to_step, vec_add(even_b, bodd));
	vec_store_each(to + 4 * place, to_step, vec_subtract(even_b, bodd));
	vec_store_each(to + 5 * place, to_step, vec_multiply_add(a2b2, d[1], vec_multiply_add(minus_sum, d[3], d[5])));
}

/* All channels of SIDE blocks, the last vector overlapping the one before where their number is odd. */
static void transform_blocks(const float *from, size_t from_step, size_t in, float *to, size_t to_step, size_t place) {
	for (size_t c = 0; c < in; c += LANES) {
		const size_t at = c + LANES <= in ? c : in - LANES;
		transform_six(from + at, from_step, in, to + at, to_step, place);
	}
}

static size_t fours_of(size_t width) {
	return (width + KERNELS_WINOGRAD_OUTPUTS - 1) / KERNELS_WINOGRAD_OUTPUTS;
}

/* One row of the source, from: its pixel -1. rest: room for six pixels, for the last block if it is no whole one. */
static void transform_row(const float *from, size_t width, size_t in, float *to, float *rest) {
	const size_t whole = width / KERNELS_WINOGRAD_OUTPUTS, left = width % KERNELS_WINOGRAD_OUTPUTS;
	const size_t step = KERNELS_WINOGRAD_OUTPUTS * in, place = fours_of(width) * in;
	size_t b = 0;
	for (; b + SIDE <= whole; b += SIDE) transform_blocks(from + b * step, step, in, to + b * in, in, place);
	for (; b < whole; b++) transform_blocks(from + b * step, 0, in, to + b * in, 0, place);
	if (!left) return;
	memset(rest, 0, KERNELS_WINOGRAD_POINTS * in * sizeof *rest);
	memcpy(rest, from + b * step, (left + 1) * in * sizeof *rest); /* and the ring is zero */
	transform_blocks(rest, 0, in, to + b * in, 0, place);
}

/* The four results of the group's vector of channels, of SIDE fours, from their sums at the six points, which are
 * `place` floats apart and sum_step from four to four. outputs: 4, or how many pixels are left for the last. */
ALWAYS_INLINE void put_four(const struct group *g, const float *sums, size_t sum_step, size_t place, size_t outputs,
							const float *residual, float *to) {
	const vec a = vec_constant(KERNELS_WINOGRAD_A), b = vec_constant(KERNELS_WINOGRAD_B);
	const vec a2 = vec_constant(KERNELS_WINOGRAD_A * KERNELS_WINOGRAD_A);
	const vec b2 = vec_constant(KERNELS_WINOGRAD_B * KERNELS_WINOGRAD_B);
	const size_t out = g->conv->out_channels;
	const vec bias = vec_load(g->conv->bias + g->first_channel);
	vec m[KERNELS_WINOGRAD_POINTS], y[COLUMNS][VECTORS];
	UNROLL for (int i = 0; i < KERNELS_WINOGRAD_POINTS; i++) m[i] = vec_load_each(sums + (size_t)i * place, sum_step);
	const vec even_a = vec_add(m[1], m[2]), odd_a = vec_multiply(a, vec_subtract(m[1], m[2]));
	const vec even_b = vec_add(m[3], m[4]), odd_b = vec_multiply(b, vec_subtract(m[3], m[4]));
	y[0][0] = vec_add(vec_add(m[0], bias), vec_add(even_a, even_b));
	y[1][0] = vec_add(vec_add(odd_a, odd_b), bias);
	y[2][0] = vec_multiply_add(a2, even_a, vec_multiply_add(b2, even_b, bias));
	y[3][0] = vec_multiply_add(a2, odd_a, vec_multiply_add(b2, odd_b, vec_add(m[5], bias)));
	finish(g, KERNELS_WINOGRAD_OUTPUTS, 1, y);
	if (outputs == KERNELS_WINOGRAD_OUTPUTS) {
		store(g, KERNELS_WINOGRAD_OUTPUTS, 1, y, residual, to, out);
		return;
	}
	for (size_t i = 0; i < outputs; i++) store(g, 1, 1, y + i, residual ? residual + i * out : NULL, to + i * out, 0);
}

/* `count` fours of a row, of which the last gives `outputs` pixels. */
static void put_fours(const struct conv2d *conv, const float *sums, size_t sum_step, size_t place, size_t count,
					  size_t outputs, const float *residual, float *to) {
	const size_t step = KERNELS_WINOGRAD_OUTPUTS * conv->out_channels, all = KERNELS_WINOGRAD_OUTPUTS;
	for (size_t c = 0; c < conv->out_channels; c += LANES) {
		const struct group each = {.conv = conv, .first_channel = c, .result_step = step};
		const struct group lone = {.conv = conv, .first_channel = c};
		const float *more = residual ? residual + c : NULL;
		size_t x = 0;
		for (; x + SIDE < count; x += SIDE)
			put_four(&each, sums + x * sum_step + c, sum_step, place, all, more ? more + x * step : NULL,
					 to + x * step + c);
		for (; x < count; x++)
			put_four(&lone, sums + x * sum_step + c, 0, place, x + 1 < count ? all : outputs,
					 more ? more + x * step : NULL, to + x * step + c);
	}
}

/* One row of the result, from the transformed rows that it is made of. sums: room for KERNELS_WINOGRAD_AT_ONCE. */
static void winograd_row(const struct conv2d *conv, const float *const rows[3], size_t width, const float *residual,
						 float *to, float *sums) {
	const size_t in = conv->in_channels, fours = fours_of(width), blocks = block_count(conv);
	const size_t sum_step = blocks * KERNELS_BLOCK, sum_place = KERNELS_WINOGRAD_AT_ONCE * sum_step;
	const struct conv2d plain = {.out_channels = sum_step, .in_channels = in};
	for (size_t x = 0; x < fours; x += KERNELS_WINOGRAD_AT_ONCE) {
		const size_t count = fours - x < KERNELS_WINOGRAD_AT_ONCE ? fours - x : KERNELS_WINOGRAD_AT_ONCE;
		const size_t outputs =
			x + count < fours ? KERNELS_WINOGRAD_OUTPUTS : width - (fours - 1) * KERNELS_WINOGRAD_OUTPUTS;
		const size_t at = x * KERNELS_WINOGRAD_OUTPUTS * conv->out_channels;
		for (size_t i = 0; i < KERNELS_WINOGRAD_POINTS; i++) {
			struct group g = {.conv = &plain,
							  .weights = conv->weights + i * 3 * in * KERNELS_BLOCK,
							  .block_stride = KERNELS_WINOGRAD_POINTS * 3 * in * KERNELS_BLOCK,
							  .row_count = 3,
							  .row_taps = in,
							  .pixel_step = in,
							  .result_step = sum_step};
			for (size_t row = 0; row < 3; row++) g.rows[row] = rows[row] + (i * fours + x) * in;
			conv2d_blocks(&g, 0, blocks, count, NULL, sums + i * sum_place);
		}
		put_fours(conv, sums, sum_step, sum_place, count, outputs, residual ? residual + at : NULL, to + at);
	}
}

/* scratch: the three transformed rows that one row of the result is made of, six pixels for a last four that is not
 * whole, and the sums. */
static void conv3x3_winograd(const struct conv2d *conv, const struct map *src, const struct map *residual,
							 const struct map *dst, float *scratch) {
	const size_t in = conv->in_channels, width = dst->width, slot = KERNELS_WINOGRAD_POINTS * fours_of(width) * in;
	float *rest = scratch + 3 * slot, *sums = rest + KERNELS_WINOGRAD_POINTS * in;
	const float *from = src->data - src->row_stride - in;
	transform_row(from, width, in, scratch, rest);
	transform_row(from + src->row_stride, width, in, scratch + slot, rest);
	for (size_t y = 0; y < dst->height; y++) {
		const float *rows[3];
		transform_row(from + (y + 2) * src->row_stride, width, in, scratch + (y + 2) % 3 * slot, rest);
		for (size_t row = 0; row < 3; row++) rows[row] = scratch + (y + row) % 3 * slot;
		winograd_row(conv, rows, width, residual ? pixel_at(residual, y, 0) : NULL, pixel_at(dst, y, 0), sums);
	}
}

#define KERNELS_CONVOLUTIONS                                                                                           \
	.conv2d = conv2d, .conv3x3_winograd = conv3x3_winograd, .conv_transpose2x2 = conv_transpose2x2

#endif
