/* kernels.h - the arithmetic of every op, behind one table per instruction set.
 *
 * kernels_reference() is scalar, obvious and in every build: it defines what is right. The others are held
 * against it by tests/native/test_kernels.c. Nothing here allocates, fails or knows what a network is.
 *
 *     const struct kernels *k = kernels_best();
 *     k->conv2d(&conv, &src, NULL, &dst);
 *
 * Maps are channels-last, one picture at a time. A convolution with a 3x3 kernel reads one pixel beyond every border
 * of its source: the caller owns that ring and keeps it zero ("same" padding), so no kernel treats borders specially.
 * A result pixel is computed by the same sequence of operations wherever it lies, so tiles agree bit for bit.
 * Pointers need the alignment of float only. Source and destination do not overlap unless said. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Output channels of a convolution are packed in blocks of this many, for every instruction set. */
enum { KERNELS_BLOCK = 8 };

/* [height][width][channels] floats, rows row_stride floats apart, pixels `channels` floats apart. */
struct map {
	float *data;
	size_t height, width, channels;
	size_t row_stride;
};

enum activation { ACTIVATION_NONE = 0, ACTIVATION_RELU = 1, ACTIVATION_COUNT };

/* y = activation((w * x + bias) * scale + shift), then + residual if there is one.
 * 3x3 with stride 1 or 2 (the source is then twice as high and wide as the result), or 1x1 with stride 1. */
struct conv2d {
	size_t kernel; /* 1 or 3 */
	size_t stride; /* 1 or 2 */
	size_t in_channels, out_channels;
	const float *weights;       /* [ceil(out / 8)][kernel][kernel][in][8], see kernels_pack_conv2d */
	const float *bias;          /* [ceil(out / 8) * 8] */
	const float *scale, *shift; /* [ceil(out / 8) * 8] each; both NULL: 1 and 0 */
	enum activation activation;
};

struct kernels {
	const char *name; /* "reference", "avx2", ... */

	/* residual: NULL or of dst's shape; it may be dst's own data. */
	void (*conv2d)(const struct conv2d *conv, const struct map *src, const struct map *residual, const struct map *dst);

	/* conv2d for what kernels_winograd_fits, with weights by kernels_pack_winograd: half the multiplications, and
	 * numbers that differ in rounding. scratch: [kernels_winograd_scratch()]. Four neighbours in a row are computed
	 * together, counted from the left: maps that begin at different pixels agree bit for bit where both the distance
	 * between their beginnings and what they hold allow (graph.h's reach); what is not finite spoils all four.
	 * NULL: this variant has none. */
	void (*conv3x3_winograd)(const struct conv2d *conv, const struct map *src, const struct map *residual,
							 const struct map *dst, float *scratch);

	/* Transposed convolution 2x2, stride 2: dst is twice src's size and has conv->out_channels / 4 channels. `conv` is
	 * the equivalent 1x1 convolution to 4 * channels in the order (dy, dx, channel), so bias holds each value four
	 * times. residual: as above. */
	void (*conv_transpose2x2)(const struct conv2d *conv, const struct map *src, const struct map *residual,
							  const struct map *dst);

	/* dst[y * f + dy][x * f + dx][c] = src[y][x][(dy * f + dx) * dst->channels + c]: depth to space; unshuffle undoes
	 * it. */
	void (*pixel_shuffle)(size_t factor, const struct map *src, const struct map *dst);
	void (*pixel_unshuffle)(size_t factor, const struct map *src, const struct map *dst);

	/* Element-wise; dst may be a or src. */
	void (*add)(const struct map *a, const struct map *b, const struct map *dst);
	void (*sigmoid)(const struct map *src, const struct map *dst);
	/* dst = activation(src * (1 + scale[c]) + shift[c]) */
	void (*channel_affine)(const float *scale, const float *shift, enum activation activation, const struct map *src,
						   const struct map *dst);

	/* mean[c] over all pixels, accumulated row by row in double. */
	void (*global_average)(const struct map *src, float *mean);
	/* dst[o] = activation(bias[o] + sum_i weights[o][i] * src[i]), weights unpacked as [out][in]. */
	void (*linear)(size_t in, size_t out, const float *weights, const float *bias, enum activation activation,
				   const float *src, float *dst);
};

const struct kernels *kernels_reference(void);

/* The fastest variant that this CPU runs; kernels_reference() if there is no other. Safe from any thread. */
const struct kernels *kernels_best(void);

/* All variants that this build has and this CPU runs, reference first; returns how many. */
size_t kernels_available(const struct kernels *list[8]);

/* Packs weights [out][kernel][kernel][in] into [ceil(out / 8)][kernel][kernel][in][8], zero where out is exceeded.
 * packed has kernels_packed_count() floats. Values (bias, scale, shift) are padded by the caller the same way. */
void kernels_pack_conv2d(size_t out, size_t in, size_t kernel, const float *weights, float *packed);
size_t kernels_packed_count(size_t out, size_t in, size_t kernel);

/* Winograd's minimal filtering F(4, 3) (Lavin & Gray 2016) along rows: four pixels of a row are made of six sums
 * instead of twelve, of the source's numbers and the weights taken as polynomials at 0, +-3/4, +-3/2 and infinity. All
 * powers of these are exact in float, and the error is less than twice that of direct sums (native/BENCHMARKS.md). */
enum { KERNELS_WINOGRAD_OUTPUTS = 4, KERNELS_WINOGRAD_POINTS = 6, KERNELS_WINOGRAD_AT_ONCE = 32 };
#define KERNELS_WINOGRAD_A 0.75f
#define KERNELS_WINOGRAD_B 1.5f

bool kernels_winograd_fits(size_t out, size_t in, size_t kernel, size_t stride);
/* Packs weights [out][3][3][in] into [ceil(out / 8)][6][3][in][8]; packed has kernels_winograd_count() floats. */
void kernels_pack_winograd(size_t out, size_t in, const float *weights, float *packed);
size_t kernels_winograd_count(size_t out, size_t in);
size_t kernels_winograd_scratch(size_t out, size_t in, size_t width); /* floats, for results of that width at most */

#endif
