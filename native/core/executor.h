/* executor.h - runs a graph on one picture or tile: fuses ops, plans memory once, then allocates nothing.
 *
 *     struct executor *e = NULL;
 *     status = executor_create(graph, kernels_best(), &(struct executor_size){.height = 512, .width = 512}, &e);
 *     executor_set_condition(e, condition);          // once per picture
 *     const struct map in = executor_input(e, h, w); // fill: [h][w][3], rows in.row_stride apart
 *     executor_run(e);
 *     const struct map *y = executor_output(e);
 *
 * Or some rows at a time, all ops taking turns: of each map only those rows are kept that are still to be looked at, so
 * that memory does not grow with the height and what was just computed is still in the cache. Only rows that the wanted
 * ones look at are computed, each once.
 *
 *     status = executor_create(graph, kernels_best(), &(struct executor_size){3000, 4000, .rows_at_once = 32}, &e);
 *     executor_run_rows(e, 3000, 4000, 1000, 2000, &(struct executor_rows){read, write, user});
 *
 * One thread at a time per executor; the graph must outlive it. */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "core/graph.h"

struct executor;

/* The largest that will be run, in pixels; all are rounded up to the graph's alignment. */
struct executor_size {
	size_t height, width;
	size_t rows_at_once; /* 0: all; and where a vector follows from the picture (a global average), all the same */
};

enum deblur_status executor_create(const struct graph *graph, const struct kernels *kernels,
								   const struct executor_size *size, struct executor **out);
void executor_destroy(struct executor *executor);

/* Computes everything that follows from the condition alone. condition: [channels of the graph's condition]; ignored by
 * a graph without one. Must be called before executor_run for a graph with a condition. */
void executor_set_condition(struct executor *executor, const float *condition);

/* Only for an executor whose rows_at_once is 0. Says how large the next picture is (multiples of the graph's alignment,
 * at most the maxima) and gives the map to fill. */
struct map executor_input(struct executor *executor, size_t height, size_t width);
bool executor_run(struct executor *executor); /* false: progress asked to stop, and the output means nothing */

struct executor_rows {
	/* Fill rows first..first + rows->height - 1 of the picture. Called in their order, each row once. */
	void (*read)(void *user, size_t first, const struct map *rows);
	/* The same rows of the result. */
	void (*write)(void *user, size_t first, const struct map *rows);
	void *user;
	/* Where one run ends and another of the same picture begins, neither computes what the other does: the one that
	 * begins there, the lower, computes all rows from the first that it needs on, and leaves those that the upper one
	 * looks at, too, in `above`. NULL: nothing is shared there. */
	float *above;                      /* executor_seam_bytes_for */
	void (*filled)(void *user);        /* called once, some rows after the beginning: `above` is complete */
	const float *(*below)(void *user); /* called once, before the end: the lower run's `above`, complete; NULL: stop */
};
/* Rows first..end - 1 (multiples of the alignment) of the result for a picture of that size (as executor_input's), for
 * a graph whose output is a map of the picture's size. Bit for bit the same however many rows are run at once, and
 * whichever are wanted. false: progress or `below` asked to stop. */
bool executor_run_rows(struct executor *executor, size_t height, size_t width, size_t first, size_t end,
					   const struct executor_rows *io);
/* Told by executor_run, after each op, how many of how many are done. */
typedef bool (*executor_progress)(void *user, size_t done, size_t total);
void executor_set_progress(struct executor *executor, executor_progress progress, void *user); /* NULL: none */
const struct map *executor_output(struct executor *executor);         /* where the output is a map */
const float *executor_output_vector(const struct executor *executor); /* where it is a vector */
size_t executor_bytes(const struct executor *executor);               /* memory that it holds */
/* The same figure before creating one, so that a tile size can be chosen. 0: overflow. */
size_t executor_bytes_for(const struct graph *graph, const struct kernels *kernels, const struct executor_size *size);
/* Memory for what two runs share (executor_rows.above). 0: they share nothing, and `above` and `below` have to be NULL,
 * since all rows are run at once; or overflow. */
size_t executor_seam_bytes_for(const struct graph *graph, const struct kernels *kernels,
							   const struct executor_size *size);

#endif
