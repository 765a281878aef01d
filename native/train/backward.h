/* backward.h - the backward half of the ops that are not convolutions. Shapes: maps [batch][pixels][channels], vectors
 * [batch][channels]. `add` says whether a gradient is added to what is there or overwrites it. Sums run in an order
 * that does not depend on the thread count. */
#ifndef TRAIN_BACKWARD_H
#define TRAIN_BACKWARD_H

#include <stdbool.h>
#include <stddef.h>

/* dy *= (y > 0), in place: what a fused ReLU lets through. */
void backward_relu(const float *y, float *dy, size_t count);

/* dx (+)= dy * y * (1 - y) */
void backward_sigmoid(const float *y, const float *dy, float *dx, size_t count, bool add);

/* y = x * (1 + scale) + shift per sample and channel, dy already masked: dx (+)= dy * (1 + scale), dscale (+)= sum dy *
 * x, dshift (+)= sum dy. */
struct backward_affine {
	size_t batch, pixels, channels;
	const float *x, *scale, *dy;
	float *dx, *dscale, *dshift;
	bool add_dx, add_dscale, add_dshift;
};
void backward_channel_affine(const struct backward_affine *op);

/* mean over pixels: dx (+)= dmean / pixels */
void backward_global_average(const float *dmean, float *dx, size_t batch, size_t pixels, size_t channels, bool add);

/* y = W x + b, dy already masked: dweights and dbias are overwritten; dx (+)= W^T dy, NULL: not wanted. */
struct backward_linear {
	size_t batch, in, out;
	const float *x, *weights, *dy;
	float *dweights, *dbias, *dx;
	bool add_dx;
};
void backward_linear(const struct backward_linear *op);

/* to (+)= from */
void backward_add(const float *from, float *to, size_t count, bool add);

#endif
