#include "core/restore_tiles.h"

#include <stdlib.h>

#include "core/executor.h"
#include "core/image.h"
#include "core/tile.h"

/* WebAssembly without SharedArrayBuffer has no threads; the page runs several workers instead. */
#if !defined(__EMSCRIPTEN__)
#define HAVE_THREADS 1
#include <pthread.h>
#include <unistd.h>
#endif

/* A thread's activations stay below this. A megapixel of the student takes about a hundred. */
static const size_t arena_bytes = (size_t)192 << 20;
enum { LARGEST_TILE_PX = 1024, SMALLEST_TILE_PX = 64 };

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

/* Squares as large as memory allows, since halos are computed twice; strips if that leaves threads idle and pays. */
static struct tiling choose_tiling(const struct graph *restorer, const struct deblur_image *src,
								   const struct deblur_restore_options *options) {
	const size_t alignment = graph_alignment_px(restorer), halo = graph_halo_px(restorer);
	const struct rectangle whole = {0, 0, src->width, src->height};
	const struct rectangle part = {options->region.x, options->region.y, options->region.width, options->region.height};
	const struct rectangle region = part.width ? part : whole;
	size_t side = options->tile_px ? options->tile_px : LARGEST_TILE_PX;
	struct tiling t = tiling_make(src->width, src->height, region, alignment, halo, side, side);
	while (!options->tile_px && side > SMALLEST_TILE_PX) {
		const struct rectangle largest = tiling_largest(&t);
		const size_t bytes = executor_bytes_for(restorer, largest.height, largest.width);
		if (bytes && bytes <= arena_bytes) break;
		side /= 2;
		t = tiling_make(src->width, src->height, region, alignment, halo, side, side);
	}
	const size_t threads = thread_count(options), strip = (region.height + threads - 1) / threads;
	if (!options->tile_px && tiling_count(&t) < threads && strip >= 2 * halo)
		t = tiling_make(src->width, src->height, region, alignment, halo, side, strip);
	return t;
}

static void restore_tile(struct run *run, struct executor *executor, size_t index) {
	const struct rectangle inner = tiling_inner(&run->tiling, index), outer = tiling_outer(&run->tiling, index);
	const struct map input = executor_input(executor, outer.height, outer.width);
	image_to_map(run->src, outer.x, outer.y, &input);
	if (!executor_run(executor)) return;
	struct map restored = *executor_output(executor);
	restored.data += (inner.y - outer.y) * restored.row_stride + (inner.x - outer.x) * restored.channels;
	image_from_map(&restored, run->src, run->options->strength, inner.x, inner.y, inner.width, inner.height, run->dst);
}

static enum deblur_status make_executor(const struct run *run, struct executor **out) {
	const struct rectangle largest = tiling_largest(&run->tiling);
	const enum deblur_status status = executor_create(run->restorer, run->kernels, largest.height, largest.width, out);
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
	struct run run = {.restorer = restorer,
					  .kernels = options->reference_kernels ? kernels_reference() : kernels_best(),
					  .condition = condition,
					  .src = src,
					  .dst = dst,
					  .options = options,
					  .tiling = choose_tiling(restorer, src, options)};
#ifdef HAVE_THREADS
	const size_t tiles = tiling_count(&run.tiling), threads = thread_count(options);
	if (threads > 1 && tiles > 1) return run_threads(&run, threads < tiles ? threads : tiles);
#endif
	return run_alone(&run);
}
