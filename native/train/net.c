#include "train/net.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "train/net_part.h"

struct net {
	const struct graph *graph;
	struct net_options options;
	struct net_part **parts; /* [part_count] */
	size_t part_count;
	float **seen; /* [graph->tensor_count] what callers see of a tensor, of the whole batch; NULL: nothing */
	float *output_gradient, *tap_gradient, *condition_gradient;
	size_t ops_ahead; /* of a backward pass: the gradients of those from here on are summed and told of */
	void (*complete)(void *context, size_t parameter); /* net_on_gradient's */
	void *complete_context;
	void (*work)(void *context); /* net_on_idle's */
	void *work_context;
};

bool net_conv_shape(const struct graph *graph, size_t i, const struct net_options *options, struct conv_shape *shape) {
	const struct graph_op *op = &graph->ops[i];
	if (!graph_is_convolution(op->kind)) return false;
	const struct graph_tensor *x = &graph->tensors[op->inputs[0]], *y = &graph->tensors[op->output];
	*shape = (struct conv_shape){.batch = options->batch,
								 .height = options->height / x->downscale,
								 .width = options->width / x->downscale,
								 .in_channels = x->channels,
								 .out_channels = y->channels * (op->kind == GRAPH_CONV_TRANSPOSE2X2 ? 4 : 1),
								 .relu = op->activation == ACTIVATION_RELU,
								 .kernel = op->kernel,
								 .stride = op->stride,
								 .float_src = op->inputs[0] == graph->picture,
								 .float_dst = op->output == graph->output};
	return true;
}

/* ---- threads ---- */

/* Runs every part, all at once, and lets threads that are done do `work` until all are; NULL: none. A part finds itself
 * alone on its thread: oneDNN and the passes between start no other. */
static enum deblur_status run_parts(struct net *net, enum deblur_status (*run)(struct net *net, size_t part),
									void (*work)(void *context)) {
	int failed = DEBLUR_OK; /* the worst status */
	if (net->part_count == 1) {
		failed = (int)run(net, 0);
#pragma omp parallel if (work != NULL)
		if (work) work(net->work_context);
		return (enum deblur_status)failed;
	}
#pragma omp parallel num_threads(net->part_count) reduction(max : failed)
	{
		omp_set_num_threads(1); /* of this thread's own teams; the program's number stays */
#pragma omp for schedule(static, 1) nowait
		for (size_t part = 0; part < net->part_count; part++) {
			const int status = (int)run(net, part);
			if (status > failed) failed = status;
		}
		if (work) work(net->work_context);
	}
	return (enum deblur_status)failed;
}

/* ---- creation ---- */

static size_t tensor_count_of(const struct net *net, int tensor) {
	const struct graph_tensor *t = &net->graph->tensors[tensor];
	const size_t pixels = t->downscale ? net->options.height / t->downscale * (net->options.width / t->downscale) : 1;
	return net->options.batch * pixels * t->channels;
}

static float *new_floats(size_t count) {
	const size_t bytes = (count * sizeof(float) + 63) / 64 * 64; /* oneDNN likes cache lines */
	float *data = aligned_alloc(64, bytes ? bytes : 64);
	if (data) memset(data, 0, bytes);
	return data;
}

static bool make_seen(struct net *net) {
	const struct graph *graph = net->graph;
	const int seen[] = {graph->picture, graph->condition, graph->output, net->options.tap};
	if (!(net->seen = calloc(graph->tensor_count, sizeof *net->seen))) return false;
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		if (seen[i] >= 0 && !net->seen[seen[i]] && !(net->seen[seen[i]] = new_floats(tensor_count_of(net, seen[i]))))
			return false;
	if (!net->options.training) return true;
	if (!(net->output_gradient = new_floats(tensor_count_of(net, graph->output)))) return false;
	if (net->options.condition_learns &&
		!(net->condition_gradient = new_floats(tensor_count_of(net, graph->condition))))
		return false;
	return net->options.tap < 0 || (net->tap_gradient = new_floats(tensor_count_of(net, net->options.tap)));
}

/* Where a part of the batch begins in a tensor that is seen. */
static float *slice(const struct net *net, float *data, int tensor, size_t part) {
	return data ? data + tensor_count_of(net, tensor) / net->part_count * part : NULL;
}

static enum deblur_status create_part(struct net *net, size_t part) {
	const struct graph *graph = net->graph;
	struct net_options options = net->options;
	options.batch /= net->part_count;
	float **seen = calloc(graph->tensor_count, sizeof *seen);
	if (!seen) return DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < graph->tensor_count; i++) seen[i] = slice(net, net->seen[i], (int)i, part);
	const struct net_part_place place = {
		.seen = seen,
		.output_gradient = slice(net, net->output_gradient, graph->output, part),
		.tap_gradient = net->tap_gradient ? slice(net, net->tap_gradient, options.tap, part) : NULL,
		.condition_gradient =
			net->condition_gradient ? slice(net, net->condition_gradient, graph->condition, part) : NULL};
	const enum deblur_status status = net_part_create(graph, &options, &place, &net->parts[part]);
	free(seen);
	return status;
}

static size_t count_parts(const struct net_options *options) {
	const size_t threads = (size_t)omp_get_max_threads();
	if (options->parts) return options->parts;
	return options->batch % threads ? 1 : threads;
}

enum deblur_status net_create(const struct graph *graph, const struct net_options *options, struct net **out) {
	const size_t alignment = graph_alignment_px(graph);
	if (graph_status(graph) || !options->batch || !options->height || !options->width || options->height % alignment ||
		options->width % alignment || options->tap >= (int)graph->tensor_count ||
		(options->parts && options->batch % options->parts) || (options->condition_learns && graph->condition < 0))
		return DEBLUR_BAD_ARGUMENT;
	struct net *net = calloc(1, sizeof *net);
	if (!net) return DEBLUR_OUT_OF_MEMORY;
	*net = (struct net){.graph = graph, .options = *options, .part_count = count_parts(options)};
	net->parts = calloc(net->part_count, sizeof *net->parts);
	enum deblur_status status = DEBLUR_OUT_OF_MEMORY;
	if (net->parts && make_seen(net)) status = run_parts(net, create_part, NULL);
	if (status)
		net_destroy(net);
	else
		*out = net;
	return status;
}

void net_destroy(struct net *net) {
	if (!net) return;
	for (size_t i = 0; net->parts && i < net->part_count; i++) net_part_destroy(net->parts[i]);
	for (size_t i = 0; net->seen && i < net->graph->tensor_count; i++) free(net->seen[i]);
	free(net->parts);
	free(net->seen);
	free(net->output_gradient);
	free(net->tap_gradient);
	free(net->condition_gradient);
	free(net);
}

/* ---- what callers see ---- */

float *net_picture(struct net *net) {
	return net->seen[net->graph->picture];
}

float *net_condition(struct net *net) {
	return net->graph->condition < 0 ? NULL : net->seen[net->graph->condition];
}

const float *net_output(const struct net *net) {
	return net->seen[net->graph->output];
}

size_t net_output_count(const struct net *net) {
	return tensor_count_of(net, net->graph->output);
}

float *net_output_gradient(struct net *net) {
	return net->output_gradient;
}

const float *net_condition_gradient(const struct net *net) {
	return net->condition_gradient;
}

const float *net_tap(const struct net *net) {
	return net->options.tap < 0 ? NULL : net->seen[net->options.tap];
}

size_t net_tap_count(const struct net *net) {
	return net->options.tap < 0 ? 0 : tensor_count_of(net, net->options.tap);
}

float *net_tap_gradient(struct net *net) {
	return net->tap_gradient;
}

float *net_parameter_gradient(const struct net *net, size_t parameter) {
	return net->parts[0]->gradients[parameter];
}

void net_on_gradient(struct net *net, void (*complete)(void *context, size_t parameter), void *context) {
	net->complete = complete;
	net->complete_context = context;
}

void net_on_idle(struct net *net, void (*work)(void *context), void *context) {
	net->work = work;
	net->work_context = context;
}

/* ---- forward ---- */

static enum deblur_status forward_part(struct net *net, size_t part) {
	return net_part_forward(net->parts[part]);
}

enum deblur_status net_forward(struct net *net) {
	return run_parts(net, forward_part, NULL);
}

/* ---- backward: the first part's gradients become the sums of all ---- */

static void sum_parameter(const struct net *net, int parameter) {
	float *sum = net->parts[0]->gradients[parameter];
	for (size_t p = 1; p < net->part_count; p++) {
		const float *term = net->parts[p]->gradients[parameter];
		for (size_t i = 0; i < net->graph->parameters[parameter].count; i++) sum[i] += term[i];
	}
}

static void sum_op(const struct net *net, size_t i) {
	int own[GRAPH_OP_MAX_PARAMETERS];
	if (!net_part_reached(net->parts[0], i)) return;
	for (size_t p = graph_op_parameters(&net->graph->ops[i], own); p-- > 0;) sum_parameter(net, own[p]);
}

static void tell_complete(const struct net *net, size_t i) {
	int own[GRAPH_OP_MAX_PARAMETERS];
	if (!net->complete || !net_part_reached(net->parts[0], i)) return;
	const size_t count = graph_op_parameters(&net->graph->ops[i], own);
	for (size_t p = 0; p < count; p++) net->complete(net->complete_context, (size_t)own[p]);
}

/* The ops that all parts have passed, as early as the caller may be told. */
static void sum_passed(void *context) {
	struct net *net = context;
	size_t ahead = 0;
	for (size_t p = 0; p < net->part_count; p++) {
		const size_t of_part = atomic_load_explicit(&net->parts[p]->ops_ahead, memory_order_acquire);
		if (of_part > ahead) ahead = of_part;
	}
	while (net->ops_ahead > ahead) {
		sum_op(net, --net->ops_ahead);
		tell_complete(net, net->ops_ahead);
	}
}

static void sum_rest(struct net *net) {
#pragma omp parallel for schedule(dynamic) if (net->part_count > 1)
	for (size_t i = 0; i < net->ops_ahead; i++) sum_op(net, i);
	while (net->ops_ahead > 0) tell_complete(net, --net->ops_ahead);
}

static enum deblur_status backward_part(struct net *net, size_t part) {
	return net_part_backward(net->parts[part]);
}

enum deblur_status net_backward(struct net *net) {
	net->ops_ahead = net->graph->op_count;
	for (size_t p = 0; p < net->part_count; p++) atomic_store(&net->parts[p]->ops_ahead, net->graph->op_count);
	/* The first part runs on the calling thread, and only that may tell. */
	net->parts[0]->passed = net->complete ? sum_passed : NULL;
	net->parts[0]->passed_of = net;
	const enum deblur_status status = run_parts(net, backward_part, net->work);
	if (!status) sum_rest(net);
	return status;
}
