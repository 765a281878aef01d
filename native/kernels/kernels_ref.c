/* kernels_ref.c - the definition of truth: scalar, in the order that the text of kernels.h reads. */
#include "kernels/kernels_elementwise.h"
#include "kernels/kernels_table.h"

/* One number of a convolution: bias, then the taps row by row, each over its input channels. */
static float convolve_at(const struct conv2d *conv, const struct map *src, size_t y, size_t x, size_t o) {
	const size_t k = conv->kernel, in = conv->in_channels;
	const float *weights = conv->weights + o / KERNELS_BLOCK * k * k * in * KERNELS_BLOCK + o % KERNELS_BLOCK;
	const float *corner = pixel_at(src, y * conv->stride, x * conv->stride);
	float sum = conv->bias[o];
	for (size_t ky = 0; ky < k; ky++)
		for (size_t kx = 0; kx < k; kx++) {
			/* From the upper left tap, which lies in the zero ring for the first row and column. */
			const float *tap =
				corner + (ptrdiff_t)(ky * src->row_stride + kx * in) - (ptrdiff_t)(k / 2 * (src->row_stride + in));
			for (size_t i = 0; i < in; i++, weights += KERNELS_BLOCK) sum += *weights * tap[i];
		}
	if (conv->scale) sum = sum * conv->scale[o] + conv->shift[o];
	return activate(sum, conv->activation);
}

static void conv2d(const struct conv2d *conv, const struct map *src, const struct map *residual,
				   const struct map *dst) {
	for (size_t y = 0; y < dst->height; y++)
		for (size_t x = 0; x < dst->width; x++)
			for (size_t o = 0; o < conv->out_channels; o++) {
				const float more = residual ? pixel_at(residual, y, x)[o] : 0;
				pixel_at(dst, y, x)[o] = convolve_at(conv, src, y, x, o) + more;
			}
}

static void conv_transpose2x2(const struct conv2d *conv, const struct map *src, const struct map *residual,
							  const struct map *dst) {
	for (size_t y = 0; y < src->height; y++)
		for (size_t x = 0; x < src->width; x++)
			for (size_t o = 0; o < conv->out_channels; o++) {
				const size_t place = o / dst->channels, c = o % dst->channels;
				const size_t to_y = 2 * y + place / 2, to_x = 2 * x + place % 2;
				const float more = residual ? pixel_at(residual, to_y, to_x)[c] : 0;
				pixel_at(dst, to_y, to_x)[c] = convolve_at(conv, src, y, x, o) + more;
			}
}

const struct kernels kernels_table_reference = {
	.name = "reference", .conv2d = conv2d, .conv_transpose2x2 = conv_transpose2x2, KERNELS_ELEMENTWISE};
