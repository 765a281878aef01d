/* mixed_conv.h - GRAPH_MIXED_CONV2D (core/graph.h) for training: convolutions of a batch of which every sample has a
 * kernel of its own, mixed as its gates say. The convolutions are conv.h's, one sample each; mixing, and the way back
 * from kernels to what they are made of, are matrix products for all samples at once.
 *
 * Maps are those of conv.h with the samples one behind the other; vectors are [batch][...]. */
#ifndef TRAIN_MIXED_CONV_H
#define TRAIN_MIXED_CONV_H

#include "train/conv.h"

struct mixed_conv;

/* shape: of the whole batch, as if it were a plain convolution. Errors as conv_create. */
enum deblur_status mixed_conv_create(struct conv_engine *engine, const struct conv_shape *shape, size_t rank,
									 enum conv_precision precision, bool training, struct mixed_conv **out);
void mixed_conv_destroy(struct mixed_conv *mixed);

struct mixed_conv_parameters {
	const float *weight, *mix, *bias; /* [rank][kernel][kernel][in], [out][rank], [out] */
	const float *gate, *shift;        /* [batch][rank], [batch][out] */
};

/* residual: see conv_shape; NULL without one. */
enum deblur_status mixed_conv_forward(struct mixed_conv *mixed, const struct mixed_conv_parameters *parameters,
									  const void *src, const void *residual, void *dst);

/* Overwritten, but for what is to be added to. */
struct mixed_conv_gradients {
	float *weight, *mix, *bias;
	float *gate, *shift;
	bool add_gate, add_shift;
};

/* After mixed_conv_forward with the same parameters and src. dsrc: see conv_backward. */
enum deblur_status mixed_conv_backward(struct mixed_conv *mixed, const struct mixed_conv_parameters *parameters,
									   const void *ddst, const struct mixed_conv_gradients *gradients, void *dsrc);

#endif
