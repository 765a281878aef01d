#include "train/grow.h"

#include <string.h>

#include "train/initialise.h"

static const struct graph_parameter *namesake(const struct graph *graph, const char *name) {
	for (size_t i = 0; i < graph->parameter_count; i++)
		if (!strcmp(graph->parameters[i].name, name)) return &graph->parameters[i];
	return NULL;
}

static bool is_matrix(const struct graph_parameter *p) {
	return p->shape[2] == 1 && p->shape[3] == 1;
}

/* Which of the four dimensions are channels; the others are places of a kernel. */
static size_t input_axis(const struct graph_parameter *p) {
	return is_matrix(p) ? 1 : 3;
}
static size_t output_axis(const struct graph_parameter *p) {
	return graph_parameter_is_transposed(p) ? 2 : 0;
}

static bool has_room(const struct graph_parameter *from, const struct graph_parameter *to) {
	for (size_t axis = 0; axis < 4; axis++) {
		const bool is_of_channels = axis == input_axis(to) || axis == output_axis(to);
		if (is_of_channels ? from->shape[axis] > to->shape[axis] : from->shape[axis] != to->shape[axis]) return false;
	}
	return true;
}

/* Ops that lay channels out anew would lay them elsewhere, had what they are given grown. */
static bool order_holds(const struct graph *from, const struct graph *to) {
	for (size_t i = 0; i < to->op_count; i++) {
		const struct graph_op *op = &to->ops[i];
		if (op->kind != GRAPH_PIXEL_SHUFFLE && op->kind != GRAPH_PIXEL_UNSHUFFLE && op->kind != GRAPH_CONCAT) continue;
		const struct graph_tensor *given = &to->tensors[op->inputs[0]];
		for (size_t j = 0; j < from->tensor_count; j++)
			if (!strcmp(from->tensors[j].name, given->name) && from->tensors[j].channels != given->channels)
				return false;
	}
	return true;
}

bool can_grow(const struct graph *from, const struct graph *to) {
	for (size_t i = 0; from && i < from->parameter_count; i++) {
		const struct graph_parameter *place = namesake(to, from->parameters[i].name);
		if (!place || !has_room(&from->parameters[i], place)) return false;
	}
	return from && order_holds(from, to);
}

static void grow_parameter(const struct graph_parameter *from, struct graph_parameter *to) {
	const uint32_t *was = from->shape, *is = to->shape;
	const size_t in = input_axis(to), out = output_axis(to);
	uint32_t at[4];
	float *value = to->values;
	for (at[0] = 0; at[0] < is[0]; at[0]++)
		for (at[1] = 0; at[1] < is[1]; at[1]++)
			for (at[2] = 0; at[2] < is[2]; at[2]++)
				for (at[3] = 0; at[3] < is[3]; at[3]++, value++) {
					if (at[out] >= was[out]) continue; /* a new channel, as it was initialised */
					const size_t source = ((at[0] * was[1] + at[1]) * (size_t)was[2] + at[2]) * was[3] + at[3];
					*value = at[in] < was[in] ? from->values[source] : 0;
				}
}

/* Of what is new, that whose result is added to what was there before: the end of a block, the way up from a deeper
 * level. */
static struct graph_parameter *adding(struct graph *graph, const struct graph_op *op) {
	if (op->kind != GRAPH_CONV_TRANSPOSE2X2 && !ends_residual_block(graph, op)) return NULL;
	return &graph->parameters[op->mix >= 0 ? op->mix : op->weight];
}

static void grow_op(const struct graph *from, struct graph *to, const struct graph_op *op) {
	int own[GRAPH_OP_MAX_PARAMETERS];
	const size_t count = graph_op_parameters(op, own);
	for (size_t i = 0; i < count; i++) {
		struct graph_parameter *parameter = &to->parameters[own[i]];
		const struct graph_parameter *source = namesake(from, parameter->name);
		if (source)
			grow_parameter(source, parameter);
		else if (parameter == adding(to, op))
			memset(parameter->values, 0, parameter->count * sizeof *parameter->values);
	}
}

void grow(const struct graph *from, struct graph *to) {
	for (size_t i = 0; i < to->op_count; i++) grow_op(from, to, &to->ops[i]);
}

void copy_namesakes(const struct graph *from, struct graph *to) {
	for (size_t i = 0; i < to->parameter_count; i++) {
		struct graph_parameter *parameter = &to->parameters[i];
		const struct graph_parameter *source = namesake(from, parameter->name);
		if (source && source->count == parameter->count)
			memcpy(parameter->values, source->values, source->count * sizeof *source->values);
	}
}
