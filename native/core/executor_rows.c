#include "core/executor_parts.h"

static const struct rows no_rows = {SIZE_MAX, 0};

struct rows executor_rows_needed(const struct graph_op *op, struct rows of) {
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
			const size_t need = j < 3 ? executor_rows_needed(step->op, *own).first : own->first;
			rows[tensor].first = least(rows[tensor].first, need);
		}
	}
}

size_t executor_rows_above(const struct executor *e) {
	return graph_alignment_px(e->graph) << 12;
}

void executor_find_last_rows(const struct executor *e, size_t end, size_t height, const struct rows *seam,
							 struct rows *rows) {
	const size_t above = executor_rows_above(e);
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
			const size_t need = j < 3 ? executor_rows_needed(step->op, computed).end : computed.end;
			const size_t most = map_height(e, tensor, above + height);
			if (least(need, most) > rows[tensor].end) rows[tensor].end = least(need, most);
		}
	}
	for (size_t t = 0; t < e->graph->tensor_count; t++) {
		const size_t shift = rows[t].end ? map_height(e, (int)t, above) : 0;
		rows[t].end -= least(rows[t].end, shift);
	}
}

size_t executor_first_needed(const struct executor *e, int tensor) {
	size_t first = e->windows[tensor].bottom; /* what comes next is computed, needed or not */
	if (tensor == e->graph->output) first = least(first, e->written);
	for (size_t i = 0; i < e->step_count; i++) {
		const struct step *step = &e->steps[i];
		const size_t done = e->windows[step->output].bottom;
		if (!e->graph->tensors[step->output].downscale || done >= e->last[step->output]) continue;
		for (int j = 0; j < 4; j++)
			if (input_map(e, step, j) == tensor)
				first = least(first, j < 3 ? executor_rows_needed(step->op, (struct rows){done, done}).first : done);
	}
	return first;
}

void executor_find_seam(const struct executor *e, size_t row, size_t height, struct rows *seam) {
	find_first_rows(e, row, seam);
	executor_find_last_rows(e, executor_rows_above(e) + row, height, seam, seam);
	seam[e->graph->picture] = no_rows;
}

static void forget_seam(const struct executor *e, struct rows *seam) {
	for (size_t t = 0; t < e->graph->tensor_count; t++) seam[t] = no_rows;
}

void executor_find_last(const struct executor *e, size_t end) {
	executor_find_last_rows(e, executor_rows_above(e) + end, e->height, e->below, e->rows);
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->last[t] = e->rows[t].end;
}

void executor_find_wanted(const struct executor *e, size_t end) {
	executor_find_last_rows(e, end, e->height, NULL, e->rows);
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->rows[t].end = least(e->rows[t].end, e->last[t]);
}

size_t executor_begin_rows(struct executor *e, size_t first) {
	find_first_rows(e, first, e->rows);
	e->written = first;
	for (size_t t = 0; t < e->graph->tensor_count; t++) e->windows[t].top = e->windows[t].bottom = e->rows[t].first;
	const size_t above = executor_rows_above(e), earliest = e->rows[e->graph->picture].first;
	executor_find_last_rows(e, above + first, SIZE_MAX / 2, NULL, e->rows);
	const size_t ahead = e->rows[e->graph->picture].end - earliest;
	return above + first - ahead / e->rows_at_once * e->rows_at_once;
}

void executor_find_seams(struct executor *e, const struct rows of, bool above, bool below) {
	forget_seam(e, e->above);
	forget_seam(e, e->below);
	if (above) executor_find_seam(e, of.first, e->height, e->above);
	if (below) executor_find_seam(e, of.end, e->height, e->below);
}
