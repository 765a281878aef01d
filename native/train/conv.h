/* conv.h - convolutions for training, forward and backward, by oneDNN's C API.
 *
 * Tensors are [batch][height][width][channels], weights [out][kernel][kernel][in] float32 master copies. In bf16
 * precision tensors are bfloat16, products are taken in it and accumulated in float32, and the gradients of weights
 * and biases are float32. Primitives, layouts and buffers are fixed when a conv is created; running allocates nothing.
 * Results depend on the thread count only. One thread at a time per engine; oneDNN itself runs OpenMP threads. */
#ifndef TRAIN_CONV_H
#define TRAIN_CONV_H

#include "deblur.h"
#include "train/span.h"

enum conv_precision { CONV_FLOAT32, CONV_BFLOAT16 };

struct conv_engine;
enum deblur_status conv_engine_create(struct conv_engine **out);
void conv_engine_destroy(struct conv_engine *engine);
/* bfloat16 where the CPU multiplies it quicker, float32 elsewhere. */
enum conv_precision conv_best_precision(void);

struct conv_shape {
	size_t batch, height, width; /* of the source */
	size_t in_channels, out_channels;
	bool relu;                 /* clamps the result at zero; backward expects ddst masked already */
	bool residual;             /* without relu: a tensor of the result's shape is added to it */
	bool add_dsrc;             /* dsrc is added to what is there; only with stride 1, see conv_adds_dsrc */
	size_t kernel, stride;     /* 1x1 or 3x3 with zero padding of 1; the result is height / stride by width / stride */
	bool changing;             /* the weights are read every time, also by a conv that does not learn */
	bool float_src, float_dst; /* in bf16 precision: this end is float32 all the same, and so is its gradient */
};

/* Whether conv_backward adds dsrc up rather than overwrite it. */
bool conv_adds_dsrc(const struct conv_shape *shape);

struct conv;
/* training false: forward only. BAD_ARGUMENT: oneDNN refuses the shape. */
enum deblur_status conv_create(struct conv_engine *engine, const struct conv_shape *shape,
							   enum conv_precision precision, bool training, struct conv **out);
void conv_destroy(struct conv *conv);

/* dst = weights * src + bias (+ residual, which a conv with one is given and others are not). In training the weights
 * are read every time, and src must stay as it is until conv_backward; a conv that does not learn reads them the first
 * time only, unless its shape says otherwise. */
enum deblur_status conv_forward(struct conv *conv, const float *weights, const float *bias, const void *src,
								const void *residual, void *dst);
/* From ddst: dweights and dbias (overwritten), and dsrc (see add_dsrc; NULL: not wanted). */
enum deblur_status conv_backward(struct conv *conv, const void *ddst, float *dweights, float *dbias, void *dsrc);

#endif
