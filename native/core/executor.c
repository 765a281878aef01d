#include "core/executor.h"

#include <stdlib.h>
#include <string.h>

#include "core/size.h"

enum { RING = 1, ALIGN_FLOATS = 16 };

/* What is run at once: an op, or a convolution with the ops that were fused into it. */
struct step {
	const struct graph_op *op;
	int output;          /* tensor that is written: of the last fused op */
	int residual;        /* tensor that is added; -1: none */
	int scale, shift;    /* vectors of a fused channel_affine; -1: none */
	float *mixed;        /* owned, of a mixed_conv2d: its kernel before it is packed */
	struct conv2d conv;  /* convolutions */
	float *packed;       /* owned: weights, bias, and room for scale and shift */
	float *scale_values; /* [padded channels], inside packed */
	float *shift_values;
	bool of_condition; /* follows from the condition alone: run by executor_set_condition */
};

/* Where a map lives while it is needed. */
struct slot {
	uint64_t offset, floats; /* in the arena; 64 bits also where size_t has 32: overflow shows at the end */
	size_t first, last;      /* steps between which it is needed, both included */
};

struct executor {
	const struct graph *graph;
	const struct kernels *kernels;
	struct step *steps;
	size_t step_count;
	struct slot *slots; /* [tensor_count], floats 0 for vectors and for what was fused away */
	struct map *maps;   /* [tensor_count], of the current size */
	float **vectors;    /* [tensor_count], NULL for maps; each padded to whole blocks */
	float *arena;
	uint64_t arena_floats;
	size_t max_height, max_width;
	executor_progress progress;
	void *user;
};

/* ---- steps ---- */

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
	const struct graph_op *affine = fusable_affine(graph, step->op);
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

static void describe_conv(const struct graph *graph, struct step *step) {
	const struct graph_op *op = step->op;
	const bool transposed = op->kind == GRAPH_CONV_TRANSPOSE2X2;
	step->conv = (struct conv2d){.kernel = op->kernel,
								 .stride = op->stride,
								 .in_channels = graph->tensors[op->inputs[0]].channels,
								 .out_channels = graph->tensors[op->output].channels * (transposed ? 4 : 1),
								 .activation = op->activation};
}

/* Weights, bias, scale and shift of one convolution in one piece of memory. A mixed one's are known later. */
static bool pack_conv(const struct graph *graph, struct step *step) {
	struct conv2d *conv = &step->conv;
	const size_t out = conv->out_channels, in = conv->in_channels, kernel = conv->kernel;
	const size_t weights = kernels_packed_count(out, in, kernel), padded = round_up(out, KERNELS_BLOCK);
	const bool mixed = step->op->kind == GRAPH_MIXED_CONV2D;
	step->packed = calloc(weights + 3 * padded, sizeof *step->packed);
	if (mixed) step->mixed = malloc(out * kernel * kernel * in * sizeof *step->mixed);
	if (!step->packed || (mixed && !step->mixed)) return false;
	float *bias_values = step->packed + weights;
	if (!mixed) {
		const struct graph_parameter *bias = &graph->parameters[step->op->bias];
		kernels_pack_conv2d(out, in, kernel, graph->parameters[step->op->weight].values, step->packed);
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

/* Writes the steps; pack false: their shapes only, for planning. */
static enum deblur_status make_steps(struct executor *e, bool pack) {
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
		if (op->kind != GRAPH_CONV2D && op->kind != GRAPH_MIXED_CONV2D && op->kind != GRAPH_CONV_TRANSPOSE2X2) continue;
		describe_conv(graph, step);
		if (op->kind != GRAPH_CONV_TRANSPOSE2X2) fuse(graph, step, fused);
		if (pack && !pack_conv(graph, step)) status = DEBLUR_OUT_OF_MEMORY;
	}
	free(fused);
	return status;
}

/* ---- memory ---- */

static uint64_t map_floats(const struct graph_tensor *tensor, size_t height, size_t width) {
	const uint64_t rows = height / tensor->downscale + 2 * RING, columns = width / tensor->downscale + 2 * RING;
	return (rows * columns * tensor->channels + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

static void use_slot(struct executor *e, int tensor, size_t step) {
	if (tensor >= 0 && e->slots[tensor].floats) e->slots[tensor].last = step;
}

static void find_lifetimes(struct executor *e, size_t height, size_t width) {
	const struct graph *graph = e->graph;
	e->slots[graph->picture].floats = map_floats(&graph->tensors[graph->picture], height, width);
	for (size_t i = 0; i < e->step_count; i++) {
		const struct step *step = &e->steps[i];
		const struct graph_tensor *out = &graph->tensors[step->output];
		if (out->downscale)
			e->slots[step->output] = (struct slot){.floats = map_floats(out, height, width), .first = i, .last = i};
		for (int j = 0; j < 3; j++) use_slot(e, step->op->inputs[j], i);
		use_slot(e, step->residual, i);
	}
	use_slot(e, graph->output, e->step_count);
}

static bool alive_together(const struct slot *a, const struct slot *b) {
	return a->first <= b->last && b->first <= a->last;
}

/* The lowest place that no slot alive at the same time covers; slots placed so far are those of `order` before it. */
static uint64_t find_place(const struct executor *e, const int *order, size_t placed, const struct slot *slot) {
	uint64_t offset = 0;
	for (bool moved = true; moved;) {
		moved = false;
		for (size_t i = 0; i < placed; i++) {
			const struct slot *other = &e->slots[order[i]];
			if (!alive_together(slot, other) || offset >= other->offset + other->floats ||
				other->offset >= offset + slot->floats)
				continue;
			offset = other->offset + other->floats;
			moved = true;
		}
	}
	return offset;
}

/* Largest first: small maps fill the gaps that large ones leave. */
static bool place_slots(struct executor *e) {
	const size_t tensors = e->graph->tensor_count;
	int *order = malloc((tensors + 1) * sizeof *order);
	size_t count = 0;
	if (!order) return false;
	for (size_t t = 0; t < tensors; t++)
		if (e->slots[t].floats) order[count++] = (int)t;
	for (size_t i = 1; i < count; i++) { /* insertion keeps equals in graph order: the plan is deterministic */
		const int moving = order[i];
		size_t j = i;
		for (; j > 0 && e->slots[order[j - 1]].floats < e->slots[moving].floats; j--) order[j] = order[j - 1];
		order[j] = moving;
	}
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &e->slots[order[i]];
		slot->offset = find_place(e, order, i, slot);
		if (slot->offset + slot->floats > e->arena_floats) e->arena_floats = slot->offset + slot->floats;
	}
	free(order);
	return true;
}

static bool make_vectors(struct executor *e) {
	for (size_t t = 0; t < e->graph->tensor_count; t++) {
		if (e->graph->tensors[t].downscale) continue;
		e->vectors[t] = calloc(round_up(e->graph->tensors[t].channels, KERNELS_BLOCK), sizeof **e->vectors);
		if (!e->vectors[t]) return false;
	}
	return true;
}

/* Everything but weights and memory for maps. */
static enum deblur_status plan(const struct graph *graph, size_t height, size_t width, bool pack, struct executor *e) {
	const size_t alignment = graph_alignment_px(graph), most = (size_t)1 << 16;
	*e = (struct executor){.graph = graph};
	if (graph_status(graph) || !height || !width || height > most || width > most) return DEBLUR_BAD_ARGUMENT;
	e->max_height = round_up(height, alignment);
	e->max_width = round_up(width, alignment);
	e->slots = calloc(graph->tensor_count, sizeof *e->slots);
	e->maps = calloc(graph->tensor_count, sizeof *e->maps);
	e->vectors = calloc(graph->tensor_count, sizeof *e->vectors);
	if (!e->slots || !e->maps || !e->vectors) return DEBLUR_OUT_OF_MEMORY;
	const enum deblur_status status = make_steps(e, pack);
	if (status) return status;
	find_lifetimes(e, e->max_height, e->max_width);
	return place_slots(e) && e->arena_floats <= SIZE_MAX / sizeof(float) ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

static void release(struct executor *e) {
	for (size_t i = 0; i < e->step_count; i++) {
		free(e->steps[i].packed);
		free(e->steps[i].mixed);
	}
	for (size_t t = 0; e->vectors && t < e->graph->tensor_count; t++) free(e->vectors[t]);
	free(e->steps);
	free(e->slots);
	free(e->maps);
	free(e->vectors);
	free(e->arena);
}

enum deblur_status executor_create(const struct graph *graph, const struct kernels *kernels, size_t max_height,
								   size_t max_width, struct executor **out) {
	struct executor *e = malloc(sizeof *e);
	if (!e) return DEBLUR_OUT_OF_MEMORY;
	enum deblur_status status = plan(graph, max_height, max_width, true, e);
	e->kernels = kernels;
	if (!status && !make_vectors(e)) status = DEBLUR_OUT_OF_MEMORY;
	if (!status) e->arena = malloc((size_t)e->arena_floats * sizeof *e->arena);
	if (!status && !e->arena) status = DEBLUR_OUT_OF_MEMORY;
	if (status)
		executor_destroy(e);
	else
		*out = e;
	return status;
}

void executor_destroy(struct executor *e) {
	if (!e) return;
	release(e);
	free(e);
}

size_t executor_bytes_for(const struct graph *graph, size_t height, size_t width) {
	struct executor e;
	const enum deblur_status status = plan(graph, height, width, false, &e);
	const size_t floats = status ? 0 : (size_t)e.arena_floats;
	release(&e);
	return floats * sizeof(float);
}

size_t executor_bytes(const struct executor *e) {
	return e->arena_floats * sizeof(float);
}

/* ---- running ---- */

/* The current size's view of a tensor's slot, its zero ring made anew: the memory may have served another tensor. */
static void open_map(struct executor *e, int tensor, size_t height, size_t width) {
	const struct graph_tensor *shape = &e->graph->tensors[tensor];
	const size_t h = height / shape->downscale, w = width / shape->downscale, c = shape->channels;
	const size_t row = (w + 2 * RING) * c;
	float *base = e->arena + e->slots[tensor].offset;
	e->maps[tensor] = (struct map){base + row + c, h, w, c, row};
	memset(base, 0, row * sizeof *base);
	memset(base + (h + 1) * row, 0, row * sizeof *base);
	for (size_t y = 1; y <= h; y++) {
		memset(base + y * row, 0, c * sizeof *base);
		memset(base + y * row + (w + 1) * c, 0, c * sizeof *base);
	}
}

static void run_linear(struct executor *e, const struct step *step) {
	const struct graph_op *op = step->op;
	const struct graph *graph = e->graph;
	e->kernels->linear(graph->tensors[op->inputs[0]].channels, graph->tensors[op->output].channels,
					   graph->parameters[op->weight].values, graph->parameters[op->bias].values, op->activation,
					   e->vectors[op->inputs[0]], e->vectors[op->output]);
}

static void run_concat(struct executor *e, const struct graph_op *op) {
	const struct graph_tensor *tensors = e->graph->tensors;
	const size_t first = tensors[op->inputs[0]].channels, second = tensors[op->inputs[1]].channels;
	memcpy(e->vectors[op->output], e->vectors[op->inputs[0]], first * sizeof(float));
	memcpy(e->vectors[op->output] + first, e->vectors[op->inputs[1]], second * sizeof(float));
}

static void run_on_vectors(struct executor *e, const struct step *step) {
	if (step->op->kind == GRAPH_CONCAT)
		run_concat(e, step->op);
	else
		run_linear(e, step);
}

/* The convolution that a mixed one is for this picture. */
static void mix(const struct executor *e, struct step *step) {
	const struct graph_op *op = step->op;
	const struct conv2d *conv = &step->conv;
	const float *bias = e->graph->parameters[op->bias].values, *shift = e->vectors[op->inputs[2]];
	float *bias_values = step->packed + kernels_packed_count(conv->out_channels, conv->in_channels, conv->kernel);
	graph_mix_kernel(e->graph, op, e->vectors[op->inputs[1]], step->mixed);
	kernels_pack_conv2d(conv->out_channels, conv->in_channels, conv->kernel, step->mixed, step->packed);
	for (size_t o = 0; o < conv->out_channels; o++) bias_values[o] = bias[o] + shift[o];
}

void executor_set_condition(struct executor *e, const float *condition) {
	const struct graph *graph = e->graph;
	if (graph->condition < 0) return;
	memcpy(e->vectors[graph->condition], condition, graph->tensors[graph->condition].channels * sizeof *condition);
	for (size_t i = 0; i < e->step_count; i++)
		if (e->steps[i].of_condition) run_on_vectors(e, &e->steps[i]);
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

struct map executor_input(struct executor *e, size_t height, size_t width) {
	open_map(e, e->graph->picture, height, width);
	return e->maps[e->graph->picture];
}

static void run_step(struct executor *e, const struct step *step, size_t height, size_t width) {
	const struct graph_op *op = step->op;
	const struct kernels *k = e->kernels;
	const struct map *src = &e->maps[op->inputs[0]], *dst = &e->maps[step->output];
	if (e->graph->tensors[step->output].downscale) open_map(e, step->output, height, width);
	switch (op->kind) {
	case GRAPH_CONV2D:
	case GRAPH_MIXED_CONV2D:
		k->conv2d(&step->conv, src, step->residual < 0 ? NULL : &e->maps[step->residual], dst);
		break;
	case GRAPH_CONV_TRANSPOSE2X2:
		k->conv_transpose2x2(&step->conv, src, dst);
		break;
	case GRAPH_PIXEL_SHUFFLE:
		k->pixel_shuffle(op->stride, src, dst);
		break;
	case GRAPH_PIXEL_UNSHUFFLE:
		k->pixel_unshuffle(op->stride, src, dst);
		break;
	case GRAPH_ADD:
		k->add(src, &e->maps[op->inputs[1]], dst);
		break;
	case GRAPH_SIGMOID:
		k->sigmoid(src, dst);
		break;
	case GRAPH_GLOBAL_AVERAGE:
		k->global_average(src, e->vectors[op->output]);
		break;
	case GRAPH_LINEAR:
	case GRAPH_CONCAT:
		run_on_vectors(e, step);
		break;
	case GRAPH_CHANNEL_AFFINE:
		k->channel_affine(e->vectors[op->inputs[1]], e->vectors[op->inputs[2]], op->activation, src, dst);
		break;
	case GRAPH_OP_KIND_COUNT:
		break;
	}
}

bool executor_run(struct executor *e) {
	const struct map *picture = &e->maps[e->graph->picture];
	for (size_t i = 0; i < e->step_count; i++) {
		if (!e->steps[i].of_condition) run_step(e, &e->steps[i], picture->height, picture->width);
		if (e->progress && !e->progress(e->user, i + 1, e->step_count)) return false;
	}
	return true;
}

void executor_set_progress(struct executor *e, executor_progress progress, void *user) {
	e->progress = progress;
	e->user = user;
}

const struct map *executor_output(const struct executor *e) {
	return &e->maps[e->graph->output];
}
const float *executor_output_vector(const struct executor *e) {
	return e->vectors[e->graph->output];
}
