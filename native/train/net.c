#include "train/net.h"

#include <stdlib.h>
#include <string.h>

#include "train/backward.h"

/* A tensor of the whole batch: a map [batch][height][width][channels], or a vector with height = width = 1. */
struct tensor {
	size_t height, width, channels, count;
	float *data;
	float *gradient;    /* NULL: nobody wants it */
	bool owns_gradient; /* false: shares the gradient of the sum that it is a term of */
	bool filled;        /* during a backward pass: a consumer has written its part */
	bool wanted;        /* some parameter lies behind it */
};

struct net {
	const struct graph *graph;
	const struct kernels *kernels;
	struct net_options options;
	struct tensor *tensors; /* [graph->tensor_count] */
	struct conv **convs;    /* [graph->op_count], NULL where the op is none */
	float **wide;           /* [graph->op_count]: a transposed convolution before its shuffle */
	float **gradients;      /* [graph->parameter_count] */
	float *scratch;         /* as large as the largest tensor: a second contribution to a gradient */
};

/* ---- creation ---- */

static float *new_floats(size_t count) {
	/* aligned to a cache line, as oneDNN likes it; zeroed, so that what is never written is not chance */
	const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
	float *floats = aligned_alloc(64, bytes ? bytes : 64);
	if (floats) memset(floats, 0, bytes);
	return floats;
}

static bool make_tensors(struct net *net) {
	const struct graph *graph = net->graph;
	size_t largest = 0;
	for (size_t i = 0; i < graph->tensor_count; i++) {
		const struct graph_tensor *from = &graph->tensors[i];
		struct tensor *tensor = &net->tensors[i];
		tensor->height = from->downscale ? net->options.height / from->downscale : 1;
		tensor->width = from->downscale ? net->options.width / from->downscale : 1;
		tensor->channels = from->channels;
		tensor->count = net->options.batch * tensor->height * tensor->width * tensor->channels;
		if (tensor->count > largest) largest = tensor->count;
		tensor->data = new_floats(tensor->count);
		if (!tensor->data) return false;
	}
	if (net->options.training) net->scratch = new_floats(largest);
	return !net->options.training || net->scratch;
}

static bool uses(const struct graph_op *op, int tensor) {
	return op->inputs[0] == tensor || op->inputs[1] == tensor || op->inputs[2] == tensor;
}

static int producer(const struct graph *graph, int tensor) {
	return tensor - (int)(graph->tensor_count - graph->op_count); /* inputs come first, then one tensor per op */
}

/* The last op but `except` that uses the tensor; -1: none. */
static int last_other_use(const struct graph *graph, int tensor, int except) {
	for (int i = (int)graph->op_count; i-- > 0;)
		if (i != except && uses(&graph->ops[i], tensor)) return i;
	return -1;
}

/* The terms of a sum have its gradient, and may share its memory instead of copying it, if going backward each term's
 * producer has read it before the other term's earlier consumers add to it or the other's producer masks it. */
static bool term_is_safe(const struct graph *graph, int add_op, int term, int other) {
	const int use = last_other_use(graph, other, add_op);
	if (use > add_op || use >= producer(graph, term)) return false;
	const bool masks = graph->ops[producer(graph, other)].activation != ACTIVATION_NONE;
	return !masks || producer(graph, term) > producer(graph, other);
}

static bool terms_may_share(const struct net *net, int add_op) {
	const struct graph_op *op = &net->graph->ops[add_op];
	const int a = op->inputs[0], b = op->inputs[1];
	if (a == b || producer(net->graph, a) < 0 || producer(net->graph, b) < 0) return false;
	if (!net->tensors[a].wanted || !net->tensors[b].wanted) return false;
	return term_is_safe(net->graph, add_op, a, b) && term_is_safe(net->graph, add_op, b, a);
}

static bool make_gradient(struct tensor *tensor) {
	if (tensor->gradient) return true;
	tensor->owns_gradient = true;
	tensor->gradient = new_floats(tensor->count);
	return tensor->gradient != NULL;
}

static bool make_gradients(struct net *net) {
	const struct graph *graph = net->graph;
	if (!net->options.training) return true;
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		bool wanted = op->weight >= 0;
		for (int j = 0; j < 3; j++) wanted = wanted || (op->inputs[j] >= 0 && net->tensors[op->inputs[j]].wanted);
		net->tensors[op->output].wanted = wanted;
	}
	for (int i = (int)graph->op_count; i-- > 0;) {
		const struct graph_op *op = &graph->ops[i];
		struct tensor *out = &net->tensors[op->output];
		if (!out->wanted) continue;
		if (!make_gradient(out)) return false;
		if (op->kind != GRAPH_ADD || !terms_may_share(net, i)) continue;
		for (int j = 0; j < 2; j++) net->tensors[op->inputs[j]].gradient = out->gradient;
	}
	for (size_t i = 0; i < graph->parameter_count; i++) {
		net->gradients[i] = new_floats(graph->parameters[i].count);
		if (!net->gradients[i]) return false;
	}
	return true;
}

static enum deblur_status make_convs(struct net *net, struct conv_engine *engine) {
	for (size_t i = 0; i < net->graph->op_count; i++) {
		const struct graph_op *op = &net->graph->ops[i];
		if (op->kind != GRAPH_CONV2D && op->kind != GRAPH_CONV_TRANSPOSE2X2) continue;
		const bool transposed = op->kind == GRAPH_CONV_TRANSPOSE2X2;
		const struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
		const struct conv_shape shape = {.batch = net->options.batch,
										 .height = x->height,
										 .width = x->width,
										 .in_channels = x->channels,
										 .out_channels = y->channels * (transposed ? 4 : 1),
										 .relu = op->activation == ACTIVATION_RELU,
										 .kernel = op->kernel,
										 .stride = op->stride};
		const enum deblur_status status =
			conv_create(engine, &shape, net->options.precision, net->options.training, &net->convs[i]);
		if (status) return status;
		if (transposed && !(net->wide[i] = new_floats(y->count))) return DEBLUR_OUT_OF_MEMORY;
	}
	return DEBLUR_OK;
}

enum deblur_status net_create(struct conv_engine *engine, const struct graph *graph, const struct net_options *options,
							  struct net **out) {
	const size_t alignment = graph_alignment_px(graph);
	if (graph_status(graph) || !options->batch || !options->height || !options->width || options->height % alignment ||
		options->width % alignment)
		return DEBLUR_BAD_ARGUMENT;
	struct net *net = calloc(1, sizeof *net);
	if (!net) return DEBLUR_OUT_OF_MEMORY;
	net->graph = graph;
	net->kernels = kernels_best();
	net->options = *options;
	net->tensors = calloc(graph->tensor_count, sizeof *net->tensors);
	net->convs = calloc(graph->op_count + 1, sizeof *net->convs);
	net->wide = calloc(graph->op_count + 1, sizeof *net->wide);
	net->gradients = calloc(graph->parameter_count + 1, sizeof *net->gradients);
	enum deblur_status status = DEBLUR_OUT_OF_MEMORY;
	if (net->tensors && net->convs && net->wide && net->gradients && make_tensors(net) && make_gradients(net))
		status = make_convs(net, engine);
	if (status)
		net_destroy(net);
	else
		*out = net;
	return status;
}

void net_destroy(struct net *net) {
	if (!net) return;
	for (size_t i = 0; net->tensors && i < net->graph->tensor_count; i++) {
		free(net->tensors[i].data);
		if (net->tensors[i].owns_gradient) free(net->tensors[i].gradient);
	}
	for (size_t i = 0; net->convs && i < net->graph->op_count; i++) conv_destroy(net->convs[i]);
	for (size_t i = 0; net->wide && i < net->graph->op_count; i++) free(net->wide[i]);
	for (size_t i = 0; net->gradients && i < net->graph->parameter_count; i++) free(net->gradients[i]);
	free(net->tensors);
	free(net->convs);
	free(net->wide);
	free(net->gradients);
	free(net->scratch);
	free(net);
}

float *net_picture(struct net *net) {
	return net->tensors[net->graph->picture].data;
}

float *net_condition(struct net *net) {
	return net->graph->condition < 0 ? NULL : net->tensors[net->graph->condition].data;
}

const float *net_output(const struct net *net) {
	return net->tensors[net->graph->output].data;
}

size_t net_output_count(const struct net *net) {
	return net->tensors[net->graph->output].count;
}

float *net_output_gradient(struct net *net) {
	return net->tensors[net->graph->output].gradient;
}

float *net_parameter_gradient(const struct net *net, size_t parameter) {
	return net->gradients[parameter];
}

/* ---- views for the kernels ---- */

/* `rows` rows of the batch seen as one tall map. */
static struct map rows_of(const struct tensor *tensor, float *data, size_t first, size_t rows) {
	const size_t stride = tensor->width * tensor->channels;
	return (struct map){data + first * stride, rows, tensor->width, tensor->channels, stride};
}

static struct map sample_of(const struct tensor *tensor, size_t sample) {
	return rows_of(tensor, tensor->data, sample * tensor->height, tensor->height);
}

/* Runs a shuffle row by row of the coarse map, [batch * height] rows in all; `down` gathers, otherwise it scatters. */
static void shuffle(const struct net *net, size_t factor, bool down, const struct tensor *coarse, float *coarse_data,
					const struct tensor *fine, float *fine_data) {
	const size_t rows = net->options.batch * coarse->height;
#pragma omp parallel for schedule(static)
	for (size_t row = 0; row < rows; row++) {
		const struct map c = rows_of(coarse, coarse_data, row, 1);
		const struct map f = rows_of(fine, fine_data, row * factor, factor);
		if (down)
			net->kernels->pixel_unshuffle(factor, &f, &c);
		else
			net->kernels->pixel_shuffle(factor, &c, &f);
	}
}

/* The shape of a transposed convolution's result before it is shuffled. */
static struct tensor wide_shape(const struct tensor *x, const struct tensor *y) {
	return (struct tensor){.height = x->height, .width = x->width, .channels = y->channels * 4, .count = y->count};
}

/* ---- forward ---- */

static enum deblur_status forward_transpose(struct net *net, size_t i) {
	const struct graph_op *op = &net->graph->ops[i];
	const struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
	const float *bias = net->graph->parameters[op->bias].values;
	float bias4[4 * GRAPH_MAX_CHANNELS];
	for (size_t c = 0; c < 4 * y->channels; c++) bias4[c] = bias[c % y->channels];
	const enum deblur_status status =
		conv_forward(net->convs[i], net->graph->parameters[op->weight].values, bias4, x->data, net->wide[i]);
	const struct tensor wide = wide_shape(x, y);
	if (!status) shuffle(net, 2, false, &wide, net->wide[i], y, y->data);
	return status;
}

static void forward_per_sample(const struct net *net, const struct graph_op *op) {
	const struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
	const struct kernels *k = net->kernels;
#pragma omp parallel for schedule(static)
	for (size_t n = 0; n < net->options.batch; n++) {
		const struct map src = sample_of(x, n), dst = sample_of(y, n);
		if (op->kind == GRAPH_ADD) {
			const struct map b = sample_of(&net->tensors[op->inputs[1]], n);
			k->add(&src, &b, &dst);
		} else if (op->kind == GRAPH_CHANNEL_AFFINE) {
			const float *scale = net->tensors[op->inputs[1]].data + n * x->channels;
			const float *shift = net->tensors[op->inputs[2]].data + n * x->channels;
			k->channel_affine(scale, shift, op->activation, &src, &dst);
		} else if (op->kind == GRAPH_SIGMOID) {
			k->sigmoid(&src, &dst);
		} else if (op->kind == GRAPH_GLOBAL_AVERAGE) {
			k->global_average(&src, dst.data);
		} else if (op->kind == GRAPH_LINEAR) {
			k->linear(x->channels, y->channels, net->graph->parameters[op->weight].values,
					  net->graph->parameters[op->bias].values, op->activation, src.data, dst.data);
		} else if (op->kind == GRAPH_CONCAT) {
			const struct map b = sample_of(&net->tensors[op->inputs[1]], n);
			memcpy(dst.data, src.data, src.channels * sizeof(float));
			memcpy(dst.data + src.channels, b.data, b.channels * sizeof(float));
		}
	}
}

enum deblur_status net_forward(struct net *net) {
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < net->graph->op_count && !status; i++) {
		const struct graph_op *op = &net->graph->ops[i];
		const struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
		switch (op->kind) {
		case GRAPH_CONV2D:
			status = conv_forward(net->convs[i], net->graph->parameters[op->weight].values,
								  net->graph->parameters[op->bias].values, x->data, y->data);
			break;
		case GRAPH_CONV_TRANSPOSE2X2:
			status = forward_transpose(net, i);
			break;
		case GRAPH_PIXEL_SHUFFLE:
			shuffle(net, op->stride, false, x, x->data, y, y->data);
			break;
		case GRAPH_PIXEL_UNSHUFFLE:
			shuffle(net, op->stride, true, y, y->data, x, x->data);
			break;
		default:
			forward_per_sample(net, op);
		}
	}
	return status;
}

/* ---- backward ---- */

/* Where an op that can only overwrite puts its part of x's gradient; finish_part adds it up if others came before.
 * NULL: not wanted. */
static float *part_of(struct net *net, struct tensor *x) {
	return !x->wanted ? NULL : x->filled ? net->scratch : x->gradient;
}

static void finish_part(struct net *net, struct tensor *x) {
	if (!x->wanted) return;
	if (x->filled) backward_add(net->scratch, x->gradient, x->count, true);
	x->filled = true;
}

static enum deblur_status backward_conv(struct net *net, size_t i, struct tensor *x, const float *dy) {
	const struct graph_op *op = &net->graph->ops[i];
	const enum deblur_status status =
		conv_backward(net->convs[i], dy, net->gradients[op->weight], net->gradients[op->bias], part_of(net, x));
	if (!status) finish_part(net, x);
	return status;
}

static enum deblur_status backward_transpose(struct net *net, size_t i, struct tensor *x, const struct tensor *y) {
	const struct graph_op *op = &net->graph->ops[i];
	const struct tensor wide = wide_shape(x, y);
	shuffle(net, 2, true, &wide, net->wide[i], y, y->gradient);
	float dbias4[4 * GRAPH_MAX_CHANNELS], *dbias = net->gradients[op->bias];
	const enum deblur_status status =
		conv_backward(net->convs[i], net->wide[i], net->gradients[op->weight], dbias4, part_of(net, x));
	if (status) return status;
	for (size_t c = 0; c < y->channels; c++)
		dbias[c] = dbias4[c] + dbias4[c + y->channels] + dbias4[c + 2 * y->channels] + dbias4[c + 3 * y->channels];
	finish_part(net, x);
	return DEBLUR_OK;
}

static void backward_affine(struct net *net, const struct graph_op *op, struct tensor *x, const struct tensor *y) {
	struct tensor *scale = &net->tensors[op->inputs[1]], *shift = &net->tensors[op->inputs[2]];
	const struct backward_affine arguments = {.batch = net->options.batch,
											  .pixels = x->height * x->width,
											  .channels = x->channels,
											  .x = x->data,
											  .scale = scale->data,
											  .dy = y->gradient,
											  .dx = x->gradient,
											  .dscale = scale->gradient,
											  .dshift = shift->gradient,
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
											  .dy = y->gradient,
											  .dweights = net->gradients[op->weight],
											  .dbias = net->gradients[op->bias],
											  .dx = x->wanted ? x->gradient : NULL,
											  .add_dx = x->filled};
	backward_linear(&arguments);
	x->filled = true;
}

static void backward_sum(struct net *net, const struct graph_op *op, const struct tensor *y) {
	for (int j = 0; j < 2; j++) {
		struct tensor *term = &net->tensors[op->inputs[j]];
		if (!term->wanted) continue;
		backward_add(y->gradient, term->gradient, y->count, term->filled);
		term->filled = true;
	}
}

static void backward_concat(struct net *net, const struct graph_op *op, const struct tensor *y) {
	size_t start = 0;
	for (int j = 0; j < 2; j++) {
		struct tensor *part = &net->tensors[op->inputs[j]];
		for (size_t n = 0; part->wanted && n < net->options.batch; n++)
			backward_add(y->gradient + n * y->channels + start, part->gradient + n * part->channels, part->channels,
						 part->filled);
		part->filled = true;
		start += part->channels;
	}
}

static enum deblur_status backward_op(struct net *net, size_t i) {
	const struct graph_op *op = &net->graph->ops[i];
	struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
	if (op->activation == ACTIVATION_RELU) backward_relu(y->data, y->gradient, y->count);
	switch (op->kind) {
	case GRAPH_CONV2D:
		return backward_conv(net, i, x, y->gradient);
	case GRAPH_CONV_TRANSPOSE2X2:
		return backward_transpose(net, i, x, y);
	case GRAPH_PIXEL_SHUFFLE:
		if (x->wanted) shuffle(net, op->stride, true, x, part_of(net, x), y, y->gradient);
		finish_part(net, x);
		break;
	case GRAPH_PIXEL_UNSHUFFLE:
		if (x->wanted) shuffle(net, op->stride, false, y, y->gradient, x, part_of(net, x));
		finish_part(net, x);
		break;
	case GRAPH_ADD:
		backward_sum(net, op, y);
		break;
	case GRAPH_SIGMOID:
		if (x->wanted) backward_sigmoid(y->data, y->gradient, x->gradient, y->count, x->filled);
		x->filled = true;
		break;
	case GRAPH_GLOBAL_AVERAGE:
		if (x->wanted)
			backward_global_average(y->gradient, x->gradient, net->options.batch, x->height * x->width, x->channels,
									x->filled);
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

enum deblur_status net_backward(struct net *net) {
	for (size_t i = 0; i < net->graph->tensor_count; i++) net->tensors[i].filled = false;
	net->tensors[net->graph->output].filled = true;
	for (size_t i = 0; i < net->graph->parameter_count; i++)
		memset(net->gradients[i], 0, net->graph->parameters[i].count * sizeof(float));
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = net->graph->op_count; i-- > 0 && !status;)
		if (net->tensors[net->graph->ops[i].output].filled && net->tensors[net->graph->ops[i].output].wanted)
			status = backward_op(net, i);
	return status;
}
