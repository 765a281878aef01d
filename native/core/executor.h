/* executor.h - runs a graph on one picture or tile: fuses ops, plans memory once, then allocates nothing.
 *
 *     struct executor *e = NULL;
 *     status = executor_create(graph, kernels_best(), 512, 512, &e);
 *     executor_set_condition(e, condition);          // once per picture
 *     const struct map in = executor_input(e, h, w); // fill: [h][w][3], rows in.row_stride apart
 *     executor_run(e);
 *     const struct map *y = executor_output(e);
 *
 * One thread at a time per executor; the graph must outlive it. */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "core/graph.h"

struct executor;

/* Sizes are the largest that will be run, in pixels; rounded up to the graph's alignment. */
enum deblur_status executor_create(const struct graph *graph, const struct kernels *kernels, size_t max_height,
								   size_t max_width, struct executor **out);
void executor_destroy(struct executor *executor);

/* Computes everything that follows from the condition alone. condition: [channels of the graph's condition]; ignored by
 * a graph without one. Must be called before executor_run for a graph with a condition. */
void executor_set_condition(struct executor *executor, const float *condition);

/* Says how large the next picture is (multiples of the graph's alignment, at most the maxima) and gives the map to
 * fill. */
struct map executor_input(struct executor *executor, size_t height, size_t width);
bool executor_run(struct executor *executor); /* false: progress asked to stop, and the output means nothing */
/* Told by executor_run, after each op, how many of how many are done. */
typedef bool (*executor_progress)(void *user, size_t done, size_t total);
void executor_set_progress(struct executor *executor, executor_progress progress, void *user); /* NULL: none */
const struct map *executor_output(const struct executor *executor);   /* where the output is a map */
const float *executor_output_vector(const struct executor *executor); /* where it is a vector */
size_t executor_bytes(const struct executor *executor);               /* memory that it holds */
/* The same figure before creating one, so that a tile size can be chosen. 0: overflow. */
size_t executor_bytes_for(const struct graph *graph, size_t height, size_t width);

#endif
