#include "core/executor.h"

#include <stdlib.h>
#include <string.h>

#include "core/size.h"

enum { ALIGN_FLOATS = 16 };

/* What is run at once: an op, or a convolution with the ops that were fused into it. */
struct step {
	const struct graph_op *op;
	int output;          /* tensor that is written: of the last fused op */
	int residual;        /* tensor that is added; -1: none */
	int scale, shift;    /* vectors of a fused channel_affine; -1: none */
	float *mixed;        /* owned, of a mixed_conv2d: its kernel before it is packed */
	struct conv2d conv;  /* convolutions */
	bool winograd;       /* which decides how the weights are packed */
	float *packed;       /* owned: weights, bias, and room for scale and shift */
	float *scale_values; /* [padded channels], inside packed */
	float *shift_values;
	bool of_condition; /* follows from the condition alone: run by executor_set_condition */
};

/* Rows first..end - 1 of a map. */
struct rows {
	size_t first, end;
};

static const struct rows no_rows = {SIZE_MAX, 0};

/* The rows of a map that are in memory, with the ring of zeros that convolutions read: a column on both sides, a row
 * above the first and below the last. Rows are counted from the map's own top. */
struct window {
	size_t room;        /* rows, the ring's two not counted */
	size_t top, bottom; /* rows top..bottom - 1 are there */
	float *data;        /* [room + 2][width + 2][channels], in the arena */
};

struct executor {
	const struct graph *graph;
	const struct kernels *kernels;
	struct step *steps;
	size_t step_count;
	struct window *windows; /* [tensor_count], room 0 for vectors and for what was fused away */
	struct rows *rows;      /* [tensor_count]: what is wanted of each map in this run, up to the next rows */
	struct rows *above;     /* [tensor_count]: the seams where this run begins, which it fills, */
	struct rows *below;     /* and where it ends, from which it takes; see find_seam */
	size_t *last;           /* [tensor_count]: where the rows end that this run wants of each map */
	float **vectors;        /* [tensor_count], NULL for maps; each padded to whole blocks */
	float *arena;           /* the windows, then what a convolution by Winograd's method takes notes in */
	size_t arena_floats, scratch_floats, seam_floats;
	size_t max_height, max_width;
	size_t rows_at_once;  /* 0: all */
	size_t height, width; /* of the current picture */
	size_t written;       /* up to which row of the output */
	struct map output;
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
	const struct graph_op *affine = step->op->kind == GRAPH_CONV_TRANSPOSE2X2 ? NULL : fusable_affine(graph, step->op);
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

static void describe_conv(const struct executor *e, struct step *step) {
	const struct graph *graph = e->graph;
	const struct graph_op *op = step->op;
	const bool transposed = op->kind == GRAPH_CONV_TRANSPOSE2X2;
	step->conv = (struct conv2d){.kernel = op->kernel,
								 .stride = op->stride,
								 .in_channels = graph->tensors[op->inputs[0]].channels,
								 .out_channels = graph->tensors[op->output].channels * (transposed ? 4 : 1),
								 .activation = op->activation};
	step->winograd = e->kernels->conv3x3_winograd && !transposed &&
					 kernels_winograd_fits(step->conv.out_channels, step->conv.in_channels, op->kernel, op->stride);
}

static size_t packed_count(const struct step *step) {
	const struct conv2d *conv = &step->conv;
	return step->winograd ? kernels_winograd_count(conv->out_channels, conv->in_channels)
						  : kernels_packed_count(conv->out_channels, conv->in_channels, conv->kernel);
}

static void pack_kernel(struct step *step, const float *weights) {
	const struct conv2d *conv = &step->conv;
	if (step->winograd)
		kernels_pack_winograd(conv->out_channels, conv->in_channels, weights, step->packed);
	else
		kernels_pack_conv2d(conv->out_channels, conv->in_channels, conv->kernel, weights, step->packed);
}

/* Weights, bias, scale and shift of one convolution in one piece of memory. A mixed one's are known later. */
static bool pack_conv(const struct graph *graph, struct step *step) {
	struct conv2d *conv = &step->conv;
	const size_t out = conv->out_channels, in = conv->in_channels, kernel = conv->kernel;
	const size_t weights = packed_count(step), padded = round_up(out, KERNELS_BLOCK);
	const bool mixed = step->op->kind == GRAPH_MIXED_CONV2D;
	step->packed = calloc(weights + 3 * padded, sizeof *step->packed);
	if (mixed) step->mixed = malloc(out * kernel * kernel * in * sizeof *step->mixed);
	if (!step->packed || (mixed && !step->mixed)) return false;
	float *bias_values = step->packed + weights;
	if (!mixed) {
		const struct graph_parameter *bias = &graph->parameters[step->op->bias];
		pack_kernel(step, graph->parameters[step->op->weight].values);
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
		describe_conv(e, step);
		fuse(graph, step, fused);
		if (pack && !pack_conv(graph, step)) status = DEBLUR_OUT_OF_MEMORY;
	}
	free(fused);
	return status;
}

/* ---- rows ---- */

/* Which rows of its maps an op needs for those rows of its result; below the last there are none. */
static struct rows rows_needed(const struct graph_op *op, struct rows of) {
	const size_t f = op->kind == GRAPH_CONV_TRANSPOSE2X2 ? 2 : op->stride, around = op->kernel / 2;
	switch (op->kind) {
	case GRAPH_CONV2D:
	case GRAPH_MIXED_CONV2D:
		return (struct rows){of.first * f - (of.first * f < around ? of.first * f : around),
							 of.end * f - f + 1 + around};
	case GRAPH_CONV_TRANSPOSE2X2:
	case GRAPH_PIXEL_SHUFFLE:
		return (struct rows){of.first / f, (of.end + f - 1) / f};
	case GRAPH_PIXEL_UNSHUFFLE:
		return (struct rows){of.first * f, of.end * f};
	default:
		return of;
	}
}

/* How many rows of its result an op makes of one. */
static size_t rows_at_a_time(const struct graph_op *op) {
	return op->kind == GRAPH_CONV_TRANSPOSE2X2 ? 2 : op->kind == GRAPH_PIXEL_SHUFFLE ? op->stride : 1;
}

static size_t map_height(const struct executor *e, int tensor, size_t height) {
	return height / e->graph->tensors[tensor].downscale;
}

/* The step's maps; -1 where it has none. */
static int input_map(const struct executor *e, const struct step *step, int index) {
	const int tensor = index < 3 ? step->op->inputs[index] : step->residual;
	return tensor >= 0 && e->graph->tensors[tensor].downscale ? tensor : -1;
}

/* From the last step to the first: where the rows of each map begin that the output's from `first` on need; SIZE_MAX:
 * nobody needs it. */
static void find_first_rows(const struct executor *e, size_t first, struct rows *rows) {
	for (size_t t = 0; t < e->graph->tensor_count; t++) rows[t].first = SIZE_MAX;
	rows[e->graph->output].first = first;
	for (size_t i = e->step_count; i-- > 0;) {
		const struct step *step = &e->steps[i];
		struct rows *own = &rows[step->output];
		if (!e->graph->tensors[step->output].downscale || own->first == SIZE_MAX) continue;
		own->first = own->first / rows_at_a_time(step->op) * rows_at_a_time(step->op);
		for (int j = 0; j < 4; j++) {
			const int tensor = input_map(e, step, j);
			if (tensor < 0) continue;
			const size_t need = j < 3 ? rows_needed(step->op, *own).first : own->first;
			rows[tensor].first = least(rows[tensor].first, need);
		}
	}
}

/* Rows above a picture's first, in which a run begins: maps far above the output are ahead of it by many rows, and come
 * row by row, too. */
static size_t rows_above(const struct executor *e) {
	return graph_alignment_px(e->graph) << 12;
}

/* The same for where they end, so that the output's rows up to `end`, counted from rows_above, can be computed. seam:
 * of each map, the rows from `first` on are computed elsewhere; NULL: none. It may be `rows`. */
static void find_last_rows(const struct executor *e, size_t end, size_t height, const struct rows *seam,
						   struct rows *rows) {
	const size_t above = rows_above(e);
	for (size_t t = 0; t < e->graph->tensor_count; t++) rows[t].end = 0;
	rows[e->graph->output].end = end;
	for (size_t i = e->step_count; i-- > 0;) {
		const struct step *step = &e->steps[i];
		struct rows *own = &rows[step->output];
		if (!e->graph->tensors[step->output].downscale || !own->end) continue;
		own->end = round_up(own->end, rows_at_a_time(step->op));
		struct rows computed = *own;
		if (seam && seam[step->output].first != SIZE_MAX)
			computed.end = least(own->end, seam[step->output].first + map_height(e, step->output, above));
		for (int j = 0; j < 4; j++) {
			const int tensor = input_map(e, step, j);
			if (tensor < 0) continue;
			const size_t need = j < 3 ? rows_needed(step->op, computed).end : computed.end;
			const size_t most = map_height(e, tensor, above + height);
			if (least(need, most) > rows[tensor].end) rows[tensor].end = least(need, most);
		}
	}
	for (size_t t = 0; t < e->graph->tensor_count; t++) {
		const size_t shift = rows[t].end ? map_height(e, (int)t, above) : 0;
		rows[t].end -= least(rows[t].end, shift);
	}
}

/* Where a map's window may begin: the rows before are not needed any more. */
static size_t first_needed(const struct executor *e, int tensor) {
	size_t first = e->windows[tensor].bottom; /* what comes next is computed, needed or not */
	if (tensor == e->graph->output) first = least(first, e->written);
	for (size_t i = 0; i < e->step_count; i++) {
		const struct step *step = &e->steps[i];
		const size_t done = e->windows[step->output].bottom;
		if (!e->graph->tensors[step->output].downscale || done >= e->last[step->output]) continue;
		for (int j = 0; j < 4; j++)
			if (input_map(e, step, j) == tensor)
				first = least(first, j < 3 ? rows_needed(step->op, (struct rows){done, done}).first : done);
	}
	return first;
}

/* The seam between two runs, of which one gives the output's rows up to `row` and the other those from there on: of
 * each map, the rows that the lower one computes, since it begins with them, and the upper one looks at. They are a few
 * for each op, and more where a map is looked at again much later. Everyone reads the picture. */
static void find_seam(const struct executor *e, size_t row, size_t height, struct rows *seam) {
	find_first_rows(e, row, seam);
	find_last_rows(e, rows_above(e) + row, height, seam, seam);
	seam[e->graph->picture] = no_rows;
}

static void forget_seam(const struct executor *e, struct rows *seam) {
	for (size_t t = 0; t < e->graph->tensor_count; t++) seam[t] = no_rows;
}

/* Up to which row this run needs each map. */
static void find_last(const struct executor *e, size_t end) {
	find_last_rows(e, rows_above(e) + end, e->height, e->below, e->rows);
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->last[t] = e->rows[t].end;
}

/* What is wanted so that the output's rows up to `end`, counted from rows_above, can be computed. */
static void find_wanted(const struct executor *e, size_t end) {
	find_last_rows(e, end, e->height, NULL, e->rows);
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->rows[t].end = least(e->rows[t].end, e->last[t]);
}

/* Gives the row of the output, counted from rows_above, for which maps are to be computed first: none of the picture's
 * rows is needed for the one before. */
static size_t begin_rows(struct executor *e, size_t first) {
	find_first_rows(e, first, e->rows);
	e->written = first;
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->windows[t].top = e->windows[t].bottom = e->rows[t].first;
	const size_t above = rows_above(e), earliest = e->rows[e->graph->picture].first;
	find_last_rows(e, above + first, SIZE_MAX / 2, NULL, e->rows);
	const size_t ahead = e->rows[e->graph->picture].end - earliest;
	return above + first - ahead / e->rows_at_once * e->rows_at_once;
}

/* ---- memory ---- */

/* A vector that follows from the picture needs all of it before anything that follows from the vector. */
static bool needs_whole_picture(const struct graph *graph) {
	for (size_t t = 0; t < graph->tensor_count; t++)
		if (!graph->tensors[t].downscale && graph->tensors[t].of_picture) return true;
	return false;
}

/* How many rows a window holds at most: as in the midst of a picture without end, the run's first rows included. */
static void find_room(struct executor *e) {
	const size_t chunk = e->rows_at_once, first = chunk << 12;
	const size_t above = rows_above(e);
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->last[t] = SIZE_MAX;
	for (size_t end = begin_rows(e, first); end <= above + first + 4 * chunk; end += chunk) {
		find_last_rows(e, end, 2 * first, NULL, e->rows);
		for (size_t i = 0; i <= e->step_count; i++) {
			const int tensor = i ? e->steps[i - 1].output : e->graph->picture;
			struct window *window = &e->windows[tensor];
			if (e->rows[tensor].end <= window->bottom) continue;
			window->top = first_needed(e, tensor);
			window->bottom = e->rows[tensor].end;
			if (window->bottom - window->top > window->room) window->room = window->bottom - window->top;
		}
		if (end > above + first) e->written = end - above;
	}
}

static uint64_t window_floats(const struct executor *e, int tensor) {
	const struct graph_tensor *shape = &e->graph->tensors[tensor];
	const uint64_t columns = e->max_width / shape->downscale + 2;
	return round_up(((uint64_t)e->windows[tensor].room + 2) * columns * shape->channels, ALIGN_FLOATS);
}

static bool is_empty(struct rows rows) {
	return rows.first >= rows.end;
}

/* Rows of a map in a seam, with the columns of the ring. */
static uint64_t rows_floats(const struct executor *e, struct rows rows, int tensor, size_t width) {
	const struct graph_tensor *shape = &e->graph->tensors[tensor];
	return is_empty(rows) ? 0 : (uint64_t)(rows.end - rows.first) * (width / shape->downscale + 2) * shape->channels;
}

/* Those of the maps before `tensor`: a seam's memory is one map after the other. */
static uint64_t seam_floats(const struct executor *e, const struct rows *seam, int tensor, size_t width) {
	uint64_t floats = 0;
	for (int t = 0; t < tensor; t++) floats += rows_floats(e, seam[t], t, width);
	return floats;
}

/* The most that a seam holds: in the midst of a picture without end. */
static uint64_t most_seam_floats(struct executor *e) {
	if (!e->rows_at_once) return 0;
	const size_t row = e->rows_at_once << 12;
	find_seam(e, row, 2 * row, e->below);
	return seam_floats(e, e->below, (int)e->graph->tensor_count, e->max_width);
}

static uint64_t plan_windows(struct executor *e) {
	uint64_t floats = 0;
	if (e->rows_at_once) find_room(e);
	for (size_t i = 0; i <= e->step_count; i++) {
		const int tensor = i ? e->steps[i - 1].output : e->graph->picture;
		if (!e->graph->tensors[tensor].downscale) continue;
		const size_t all = map_height(e, tensor, e->max_height);
		struct window *window = &e->windows[tensor];
		window->room = e->rows_at_once ? least(window->room, all) : all;
		floats += window_floats(e, tensor);
	}
	return floats;
}

static uint64_t scratch_floats(const struct executor *e) {
	uint64_t most = 0;
	for (size_t i = 0; i < e->step_count; i++) {
		const struct step *step = &e->steps[i];
		if (!step->winograd) continue;
		const size_t width = e->max_width / e->graph->tensors[step->output].downscale;
		const size_t floats = kernels_winograd_scratch(step->conv.out_channels, step->conv.in_channels, width);
		if (floats > most) most = floats;
	}
	return most;
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
static enum deblur_status plan(const struct graph *graph, const struct kernels *kernels,
							   const struct executor_size *size, bool pack, struct executor *e) {
	const size_t alignment = graph_alignment_px(graph), most = (size_t)1 << 16;
	const size_t highest = size->rows_at_once ? (size_t)1 << 30 : most; /* of which memory holds some rows alone */
	*e = (struct executor){.graph = graph, .kernels = kernels};
	if (graph_status(graph) || !size->height || !size->width || size->height > highest || size->width > most)
		return DEBLUR_BAD_ARGUMENT;
	e->max_height = round_up(size->height, alignment);
	e->max_width = round_up(size->width, alignment);
	const size_t rows_at_once = round_up(size->rows_at_once, alignment);
	e->rows_at_once = rows_at_once < e->max_height && !needs_whole_picture(graph) ? rows_at_once : 0;
	e->windows = calloc(graph->tensor_count, sizeof *e->windows);
	e->rows = calloc(graph->tensor_count, sizeof *e->rows);
	e->vectors = calloc(graph->tensor_count, sizeof *e->vectors);
	e->above = calloc(graph->tensor_count, sizeof *e->above);
	e->below = calloc(graph->tensor_count, sizeof *e->below);
	e->last = calloc(graph->tensor_count, sizeof *e->last);
	if (!e->windows || !e->rows || !e->vectors || !e->above || !e->below || !e->last) return DEBLUR_OUT_OF_MEMORY;
	const enum deblur_status status = make_steps(e, pack);
	if (status) return status;
	const uint64_t floats = plan_windows(e), seam = most_seam_floats(e);
	if (floats + scratch_floats(e) > SIZE_MAX / sizeof(float) || seam > SIZE_MAX / sizeof(float))
		return DEBLUR_OUT_OF_MEMORY;
	e->seam_floats = (size_t)seam;
	e->arena_floats = (size_t)floats;
	e->scratch_floats = (size_t)scratch_floats(e);
	return DEBLUR_OK;
}

static void release(struct executor *e) {
	for (size_t i = 0; i < e->step_count; i++) {
		free(e->steps[i].packed);
		free(e->steps[i].mixed);
	}
	for (size_t t = 0; e->vectors && t < e->graph->tensor_count; t++) free(e->vectors[t]);
	free(e->steps);
	free(e->windows);
	free(e->rows);
	free(e->above);
	free(e->below);
	free(e->last);
	free(e->vectors);
	free(e->arena);
}

/* Where each window lies, and where the scratch memory behind them. */
static bool make_arena(struct executor *e) {
	float *next = e->arena = malloc(executor_bytes(e));
	if (!next) return false;
	for (size_t i = 0; i <= e->step_count; i++) {
		const int tensor = i ? e->steps[i - 1].output : e->graph->picture;
		if (!e->graph->tensors[tensor].downscale) continue;
		e->windows[tensor].data = next;
		next += window_floats(e, tensor);
	}
	return true;
}

enum deblur_status executor_create(const struct graph *graph, const struct kernels *kernels,
								   const struct executor_size *size, struct executor **out) {
	struct executor *e = malloc(sizeof *e);
	if (!e) return DEBLUR_OUT_OF_MEMORY;
	enum deblur_status status = plan(graph, kernels, size, true, e);
	if (!status && (!make_vectors(e) || !make_arena(e))) status = DEBLUR_OUT_OF_MEMORY;
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

size_t executor_bytes_for(const struct graph *graph, const struct kernels *kernels, const struct executor_size *size) {
	struct executor e;
	const enum deblur_status status = plan(graph, kernels, size, false, &e);
	const size_t bytes = status ? 0 : executor_bytes(&e);
	release(&e);
	return bytes;
}

size_t executor_seam_bytes_for(const struct graph *graph, const struct kernels *kernels,
							   const struct executor_size *size) {
	struct executor e;
	const enum deblur_status status = plan(graph, kernels, size, false, &e);
	const size_t bytes = status ? 0 : e.seam_floats * sizeof(float);
	release(&e);
	return bytes;
}

size_t executor_bytes(const struct executor *e) {
	return (e->arena_floats + e->scratch_floats) * sizeof(float);
}

/* ---- running ---- */

/* `rows` of a map, which are in its window. */
static struct map view(const struct executor *e, int tensor, struct rows rows) {
	const struct graph_tensor *shape = &e->graph->tensors[tensor];
	const struct window *window = &e->windows[tensor];
	const size_t width = e->width / shape->downscale, c = shape->channels, row = (width + 2) * c;
	return (struct map){window->data + (rows.first + 1 - window->top) * row + c, rows.end - rows.first, width, c, row};
}

/* The columns of the ring, and its row above if the window begins at the top: the memory may have served anything. */
static void make_ring(const struct executor *e, int tensor) {
	const struct map map = view(e, tensor, (struct rows){e->windows[tensor].top, e->windows[tensor].top});
	float *row = e->windows[tensor].data;
	for (size_t y = 0; y < e->windows[tensor].room + 2; y++, row += map.row_stride) {
		memset(row, 0, map.channels * sizeof *row);
		memset(row + map.row_stride - map.channels, 0, map.channels * sizeof *row);
	}
	if (!e->windows[tensor].top) memset(e->windows[tensor].data, 0, map.row_stride * sizeof(float));
}

/* Drops what nobody needs any more, if rows up to `end` have no room otherwise. */
static void make_room(struct executor *e, int tensor, size_t end) {
	struct window *window = &e->windows[tensor];
	if (end - window->top <= window->room) return;
	const size_t keep = first_needed(e, tensor);
	const struct map kept = view(e, tensor, (struct rows){keep, window->bottom});
	float *to = window->data + kept.row_stride;
	memmove(to, kept.data - kept.channels, kept.height * kept.row_stride * sizeof *to);
	window->top = keep;
}

/* Room for the rows that are wanted next, which it gives; after they are computed, finish_rows. */
static struct rows begin_more(struct executor *e, int tensor) {
	make_room(e, tensor, e->rows[tensor].end);
	return (struct rows){e->windows[tensor].bottom, e->rows[tensor].end};
}

/* After the last row comes the ring's. */
static void end_more(struct executor *e, int tensor) {
	struct window *window = &e->windows[tensor];
	window->bottom = e->rows[tensor].end;
	if (window->bottom < map_height(e, tensor, e->height)) return;
	const struct map below = view(e, tensor, (struct rows){window->bottom, window->bottom});
	memset(below.data - below.channels, 0, below.row_stride * sizeof(float));
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

/* What gives a vector. */
static void run_to_vector(struct executor *e, const struct step *step) {
	const struct graph_op *op = step->op;
	if (op->kind == GRAPH_CONCAT)
		run_concat(e, op);
	else if (op->kind == GRAPH_LINEAR)
		run_linear(e, step);
	else {
		const struct map src = view(e, op->inputs[0], (struct rows){0, map_height(e, op->inputs[0], e->height)});
		e->kernels->global_average(&src, e->vectors[op->output]);
	}
}

/* The convolution that a mixed one is for this picture. */
static void mix(const struct executor *e, struct step *step) {
	const struct graph_op *op = step->op;
	const struct conv2d *conv = &step->conv;
	const float *bias = e->graph->parameters[op->bias].values, *shift = e->vectors[op->inputs[2]];
	float *bias_values = step->packed + packed_count(step);
	graph_mix_kernel(e->graph, op, e->vectors[op->inputs[1]], step->mixed);
	pack_kernel(step, step->mixed);
	for (size_t o = 0; o < conv->out_channels; o++) bias_values[o] = bias[o] + shift[o];
}

void executor_set_condition(struct executor *e, const float *condition) {
	const struct graph *graph = e->graph;
	if (graph->condition < 0) return;
	memcpy(e->vectors[graph->condition], condition, graph->tensors[graph->condition].channels * sizeof *condition);
	for (size_t i = 0; i < e->step_count; i++)
		if (e->steps[i].of_condition) run_to_vector(e, &e->steps[i]);
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

static void run_to_map(struct executor *e, const struct step *step, struct rows rows) {
	const struct graph_op *op = step->op;
	const struct kernels *k = e->kernels;
	const struct map dst = view(e, step->output, rows);
	/* Kernels take a convolution's source from the row of its first result on, and reach into the row above. */
	struct rows from = rows_needed(op, rows);
	if (op->kind == GRAPH_CONV2D || op->kind == GRAPH_MIXED_CONV2D)
		from = (struct rows){rows.first * op->stride, rows.end * op->stride};
	const struct map src = view(e, op->inputs[0], from);
	struct map other = {0};
	if (step->residual >= 0) other = view(e, step->residual, rows);
	const struct map *residual = step->residual >= 0 ? &other : NULL;
	switch (op->kind) {
	case GRAPH_CONV2D:
	case GRAPH_MIXED_CONV2D:
		if (step->winograd)
			k->conv3x3_winograd(&step->conv, &src, residual, &dst, e->arena + e->arena_floats);
		else
			k->conv2d(&step->conv, &src, residual, &dst);
		break;
	case GRAPH_CONV_TRANSPOSE2X2:
		k->conv_transpose2x2(&step->conv, &src, residual, &dst);
		break;
	case GRAPH_PIXEL_SHUFFLE:
		k->pixel_shuffle(op->stride, &src, &dst);
		break;
	case GRAPH_PIXEL_UNSHUFFLE:
		k->pixel_unshuffle(op->stride, &src, &dst);
		break;
	case GRAPH_ADD:
		other = view(e, op->inputs[1], rows);
		k->add(&src, &other, &dst);
		break;
	case GRAPH_SIGMOID:
		k->sigmoid(&src, &dst);
		break;
	case GRAPH_CHANNEL_AFFINE:
		k->channel_affine(e->vectors[op->inputs[1]], e->vectors[op->inputs[2]], op->activation, &src, &dst);
		break;
	default:
		break; /* what gives a vector */
	}
}

/* The memory of the seams of one run; NULL where there is none, or not yet. */
struct seams {
	float *above;
	const float *below;
};

static struct rows common(struct rows a, struct rows b) {
	return (struct rows){a.first > b.first ? a.first : b.first, least(a.end, b.end)};
}

/* Where a row of a map lies in a seam's memory. */
static size_t seam_place(const struct executor *e, const struct rows *seam, int tensor, size_t row) {
	const struct rows before = {seam[tensor].first, row};
	return (size_t)(seam_floats(e, seam, tensor, e->width) + rows_floats(e, before, tensor, e->width));
}

/* Keeps those of `rows` that the run above will look at. */
static void fill_seam(const struct executor *e, int tensor, struct rows rows, float *memory) {
	const struct rows kept = common(rows, e->above[tensor]);
	if (is_empty(kept)) return;
	const struct map map = view(e, tensor, kept);
	memcpy(memory + seam_place(e, e->above, tensor, kept.first), map.data - map.channels,
		   map.height * map.row_stride * sizeof *memory);
}

/* Takes those of `rows` that the run below has computed. */
static void take_seam(const struct executor *e, int tensor, struct rows rows, const float *memory) {
	const struct rows taken = common(rows, e->below[tensor]);
	if (is_empty(taken)) return;
	const struct map map = view(e, tensor, taken);
	memcpy(map.data - map.channels, memory + seam_place(e, e->below, tensor, taken.first),
		   map.height * map.row_stride * sizeof *memory);
}

static void run_step(struct executor *e, const struct step *step, const struct seams *seams) {
	if (step->of_condition) return;
	const int output = step->output;
	if (!e->graph->tensors[output].downscale) {
		run_to_vector(e, step);
		return;
	}
	if (e->rows[output].end <= e->windows[output].bottom) return; /* nothing more, or for nobody */
	const struct rows rows = begin_more(e, output);
	const struct rows computed = {rows.first, least(rows.end, e->below[output].first)};
	if (!is_empty(computed)) run_to_map(e, step, computed);
	if (seams->below) take_seam(e, output, rows, seams->below);
	if (seams->above) fill_seam(e, output, rows, seams->above);
	end_more(e, output);
}

/* All steps, each for the rows that are wanted of it. */
static bool run_steps(struct executor *e, const struct seams *seams, size_t done, size_t total) {
	for (size_t i = 0; i < e->step_count; i++) {
		run_step(e, &e->steps[i], seams);
		if (e->progress && !e->progress(e->user, done + i + 1, total)) return false;
	}
	return true;
}

static void begin_whole(struct executor *e, size_t first) {
	e->written = first;
	for (size_t t = 0; t < e->graph->tensor_count; t++) {
		e->windows[t].top = e->windows[t].bottom = 0;
		e->last[t] = SIZE_MAX;
		if (e->graph->tensors[t].downscale) e->rows[t] = (struct rows){0, map_height(e, (int)t, e->height)};
	}
}

static void find_seams(struct executor *e, const struct rows of, bool above, bool below) {
	forget_seam(e, e->above);
	forget_seam(e, e->below);
	if (above) find_seam(e, of.first, e->height, e->above);
	if (below) find_seam(e, of.end, e->height, e->below);
}

/* The size of a picture, of whose result those rows will be run, with what seams. Gives what begin_rows does; the end
 * if all is run at once. */
static size_t open_picture(struct executor *e, size_t height, size_t width, struct rows of, bool above, bool below) {
	size_t begin = rows_above(e) + of.end;
	e->height = height;
	e->width = width;
	find_seams(e, of, above && e->rows_at_once, below && e->rows_at_once);
	if (e->rows_at_once) {
		find_last(e, of.end);
		begin = begin_rows(e, of.first);
	} else
		begin_whole(e, of.first);
	for (size_t i = 0; i <= e->step_count; i++) {
		const int tensor = i ? e->steps[i - 1].output : e->graph->picture;
		if (e->graph->tensors[tensor].downscale && e->windows[tensor].top != SIZE_MAX) make_ring(e, tensor);
	}
	return begin;
}

struct map executor_input(struct executor *e, size_t height, size_t width) {
	open_picture(e, height, width, (struct rows){0, height}, false, false);
	end_more(e, e->graph->picture);
	return view(e, e->graph->picture, (struct rows){0, height});
}

bool executor_run(struct executor *e) {
	return run_steps(e, &(struct seams){NULL, NULL}, 0, e->step_count);
}

const struct map *executor_output(struct executor *e) {
	e->output = view(e, e->graph->output, (struct rows){0, map_height(e, e->graph->output, e->height)});
	return &e->output;
}

static void read_more(struct executor *e, const struct executor_rows *io) {
	const int picture = e->graph->picture;
	if (e->rows[picture].end <= e->windows[picture].bottom) return;
	const struct rows rows = begin_more(e, picture);
	const struct map map = view(e, picture, rows);
	io->read(io->user, rows.first, &map);
	end_more(e, picture);
}

static void write_more(struct executor *e, size_t end, const struct executor_rows *io) {
	if (end <= e->written) return;
	const struct map map = view(e, e->graph->output, (struct rows){e->written, end});
	io->write(io->user, e->written, &map);
	e->written = end;
}

/* Whether rows are wanted that the run below computes. */
static bool reaches_below(const struct executor *e) {
	for (size_t t = 0; t < e->graph->tensor_count; t++)
		if (e->rows[t].end > e->below[t].first) return true;
	return false;
}

/* Whether all rows are there that the run above will look at. */
static bool seam_is_full(const struct executor *e) {
	for (size_t t = 0; t < e->graph->tensor_count; t++)
		if (!is_empty(e->above[t]) && e->windows[t].bottom < e->above[t].end) return false;
	return true;
}

bool executor_run_rows(struct executor *e, size_t height, size_t width, size_t first, size_t end,
					   const struct executor_rows *io) {
	const size_t begin = open_picture(e, height, width, (struct rows){first, end}, io->above, io->below);
	const size_t at_once = e->rows_at_once ? e->rows_at_once : end;
	const size_t above = rows_above(e), last = above + end;
	const size_t total = ((last - begin + at_once - 1) / at_once + 1) * e->step_count;
	struct seams seams = {io->above, NULL};
	size_t done = 0;
	for (size_t next = begin;; next = least(next + at_once, last), done += e->step_count) {
		if (e->rows_at_once) find_wanted(e, next);
		if (!seams.below && io->below && reaches_below(e) && !(seams.below = io->below(io->user))) return false;
		read_more(e, io);
		if (!run_steps(e, &seams, done, total)) return false;
		if (seams.above && seam_is_full(e)) {
			io->filled(io->user);
			seams.above = NULL;
		}
		write_more(e, next > above ? next - above : 0, io);
		if (next == last) return true;
	}
}

void executor_set_progress(struct executor *e, executor_progress progress, void *user) {
	e->progress = progress;
	e->user = user;
}

const float *executor_output_vector(const struct executor *e) {
	return e->vectors[e->graph->output];
}
