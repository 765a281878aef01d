#include <stdlib.h>

#include "core/executor_parts.h"

enum { ALIGN_FLOATS = 16 };

/* A vector that follows from the picture needs all of it before anything that follows from the vector. */
static bool needs_whole_picture(const struct graph *graph) {
	for (size_t t = 0; t < graph->tensor_count; t++)
		if (!graph->tensors[t].downscale && graph->tensors[t].of_picture) return true;
	return false;
}

/* How many rows a window holds at most: as in the midst of a picture without end, the run's first rows included. */
static void find_room(struct executor *e) {
	const size_t chunk = e->rows_at_once, first = chunk << 12;
	const size_t above = executor_rows_above(e);
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->last[t] = SIZE_MAX;
	for (size_t end = executor_begin_rows(e, first); end <= above + first + 4 * chunk; end += chunk) {
		executor_find_last_rows(e, end, 2 * first, NULL, e->rows);
		for (size_t i = 0; i <= e->step_count; i++) {
			const int tensor = i ? e->steps[i - 1].output : e->graph->picture;
			struct window *window = &e->windows[tensor];
			if (e->rows[tensor].end <= window->bottom) continue;
			window->top = executor_first_needed(e, tensor);
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

uint64_t executor_rows_floats(const struct executor *e, struct rows rows, int tensor, size_t width) {
	const struct graph_tensor *shape = &e->graph->tensors[tensor];
	return is_empty(rows) ? 0 : (uint64_t)(rows.end - rows.first) * (width / shape->downscale + 2) * shape->channels;
}

uint64_t executor_seam_floats(const struct executor *e, const struct rows *seam, int tensor, size_t width) {
	uint64_t floats = 0;
	for (int t = 0; t < tensor; t++) floats += executor_rows_floats(e, seam[t], t, width);
	return floats;
}

/* The most that a seam holds: in the midst of a picture without end. */
static uint64_t most_seam_floats(struct executor *e) {
	if (!e->rows_at_once) return 0;
	const size_t row = e->rows_at_once << 12;
	executor_find_seam(e, row, 2 * row, e->below);
	return executor_seam_floats(e, e->below, (int)e->graph->tensor_count, e->max_width);
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
	const enum deblur_status status = executor_make_steps(e, pack);
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
	executor_release_steps(e);
	for (size_t t = 0; e->vectors && t < e->graph->tensor_count; t++) free(e->vectors[t]);
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
