/* executor_parts.h - what an executor is made of, for executor*.c alone: executor_plan.c makes one and plans its
 * memory, executor_steps.c fuses ops and packs weights, executor_rows.c knows which rows of each map are needed,
 * executor.c runs it. */
#ifndef EXECUTOR_PARTS_H
#define EXECUTOR_PARTS_H

#include "core/executor.h"
#include "core/size.h"

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
	struct rows *below;     /* and where it ends, from which it takes; see executor_find_seam */
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

static inline bool is_empty(struct rows rows) {
	return rows.first >= rows.end;
}

static inline size_t map_height(const struct executor *e, int tensor, size_t height) {
	return height / e->graph->tensors[tensor].downscale;
}

/* The step's maps; -1 where it has none. */
static inline int input_map(const struct executor *e, const struct step *step, int index) {
	const int tensor = index < 3 ? step->op->inputs[index] : step->residual;
	return tensor >= 0 && e->graph->tensors[tensor].downscale ? tensor : -1;
}

/* ---- executor_steps.c ---- */

/* Writes the steps; pack false: their shapes only, for planning. */
enum deblur_status executor_make_steps(struct executor *e, bool pack);
void executor_release_steps(struct executor *e);
/* Kernels, scales and shifts that follow from the vectors of the condition, which are computed. */
void executor_tell_steps(const struct executor *e);

/* ---- executor_rows.c ---- */

/* Which rows of its maps an op needs for those rows of its result; below the last there are none. */
struct rows executor_rows_needed(const struct graph_op *op, struct rows of);
/* Rows above a picture's first, in which a run begins: maps far above the output are ahead of it by many rows, and come
 * row by row, too. */
size_t executor_rows_above(const struct executor *e);
/* From the last step to the first: where the rows of each map end that the output's up to `end` need, counted from
 * executor_rows_above. seam: of each map, the rows from `first` on are computed elsewhere; NULL: none. It may be
 * `rows`.
 */
void executor_find_last_rows(const struct executor *e, size_t end, size_t height, const struct rows *seam,
							 struct rows *rows);
/* Where a map's window may begin: the rows before are not needed any more. */
size_t executor_first_needed(const struct executor *e, int tensor);
/* The seam between two runs, of which one gives the output's rows up to `row` and the other those from there on: of
 * each map, the rows that the lower one computes, since it begins with them, and the upper one looks at. They are a few
 * for each op, and more where a map is looked at again much later. Everyone reads the picture. */
void executor_find_seam(const struct executor *e, size_t row, size_t height, struct rows *seam);
/* Those of a run that gives the rows `of` of the result: where it begins, where it ends. */
void executor_find_seams(struct executor *e, const struct rows of, bool above, bool below);
/* Up to which row this run needs each map. */
void executor_find_last(const struct executor *e, size_t end);
/* What is wanted so that the output's rows up to `end`, counted from executor_rows_above, can be computed. */
void executor_find_wanted(const struct executor *e, size_t end);
/* Gives the row of the output, counted from executor_rows_above, for which maps are to be computed first: none of the
 * picture's rows is needed for the one before. */
size_t executor_begin_rows(struct executor *e, size_t first);

/* ---- executor_plan.c ---- */

/* Rows of a map in a seam, with the columns of the ring. */
uint64_t executor_rows_floats(const struct executor *e, struct rows rows, int tensor, size_t width);
/* Those of the maps before `tensor`: a seam's memory is one map after the other. */
uint64_t executor_seam_floats(const struct executor *e, const struct rows *seam, int tensor, size_t width);

#endif
