#include <stdlib.h>
#include <string.h>

#include "core/executor_parts.h"

static size_t count_uses(const struct graph *graph, int tensor) {
	size_t uses = graph->output == tensor;
	for (size_t i = 0; i < graph->op_count; i++)
		for (int j = 0; j < 3; j++) uses += graph->ops[i].inputs[j] == tensor;
	return uses;
}

/* The one op that uses a tensor; NULL if there are more, or if it is the output. */
static const struct graph_op *only_user(const struct graph *graph, int tensor) {
	if (count_uses(graph, tensor) != 1 || graph->output == tensor) return NULL;
	for (size_t i = 0; i < graph->op_count; i++)
		for (int j = 0; j < 3; j++)
			if (graph->ops[i].inputs[j] == tensor) return &graph->ops[i];
	return NULL;
}

/* conv2d -> channel_affine, where the vectors are known before the picture is. */
static const struct graph_op *fusable_affine(const struct graph *graph, const struct graph_op *conv) {
	const struct graph_op *next = only_user(graph, conv->output);
	if (!next || next->kind != GRAPH_CHANNEL_AFFINE || next->inputs[0] != conv->output || conv->activation) return NULL;
	const bool known = !graph->tensors[next->inputs[1]].of_picture && !graph->tensors[next->inputs[2]].of_picture;
	return known ? next : NULL;
}

/* ... -> add, where the other term is there before the convolution runs. */
static const struct graph_op *fusable_add(const struct graph *graph, const struct graph_op *conv, int result,
										  int *other) {
	const struct graph_op *next = only_user(graph, result);
	if (!next || next->kind != GRAPH_ADD) return NULL;
	*other = next->inputs[0] == result ? next->inputs[1] : next->inputs[0];
	return *other < conv->output ? next : NULL;
}

static void fuse(const struct graph *graph, struct step *step, bool *fused) {
	const struct graph_op *affine = step->op->kind == GRAPH_CONV_TRANSPOSE2X2 ? NULL : fusable_affine(graph, step->op);
	if (affine) {
		step->scale = affine->inputs[1];
		step->shift = affine->inputs[2];
		step->conv.activation = affine->activation;
		step->output = affine->output;
		fused[affine - graph->ops] = true;
	}
	int other;
	const struct graph_op *sum = fusable_add(graph, step->op, step->output, &other);
	if (sum) {
		step->residual = other;
		step->output = sum->output;
		fused[sum - graph->ops] = true;
	}
}

static void describe_conv(const struct executor *e, struct step *step) {
	const struct graph *graph = e->graph;
	const struct graph_op *op = step->op;
	const bool transposed = op->kind == GRAPH_CONV_TRANSPOSE2X2;
	step->conv = (struct conv2d){.kernel = op->kernel,
								 .stride = op->stride,
								 .in_channels = graph->tensors[op->inputs[0]].channels,
								 .out_channels = graph->tensors[op->output].channels * (transposed ? 4 : 1),
								 .activation = op->activation};
	step->winograd = e->kernels->conv3x3_winograd && !transposed &&
					 kernels_winograd_fits(step->conv.out_channels, step->conv.in_channels, op->kernel, op->stride);
}

static size_t packed_count(const struct step *step) {
	const struct conv2d *conv = &step->conv;
	return step->winograd ? kernels_winograd_count(conv->out_channels, conv->in_channels)
						  : kernels_packed_count(conv->out_channels, conv->in_channels, conv->kernel);
}

static void pack_kernel(struct step *step, const float *weights) {
	const struct conv2d *conv = &step->conv;
	if (step->winograd)
		kernels_pack_winograd(conv->out_channels, conv->in_channels, weights, step->packed);
	else
		kernels_pack_conv2d(conv->out_channels, conv->in_channels, conv->kernel, weights, step->packed);
}

/* Weights, bias, scale and shift of one convolution in one piece of memory. A mixed one's are known later. */
static bool pack_conv(const struct graph *graph, struct step *step) {
	struct conv2d *conv = &step->conv;
	const size_t out = conv->out_channels, in = conv->in_channels, kernel = conv->kernel;
	const size_t weights = packed_count(step), padded = round_up(out, KERNELS_BLOCK);
	const bool mixed = step->op->kind == GRAPH_MIXED_CONV2D;
	step->packed = calloc(weights + 3 * padded, sizeof *step->packed);
	if (mixed) step->mixed = malloc(out * kernel * kernel * in * sizeof *step->mixed);
	if (!step->packed || (mixed && !step->mixed)) return false;
	float *bias_values = step->packed + weights;
	if (!mixed) {
		const struct graph_parameter *bias = &graph->parameters[step->op->bias];
		pack_kernel(step, graph->parameters[step->op->weight].values);
		for (size_t o = 0; o < out; o++) bias_values[o] = bias->values[o % bias->count];
	}
	conv->weights = step->packed;
	conv->bias = bias_values;
	step->scale_values = bias_values + padded;
	step->shift_values = bias_values + 2 * padded;
	if (step->scale >= 0) {
		conv->scale = step->scale_values;
		conv->shift = step->shift_values;
	}
	return true;
}

enum deblur_status executor_make_steps(struct executor *e, bool pack) {
	const struct graph *graph = e->graph;
	bool *fused = calloc(graph->op_count + 1, sizeof *fused);
	e->steps = calloc(graph->op_count + 1, sizeof *e->steps);
	enum deblur_status status = fused && e->steps ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < graph->op_count && !status; i++) {
		if (fused[i]) continue;
		const struct graph_op *op = &graph->ops[i];
		struct step *step = &e->steps[e->step_count++];
		*step = (struct step){.op = op, .output = op->output, .residual = -1, .scale = -1, .shift = -1};
		step->of_condition = !graph->tensors[op->output].of_picture;
		if (!graph_is_convolution(op->kind)) continue;
		describe_conv(e, step);
		fuse(graph, step, fused);
		if (pack && !pack_conv(graph, step)) status = DEBLUR_OUT_OF_MEMORY;
	}
	free(fused);
	return status;
}

void executor_release_steps(struct executor *e) {
	for (size_t i = 0; i < e->step_count; i++) {
		free(e->steps[i].packed);
		free(e->steps[i].mixed);
	}
	free(e->steps);
}

/* The convolution that a mixed one is for this picture. */
static void mix(const struct executor *e, struct step *step) {
	const struct graph_op *op = step->op;
	const struct conv2d *conv = &step->conv;
	const float *bias = e->graph->parameters[op->bias].values, *shift = e->vectors[op->inputs[2]];
	float *bias_values = step->packed + packed_count(step);
	graph_mix_kernel(e->graph, op, e->vectors[op->inputs[1]], step->mixed);
	pack_kernel(step, step->mixed);
	for (size_t o = 0; o < conv->out_channels; o++) bias_values[o] = bias[o] + shift[o];
}

void executor_tell_steps(const struct executor *e) {
	for (size_t i = 0; i < e->step_count; i++) {
		struct step *step = &e->steps[i];
		if (step->op->kind == GRAPH_MIXED_CONV2D) mix(e, step);
		if (step->scale < 0) continue;
		for (size_t c = 0; c < step->conv.out_channels; c++) {
			step->scale_values[c] = 1 + e->vectors[step->scale][c];
			step->shift_values[c] = e->vectors[step->shift][c];
		}
	}
}
