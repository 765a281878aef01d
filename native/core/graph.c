#include "core/graph.h"

#include <stdlib.h>
#include <string.h>

#include "core/size.h"

/* ---- construction ---- */

struct graph *graph_create(const char *name) {
	struct graph *graph = calloc(1, sizeof *graph);
	if (!graph) return NULL;
	graph->picture = graph->condition = graph->output = -1;
	graph->parameter_room = SIZE_MAX;
	if (strlen(name) >= GRAPH_NAME_BYTES) graph->status = DEBLUR_BAD_ARGUMENT;
	strncpy(graph->name, name, GRAPH_NAME_BYTES - 1);
	return graph;
}

void graph_destroy(struct graph *graph) {
	if (!graph) return;
	for (size_t i = 0; i < graph->parameter_count; i++) free(graph->parameters[i].values);
	free(graph->parameters);
	free(graph->tensors);
	free(graph->ops);
	free(graph);
}

enum deblur_status graph_status(const struct graph *graph) {
	if (!graph) return DEBLUR_OUT_OF_MEMORY;
	if (graph->status) return graph->status;
	return graph->picture >= 0 && graph->output >= 0 ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT;
}

/* The first error is the one that is told. */
static int fail(struct graph *graph, enum deblur_status status) {
	if (!graph->status) graph->status = status;
	return -1;
}

/* Room for one element more in *array; it grows at powers of two. False: out of memory. */
static bool reserve_one(void **array, size_t count, size_t element_bytes) {
	if (count & (count - 1)) return true;
	void *grown = realloc(*array, (count ? count * 2 : 1) * element_bytes);
	if (!grown) return false;
	*array = grown;
	return true;
}

static bool name_is_fine(const char *name) {
	const size_t length = strlen(name);
	return length >= 1 && length < GRAPH_NAME_BYTES;
}

static int add_tensor(struct graph *graph, const char *name, uint32_t channels, uint32_t downscale) {
	if (!name_is_fine(name) || channels < 1 || channels > GRAPH_MAX_CHANNELS || downscale > GRAPH_MAX_DOWNSCALE)
		return fail(graph, DEBLUR_BAD_ARGUMENT);
	if (!reserve_one((void **)&graph->tensors, graph->tensor_count, sizeof *graph->tensors))
		return fail(graph, DEBLUR_OUT_OF_MEMORY);
	struct graph_tensor *tensor = &graph->tensors[graph->tensor_count];
	*tensor = (struct graph_tensor){.channels = channels, .downscale = downscale};
	strncpy(tensor->name, name, GRAPH_NAME_BYTES - 1);
	return (int)graph->tensor_count++;
}

static int add_parameter(struct graph *graph, const char *op_name, const char *role, const uint32_t shape[4]) {
	if (strlen(op_name) + strlen(role) >= GRAPH_NAME_BYTES) return fail(graph, DEBLUR_BAD_ARGUMENT);
	if (!reserve_one((void **)&graph->parameters, graph->parameter_count, sizeof *graph->parameters))
		return fail(graph, DEBLUR_OUT_OF_MEMORY);
	struct graph_parameter *parameter = &graph->parameters[graph->parameter_count];
	*parameter = (struct graph_parameter){.count = 1};
	strcpy(parameter->name, op_name);
	strcat(parameter->name, role);
	for (int i = 0; i < 4; i++) {
		parameter->shape[i] = shape[i];
		parameter->count *= shape[i]; /* at most 4096 * 9 * 4096: no overflow */
	}
	if (parameter->count > graph->parameter_room) return fail(graph, DEBLUR_BAD_ARGUMENT);
	graph->parameter_room -= parameter->count;
	parameter->values = calloc(parameter->count, sizeof *parameter->values);
	if (!parameter->values) return fail(graph, DEBLUR_OUT_OF_MEMORY);
	return (int)graph->parameter_count++;
}

int graph_input_map(struct graph *graph, const char *name, uint32_t channels) {
	if (graph->status) return -1;
	if (graph->picture >= 0 || graph->tensor_count) return fail(graph, DEBLUR_BAD_ARGUMENT);
	graph->picture = add_tensor(graph, name, channels, 1);
	if (graph->picture >= 0) graph->tensors[graph->picture].of_picture = true;
	return graph->picture;
}

int graph_input_vector(struct graph *graph, const char *name, uint32_t channels) {
	if (graph->status) return -1;
	if (graph->condition >= 0 || graph->tensor_count != 1) return fail(graph, DEBLUR_BAD_ARGUMENT);
	return graph->condition = add_tensor(graph, name, channels, 0);
}

/* ---- what each kind of op asks for and gives ---- */

static size_t input_count(enum graph_op_kind kind) {
	if (kind == GRAPH_CHANNEL_AFFINE || kind == GRAPH_MIXED_CONV2D) return 3;
	return kind == GRAPH_ADD || kind == GRAPH_CONCAT ? 2 : 1;
}

static bool has_activation(enum graph_op_kind kind) {
	return graph_is_convolution(kind) || kind == GRAPH_LINEAR || kind == GRAPH_RING_CONV ||
		   kind == GRAPH_CHANNEL_AFFINE;
}

static bool has_parameters(enum graph_op_kind kind) {
	return has_activation(kind) && kind != GRAPH_CHANNEL_AFFINE;
}

static bool inputs_exist(const struct graph *graph, const struct graph_op *op) {
	for (size_t i = 0; i < 3; i++) {
		if (i >= input_count(op->kind)) {
			if (op->inputs[i] != -1) return false;
		} else if (op->inputs[i] < 0 || (size_t)op->inputs[i] >= graph->tensor_count) {
			return false;
		}
	}
	return true;
}

static bool takes_vectors(enum graph_op_kind kind) {
	return kind == GRAPH_LINEAR || kind == GRAPH_CONCAT || kind == GRAPH_RING_CONV;
}

struct shape {
	uint32_t channels, downscale;
};

static bool same_shape(const struct graph_tensor *a, const struct graph_tensor *b) {
	return a->channels == b->channels && a->downscale == b->downscale;
}

static bool attributes_are_fine(const struct graph_op *op) {
	if ((unsigned)op->kind >= GRAPH_OP_KIND_COUNT || (unsigned)op->activation >= ACTIVATION_COUNT) return false;
	if (op->activation != ACTIVATION_NONE && !has_activation(op->kind)) return false;
	switch (op->kind) {
	case GRAPH_CONV2D:
	case GRAPH_MIXED_CONV2D:
		return (op->kernel == 3 && (op->stride == 1 || op->stride == 2)) || (op->kernel == 1 && op->stride == 1);
	case GRAPH_PIXEL_SHUFFLE:
	case GRAPH_PIXEL_UNSHUFFLE:
		return op->kernel == 1 && op->stride >= 2 && op->stride <= 8;
	case GRAPH_RING_CONV:
		return (op->kernel == 1 || op->kernel == 3) && op->stride >= 3 && op->stride <= 64;
	default:
		return op->kernel == 1 && op->stride == 1;
	}
}

static bool follows_from_condition(const struct graph *graph, int tensor) {
	return !graph->tensors[tensor].downscale && !graph->tensors[tensor].of_picture;
}

/* The shape that the op gives, or {0, 0} if it cannot take these inputs. */
static struct shape derive_shape(const struct graph *graph, const struct graph_op *op, uint32_t out_channels) {
	const struct graph_tensor *x = &graph->tensors[op->inputs[0]];
	const struct shape impossible = {0, 0};
	if (takes_vectors(op->kind) == (x->downscale != 0)) return impossible;
	switch (op->kind) {
	case GRAPH_CONV2D:
		return (struct shape){out_channels, x->downscale * op->stride};
	case GRAPH_MIXED_CONV2D:
		if (!follows_from_condition(graph, op->inputs[1]) || !follows_from_condition(graph, op->inputs[2]))
			return impossible;
		return (struct shape){graph->tensors[op->inputs[2]].channels, x->downscale * op->stride};
	case GRAPH_CONV_TRANSPOSE2X2:
		return x->downscale % 2 ? impossible : (struct shape){out_channels, x->downscale / 2};
	case GRAPH_PIXEL_SHUFFLE:
		if (x->downscale % op->stride || x->channels % (op->stride * op->stride)) return impossible;
		return (struct shape){x->channels / (op->stride * op->stride), x->downscale / op->stride};
	case GRAPH_PIXEL_UNSHUFFLE:
		return (struct shape){x->channels * op->stride * op->stride, x->downscale * op->stride};
	case GRAPH_ADD:
		if (!same_shape(x, &graph->tensors[op->inputs[1]])) return impossible;
		return (struct shape){x->channels, x->downscale};
	case GRAPH_CHANNEL_AFFINE:
		for (int i = 1; i < 3; i++) {
			const struct graph_tensor *v = &graph->tensors[op->inputs[i]];
			if (v->downscale != 0 || v->channels != x->channels) return impossible;
		}
		return (struct shape){x->channels, x->downscale};
	case GRAPH_SIGMOID:
		return (struct shape){x->channels, x->downscale};
	case GRAPH_GLOBAL_AVERAGE:
		return (struct shape){x->channels, 0};
	case GRAPH_LINEAR:
		return (struct shape){out_channels, 0};
	case GRAPH_RING_CONV: /* out_channels is of all places */
		return x->channels % op->stride || out_channels % op->stride ? impossible : (struct shape){out_channels, 0};
	case GRAPH_CONCAT: {
		const struct graph_tensor *b = &graph->tensors[op->inputs[1]];
		return b->downscale ? impossible : (struct shape){x->channels + b->channels, 0};
	}
	case GRAPH_OP_KIND_COUNT:
		break;
	}
	return impossible;
}

static bool shape_is_fine(struct shape shape, const struct graph_op *op) {
	const bool vector = takes_vectors(op->kind) || op->kind == GRAPH_GLOBAL_AVERAGE;
	return shape.channels >= 1 && shape.channels <= GRAPH_MAX_CHANNELS && shape.downscale <= GRAPH_MAX_DOWNSCALE &&
		   vector == (shape.downscale == 0);
}

static void add_parameters(struct graph *graph, struct graph_op *op, const char *name, uint32_t out) {
	const uint32_t in = graph->tensors[op->inputs[0]].channels;
	uint32_t weight[4] = {out, op->kernel, op->kernel, in}, bias[4] = {out, 1, 1, 1};
	if (op->kind == GRAPH_CONV_TRANSPOSE2X2) memcpy(weight, (uint32_t[4]){2, 2, out, in}, sizeof weight);
	if (op->kind == GRAPH_LINEAR) memcpy(weight, (uint32_t[4]){out, in, 1, 1}, sizeof weight);
	if (op->kind == GRAPH_MIXED_CONV2D) weight[0] = graph->tensors[op->inputs[1]].channels;
	if (op->kind == GRAPH_RING_CONV) {
		weight[0] = bias[0] = out / op->stride;
		weight[2] = 1;
		weight[3] = in / op->stride;
	}
	op->weight = add_parameter(graph, name, ".weight", weight);
	if (op->kind == GRAPH_MIXED_CONV2D && op->weight >= 0)
		op->mix = add_parameter(graph, name, ".mix", (uint32_t[4]){out, weight[0], 1, 1});
	if (op->weight >= 0) op->bias = add_parameter(graph, name, ".bias", bias);
}

int graph_append(struct graph *graph, const struct graph_op *wanted, const char *name, uint32_t out_channels) {
	if (graph->status) return -1;
	struct graph_op op = *wanted;
	op.weight = op.bias = op.mix = -1;
	if (graph->output >= 0 || graph->op_count >= GRAPH_MAX_OPS || !name_is_fine(name) || !attributes_are_fine(&op) ||
		!inputs_exist(graph, &op))
		return fail(graph, DEBLUR_BAD_ARGUMENT);
	const struct shape shape = derive_shape(graph, &op, out_channels);
	if (!shape_is_fine(shape, &op)) return fail(graph, DEBLUR_BAD_ARGUMENT);
	if (!reserve_one((void **)&graph->ops, graph->op_count, sizeof *graph->ops))
		return fail(graph, DEBLUR_OUT_OF_MEMORY);
	if (has_parameters(op.kind)) add_parameters(graph, &op, name, shape.channels);
	op.output = graph->status ? -1 : add_tensor(graph, name, shape.channels, shape.downscale);
	if (op.output < 0) return -1;
	for (size_t i = 0; i < input_count(op.kind); i++)
		if (graph->tensors[op.inputs[i]].of_picture) graph->tensors[op.output].of_picture = true;
	graph->ops[graph->op_count++] = op;
	return op.output;
}

/* ---- one line per op ---- */

static int append_unary(struct graph *graph, enum graph_op_kind kind, int x, uint32_t kernel, uint32_t stride,
						enum activation activation, const char *name, uint32_t out_channels) {
	const struct graph_op op = {
		.kind = kind, .activation = activation, .kernel = kernel, .stride = stride, .inputs = {x, -1, -1}};
	return graph_append(graph, &op, name, out_channels);
}

int graph_conv2d(struct graph *graph, int x, const char *name, uint32_t out_channels, uint32_t kernel, uint32_t stride,
				 enum activation activation) {
	return append_unary(graph, GRAPH_CONV2D, x, kernel, stride, activation, name, out_channels);
}

int graph_mixed_conv2d(struct graph *graph, int x, int gate, int shift, const char *name, uint32_t kernel,
					   uint32_t stride, enum activation activation) {
	const struct graph_op op = {.kind = GRAPH_MIXED_CONV2D,
								.activation = activation,
								.kernel = kernel,
								.stride = stride,
								.inputs = {x, gate, shift}};
	return graph_append(graph, &op, name, 0);
}

int graph_conv_transpose2x2(struct graph *graph, int x, const char *name, uint32_t out_channels,
							enum activation activation) {
	return append_unary(graph, GRAPH_CONV_TRANSPOSE2X2, x, 1, 1, activation, name, out_channels);
}

int graph_pixel_shuffle(struct graph *graph, int x, const char *name, uint32_t factor) {
	return append_unary(graph, GRAPH_PIXEL_SHUFFLE, x, 1, factor, ACTIVATION_NONE, name, 0);
}

int graph_pixel_unshuffle(struct graph *graph, int x, const char *name, uint32_t factor) {
	return append_unary(graph, GRAPH_PIXEL_UNSHUFFLE, x, 1, factor, ACTIVATION_NONE, name, 0);
}

int graph_sigmoid(struct graph *graph, int x, const char *name) {
	return append_unary(graph, GRAPH_SIGMOID, x, 1, 1, ACTIVATION_NONE, name, 0);
}

int graph_global_average(struct graph *graph, int x, const char *name) {
	return append_unary(graph, GRAPH_GLOBAL_AVERAGE, x, 1, 1, ACTIVATION_NONE, name, 0);
}

int graph_linear(struct graph *graph, int x, const char *name, uint32_t out_channels, enum activation activation) {
	return append_unary(graph, GRAPH_LINEAR, x, 1, 1, activation, name, out_channels);
}

int graph_ring_conv(struct graph *graph, int x, const char *name, uint32_t places, uint32_t out_channels,
					uint32_t kernel, enum activation activation) {
	return append_unary(graph, GRAPH_RING_CONV, x, kernel, places, activation, name, places * out_channels);
}

int graph_add(struct graph *graph, int a, int b, const char *name) {
	const struct graph_op op = {.kind = GRAPH_ADD, .kernel = 1, .stride = 1, .inputs = {a, b, -1}};
	return graph_append(graph, &op, name, 0);
}

int graph_channel_affine(struct graph *graph, int x, int scale, int shift, const char *name,
						 enum activation activation) {
	const struct graph_op op = {
		.kind = GRAPH_CHANNEL_AFFINE, .activation = activation, .kernel = 1, .stride = 1, .inputs = {x, scale, shift}};
	return graph_append(graph, &op, name, 0);
}

int graph_concat(struct graph *graph, int a, int b, const char *name) {
	const struct graph_op op = {.kind = GRAPH_CONCAT, .kernel = 1, .stride = 1, .inputs = {a, b, -1}};
	return graph_append(graph, &op, name, 0);
}

/* ---- the output, and what follows from it ---- */

static bool is_in_fours(const struct graph *graph, const struct graph_op *op) {
	return op->kind == GRAPH_CONV2D &&
		   kernels_winograd_fits(graph->tensors[op->output].channels, graph->tensors[op->inputs[0]].channels,
								 op->kernel, op->stride);
}

/* Walks from the output to the picture. need[t] is how far beyond an aligned block tensor t is looked at, in picture
 * pixels and a multiple of t's downscale. Pixel shuffles and 2x2 transposed convolutions stay within their own cell, so
 * only rounding adds. in_fours: along rows, where what a convolution computes together reaches further. */
static size_t halo_of(const struct graph *graph, bool in_fours, size_t *need) {
	memset(need, 0, graph->tensor_count * sizeof *need);
	for (size_t i = graph->op_count; i-- > 0;) {
		const struct graph_op *op = &graph->ops[i];
		for (size_t j = 0; j < input_count(op->kind); j++) {
			const size_t downscale = graph->tensors[op->inputs[j]].downscale;
			if (!downscale) continue;
			size_t reach = round_up(need[op->output], downscale);
			if (in_fours && is_in_fours(graph, op)) reach = round_up(reach, KERNELS_WINOGRAD_OUTPUTS * downscale);
			if (graph_is_conv2d(op->kind)) reach += op->kernel / 2 * downscale;
			if (reach > need[op->inputs[j]]) need[op->inputs[j]] = reach;
		}
	}
	return need[graph->picture];
}

void graph_set_output(struct graph *graph, int tensor) {
	if (graph->status) return;
	if (tensor < 0 || (size_t)tensor >= graph->tensor_count || graph->picture < 0) {
		fail(graph, DEBLUR_BAD_ARGUMENT);
		return;
	}
	size_t *need = calloc(graph->tensor_count, sizeof *need);
	if (!need) {
		fail(graph, DEBLUR_OUT_OF_MEMORY);
		return;
	}
	graph->halo_px = round_up(halo_of(graph, false, need), graph_alignment_px(graph));
	graph->halo_x_px = round_up(halo_of(graph, true, need), KERNELS_WINOGRAD_OUTPUTS * graph_alignment_px(graph));
	graph->output = tensor;
	free(need);
}

struct graph *graph_clone(const struct graph *graph) {
	struct graph *clone = graph_create(graph->name);
	if (!clone) return NULL;
	if (graph->picture >= 0)
		graph_input_map(clone, graph->tensors[graph->picture].name, graph->tensors[graph->picture].channels);
	if (graph->condition >= 0)
		graph_input_vector(clone, graph->tensors[graph->condition].name, graph->tensors[graph->condition].channels);
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_tensor *out = &graph->tensors[graph->ops[i].output];
		graph_append(clone, &graph->ops[i], out->name, out->channels);
	}
	if (graph->output >= 0) graph_set_output(clone, graph->output);
	if (clone->status) {
		graph_destroy(clone);
		return NULL;
	}
	for (size_t i = 0; i < graph->parameter_count; i++)
		memcpy(clone->parameters[i].values, graph->parameters[i].values, graph->parameters[i].count * sizeof(float));
	return clone;
}

/* ---- mixing ---- */

/* sums += shares[r] * from[r], one after the other. */
static void add_four(size_t count, const float shares[4], const float *from, float *restrict sums) {
	const float *a = from, *b = a + count, *c = b + count, *d = c + count;
	for (size_t i = 0; i < count; i++)
		sums[i] = sums[i] + shares[0] * a[i] + shares[1] * b[i] + shares[2] * c[i] + shares[3] * d[i];
}

static void add_one(size_t count, float share, const float *from, float *restrict sums) {
	for (size_t i = 0; i < count; i++) sums[i] += share * from[i];
}

void graph_mix_kernel(const struct graph *graph, const struct graph_op *op, const float *gate, float *kernel) {
	const struct graph_parameter *weight = &graph->parameters[op->weight], *mix = &graph->parameters[op->mix];
	const size_t rank = mix->shape[1], count = weight->count / rank;
	memset(kernel, 0, mix->shape[0] * count * sizeof *kernel);
	for (size_t o = 0; o < mix->shape[0]; o++, kernel += count) {
		const float *row = mix->values + o * rank;
		size_t r = 0;
		for (; r + 4 <= rank; r += 4) {
			float shares[4];
			for (size_t i = 0; i < 4; i++) shares[i] = row[r + i] * (1 + gate[r + i]);
			add_four(count, shares, weight->values + r * count, kernel);
		}
		for (; r < rank; r++) add_one(count, row[r] * (1 + gate[r]), weight->values + r * count, kernel);
	}
}

void graph_ring_window(const struct graph *graph, const struct graph_op *op, const float *x, size_t place,
					   float *window) {
	const struct graph_parameter *weight = &graph->parameters[op->weight];
	const size_t in = weight->shape[3], places = op->stride, kernel = weight->shape[1];
	for (size_t k = 0; k < kernel; k++)
		memcpy(window + k * in, x + (place + places + k - kernel / 2) % places * in, in * sizeof *window);
}

void graph_run_ring(const struct graph *graph, const struct graph_op *op, const struct kernels *kernels, const float *x,
					float *y) {
	const struct graph_parameter *weight = &graph->parameters[op->weight];
	const size_t out = weight->shape[0], in = weight->shape[1] * weight->shape[3];
	float window[GRAPH_MAX_CHANNELS]; /* three places or more share as many */
	for (size_t place = 0; place < op->stride; place++) {
		graph_ring_window(graph, op, x, place, window);
		kernels->linear(in, out, weight->values, graph->parameters[op->bias].values, op->activation, window,
						y + place * out);
	}
}

/* ---- facts ---- */

size_t graph_parameter_total(const struct graph *graph) {
	size_t total = 0;
	for (size_t i = 0; i < graph->parameter_count; i++) total += graph->parameters[i].count;
	return total;
}

double graph_macs_per_pixel(const struct graph *graph) {
	double macs = 0;
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		if (!graph_is_convolution(op->kind)) continue;
		/* Each weight of a transposed convolution meets every input pixel, of a convolution every output pixel. */
		const int at = op->kind == GRAPH_CONV_TRANSPOSE2X2 ? op->inputs[0] : op->output;
		const double downscale = graph->tensors[at].downscale;
		double weights = (double)graph->parameters[op->weight].count;
		if (op->kind == GRAPH_MIXED_CONV2D) /* of the kernel that was mixed */
			weights *= (double)graph->tensors[op->output].channels / (double)graph->tensors[op->inputs[1]].channels;
		macs += weights / (downscale * downscale);
	}
	return macs;
}

size_t graph_alignment_px(const struct graph *graph) {
	size_t alignment = 1;
	for (size_t i = 0; i < graph->tensor_count; i++)
		if (graph->tensors[i].downscale > alignment) alignment = graph->tensors[i].downscale;
	return alignment;
}

int graph_bottleneck(const struct graph *graph) {
	int deepest = 0;
	for (size_t i = 0; i < graph->tensor_count; i++)
		if (graph->tensors[i].downscale >= graph->tensors[deepest].downscale) deepest = (int)i;
	return deepest;
}

size_t graph_halo_px(const struct graph *graph) {
	return graph->halo_px;
}

struct graph_cut graph_cut(const struct graph *graph) {
	return (struct graph_cut){KERNELS_WINOGRAD_OUTPUTS * graph_alignment_px(graph), graph->halo_x_px, graph->halo_px};
}

const char *graph_op_kind_name(enum graph_op_kind kind) {
	static const char *const names[GRAPH_OP_KIND_COUNT] = {
		"conv2d", "conv_transpose2x2", "pixel_shuffle", "pixel_unshuffle", "add",      "sigmoid", "global_average",
		"linear", "channel_affine",    "concat",        "mixed_conv2d",    "ring_conv"};
	return (unsigned)kind < GRAPH_OP_KIND_COUNT ? names[kind] : "unknown";
}
