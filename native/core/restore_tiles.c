#include "core/restore_tiles.h"

#include <stdlib.h>

#include "core/executor.h"
#include "core/image.h"
#include "core/size.h"
#include "core/tile.h"

/* WebAssembly without SharedArrayBuffer has no threads; the page runs several workers instead. */
#if !defined(__EMSCRIPTEN__)
#define HAVE_THREADS 1
#include <pthread.h>
#include <unistd.h>
#endif

/* A thread's activations stay below this if the picture is so wide that it matters. */
static const size_t arena_bytes = (size_t)192 << 20;
/* Tiles are as wide as the picture, since rounding reaches far to the sides (graph_cut), and some rows of all maps are
 * computed at a time (executor.h), as few as cost nothing. */
enum { NARROWEST_TILE_PX = 512, TALLEST_TILE_PX = 1024, ROWS_AT_ONCE = 16 };

struct run {
	const struct graph *restorer;
	const struct kernels *kernels;
	const float *condition;
	const struct deblur_image *src, *dst;
	const struct deblur_restore_options *options;
	struct tiling tiling;
	size_t next, done_pixels; /* guarded by the mutex where there are threads */
	enum deblur_status status;
#ifdef HAVE_THREADS
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t running;
#endif
};

static size_t thread_count(const struct deblur_restore_options *options) {
#ifdef HAVE_THREADS
	if (options->thread_count > 0) return (size_t)options->thread_count;
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return cpus > 0 ? (size_t)cpus : 1;
#else
	(void)options;
	return 1;
#endif
}

static struct executor_size executor_size(const struct tiling *tiling) {
	const struct rectangle largest = tiling_largest(tiling);
	return (struct executor_size){largest.height, largest.width, ROWS_AT_ONCE};
}

/* As few tiles as there are threads; more where they are high, so that a thread that was held up is not waited for. */
static struct tiling choose_tiling(const struct graph *restorer, const struct kernels *kernels,
								   const struct deblur_image *src, const struct deblur_restore_options *options) {
	const struct rectangle whole = {0, 0, src->width, src->height};
	const struct rectangle part = {options->region.x, options->region.y, options->region.width, options->region.height};
	const struct rectangle region = part.width ? part : whole;
	const size_t threads = thread_count(options), side = options->tile_px;
	if (side) return tiling_make(src->width, src->height, region, restorer, side, side);
	const size_t tall = threads > 1 ? TALLEST_TILE_PX : region.height;
	const size_t tiles = round_up((region.height + tall - 1) / tall, threads);
	size_t width = region.width;
	for (;; width /= 2) {
		const struct tiling t =
			tiling_make(src->width, src->height, region, restorer, width, (region.height + tiles - 1) / tiles);
		const struct executor_size size = executor_size(&t);
		const size_t bytes = executor_bytes_for(restorer, kernels, &size);
		if ((bytes && bytes <= arena_bytes) || width <= NARROWEST_TILE_PX) return t;
	}
}

struct tile_job {
	const struct run *run;
	struct rectangle inner, outer;
};

static void read_rows(void *user, size_t first, const struct map *rows) {
	const struct tile_job *job = user;
	image_to_map(job->run->src, job->outer.x, first, rows);
}

static void write_rows(void *user, size_t first, const struct map *rows) {
	const struct tile_job *job = user;
	const struct rectangle *inner = &job->inner;
	struct map restored = *rows;
	restored.data += (inner->x - job->outer.x) * restored.channels;
	const size_t height = least(rows->height, inner->y + inner->height - first);
	image_from_map(&restored, job->run->src, job->run->options->strength, inner->x, first, inner->width, height,
				   job->run->dst);
}

static void restore_tile(const struct run *run, struct executor *executor, size_t index) {
	struct tile_job job = {run, tiling_inner(&run->tiling, index), tiling_outer(&run->tiling, index)};
	const size_t end = round_up(job.inner.y + job.inner.height, run->tiling.alignment);
	executor_run_rows(executor, job.outer.height, job.outer.width, job.inner.y, end,
					  &(struct executor_rows){read_rows, write_rows, &job});
}

static enum deblur_status make_executor(const struct run *run, struct executor **out) {
	const struct executor_size size = executor_size(&run->tiling);
	const enum deblur_status status = executor_create(run->restorer, run->kernels, &size, out);
	if (!status) executor_set_condition(*out, run->condition);
	return status;
}

static bool report(const struct run *run, size_t done_pixels) {
	return !run->options->progress || run->options->progress(run->options->user, done_pixels,
															 run->tiling.region.width * run->tiling.region.height);
}

static size_t pixels_of(const struct run *run, size_t index) {
	const struct rectangle inner = tiling_inner(&run->tiling, index);
	return inner.width * inner.height;
}

/* A part of a tile counts as that part of its pixels: a small picture is one tile, and someone watches the bar. */
struct tile_progress {
	struct run *run;
	size_t pixels, counted; /* of the tile that is at work, and how many of them are in run->done_pixels */
};

/* How many pixels more are done; 0 mostly means that rounding hides them. */
static size_t advance(struct tile_progress *tile, size_t done, size_t total) {
	const size_t now = (size_t)((uint64_t)tile->pixels * done / total), more = now - tile->counted;
	tile->counted = now;
	return more;
}

static void begin_tile(struct tile_progress *tile, size_t index) {
	tile->pixels = pixels_of(tile->run, index);
	tile->counted = 0;
}

static bool after_op_alone(void *user, size_t done, size_t total) {
	struct tile_progress *tile = user;
	struct run *run = tile->run;
	const size_t more = advance(tile, done, total);
	run->done_pixels += more;
	if (more && !report(run, run->done_pixels)) run->status = DEBLUR_CANCELLED;
	return !run->status;
}

static enum deblur_status run_alone(struct run *run) {
	struct tile_progress tile = {.run = run};
	struct executor *executor = NULL;
	run->status = make_executor(run, &executor);
	if (!run->status) executor_set_progress(executor, after_op_alone, &tile);
	for (size_t i = 0; i < tiling_count(&run->tiling) && !run->status; i++) {
		begin_tile(&tile, i);
		restore_tile(run, executor, i);
	}
	executor_destroy(executor);
	return run->status;
}

#ifdef HAVE_THREADS

static bool after_op_of_many(void *user, size_t done, size_t total) {
	struct tile_progress *tile = user;
	struct run *run = tile->run;
	const size_t more = advance(tile, done, total);
	pthread_mutex_lock(&run->mutex);
	run->done_pixels += more;
	const bool go_on = !run->status;
	if (more) pthread_cond_signal(&run->changed);
	pthread_mutex_unlock(&run->mutex);
	return go_on;
}

/* Takes tiles until there are none, or something failed. */
static void *work(void *argument) {
	struct run *run = argument;
	struct tile_progress tile = {.run = run};
	struct executor *executor = NULL;
	enum deblur_status status = make_executor(run, &executor);
	if (!status) executor_set_progress(executor, after_op_of_many, &tile);
	pthread_mutex_lock(&run->mutex);
	if (status && !run->status) run->status = status;
	while (!run->status && run->next < tiling_count(&run->tiling)) {
		const size_t index = run->next++;
		pthread_mutex_unlock(&run->mutex);
		begin_tile(&tile, index);
		restore_tile(run, executor, index);
		pthread_mutex_lock(&run->mutex);
	}
	run->running--;
	pthread_cond_signal(&run->changed);
	pthread_mutex_unlock(&run->mutex);
	executor_destroy(executor);
	return NULL;
}

/* The caller's thread tells the progress, so that callbacks need no care; the others work. */
static void watch(struct run *run) {
	size_t told = 0;
	pthread_mutex_lock(&run->mutex);
	while (run->running) {
		pthread_cond_wait(&run->changed, &run->mutex);
		if (run->done_pixels == told || run->status) continue;
		told = run->done_pixels;
		pthread_mutex_unlock(&run->mutex);
		const bool go_on = report(run, told);
		pthread_mutex_lock(&run->mutex);
		if (!go_on && !run->status) run->status = DEBLUR_CANCELLED;
	}
	const size_t done = run->done_pixels;
	const enum deblur_status status = run->status;
	pthread_mutex_unlock(&run->mutex);
	if (!status && done != told && !report(run, done)) run->status = DEBLUR_CANCELLED;
}

static enum deblur_status run_threads(struct run *run, size_t threads) {
	pthread_t *ids = malloc(threads * sizeof *ids);
	if (!ids) return DEBLUR_OUT_OF_MEMORY;
	pthread_mutex_init(&run->mutex, NULL);
	pthread_cond_init(&run->changed, NULL);
	size_t started = 0;
	pthread_mutex_lock(&run->mutex);
	while (started < threads && !pthread_create(&ids[started], NULL, work, run)) started++;
	run->running = started;
	pthread_mutex_unlock(&run->mutex);
	if (started) watch(run);
	for (size_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
	pthread_mutex_destroy(&run->mutex);
	pthread_cond_destroy(&run->changed);
	free(ids);
	return started ? run->status : run_alone(run); /* no thread to be had: slower, not worse */
}

#endif

enum deblur_status restore_tiles(const struct graph *restorer, const float *condition, const struct deblur_image *src,
								 const struct deblur_restore_options *options, const struct deblur_image *dst) {
	const struct kernels *kernels = options->reference_kernels ? kernels_reference() : kernels_best();
	struct run run = {.restorer = restorer,
					  .kernels = kernels,
					  .condition = condition,
					  .src = src,
					  .dst = dst,
					  .options = options,
					  .tiling = choose_tiling(restorer, kernels, src, options)};
#ifdef HAVE_THREADS
	const size_t tiles = tiling_count(&run.tiling), threads = thread_count(options);
	if (threads > 1 && tiles > 1) return run_threads(&run, threads < tiles ? threads : tiles);
#endif
	return run_alone(&run);
}
