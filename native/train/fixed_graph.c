#include "train/fixed_graph.h"

#include <stdlib.h>
#include <string.h>

/* What the new graph has in the old one's place. */
struct fixing {
	const struct graph *from;
	struct graph *to;
	int *tensors;    /* [tensor_count] of `from`: which in `to`; -1: none */
	float **vectors; /* [tensor_count] of `from`: owned; NULL for maps */
};

static const float *values_of(const struct graph *graph, int parameter) {
	return graph->parameters[parameter].values;
}

/* ---- vectors ---- */

static enum deblur_status compute(struct fixing *f, const struct graph_op *op) {
	const struct graph *g = f->from;
	const float *x = f->vectors[op->inputs[0]];
	const size_t in = g->tensors[op->inputs[0]].channels, out = g->tensors[op->output].channels;
	if (op->kind != GRAPH_LINEAR || !x) return DEBLUR_BAD_ARGUMENT;
	float *y = f->vectors[op->output] = malloc(out * sizeof *y);
	if (!y) return DEBLUR_OUT_OF_MEMORY;
	kernels_reference()->linear(in, out, values_of(g, op->weight), values_of(g, op->bias), op->activation, x, y);
	return DEBLUR_OK;
}

/* ---- maps ---- */

/* The same op, with as many channels, and its parameters if it has any of this kind. */
static enum deblur_status append(struct fixing *f, const struct graph_op *op, enum graph_op_kind kind) {
	const struct graph_tensor *out = &f->from->tensors[op->output];
	struct graph_op copy = *op;
	copy.kind = kind;
	for (int i = 0; i < 3; i++) {
		const bool wanted = op->inputs[i] >= 0 && f->from->tensors[op->inputs[i]].downscale;
		copy.inputs[i] = wanted ? f->tensors[op->inputs[i]] : -1;
	}
	f->tensors[op->output] = graph_append(f->to, &copy, out->name, out->channels);
	return f->to->status;
}

static struct graph_op *last_op(struct fixing *f) {
	return &f->to->ops[f->to->op_count - 1];
}

static enum deblur_status copy_op(struct fixing *f, const struct graph_op *op) {
	const enum deblur_status status = append(f, op, op->kind);
	int from[GRAPH_OP_MAX_PARAMETERS], to[GRAPH_OP_MAX_PARAMETERS];
	const size_t count = status ? 0 : graph_op_parameters(last_op(f), to);
	graph_op_parameters(op, from);
	for (size_t i = 0; i < count; i++) {
		const struct graph_parameter *parameter = &f->to->parameters[to[i]];
		memcpy(parameter->values, values_of(f->from, from[i]), parameter->count * sizeof(float));
	}
	return status;
}

static enum deblur_status fix_mixed(struct fixing *f, const struct graph_op *op) {
	const float *gate = f->vectors[op->inputs[1]], *shift = f->vectors[op->inputs[2]];
	if (!gate || !shift) return DEBLUR_BAD_ARGUMENT;
	const enum deblur_status status = append(f, op, GRAPH_CONV2D);
	if (status) return status;
	const struct graph_parameter *weight = &f->to->parameters[last_op(f)->weight];
	const struct graph_parameter *bias = &f->to->parameters[last_op(f)->bias];
	graph_mix_kernel(f->from, op, gate, weight->values);
	for (size_t i = 0; i < bias->count; i++) bias->values[i] = values_of(f->from, op->bias)[i] + shift[i];
	return DEBLUR_OK;
}

static size_t uses_of(const struct graph *graph, int tensor) {
	size_t uses = graph->output == tensor;
	for (size_t i = 0; i < graph->op_count; i++)
		for (int j = 0; j < 3; j++) uses += graph->ops[i].inputs[j] == tensor;
	return uses;
}

/* activation((1 + scale) * (W * x + b) + shift): of the convolution before, whose result nobody else wants. */
static enum deblur_status fix_affine(struct fixing *f, const struct graph_op *op) {
	const float *scale = f->vectors[op->inputs[1]], *shift = f->vectors[op->inputs[2]];
	struct graph_op *conv = f->to->op_count ? last_op(f) : NULL;
	if (!scale || !shift || !conv || !graph_is_conv2d(conv->kind) || conv->activation != ACTIVATION_NONE ||
		conv->output != f->tensors[op->inputs[0]] || uses_of(f->from, op->inputs[0]) > 1)
		return DEBLUR_BAD_ARGUMENT;
	const struct graph_parameter *weight = &f->to->parameters[conv->weight], *bias = &f->to->parameters[conv->bias];
	const size_t length = weight->count / bias->count;
	for (size_t o = 0; o < bias->count; o++) {
		for (size_t i = 0; i < length; i++) weight->values[o * length + i] *= 1 + scale[o];
		bias->values[o] = bias->values[o] * (1 + scale[o]) + shift[o];
	}
	conv->activation = op->activation;
	f->tensors[op->output] = conv->output;
	return DEBLUR_OK;
}

static enum deblur_status fix_op(struct fixing *f, const struct graph_op *op) {
	if (!f->from->tensors[op->output].downscale) return compute(f, op);
	if (op->kind == GRAPH_MIXED_CONV2D) return fix_mixed(f, op);
	if (op->kind == GRAPH_CHANNEL_AFFINE) return fix_affine(f, op);
	return copy_op(f, op);
}

/* ---- the whole ---- */

static enum deblur_status fix(struct fixing *f, const float *condition) {
	const struct graph *g = f->from;
	const size_t bytes = g->tensors[g->condition].channels * sizeof *condition;
	float *told = f->vectors[g->condition] = malloc(bytes);
	if (!told) return DEBLUR_OUT_OF_MEMORY;
	memcpy(told, condition, bytes);
	for (size_t i = 0; i < g->tensor_count; i++) f->tensors[i] = -1;
	f->tensors[g->picture] = graph_input_map(f->to, g->tensors[g->picture].name, g->tensors[g->picture].channels);
	enum deblur_status status = f->to->status;
	for (size_t i = 0; i < g->op_count && !status; i++) status = fix_op(f, &g->ops[i]);
	if (status) return status;
	graph_set_output(f->to, f->tensors[g->output]);
	return graph_status(f->to);
}

enum deblur_status fixed_graph_create(const struct graph *graph, const float *condition, struct graph **out) {
	if (graph->condition < 0) return DEBLUR_BAD_ARGUMENT;
	struct fixing f = {.from = graph,
					   .to = graph_create(graph->name),
					   .tensors = calloc(graph->tensor_count, sizeof *f.tensors),
					   .vectors = calloc(graph->tensor_count, sizeof *f.vectors)};
	const enum deblur_status status = f.to && f.tensors && f.vectors ? fix(&f, condition) : DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; f.vectors && i < graph->tensor_count; i++) free(f.vectors[i]);
	free(f.vectors);
	free(f.tensors);
	if (status)
		graph_destroy(f.to);
	else
		*out = f.to;
	return status;
}
