/* graph.h - a network as data: a list of ops over named tensors, with its parameters.
 *
 * Built by small functions (networks.c) or read from a file (model_file.c): both go through graph_append, the one place
 * that checks an op and derives the shape of what it gives. Tensors are either maps, [height / d][width / d][channels]
 * for a downscale d, or vectors, [channels].
 *
 *     struct graph *g = graph_create("restorer");
 *     int x = graph_input_map(g, "picture", 3);
 *     x = graph_conv2d(g, x, "head", 3, 3, 1, ACTIVATION_NONE);
 *     graph_set_output(g, x);
 *     enum deblur_status status = graph_status(g);    // the first error, if any
 *
 * After an error every further call does nothing and returns -1, so that builders need no checks of their own.
 * Not thread-safe while it is being built; afterwards it is only read. */
#ifndef GRAPH_H
#define GRAPH_H

#include "deblur.h"
#include "kernels/kernels.h"

enum {
	GRAPH_NAME_BYTES = 48,
	GRAPH_MAX_OPS = 4096,
	GRAPH_MAX_CHANNELS = 4096,
	GRAPH_MAX_DOWNSCALE = 64,
};

enum graph_op_kind {
	GRAPH_CONV2D = 0,        /* inputs: map; parameters weight [out][k][k][in], bias [out] */
	GRAPH_CONV_TRANSPOSE2X2, /* inputs: map; weight [2][2][out][in], bias [out]; doubles the size */
	GRAPH_PIXEL_SHUFFLE,     /* inputs: map; channels / factor^2, size * factor */
	GRAPH_PIXEL_UNSHUFFLE,   /* inputs: map; channels * factor^2, size / factor */
	GRAPH_ADD,               /* inputs: two maps of one shape */
	GRAPH_SIGMOID,           /* inputs: map */
	GRAPH_GLOBAL_AVERAGE,    /* inputs: map; gives a vector */
	GRAPH_LINEAR,            /* inputs: vector; weight [out][in], bias [out] */
	GRAPH_CHANNEL_AFFINE,    /* inputs: map, scale vector, shift vector: activation(x * (1 + scale) + shift) */
	GRAPH_CONCAT,            /* inputs: two vectors; gives the first's numbers, then the second's */
	/* A conv2d whose kernel depends on the condition: sum over r of mix[o][r] * (1 + gate[r]) * weight[r], and bias +
	 * shift. It is mixed once per picture and costs per pixel what a plain one costs (after Li et al., "Revisiting
	 * Dynamic Convolution via Matrix Decomposition", 2021). Inputs: map, gate [rank], shift [out]; the vectors follow
	 * from the condition alone. Parameters weight [rank][k][k][in], mix [out][rank], bias [out]. */
	GRAPH_MIXED_CONV2D,
	/* A convolution around a circle: the vector is [places][in], place after place, and each gives [out] from itself
	 * and the one on either side, the first being next to the last. `stride` says how many places there are. Inputs:
	 * vector; weight [out][k][1][in], bias [out]. */
	GRAPH_RING_CONV,
	GRAPH_OP_KIND_COUNT
};

struct graph_tensor {
	char name[GRAPH_NAME_BYTES];
	uint32_t channels;
	uint32_t downscale; /* 1, 2, 4, ...; 0: a vector */
	bool of_picture;    /* computed from the picture, and not from the condition alone */
};

struct graph_parameter {
	char name[GRAPH_NAME_BYTES];
	uint32_t shape[4]; /* unused dimensions are 1 */
	size_t count;      /* product of shape */
	float *values;     /* [count], owned by the graph, zero until somebody fills it */
};

struct graph_op {
	enum graph_op_kind kind;
	enum activation activation; /* convolutions, linear, channel_affine */
	uint32_t kernel;            /* conv2d, mixed_conv2d, ring_conv: 1 or 3 */
	uint32_t stride;            /* conv2d, mixed_conv2d: 1 or 2; pixel (un)shuffle: the factor, 2..8; ring_conv: places,
								   3..64; otherwise 1 */
	int inputs[3];              /* tensor indices, -1 where unused; always earlier tensors */
	int output;                 /* tensor index; every op gives exactly one new tensor */
	int weight, bias, mix;      /* parameter indices, -1 where the op has none */
};

/* Whether a parameter is [2][2][out][in], whose places do not overlap: all others have their output channels first. */
static inline bool graph_parameter_is_transposed(const struct graph_parameter *p) {
	const bool is_matrix = p->shape[2] == 1 && p->shape[3] == 1;
	return !is_matrix && p->shape[1] == 2; /* other kernels are 1 or 3 wide */
}

/* How many numbers each sum has that a parameter's weights are part of: its fan-in. */
static inline size_t graph_parameter_inputs(const struct graph_parameter *p) {
	return graph_parameter_is_transposed(p) ? p->shape[3] : p->count / p->shape[0];
}

/* Whether an op is a convolution to maps of its size or half of it, whatever its kernel is made of; and whether it is
 * any convolution. */
static inline bool graph_is_conv2d(enum graph_op_kind kind) {
	return kind == GRAPH_CONV2D || kind == GRAPH_MIXED_CONV2D;
}
static inline bool graph_is_convolution(enum graph_op_kind kind) {
	return graph_is_conv2d(kind) || kind == GRAPH_CONV_TRANSPOSE2X2;
}

/* Writes the indices of an op's parameters, and returns how many it has. */
enum { GRAPH_OP_MAX_PARAMETERS = 3 };
static inline size_t graph_op_parameters(const struct graph_op *op, int own[GRAPH_OP_MAX_PARAMETERS]) {
	size_t count = 0;
	if (op->weight >= 0) own[count++] = op->weight;
	if (op->bias >= 0) own[count++] = op->bias;
	if (op->mix >= 0) own[count++] = op->mix;
	return count;
}

struct graph {
	char name[GRAPH_NAME_BYTES];
	struct graph_tensor *tensors;
	struct graph_op *ops;
	struct graph_parameter *parameters;
	size_t tensor_count, op_count, parameter_count;
	size_t parameter_room; /* how many numbers more the parameters may have together: BAD_ARGUMENT beyond */
	size_t halo_px;        /* see graph_halo_px */
	size_t halo_x_px;      /* see graph_cut */
	int picture;           /* the input map, [h][w][3] in 0..1 sRGB */
	int condition;         /* the input vector, -1 if there is none */
	int output;
	enum deblur_status status;
};

struct graph *graph_create(const char *name);         /* NULL: out of memory */
void graph_destroy(struct graph *graph);              /* NULL is fine */
struct graph *graph_clone(const struct graph *graph); /* with parameters; NULL: out of memory */
enum deblur_status graph_status(const struct graph *graph);

/* Building. Each returns the index of the new tensor, or -1 after an error. */
int graph_input_map(struct graph *graph, const char *name, uint32_t channels);
int graph_input_vector(struct graph *graph, const char *name, uint32_t channels);
/* op: kind, activation, kernel, stride and inputs are read; `out_channels` matters to conv2d,
 * conv_transpose2x2, linear. BAD_ARGUMENT for what contradicts itself: wrong inputs, unknown kinds, shapes beyond the
 * limits above. */
int graph_append(struct graph *graph, const struct graph_op *op, const char *name, uint32_t out_channels);
void graph_set_output(struct graph *graph, int tensor); /* the last: a graph that has its output takes no more ops */

int graph_conv2d(struct graph *graph, int x, const char *name, uint32_t out_channels, uint32_t kernel, uint32_t stride,
				 enum activation activation);
int graph_mixed_conv2d(struct graph *graph, int x, int gate, int shift, const char *name, uint32_t kernel,
					   uint32_t stride, enum activation activation); /* as many channels as shift has */
int graph_conv_transpose2x2(struct graph *graph, int x, const char *name, uint32_t out_channels,
							enum activation activation);
int graph_pixel_shuffle(struct graph *graph, int x, const char *name, uint32_t factor);
int graph_pixel_unshuffle(struct graph *graph, int x, const char *name, uint32_t factor);
int graph_add(struct graph *graph, int a, int b, const char *name);
int graph_sigmoid(struct graph *graph, int x, const char *name);
int graph_global_average(struct graph *graph, int x, const char *name);
int graph_linear(struct graph *graph, int x, const char *name, uint32_t out_channels, enum activation activation);
int graph_ring_conv(struct graph *graph, int x, const char *name, uint32_t places, uint32_t out_channels,
					uint32_t kernel, enum activation activation); /* out_channels: of each place */
int graph_channel_affine(struct graph *graph, int x, int scale, int shift, const char *name,
						 enum activation activation);
int graph_concat(struct graph *graph, int a, int b, const char *name);

/* The kernel that a mixed_conv2d has with these gates, as a conv2d's parameter: [out][k][k][in]. */
void graph_mix_kernel(const struct graph *graph, const struct graph_op *op, const float *gate, float *kernel);

/* What a ring_conv sees from one place, [k][in]. */
void graph_ring_window(const struct graph *graph, const struct graph_op *op, const float *x, size_t place,
					   float *window);

/* All of a ring_conv: y is [places][out]. */
void graph_run_ring(const struct graph *graph, const struct graph_op *op, const struct kernels *kernels, const float *x,
					float *y);

/* Facts that follow from the ops. */
size_t graph_parameter_total(const struct graph *graph);
double graph_macs_per_pixel(const struct graph *graph); /* of the picture; vectors cost nothing per pixel */
/* Pictures are extended to a multiple of this many pixels: the largest downscale. */
size_t graph_alignment_px(const struct graph *graph);
/* The last tensor of those with the largest downscale: where an encoder ends. */
int graph_bottleneck(const struct graph *graph);
/* How far beyond a block of output pixels, aligned to graph_alignment_px, the ops look at the picture; a multiple of
 * it. Meaningful where no global average lies between picture and output. */
size_t graph_halo_px(const struct graph *graph);

/* How a part of a picture is cut so that it gives the same bits as the whole. Convolutions by Winograd's method compute
 * four neighbours of a row together, so that rounding reaches further to the sides than what a pixel looks at, and
 * parts have to begin where such fours do. Values are multiples of the grid, but halo_y_px of the alignment. */
struct graph_cut {
	size_t grid_px; /* x of a part is a multiple of this */
	size_t halo_x_px,
		halo_y_px; /* how much more is needed on both sides, above and below, as far as there is picture */
};
struct graph_cut graph_cut(const struct graph *graph);
const char *graph_op_kind_name(enum graph_op_kind kind);

#endif
