/* net_part.h - some samples of a net's batch with all that they need, for net*.c alone: net_part.c plans and makes it,
 * net_forward.c and net_backward.c run it. Parts share the graph's parameters and nothing that is written, so that each
 * may have a thread of its own. */
#ifndef TRAIN_NET_PART_H
#define TRAIN_NET_PART_H

#include <stdatomic.h>

#include "train/mixed_conv.h"
#include "train/net.h"
#include "train/span.h"

/* A tensor of all samples: a map [batch][height][width][channels], or a vector with height = width = 1. */
struct tensor {
	size_t height, width, channels, count;
	bool bf16;   /* its values and its gradient */
	bool wanted; /* some parameter lies behind it */
	bool filled; /* during a backward pass: a consumer has written its part of the gradient */
	bool lent;   /* its data is the net's, where the caller sees it */
	int slot;    /* where its gradient lies; -1: it has none */
	void *data;
};

/* Memory of a gradient, from its last consumer's backward half, which runs first, to its producer's. */
struct slot {
	size_t bytes;
	bool lent; /* is the net's, and no other tensor's */
	void *data;
};

/* What becomes of an op beside itself. */
struct fusion {
	int residual;  /* of a convolution: the tensor that is added to its result; -1: none */
	int sum;       /* then: the tensor that takes its result, whose own op has nothing left to do */
	bool is_fused; /* of that op */
	bool add_dsrc; /* of a convolution: others have written to its source's gradient before, and it adds to that */
};

struct net_part {
	const struct graph *graph;
	const struct kernels *kernels;
	struct conv_engine *engine;
	struct net_options options; /* batch: of this part */
	struct tensor *tensors;     /* [graph->tensor_count] */
	struct conv **convs;        /* [graph->op_count], NULL where the op is none */
	struct mixed_conv **mixed;  /* likewise */
	struct fusion *fusions;     /* [graph->op_count] */
	bool (*in_place)[3];        /* [graph->op_count]: this input's gradient lies where the output's was */
	struct slot *slots;         /* [slot_count] */
	size_t slot_count;
	float **gradients; /* [graph->parameter_count] */
	void *scratch;     /* as large as the largest tensor: a second contribution to a gradient */
	void *wide;        /* likewise of transposed convolutions: what lies between convolution and shuffle */
	float *rows;       /* [threads][2][row_floats]: both sides of a shuffle */
	size_t row_floats;
	float *tap_values;         /* the net's, of a tap in bfloat16, as floats; NULL: the tap lies there itself */
	float *tap_gradient;       /* the caller's share; NULL: there is none */
	float *condition_gradient; /* for the caller; NULL: not wanted */
	atomic_size_t ops_ahead;   /* of a backward pass: those from here on are behind it */
	void (*passed)(void *of);  /* called after each of them; NULL: nobody */
	void *passed_of;
};

/* Where a part lies in the memory that callers of a net see. */
struct net_part_place {
	float *const *seen; /* [graph->tensor_count]: of a tensor that they see, NULL for others */
	float *output_gradient, *tap_gradient, *condition_gradient;
};

/* options: batch and tap of the part. Runs on as many threads as where it was made. OUT_OF_MEMORY. */
enum deblur_status net_part_create(const struct graph *graph, const struct net_options *options,
								   const struct net_part_place *place, struct net_part **out);
void net_part_destroy(struct net_part *part);

enum deblur_status net_part_forward(struct net_part *part);
enum deblur_status net_part_backward(struct net_part *part);

/* Whether the output depends on op i, and so on its parameters: after net_part_backward has passed it. */
static inline bool net_part_reached(const struct net_part *part, size_t i) {
	const struct tensor *y = &part->tensors[part->graph->ops[i].output];
	return y->filled && y->wanted;
}

static inline struct span values_of(const struct tensor *tensor) {
	return (struct span){tensor->data, tensor->bf16};
}

static inline struct span gradient_of(const struct net_part *part, const struct tensor *tensor) {
	return (struct span){tensor->slot < 0 ? NULL : part->slots[tensor->slot].data, tensor->bf16};
}

/* Pixels of all samples. */
static inline size_t pixels_of(const struct tensor *tensor) {
	return tensor->count / tensor->channels;
}

/* A transposed convolution's result before it is shuffled to y. */
struct tensor net_wide_tensor(const struct net_part *part, const struct tensor *x, const struct tensor *y);

/* Of a mixed convolution. */
struct mixed_conv_parameters net_mixed_parameters(const struct net_part *part, const struct graph_op *op);

/* Gathers the fine map into the coarse one if `down`, else scatters; row by row, through the inference kernels. */
void net_shuffle(const struct net_part *part, size_t factor, bool down, const struct tensor *coarse,
				 struct span coarse_data, const struct tensor *fine, struct span fine_data);

#endif
