/* net_parts.h - what a net is made of, for net*.c alone: net.c plans and makes it, net_forward.c and net_backward.c run
 * it. */
#ifndef TRAIN_NET_PARTS_H
#define TRAIN_NET_PARTS_H

#include "train/net.h"
#include "train/span.h"

/* A tensor of the whole batch: a map [batch][height][width][channels], or a vector with height = width = 1. */
struct tensor {
	size_t height, width, channels, count;
	bool bf16;   /* its values and its gradient */
	bool wanted; /* some parameter lies behind it */
	bool filled; /* during a backward pass: a consumer has written its part of the gradient */
	int slot;    /* where its gradient lies; -1: it has none */
	void *data;
};

/* Memory of a gradient, from its last consumer's backward half, which runs first, to its producer's. */
struct slot {
	size_t bytes;
	void *data;
};

/* What becomes of an op beside itself. */
struct fusion {
	int residual;  /* of a convolution: the tensor that is added to its result; -1: none */
	int sum;       /* then: the tensor that takes its result, whose own op has nothing left to do */
	bool is_fused; /* of that op */
	bool add_dsrc; /* of a convolution: others have written to its source's gradient before, and it adds to that */
};

struct net {
	const struct graph *graph;
	const struct kernels *kernels;
	struct net_options options;
	struct tensor *tensors; /* [graph->tensor_count] */
	struct conv **convs;    /* [graph->op_count], NULL where the op is none */
	struct fusion *fusions; /* [graph->op_count] */
	bool (*in_place)[3];    /* [graph->op_count]: this input's gradient lies where the output's was */
	struct slot *slots;     /* [slot_count] */
	size_t slot_count;
	float **gradients; /* [graph->parameter_count] */
	void *scratch;     /* as large as the largest tensor: a second contribution to a gradient */
	void *wide;        /* likewise of transposed convolutions: what lies between convolution and shuffle */
	float *rows;       /* [threads][2][row_floats]: both sides of a shuffle */
	size_t row_floats;
	float *tap_values;                                 /* of a tap in bfloat16, as floats; NULL: it has floats itself */
	float *tap_gradient;                               /* the caller's part; NULL: there is none */
	void (*complete)(void *context, size_t parameter); /* net_on_gradient's */
	void *complete_context;
};

static inline struct span values_of(const struct tensor *tensor) {
	return (struct span){tensor->data, tensor->bf16};
}

static inline struct span gradient_of(const struct net *net, const struct tensor *tensor) {
	return (struct span){tensor->slot < 0 ? NULL : net->slots[tensor->slot].data, tensor->bf16};
}

/* Pixels of the whole batch. */
static inline size_t pixels_of(const struct tensor *tensor) {
	return tensor->count / tensor->channels;
}

/* A transposed convolution's result before it is shuffled to y. */
struct tensor net_wide_tensor(const struct net *net, const struct tensor *x, const struct tensor *y);

/* Gathers the fine map into the coarse one if `down`, else scatters; row by row, through the inference kernels. */
void net_shuffle(const struct net *net, size_t factor, bool down, const struct tensor *coarse, struct span coarse_data,
				 const struct tensor *fine, struct span fine_data);

#endif
