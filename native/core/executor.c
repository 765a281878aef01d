#include <string.h>

#include "core/executor_parts.h"

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
	const size_t keep = executor_first_needed(e, tensor);
	const struct map kept = view(e, tensor, (struct rows){keep, window->bottom});
	float *to = window->data + kept.row_stride;
	memmove(to, kept.data - kept.channels, kept.height * kept.row_stride * sizeof *to);
	window->top = keep;
}

/* Room for the rows that are wanted next, which it gives; after they are computed, end_more. */
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
	else if (op->kind == GRAPH_RING_CONV)
		graph_run_ring(e->graph, op, e->kernels, e->vectors[op->inputs[0]], e->vectors[op->output]);
	else {
		const struct map src = view(e, op->inputs[0], (struct rows){0, map_height(e, op->inputs[0], e->height)});
		e->kernels->global_average(&src, e->vectors[op->output]);
	}
}

void executor_set_condition(struct executor *e, const float *condition) {
	const struct graph *graph = e->graph;
	if (graph->condition < 0) return;
	memcpy(e->vectors[graph->condition], condition, graph->tensors[graph->condition].channels * sizeof *condition);
	for (size_t i = 0; i < e->step_count; i++)
		if (e->steps[i].of_condition) run_to_vector(e, &e->steps[i]);
	executor_tell_steps(e);
}

static void run_to_map(struct executor *e, const struct step *step, struct rows rows) {
	const struct graph_op *op = step->op;
	const struct kernels *k = e->kernels;
	const struct map dst = view(e, step->output, rows);
	/* Kernels take a convolution's source from the row of its first result on, and reach into the row above. */
	struct rows from = executor_rows_needed(op, rows);
	if (graph_is_conv2d(op->kind)) from = (struct rows){rows.first * op->stride, rows.end * op->stride};
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
	return (size_t)(executor_seam_floats(e, seam, tensor, e->width) +
					executor_rows_floats(e, before, tensor, e->width));
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

/* The size of a picture, of whose result those rows will be run, with what seams. Gives what begin_rows does; the end
 * if all is run at once. */
static size_t open_picture(struct executor *e, size_t height, size_t width, struct rows of, bool above, bool below) {
	size_t begin = executor_rows_above(e) + of.end;
	e->height = height;
	e->width = width;
	executor_find_seams(e, of, above && e->rows_at_once, below && e->rows_at_once);
	if (e->rows_at_once) {
		executor_find_last(e, of.end);
		begin = executor_begin_rows(e, of.first);
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
	const size_t above = executor_rows_above(e), last = above + end;
	const size_t total = ((last - begin + at_once - 1) / at_once + 1) * e->step_count;
	struct seams seams = {io->above, NULL};
	size_t done = 0;
	for (size_t next = begin;; next = least(next + at_once, last), done += e->step_count) {
		if (e->rows_at_once) executor_find_wanted(e, next);
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
