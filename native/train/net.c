#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "train/net_parts.h"

/* Aligned to a cache line, as oneDNN likes it; zeroed, so that what is never written is not chance. */
static void *new_bytes(size_t bytes) {
	const size_t rounded = (bytes + 63) / 64 * 64;
	void *data = aligned_alloc(64, rounded ? rounded : 64);
	if (data) memset(data, 0, rounded);
	return data;
}

static bool uses(const struct graph_op *op, int tensor) {
	return op->inputs[0] == tensor || op->inputs[1] == tensor || op->inputs[2] == tensor;
}

static int producer(const struct graph *graph, int tensor) {
	return tensor - (int)(graph->tensor_count - graph->op_count); /* inputs come first, then one tensor per op */
}

/* ---- tensors ---- */

/* The picture and the result are the caller's floats, and vectors cost nothing. */
static bool is_bf16(const struct net *net, int tensor) {
	const struct graph *graph = net->graph;
	return net->options.precision == CONV_BFLOAT16 && graph->tensors[tensor].downscale && tensor != graph->picture &&
		   tensor != graph->output;
}

static void describe_tensors(struct net *net) {
	const struct graph *graph = net->graph;
	for (size_t i = 0; i < graph->tensor_count; i++) {
		const struct graph_tensor *from = &graph->tensors[i];
		struct tensor *tensor = &net->tensors[i];
		tensor->height = from->downscale ? net->options.height / from->downscale : 1;
		tensor->width = from->downscale ? net->options.width / from->downscale : 1;
		tensor->channels = from->channels;
		tensor->count = net->options.batch * tensor->height * tensor->width * tensor->channels;
		tensor->bf16 = is_bf16(net, (int)i);
		tensor->slot = -1;
	}
}

static bool make_tensors(struct net *net) {
	for (size_t i = 0; i < net->graph->tensor_count; i++) {
		struct tensor *tensor = &net->tensors[i];
		if (!(tensor->data = new_bytes(span_bytes(tensor->bf16, tensor->count)))) return false;
	}
	return true;
}

/* ---- sums that a convolution takes over ---- */

static size_t use_count(const struct graph *graph, int tensor) {
	size_t count = 0;
	for (size_t i = 0; i < graph->op_count; i++) count += uses(&graph->ops[i], tensor);
	return count;
}

/* Whether term j of a sum comes from a convolution that nothing else uses and before which the other term is there. */
static bool may_fuse(const struct net *net, const struct graph_op *add, int j) {
	const struct graph *graph = net->graph;
	const int term = add->inputs[j], other = add->inputs[!j], maker = producer(graph, term);
	if (maker < 0 || other >= term || use_count(graph, term) != 1) return false;
	if (term == net->options.tap) return false; /* somebody wants to see it */
	const bool plain = graph->ops[maker].kind == GRAPH_CONV2D && graph->ops[maker].activation == ACTIVATION_NONE;
	const bool bf16 = net->tensors[term].bf16;
	return plain && net->tensors[other].bf16 == bf16 && net->tensors[add->output].bf16 == bf16;
}

static void plan_fusions(struct net *net) {
	const struct graph *graph = net->graph;
	for (size_t i = 0; i < graph->op_count; i++) net->fusions[i] = (struct fusion){.residual = -1, .sum = -1};
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		for (int j = 0; j < 2 && op->kind == GRAPH_ADD && !net->fusions[i].is_fused; j++) {
			if (!may_fuse(net, op, j)) continue;
			struct fusion *conv = &net->fusions[producer(graph, op->inputs[j])];
			conv->residual = op->inputs[!j], conv->sum = op->output;
			net->fusions[i].is_fused = true;
		}
	}
}

static size_t larger(size_t a, size_t b) {
	return a > b ? a : b;
}

/* Memory that ops use while they run and leave to the next. */
static bool make_rooms(struct net *net) {
	const struct graph *graph = net->graph;
	size_t scratch_bytes = 0, wide_bytes = 0;
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		const struct tensor *x = &net->tensors[op->inputs[0]], *y = &net->tensors[op->output];
		scratch_bytes = larger(scratch_bytes, span_bytes(x->bf16, x->count));
		if (op->kind == GRAPH_CONV_TRANSPOSE2X2) wide_bytes = larger(wide_bytes, span_bytes(y->bf16, y->count));
		const struct tensor *coarse = op->kind == GRAPH_PIXEL_UNSHUFFLE ? y : x;
		if (op->kind == GRAPH_PIXEL_SHUFFLE || op->kind == GRAPH_PIXEL_UNSHUFFLE)
			net->row_floats = larger(net->row_floats, coarse->width * coarse->channels);
		if (op->kind == GRAPH_CONV_TRANSPOSE2X2) net->row_floats = larger(net->row_floats, x->width * 4 * y->channels);
	}
	net->rows = new_bytes((size_t)omp_get_max_threads() * 2 * net->row_floats * sizeof *net->rows);
	net->wide = new_bytes(wide_bytes);
	if (net->options.training) net->scratch = new_bytes(scratch_bytes);
	return net->rows && net->wide && (net->scratch || !net->options.training);
}

/* ---- gradients: who needs one, and where it lies ---- */

/* The last op but `except` that uses the tensor; -1: none. */
static int last_other_use(const struct graph *graph, int tensor, int except) {
	for (int i = (int)graph->op_count; i-- > 0;)
		if (i != except && uses(&graph->ops[i], tensor)) return i;
	return -1;
}

/* Both terms of a sum have its gradient, and may share its memory instead of copying it, if going backward each term's
 * producer has read it before the other term's earlier consumers add to it or the other's producer masks it. */
static bool term_is_safe(const struct graph *graph, int add_op, int term, int other) {
	const int use = last_other_use(graph, other, add_op);
	if (use > add_op || use >= producer(graph, term)) return false;
	const bool masks = graph->ops[producer(graph, other)].activation != ACTIVATION_NONE;
	return !masks || producer(graph, term) > producer(graph, other);
}

static bool terms_may_share(const struct net *net, int add_op) {
	const struct graph *graph = net->graph;
	const struct graph_op *op = &graph->ops[add_op];
	const int tap = net->options.tap;
	if (op->inputs[0] == tap || op->inputs[1] == tap) return false; /* the caller's part is added to one term alone */
	return term_is_safe(graph, add_op, op->inputs[0], op->inputs[1]) &&
		   term_is_safe(graph, add_op, op->inputs[1], op->inputs[0]);
}

/* Whether input j, whose gradient nobody has written yet, may take the memory of the output's, which nobody needs
 * after this op. */
static bool may_be_in_place(const struct net *net, int i, int j) {
	const struct graph_op *op = &net->graph->ops[i];
	if (net->tensors[op->inputs[j]].bf16 != net->tensors[op->output].bf16) return false;
	if (op->kind == GRAPH_CHANNEL_AFFINE) return j == 0;
	if (op->kind != GRAPH_ADD || op->inputs[0] == op->inputs[1]) return false;
	const struct tensor *other = &net->tensors[op->inputs[!j]];
	const bool other_has_own = other->slot >= 0 && !net->in_place[i][!j];
	return !other->wanted || other_has_own || terms_may_share(net, i);
}

/* The smallest free slot that is large enough, else the largest, which grows; else a new one. */
static int take_slot(struct net *net, int *users, size_t bytes) {
	int best = -1;
	for (int s = 0; s < (int)net->slot_count; s++) {
		if (users[s]) continue;
		const size_t size = net->slots[s].bytes, of_best = best < 0 ? 0 : net->slots[best].bytes;
		const bool better = of_best >= bytes ? size >= bytes && size < of_best : size > of_best;
		if (best < 0 || better) best = s;
	}
	if (best < 0) best = (int)net->slot_count++;
	net->slots[best].bytes = larger(net->slots[best].bytes, bytes);
	users[best]++;
	return best;
}

/* Op i going backward: its inputs' gradients get their places, then its output's is free. */
static void place_gradients(struct net *net, int *users, int i) {
	const struct graph_op *op = &net->graph->ops[i];
	const int slot = net->tensors[op->output].slot;
	if (slot < 0) return;
	net->fusions[i].add_dsrc = op->kind == GRAPH_CONV2D && net->tensors[op->inputs[0]].slot >= 0;
	for (int j = 0; j < 3; j++) {
		struct tensor *x = op->inputs[j] < 0 ? NULL : &net->tensors[op->inputs[j]];
		if (!x || !x->wanted || x->slot >= 0) continue;
		net->in_place[i][j] = may_be_in_place(net, i, j);
		if (net->in_place[i][j])
			users[x->slot = slot]++;
		else
			x->slot = take_slot(net, users, span_bytes(x->bf16, x->count));
	}
	users[slot]--;
}

static bool plan_gradients(struct net *net) {
	const struct graph *graph = net->graph;
	int *users = calloc(graph->tensor_count, sizeof *users);
	if (!users) return false;
	struct tensor *output = &net->tensors[graph->output];
	if (output->wanted) output->slot = take_slot(net, users, span_bytes(output->bf16, output->count));
	for (int i = (int)graph->op_count; i-- > 0;) place_gradients(net, users, i);
	free(users);
	return true;
}

/* The caller's view of a tensor is of floats. */
static bool make_tap(struct net *net) {
	if (net->options.tap < 0) return true;
	const struct tensor *tap = &net->tensors[net->options.tap];
	if (tap->bf16 && !(net->tap_values = new_bytes(tap->count * sizeof(float)))) return false;
	return !net->options.training || (net->tap_gradient = new_bytes(tap->count * sizeof(float)));
}

static bool make_gradients(struct net *net) {
	const struct graph *graph = net->graph;
	if (!net->options.training) return true;
	if (net->options.tap >= 0) net->tensors[net->options.tap].wanted = true; /* also of an input */
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		bool wanted = op->weight >= 0 || op->output == net->options.tap;
		for (int j = 0; j < 3; j++) wanted = wanted || (op->inputs[j] >= 0 && net->tensors[op->inputs[j]].wanted);
		net->tensors[op->output].wanted = wanted;
	}
	if (!plan_gradients(net)) return false;
	for (size_t i = 0; i < net->slot_count; i++)
		if (!(net->slots[i].data = new_bytes(net->slots[i].bytes))) return false;
	for (size_t i = 0; i < graph->parameter_count; i++)
		if (!(net->gradients[i] = new_bytes(graph->parameters[i].count * sizeof(float)))) return false;
	return true;
}

/* ---- creation ---- */

bool net_conv_shape(const struct graph *graph, size_t i, const struct net_options *options, struct conv_shape *shape) {
	const struct graph_op *op = &graph->ops[i];
	if (op->kind != GRAPH_CONV2D && op->kind != GRAPH_CONV_TRANSPOSE2X2) return false;
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

static enum deblur_status make_convs(struct net *net, struct conv_engine *engine) {
	enum deblur_status status = DEBLUR_OK;
	struct conv_shape shape;
	for (size_t i = 0; i < net->graph->op_count && !status; i++) {
		if (!net_conv_shape(net->graph, i, &net->options, &shape)) continue;
		shape.residual = net->fusions[i].residual >= 0;
		shape.add_dsrc = net->fusions[i].add_dsrc;
		net->fusions[i].add_dsrc = conv_adds_dsrc(&shape);
		status = conv_create(engine, &shape, net->options.precision, net->options.training, &net->convs[i]);
	}
	return status;
}

static bool make_lists(struct net *net) {
	const struct graph *graph = net->graph;
	net->tensors = calloc(graph->tensor_count, sizeof *net->tensors);
	net->convs = calloc(graph->op_count + 1, sizeof *net->convs);
	net->fusions = calloc(graph->op_count + 1, sizeof *net->fusions);
	net->in_place = calloc(graph->op_count + 1, sizeof *net->in_place);
	net->slots = calloc(graph->tensor_count, sizeof *net->slots);
	net->gradients = calloc(graph->parameter_count + 1, sizeof *net->gradients);
	return net->tensors && net->convs && net->fusions && net->in_place && net->slots && net->gradients;
}

enum deblur_status net_create(struct conv_engine *engine, const struct graph *graph, const struct net_options *options,
							  struct net **out) {
	const size_t alignment = graph_alignment_px(graph);
	if (graph_status(graph) || !options->batch || !options->height || !options->width || options->height % alignment ||
		options->width % alignment || options->tap >= (int)graph->tensor_count)
		return DEBLUR_BAD_ARGUMENT;
	struct net *net = calloc(1, sizeof *net);
	if (!net) return DEBLUR_OUT_OF_MEMORY;
	net->graph = graph;
	net->kernels = kernels_best();
	net->options = *options;
	enum deblur_status status = DEBLUR_OUT_OF_MEMORY;
	if (make_lists(net)) {
		describe_tensors(net);
		plan_fusions(net);
		if (make_tensors(net) && make_rooms(net) && make_tap(net) && make_gradients(net))
			status = make_convs(net, engine);
	}
	if (status)
		net_destroy(net);
	else
		*out = net;
	return status;
}

void net_destroy(struct net *net) {
	if (!net) return;
	for (size_t i = 0; net->tensors && i < net->graph->tensor_count; i++) free(net->tensors[i].data);
	for (size_t i = 0; net->convs && i < net->graph->op_count; i++) conv_destroy(net->convs[i]);
	for (size_t i = 0; net->slots && i < net->slot_count; i++) free(net->slots[i].data);
	for (size_t i = 0; net->gradients && i < net->graph->parameter_count; i++) free(net->gradients[i]);
	free(net->tensors);
	free(net->convs);
	free(net->fusions);
	free(net->in_place);
	free(net->slots);
	free(net->gradients);
	free(net->tap_values);
	free(net->tap_gradient);
	free(net->scratch);
	free(net->wide);
	free(net->rows);
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
	return gradient_of(net, &net->tensors[net->graph->output]).data;
}

const float *net_tap(const struct net *net) {
	return net->tap_values || net->options.tap < 0 ? net->tap_values : net->tensors[net->options.tap].data;
}

size_t net_tap_count(const struct net *net) {
	return net->options.tap < 0 ? 0 : net->tensors[net->options.tap].count;
}

float *net_tap_gradient(struct net *net) {
	return net->tap_gradient;
}

float *net_parameter_gradient(const struct net *net, size_t parameter) {
	return net->gradients[parameter];
}

void net_on_gradient(struct net *net, void (*complete)(void *context, size_t parameter), void *context) {
	net->complete = complete;
	net->complete_context = context;
}
