#include "train/initialise.h"

#include <math.h>
#include <string.h>

static bool ends_with(const char *name, const char *end) {
	const size_t length = strlen(name), end_length = strlen(end);
	return length >= end_length && !strcmp(name + length - end_length, end);
}

/* The last convolution before a sum with the picture. */
static bool feeds_global_residual(const struct graph *graph, const struct graph_op *op) {
	const struct graph_op *last = &graph->ops[graph->op_count - 1];
	return last->kind == GRAPH_ADD && last->inputs[0] == graph->picture &&
		   !strcmp(graph->tensors[op->output].name, "head");
}

bool ends_residual_block(const struct graph *graph, const struct graph_op *op) {
	return ends_with(graph->tensors[op->output].name, ".conv2");
}

static double gain(const struct graph *graph, const struct graph_op *op) {
	const char *name = graph->tensors[op->output].name;
	if (feeds_global_residual(graph, op) || ends_with(name, ".scale") || ends_with(name, ".shift") ||
		ends_with(name, ".gate"))
		return 0;
	if (ends_residual_block(graph, op)) return 0.2;
	return op->activation == ACTIVATION_RELU || ends_with(name, ".conv1") ? 1.41421356 : 1;
}

static void fill(struct graph_parameter *parameter, double deviation, struct random *random) {
	for (size_t i = 0; i < parameter->count; i++) parameter->values[i] = (float)(deviation * random_normal(random));
}

void initialise(struct graph *graph, struct random *random) {
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		if (op->weight < 0) continue;
		struct graph_parameter *weight = &graph->parameters[op->weight], *bias = &graph->parameters[op->bias];
		const size_t fan_in = graph_parameter_inputs(weight);
		/* What a mixed convolution mixes has the size of its source, and the mix makes it what it should be. */
		const double own_gain = op->mix < 0 ? gain(graph, op) : 1;
		fill(weight, own_gain / sqrt((double)fan_in), random);
		if (op->mix >= 0) {
			struct graph_parameter *mix = &graph->parameters[op->mix];
			fill(mix, gain(graph, op) / sqrt((double)mix->shape[1]), random);
		}
		memset(bias->values, 0, bias->count * sizeof(float));
	}
}
