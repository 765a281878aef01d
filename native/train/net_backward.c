#include <stdlib.h>
#include <string.h>

#include "train/backward.h"
#include "train/net_part.h"

/* Where an op that can only overwrite puts what it adds to x's gradient; finish_contribution does so if others came
 * before. data NULL: not wanted. */
static struct span contribution_to(const struct net_part *part, const struct tensor *x) {
	if (x->wanted && x->filled) return (struct span){part->scratch, x->bf16};
	return gradient_of(part, x);
}

static void finish_contribution(const struct net_part *part, struct tensor *x) {
	if (!x->wanted) return;
	if (x->filled) backward_add((struct span){part->scratch, x->bf16}, gradient_of(part, x), x->count, true);
	x->filled = true;
}

static enum deblur_status backward_conv(struct net_part *part, size_t i, struct tensor *x, const struct tensor *y) {
	const struct graph_op *op = &part->graph->ops[i];
	const bool adds = part->fusions[i].add_dsrc;
	const struct span dsrc = adds ? gradient_of(part, x) : contribution_to(part, x);
	const enum deblur_status status = conv_backward(part->convs[i], gradient_of(part, y).data,
													part->gradients[op->weight], part->gradients[op->bias], dsrc.data);
	if (!status && !adds) finish_contribution(part, x);
	return status;
}

static enum deblur_status backward_mixed(struct net_part *part, size_t i, struct tensor *x, const struct tensor *y) {
	const struct graph_op *op = &part->graph->ops[i];
	struct tensor *gate = &part->tensors[op->inputs[1]], *shift = &part->tensors[op->inputs[2]];
	const bool adds = part->fusions[i].add_dsrc;
	const struct span dsrc = adds ? gradient_of(part, x) : contribution_to(part, x);
	const struct mixed_conv_parameters parameters = net_mixed_parameters(part, op);
	const struct mixed_conv_gradients gradients = {.weight = part->gradients[op->weight],
												   .mix = part->gradients[op->mix],
												   .bias = part->gradients[op->bias],
												   .gate = gradient_of(part, gate).data,
												   .shift = gradient_of(part, shift).data,
												   .add_gate = gate->filled,
												   .add_shift = shift->filled};
	const enum deblur_status status =
		mixed_conv_backward(part->mixed[i], &parameters, gradient_of(part, y).data, &gradients, dsrc.data);
	if (status) return status;
	if (!adds) finish_contribution(part, x);
	gate->filled = shift->filled = true;
	return DEBLUR_OK;
}

static enum deblur_status backward_transpose(struct net_part *part, size_t i, struct tensor *x,
											 const struct tensor *y) {
	const struct graph_op *op = &part->graph->ops[i];
	const struct tensor wide = net_wide_tensor(part, x, y);
	net_shuffle(part, 2, true, &wide, values_of(&wide), y, gradient_of(part, y));
	float dbias4[4 * GRAPH_MAX_CHANNELS], *dbias = part->gradients[op->bias];
	const enum deblur_status status =
		conv_backward(part->convs[i], wide.data, part->gradients[op->weight], dbias4, contribution_to(part, x).data);
	if (status) return status;
	for (size_t c = 0; c < y->channels; c++)
		dbias[c] = dbias4[c] + dbias4[c + y->channels] + dbias4[c + 2 * y->channels] + dbias4[c + 3 * y->channels];
	finish_contribution(part, x);
	return DEBLUR_OK;
}

static void backward_shuffle(struct net_part *part, const struct graph_op *op, struct tensor *x,
							 const struct tensor *y) {
	if (!x->wanted) return;
	if (op->kind == GRAPH_PIXEL_SHUFFLE)
		net_shuffle(part, op->stride, true, x, contribution_to(part, x), y, gradient_of(part, y));
	else
		net_shuffle(part, op->stride, false, y, gradient_of(part, y), x, contribution_to(part, x));
	finish_contribution(part, x);
}

static void backward_affine(struct net_part *part, const struct graph_op *op, struct tensor *x,
							const struct tensor *y) {
	struct tensor *scale = &part->tensors[op->inputs[1]], *shift = &part->tensors[op->inputs[2]];
	const bool relu = op->activation == ACTIVATION_RELU;
	const struct backward_affine arguments = {.batch = part->options.batch,
											  .pixels = x->height * x->width,
											  .channels = x->channels,
											  .x = values_of(x),
											  .y = relu ? values_of(y) : (struct span){0},
											  .dy = gradient_of(part, y),
											  .scale = scale->data,
											  .dx = gradient_of(part, x),
											  .dscale = gradient_of(part, scale).data,
											  .dshift = gradient_of(part, shift).data,
											  .add_dx = x->filled,
											  .add_dscale = scale->filled,
											  .add_dshift = shift->filled};
	backward_channel_affine(&arguments);
	x->filled = scale->filled = shift->filled = true;
}

static void backward_linear_op(struct net_part *part, const struct graph_op *op, struct tensor *x,
							   const struct tensor *y) {
	const struct backward_linear arguments = {.batch = part->options.batch,
											  .in = x->channels,
											  .out = y->channels,
											  .x = x->data,
											  .weights = part->graph->parameters[op->weight].values,
											  .dy = gradient_of(part, y).data,
											  .dweights = part->gradients[op->weight],
											  .dbias = part->gradients[op->bias],
											  .dx = gradient_of(part, x).data,
											  .add_dx = x->filled};
	backward_linear(&arguments);
	x->filled = true;
}

/* As a linear op on what each place sees. */
static enum deblur_status backward_ring(struct net_part *part, const struct graph_op *op, struct tensor *x,
										const struct tensor *y) {
	const struct graph_parameter *weight = &part->graph->parameters[op->weight];
	const size_t in = weight->shape[3], seen = weight->shape[1] * in, places = part->options.batch * op->stride;
	float *windows = malloc(2 * places * seen * sizeof *windows);
	if (!windows) return DEBLUR_OUT_OF_MEMORY;
	float *dwindows = windows + places * seen;
	for (size_t i = 0; i < places; i++)
		graph_ring_window(part->graph, op, (const float *)x->data + i / op->stride * x->channels, i % op->stride,
						  windows + i * seen);
	const struct backward_linear arguments = {.batch = places,
											  .in = seen,
											  .out = weight->shape[0],
											  .x = windows,
											  .weights = weight->values,
											  .dy = gradient_of(part, y).data,
											  .dweights = part->gradients[op->weight],
											  .dbias = part->gradients[op->bias],
											  .dx = x->wanted ? dwindows : NULL};
	backward_linear(&arguments);
	float *dx = gradient_of(part, x).data;
	if (x->wanted && !x->filled) memset(dx, 0, x->count * sizeof *dx);
	for (size_t i = 0; x->wanted && i < places; i++)
		for (size_t k = 0; k < weight->shape[1]; k++) {
			const size_t place = (i % op->stride + op->stride + k - weight->shape[1] / 2) % op->stride;
			backward_add(span_of_floats(dwindows + i * seen + k * in),
						 span_of_floats(dx + i / op->stride * x->channels + place * in), in, true);
		}
	free(windows);
	x->filled = true;
	return DEBLUR_OK;
}

static void backward_sum(struct net_part *part, size_t i, const struct tensor *y) {
	for (int j = 0; j < 2; j++) {
		struct tensor *term = &part->tensors[part->graph->ops[i].inputs[j]];
		if (!term->wanted) continue;
		if (!part->in_place[i][j]) backward_add(gradient_of(part, y), gradient_of(part, term), y->count, term->filled);
		term->filled = true;
	}
}

static void backward_concat(struct net_part *part, const struct graph_op *op, const struct tensor *y) {
	size_t start = 0;
	for (int j = 0; j < 2; j++) {
		struct tensor *x = &part->tensors[op->inputs[j]];
		for (size_t n = 0; x->wanted && n < part->options.batch; n++)
			backward_add(span_from(gradient_of(part, y), n * y->channels + start),
						 span_from(gradient_of(part, x), n * x->channels), x->channels, x->filled);
		x->filled = true;
		start += x->channels;
	}
}

static enum deblur_status backward_op(struct net_part *part, size_t i) {
	const struct graph_op *op = &part->graph->ops[i];
	struct tensor *x = &part->tensors[op->inputs[0]], *y = &part->tensors[op->output];
	if (op->activation == ACTIVATION_RELU && op->kind != GRAPH_CHANNEL_AFFINE) /* which does it in its own pass */
		backward_relu(values_of(y), gradient_of(part, y), y->count);
	switch (op->kind) {
	case GRAPH_CONV2D:
		return backward_conv(part, i, x, y);
	case GRAPH_MIXED_CONV2D:
		return backward_mixed(part, i, x, y);
	case GRAPH_CONV_TRANSPOSE2X2:
		return backward_transpose(part, i, x, y);
	case GRAPH_PIXEL_SHUFFLE:
	case GRAPH_PIXEL_UNSHUFFLE:
		backward_shuffle(part, op, x, y);
		break;
	case GRAPH_ADD:
		backward_sum(part, i, y);
		break;
	case GRAPH_SIGMOID:
		if (x->wanted) backward_sigmoid(values_of(y), gradient_of(part, y), gradient_of(part, x), y->count, x->filled);
		x->filled = true;
		break;
	case GRAPH_GLOBAL_AVERAGE:
		if (x->wanted)
			backward_global_average(gradient_of(part, y).data, gradient_of(part, x), part->options.batch,
									x->height * x->width, x->channels, x->filled);
		x->filled = true;
		break;
	case GRAPH_LINEAR:
		backward_linear_op(part, op, x, y);
		break;
	case GRAPH_RING_CONV:
		return backward_ring(part, op, x, y);
	case GRAPH_CHANNEL_AFFINE:
		backward_affine(part, op, x, y);
		break;
	case GRAPH_CONCAT:
		backward_concat(part, op, y);
		break;
	case GRAPH_OP_KIND_COUNT:
		break;
	}
	return DEBLUR_OK;
}

/* All consumers have written their parts: the caller's comes last. */
static void add_tap(const struct net_part *part, struct tensor *tap) {
	backward_add(span_of_floats(part->tap_gradient), gradient_of(part, tap), tap->count, tap->filled);
	tap->filled = true;
}

/* An input has no op that would take its gradient further. */
static void give_tap(const struct net_part *part) {
	const struct tensor *tap = &part->tensors[part->options.tap];
	const bool is_input = part->options.tap < (int)(part->graph->tensor_count - part->graph->op_count);
	if (is_input && tap->filled)
		backward_add(gradient_of(part, tap), span_of_floats(part->tap_gradient), tap->count, true);
}

static void give_condition(const struct net_part *part) {
	const struct tensor *condition = &part->tensors[part->graph->condition];
	if (condition->filled)
		memcpy(part->condition_gradient, gradient_of(part, condition).data, condition->count * sizeof(float));
	else
		memset(part->condition_gradient, 0, condition->count * sizeof(float));
}

static enum deblur_status pass(struct net_part *part, size_t i) {
	struct tensor *y = &part->tensors[part->graph->ops[i].output];
	if (part->tap_gradient && part->graph->ops[i].output == part->options.tap) add_tap(part, y);
	const enum deblur_status status = net_part_reached(part, i) ? backward_op(part, i) : DEBLUR_OK;
	if (status) return status;
	atomic_store_explicit(&part->ops_ahead, i, memory_order_release);
	if (part->passed) part->passed(part->passed_of);
	return DEBLUR_OK;
}

enum deblur_status net_part_backward(struct net_part *part) {
	for (size_t i = 0; i < part->graph->tensor_count; i++) part->tensors[i].filled = false;
	part->tensors[part->graph->output].filled = true;
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = part->graph->op_count; i-- > 0 && !status;) status = pass(part, i);
	if (!status && part->tap_gradient) give_tap(part);
	if (!status && part->condition_gradient) give_condition(part);
	return status;
}
