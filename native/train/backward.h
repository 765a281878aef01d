/* backward.h - the backward half of the ops that are not convolutions. Shapes: maps [batch][pixels][channels], vectors
 * [batch][channels]; maps are spans, which may be bfloat16, and the sums over them are taken in float32 and double.
 * `add` says whether a gradient is added to what is there or overwrites it. Sums run in an order that does not depend
 * on the thread count. */
#ifndef TRAIN_BACKWARD_H
#define TRAIN_BACKWARD_H

#include "train/span.h"

/* dy *= (y > 0), in place: what a fused ReLU lets through. */
void backward_relu(struct span y, struct span dy, size_t count);

/* dx (+)= dy * y * (1 - y) */
void backward_sigmoid(struct span y, struct span dy, struct span dx, size_t count, bool add);

/* y = x * (1 + scale) + shift per sample and channel, perhaps with a ReLU, in one pass: dy is masked by y > 0 if there
 * is a y; then dx (+)= dy * (1 + scale), dscale (+)= sum dy * x, dshift (+)= sum dy. */
struct backward_affine {
	size_t batch, pixels, channels;
	struct span x, dy;
	struct span y; /* data NULL: no ReLU */
	const float *scale;
	struct span dx;         /* data NULL: not wanted; it may be dy itself */
	float *dscale, *dshift; /* NULL: not wanted */
	bool add_dx, add_dscale, add_dshift;
};
void backward_channel_affine(const struct backward_affine *op);

/* mean over pixels: dx (+)= dmean / pixels */
void backward_global_average(const float *dmean, struct span dx, size_t batch, size_t pixels, size_t channels,
							 bool add);

/* y = W x + b, dy already masked: dweights and dbias are overwritten; dx (+)= W^T dy, NULL: not wanted. */
struct backward_linear {
	size_t batch, in, out;
	const float *x, *weights, *dy;
	float *dweights, *dbias, *dx;
	bool add_dx;
};
void backward_linear(const struct backward_linear *op);

/* to (+)= from */
void backward_add(struct span from, struct span to, size_t count, bool add);

#endif
