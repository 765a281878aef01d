#include "train/backward.h"
#include "train/net_parts.h"

/* Where an op that can only overwrite puts its part of x's gradient; finish_part adds it up if others came before.
 * data NULL: not wanted. */
static struct span part_of(const struct net *net, const struct tensor *x) {
	if (x->wanted && x->filled) return (struct span){net->scratch, x->bf16};
	return gradient_of(net, x);
}

static void finish_part(const struct net *net, struct tensor *x) {
	if (!x->wanted) return;
	if (x->filled) backward_add((struct span){net->scratch, x->bf16}, gradient_of(net, x), x->count, true);
	x->filled = true;
}

static enum deblur_status backward_conv(struct net *net, size_t i, struct tensor *x, const struct tensor *y) {
	const struct graph_op *op = &net->graph->ops[i];
	const bool adds = net->fusions[i].add_dsrc;
	const struct span dsrc = adds ? gradient_of(net, x) : part_of(net, x);
	const enum deblur_status status = conv_backward(net->convs[i], gradient_of(net, y).data, net->gradients[op->weight],
													net->gradients[op->bias], dsrc.data);
	if (!status && !adds) finish_part(net, x);
	return status;
}

static enum deblur_status backward_transpose(struct net *net, size_t i, struct tensor *x, const struct tensor *y) {
	const struct graph_op *op = &net->graph->ops[i];
	const struct tensor wide = net_wide_tensor(net, x, y);
	net_shuffle(net, 2, true, &wide, values_of(&wide), y, gradient_of(net, y));
	float dbias4[4 * GRAPH_MAX_CHANNELS], *dbias = net->gradients[op->bias];
	const enum deblur_status status =
		conv_backward(net->convs[i], wide.data, net->gradients[op->weight], dbias4, part_of(net, x).data);
	if (status) return status;
	for (size_t c = 0; c < y->channels; c++)
		dbias[c] = dbias4[c] + dbias4[c + y->channels] + dbias4[c + 2 * y->channels] + dbias4[c + 3 * y->channels];
	finish_part(net, x);
	return DEBLUR_OK;
}

static void backward_shuffle(struct net *net, const struct graph_op *op, struct tensor *x, const struct tensor *y) {
	if (!x->wanted) return;
	if (op->kind == GRAPH_PIXEL_SHUFFLE)
		net_shuffle(net, op->stride, true, x, part_of(net, x), y, gradient_of(net, y));
	else
		net_shuffle(net, op->stride, false, y, gradient_of(net, y), x, part_of(net, x));
	finish_part(net, x);
}

static void backward_affine(struct net *net, const struct graph_op *op, struct tensor *x, const struct tensor *y) {
	struct tensor *scale = &net->tensors[op->inputs[1]], *shift = &net->tensors[op->inputs[2]];
	const bool relu = op->activation == ACTIVATION_RELU;
	const struct backward_affine arguments = {.batch = net->options.batch,
											  .pixels = x->height * x->width,
											  .channels = x->channels,
											  .x = values_of(x),
											  .y = relu ? values_of(y) : (struct span){0},
											  .dy = gradient_of(net, y),
											  .scale = scale->data,
											  .dx = gradient_of(net, x),
											  .dscale = gradient_of(net, scale).data,
											  .dshift = gradient_of(net, shift).data,
											  .add_dx = x->filled,
											  .add_dscale = scale->filled,
											  .add_dshift = shift->filled};
	backward_channel_affine(&arguments);
	x->filled = scale->filled = shift->filled = true;
}

static void backward_linear_op(struct net *net, const struct graph_op *op, struct tensor *x, const struct tensor *y) {
	const struct backward_linear arguments = {.batch = net->options.batch,
											  .in = x->channels,
											  .out = y->channels,
											  .x = x->data,
											  .weights = net->graph->parameters[op->weight].values,
											  .dy = gradient_of(net, y).data,
											  .dweights = net->gradients[op->weight],
											  .dbias = net->gradients[op->bias],
											  .dx = gradient_of(net, x).data,
											  .add_dx = x->filled};
	backward_linear(&arguments);
	x->filled = true;
}

static void backward_sum(struct net *net, size_t i, const struct tensor *y) {
	for (int j = 0; j < 2; j++) {
		struct tensor *term = &net->tensors[net->graph->ops[i].inputs[j]];
		if (!term->wanted) continue;
		if (!net->in_place[i][j]) backward_add(gradient_of(net, y), gradient_of(net, term), y->count, term->filled);
		term->filled = true;
	}
}

static void backward_concat(struct net *net, const struct graph_op *op, const struct tensor *y) {
	size_t start = 0;
	for (int j = 0; j < 2; j++) {
		struct tensor *part = &net->tensors[op->inputs[j]];
		for (size_t n = 0; part->wanted && n < net->options.batch; n++)
			backward_add(span_from(gradient_of(net, y), n * y->channels + start),
						 span_from(gradient_of(net, part), n * part->channels), part->channels, part->filled);
		part->filled = true;
		start += part->channels;
	}
}

static enum deblur_status backward_op(struct net *net, size_t i) {
	const struct graph_op *op = &net->graph->ops[i];
	struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
	if (op->activation == ACTIVATION_RELU && op->kind != GRAPH_CHANNEL_AFFINE) /* which does it in its own pass */
		backward_relu(values_of(y), gradient_of(net, y), y->count);
	switch (op->kind) {
	case GRAPH_CONV2D:
		return backward_conv(net, i, x, y);
	case GRAPH_CONV_TRANSPOSE2X2:
		return backward_transpose(net, i, x, y);
	case GRAPH_PIXEL_SHUFFLE:
	case GRAPH_PIXEL_UNSHUFFLE:
		backward_shuffle(net, op, x, y);
		break;
	case GRAPH_ADD:
		backward_sum(net, i, y);
		break;
	case GRAPH_SIGMOID:
		if (x->wanted) backward_sigmoid(values_of(y), gradient_of(net, y), gradient_of(net, x), y->count, x->filled);
		x->filled = true;
		break;
	case GRAPH_GLOBAL_AVERAGE:
		if (x->wanted)
			backward_global_average(gradient_of(net, y).data, gradient_of(net, x), net->options.batch,
									x->height * x->width, x->channels, x->filled);
		x->filled = true;
		break;
	case GRAPH_LINEAR:
		backward_linear_op(net, op, x, y);
		break;
	case GRAPH_CHANNEL_AFFINE:
		backward_affine(net, op, x, y);
		break;
	case GRAPH_CONCAT:
		backward_concat(net, op, y);
		break;
	case GRAPH_OP_KIND_COUNT:
		break;
	}
	return DEBLUR_OK;
}

/* All consumers have written their parts: the caller's comes last. */
static void add_tap(const struct net *net, struct tensor *tap) {
	backward_add(span_of_floats(net->tap_gradient), gradient_of(net, tap), tap->count, tap->filled);
	tap->filled = true;
}

/* An input has no op that would take its gradient further. */
static void give_tap(const struct net *net) {
	const struct tensor *tap = &net->tensors[net->options.tap];
	const bool is_input = net->options.tap < (int)(net->graph->tensor_count - net->graph->op_count);
	if (is_input && tap->filled)
		backward_add(gradient_of(net, tap), span_of_floats(net->tap_gradient), tap->count, true);
}

static void tell_complete(const struct net *net, const struct graph_op *op) {
	if (!net->complete || op->weight < 0) return;
	net->complete(net->complete_context, (size_t)op->weight);
	net->complete(net->complete_context, (size_t)op->bias);
}

enum deblur_status net_backward(struct net *net) {
	for (size_t i = 0; i < net->graph->tensor_count; i++) net->tensors[i].filled = false;
	net->tensors[net->graph->output].filled = true;
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = net->graph->op_count; i-- > 0 && !status;) {
		struct tensor *y = &net->tensors[net->graph->ops[i].output];
		if (net->tap_gradient && net->graph->ops[i].output == net->options.tap) add_tap(net, y);
		if (!y->filled || !y->wanted) continue;
		status = backward_op(net, i);
		if (!status) tell_complete(net, &net->graph->ops[i]);
	}
	if (!status && net->tap_gradient) give_tap(net);
	return status;
}
