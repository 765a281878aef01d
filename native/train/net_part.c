#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "train/net_part.h"

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
static bool is_bf16(const struct net_part *part, int tensor) {
	const struct graph *graph = part->graph;
	return part->options.precision == CONV_BFLOAT16 && graph->tensors[tensor].downscale && tensor != graph->picture &&
		   tensor != graph->output;
}

static void describe_tensors(struct net_part *part) {
	const struct graph *graph = part->graph;
	for (size_t i = 0; i < graph->tensor_count; i++) {
		const struct graph_tensor *from = &graph->tensors[i];
		struct tensor *tensor = &part->tensors[i];
		tensor->height = from->downscale ? part->options.height / from->downscale : 1;
		tensor->width = from->downscale ? part->options.width / from->downscale : 1;
		tensor->channels = from->channels;
		tensor->count = part->options.batch * tensor->height * tensor->width * tensor->channels;
		tensor->bf16 = is_bf16(part, (int)i);
		tensor->slot = -1;
	}
}

static bool make_tensors(struct net_part *part, float *const *seen) {
	for (size_t i = 0; i < part->graph->tensor_count; i++) {
		struct tensor *tensor = &part->tensors[i];
		tensor->lent = seen[i] && !tensor->bf16;
		tensor->data = tensor->lent ? seen[i] : new_bytes(span_bytes(tensor->bf16, tensor->count));
		if (!tensor->data) return false;
	}
	if (part->options.tap >= 0 && !part->tensors[part->options.tap].lent) part->tap_values = seen[part->options.tap];
	return true;
}

/* ---- sums that a convolution takes over ---- */

static size_t use_count(const struct graph *graph, int tensor) {
	size_t count = 0;
	for (size_t i = 0; i < graph->op_count; i++) count += uses(&graph->ops[i], tensor);
	return count;
}

/* Whether term j of a sum comes from a convolution that nothing else uses and before which the other term is there. */
static bool may_fuse(const struct net_part *part, const struct graph_op *add, int j) {
	const struct graph *graph = part->graph;
	const int term = add->inputs[j], other = add->inputs[!j], maker = producer(graph, term);
	if (maker < 0 || other >= term || use_count(graph, term) != 1) return false;
	if (term == part->options.tap) return false; /* somebody wants to see it */
	const bool plain = graph_is_conv2d(graph->ops[maker].kind) && graph->ops[maker].activation == ACTIVATION_NONE;
	const bool bf16 = part->tensors[term].bf16;
	return plain && part->tensors[other].bf16 == bf16 && part->tensors[add->output].bf16 == bf16;
}

static void plan_fusions(struct net_part *part) {
	const struct graph *graph = part->graph;
	for (size_t i = 0; i < graph->op_count; i++) part->fusions[i] = (struct fusion){.residual = -1, .sum = -1};
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		for (int j = 0; j < 2 && op->kind == GRAPH_ADD && !part->fusions[i].is_fused; j++) {
			if (!may_fuse(part, op, j)) continue;
			struct fusion *conv = &part->fusions[producer(graph, op->inputs[j])];
			conv->residual = op->inputs[!j], conv->sum = op->output;
			part->fusions[i].is_fused = true;
		}
	}
}

static size_t larger(size_t a, size_t b) {
	return a > b ? a : b;
}

/* Memory that ops use while they run and leave to the next. */
static bool make_rooms(struct net_part *part) {
	const struct graph *graph = part->graph;
	size_t scratch_bytes = 0, wide_bytes = 0;
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		const struct tensor *x = &part->tensors[op->inputs[0]], *y = &part->tensors[op->output];
		scratch_bytes = larger(scratch_bytes, span_bytes(x->bf16, x->count));
		if (op->kind == GRAPH_CONV_TRANSPOSE2X2) wide_bytes = larger(wide_bytes, span_bytes(y->bf16, y->count));
		const struct tensor *coarse = op->kind == GRAPH_PIXEL_UNSHUFFLE ? y : x;
		if (op->kind == GRAPH_PIXEL_SHUFFLE || op->kind == GRAPH_PIXEL_UNSHUFFLE)
			part->row_floats = larger(part->row_floats, coarse->width * coarse->channels);
		if (op->kind == GRAPH_CONV_TRANSPOSE2X2)
			part->row_floats = larger(part->row_floats, x->width * 4 * y->channels);
	}
	part->rows = new_bytes((size_t)omp_get_max_threads() * 2 * part->row_floats * sizeof *part->rows);
	part->wide = new_bytes(wide_bytes);
	if (part->options.training) part->scratch = new_bytes(scratch_bytes);
	return part->rows && part->wide && (part->scratch || !part->options.training);
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

static bool terms_may_share(const struct net_part *part, int add_op) {
	const struct graph *graph = part->graph;
	const struct graph_op *op = &graph->ops[add_op];
	const int tap = part->options.tap;
	if (op->inputs[0] == tap || op->inputs[1] == tap) return false; /* the caller's part is added to one term alone */
	return term_is_safe(graph, add_op, op->inputs[0], op->inputs[1]) &&
		   term_is_safe(graph, add_op, op->inputs[1], op->inputs[0]);
}

/* Whether input j, whose gradient nobody has written yet, may take the memory of the output's, which nobody needs
 * after this op. */
static bool may_be_in_place(const struct net_part *part, int i, int j) {
	const struct graph_op *op = &part->graph->ops[i];
	if (part->tensors[op->inputs[j]].bf16 != part->tensors[op->output].bf16) return false;
	if (op->kind == GRAPH_CHANNEL_AFFINE) return j == 0;
	if (op->kind != GRAPH_ADD || op->inputs[0] == op->inputs[1]) return false;
	const struct tensor *other = &part->tensors[op->inputs[!j]];
	const bool other_has_own = other->slot >= 0 && !part->in_place[i][!j];
	return !other->wanted || other_has_own || terms_may_share(part, i);
}

/* The smallest free slot that is large enough, else the largest, which grows; else a new one. */
static int take_slot(struct net_part *part, int *users, size_t bytes) {
	int best = -1;
	for (int s = 0; s < (int)part->slot_count; s++) {
		if (users[s]) continue;
		const size_t size = part->slots[s].bytes, of_best = best < 0 ? 0 : part->slots[best].bytes;
		const bool better = of_best >= bytes ? size >= bytes && size < of_best : size > of_best;
		if (best < 0 || better) best = s;
	}
	if (best < 0) best = (int)part->slot_count++;
	part->slots[best].bytes = larger(part->slots[best].bytes, bytes);
	users[best]++;
	return best;
}

/* Op i going backward: its inputs' gradients get their places, then its output's is free. */
static void place_gradients(struct net_part *part, int *users, int i) {
	const struct graph_op *op = &part->graph->ops[i];
	const int slot = part->tensors[op->output].slot;
	if (slot < 0) return;
	part->fusions[i].add_dsrc = graph_is_conv2d(op->kind) && part->tensors[op->inputs[0]].slot >= 0;
	for (int j = 0; j < 3; j++) {
		struct tensor *x = op->inputs[j] < 0 ? NULL : &part->tensors[op->inputs[j]];
		if (!x || !x->wanted || x->slot >= 0) continue;
		part->in_place[i][j] = may_be_in_place(part, i, j);
		if (part->in_place[i][j])
			users[x->slot = slot]++;
		else
			x->slot = take_slot(part, users, span_bytes(x->bf16, x->count));
	}
	users[slot]--;
}

static bool plan_gradients(struct net_part *part) {
	const struct graph *graph = part->graph;
	int *users = calloc(graph->tensor_count, sizeof *users);
	if (!users) return false;
	struct tensor *output = &part->tensors[graph->output];
	if (output->wanted) {
		output->slot = take_slot(part, users, span_bytes(output->bf16, output->count));
		users[output->slot]++; /* for good: the caller writes there */
		part->slots[output->slot].lent = true;
	}
	for (int i = (int)graph->op_count; i-- > 0;) place_gradients(part, users, i);
	free(users);
	return true;
}

static bool make_gradients(struct net_part *part, const struct net_part_place *place) {
	const struct graph *graph = part->graph;
	if (!part->options.training) return true;
	if (part->options.tap >= 0) part->tensors[part->options.tap].wanted = true; /* also of an input */
	if (place->condition_gradient) part->tensors[graph->condition].wanted = true;
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		bool wanted = op->weight >= 0 || op->output == part->options.tap;
		for (int j = 0; j < 3; j++) wanted = wanted || (op->inputs[j] >= 0 && part->tensors[op->inputs[j]].wanted);
		part->tensors[op->output].wanted = wanted;
	}
	if (!plan_gradients(part)) return false;
	part->tap_gradient = place->tap_gradient;
	part->condition_gradient = place->condition_gradient;
	for (size_t i = 0; i < part->slot_count; i++) {
		struct slot *slot = &part->slots[i];
		if (!(slot->data = slot->lent ? place->output_gradient : new_bytes(slot->bytes))) return false;
	}
	for (size_t i = 0; i < graph->parameter_count; i++)
		if (!(part->gradients[i] = new_bytes(graph->parameters[i].count * sizeof(float)))) return false;
	return true;
}

/* ---- creation ---- */

static enum deblur_status make_convs(struct net_part *part) {
	enum deblur_status status = conv_engine_create(&part->engine);
	struct conv_shape shape;
	for (size_t i = 0; i < part->graph->op_count && !status; i++) {
		if (!net_conv_shape(part->graph, i, &part->options, &shape)) continue;
		shape.residual = part->fusions[i].residual >= 0;
		shape.add_dsrc = part->fusions[i].add_dsrc;
		part->fusions[i].add_dsrc = conv_adds_dsrc(&shape);
		status =
			part->graph->ops[i].kind == GRAPH_MIXED_CONV2D
				? mixed_conv_create(part->engine, &shape, part->tensors[part->graph->ops[i].inputs[1]].channels,
									part->options.precision, part->options.training, &part->mixed[i])
				: conv_create(part->engine, &shape, part->options.precision, part->options.training, &part->convs[i]);
	}
	return status;
}

static bool make_lists(struct net_part *part) {
	const struct graph *graph = part->graph;
	part->tensors = calloc(graph->tensor_count, sizeof *part->tensors);
	part->convs = calloc(graph->op_count + 1, sizeof *part->convs);
	part->mixed = calloc(graph->op_count + 1, sizeof *part->mixed);
	part->fusions = calloc(graph->op_count + 1, sizeof *part->fusions);
	part->in_place = calloc(graph->op_count + 1, sizeof *part->in_place);
	part->slots = calloc(graph->tensor_count, sizeof *part->slots);
	part->gradients = calloc(graph->parameter_count + 1, sizeof *part->gradients);
	return part->tensors && part->convs && part->mixed && part->fusions && part->in_place && part->slots &&
		   part->gradients;
}

enum deblur_status net_part_create(const struct graph *graph, const struct net_options *options,
								   const struct net_part_place *place, struct net_part **out) {
	struct net_part *part = calloc(1, sizeof *part);
	if (!part) return DEBLUR_OUT_OF_MEMORY;
	part->graph = graph;
	part->kernels = kernels_best();
	part->options = *options;
	enum deblur_status status = DEBLUR_OUT_OF_MEMORY;
	if (make_lists(part)) {
		describe_tensors(part);
		plan_fusions(part);
		if (make_tensors(part, place->seen) && make_rooms(part) && make_gradients(part, place))
			status = make_convs(part);
	}
	if (status)
		net_part_destroy(part);
	else
		*out = part;
	return status;
}

void net_part_destroy(struct net_part *part) {
	if (!part) return;
	for (size_t i = 0; part->tensors && i < part->graph->tensor_count; i++)
		if (!part->tensors[i].lent) free(part->tensors[i].data);
	for (size_t i = 0; part->convs && i < part->graph->op_count; i++) conv_destroy(part->convs[i]);
	for (size_t i = 0; part->mixed && i < part->graph->op_count; i++) mixed_conv_destroy(part->mixed[i]);
	for (size_t i = 0; part->slots && i < part->slot_count; i++)
		if (!part->slots[i].lent) free(part->slots[i].data);
	for (size_t i = 0; part->gradients && i < part->graph->parameter_count; i++) free(part->gradients[i]);
	conv_engine_destroy(part->engine);
	free(part->tensors);
	free(part->convs);
	free(part->mixed);
	free(part->fusions);
	free(part->in_place);
	free(part->slots);
	free(part->gradients);
	free(part->scratch);
	free(part->wide);
	free(part->rows);
	free(part);
}
