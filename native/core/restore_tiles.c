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
enum { NARROWEST_TILE_PX = 512, TALLEST_TILE_PX = 1024, LOWEST_TILE_PX = 32, ROWS_AT_ONCE = 16 };
/* Progress is told after so many pixels, but 16 times at least and 64 at most: each time a thread is woken, or a page,
 * and one that works has to make room for it. */
enum { PROGRESS_PX = 32768, FEWEST_STEPS = 16, MOST_STEPS = 64 };

/* What a tile and the one above it share (executor_rows.above): from when the lower is begun until the upper is done.
 */
struct seam {
	float *memory; /* owned */
	size_t lower;  /* tile */
	bool taken, filled;
};

struct run {
	const struct graph *restorer;
	const struct kernels *kernels;
	const float *condition;
	const struct deblur_image *src;
	const struct restore_target *to;
	const struct deblur_restore_options *options;
	struct tiling tiling;
	/* From here on guarded by the mutex where there are threads. Tiles are taken from the last to the first, so that
	 * nobody waits for a seam of a tile that is not begun. */
	size_t left, done_pixels;
	size_t due_pixels; /* when so many are done, progress is told */
	enum deblur_status status;
	struct seam *seams; /* [seam_count], owned; none where tiles share nothing */
	size_t seam_count;
#ifdef HAVE_THREADS
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* for the thread that watches */
	pthread_cond_t filled;  /* a seam; or the status is one */
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

/* How high tiles are, all but the last, which is lower by about what the net looks around itself: its run begins above
 * it, with rows that the one above need not compute. */
static size_t tile_height(const struct graph *restorer, size_t height, size_t tiles) {
	const size_t alignment = graph_alignment_px(restorer), halo = graph_cut(restorer).halo_y_px;
	const size_t even = (height + tiles - 1) / tiles, more = (height + halo) / tiles / alignment * alignment;
	return tiles > 1 && more > even ? more : even;
}

/* As few tiles as there are threads; more where they are high, so that a thread that was held up is not waited for, and
 * fewer where they would be so low that beginning one is most of its work: cells of a map are small. */
static struct tiling choose_tiling(const struct graph *restorer, const struct kernels *kernels,
								   const struct deblur_image *src, const struct deblur_restore_options *options) {
	const struct rectangle whole = {0, 0, src->width, src->height};
	const struct rectangle part = {options->region.x, options->region.y, options->region.width, options->region.height};
	const struct rectangle region = part.width ? part : whole;
	const size_t most = region.height / LOWEST_TILE_PX + 1, threads = least(thread_count(options), most);
	const size_t side = options->tile_px;
	if (side) return tiling_make(src->width, src->height, region, restorer, side, side);
	const size_t tall = threads > 1 ? TALLEST_TILE_PX : region.height;
	const size_t tiles = round_up((region.height + tall - 1) / tall, threads);
	const size_t height = tile_height(restorer, region.height, tiles);
	size_t width = region.width;
	for (;; width /= 2) {
		const struct tiling t = tiling_make(src->width, src->height, region, restorer, width, height);
		const struct executor_size size = executor_size(&t);
		const size_t bytes = executor_bytes_for(restorer, kernels, &size);
		if ((bytes && bytes <= arena_bytes) || width <= NARROWEST_TILE_PX) return t;
	}
}

/* ---- seams ---- */

static void lock(struct run *run) {
#ifdef HAVE_THREADS
	pthread_mutex_lock(&run->mutex);
#else
	(void)run;
#endif
}

static void unlock(struct run *run) {
#ifdef HAVE_THREADS
	pthread_mutex_unlock(&run->mutex);
#else
	(void)run;
#endif
}

/* Seams are at work below each tile that is, and below those that are next in each column. */
static enum deblur_status make_seams(struct run *run, size_t threads) {
	const struct executor_size size = executor_size(&run->tiling);
	const size_t tiles = tiling_count(&run->tiling), columns = run->tiling.columns;
	const size_t bytes = tiles > columns ? executor_seam_bytes_for(run->restorer, run->kernels, &size) : 0;
	if (!bytes) return DEBLUR_OK;
	const size_t count = least(threads + columns, tiles - columns);
	run->seams = calloc(count, sizeof *run->seams);
	if (!run->seams) return DEBLUR_OUT_OF_MEMORY;
	for (; run->seam_count < count; run->seam_count++) {
		run->seams[run->seam_count].memory = malloc(bytes);
		if (!run->seams[run->seam_count].memory) return DEBLUR_OUT_OF_MEMORY;
	}
	return DEBLUR_OK;
}

static void free_seams(struct run *run) {
	for (size_t i = 0; i < run->seam_count; i++) free(run->seams[i].memory);
	free(run->seams);
}

static struct seam *find_seam(const struct run *run, size_t lower) {
	for (size_t i = 0; i < run->seam_count; i++)
		if (run->seams[i].taken && run->seams[i].lower == lower) return &run->seams[i];
	return NULL;
}

/* NULL: the topmost has none, nor have tiles that share nothing. */
static struct seam *take_seam(struct run *run, size_t lower) {
	if (lower < run->tiling.columns) return NULL;
	for (size_t i = 0; i < run->seam_count; i++)
		if (!run->seams[i].taken) {
			run->seams[i].lower = lower;
			run->seams[i].taken = true;
			run->seams[i].filled = false;
			return &run->seams[i];
		}
	return NULL; /* there are no seams at all */
}

struct tile_job {
	struct run *run;
	struct rectangle inner, outer;
	struct seam *above, *below; /* NULL: none */
};

static void seam_is_filled(void *user) {
	const struct tile_job *job = user;
	lock(job->run);
	job->above->filled = true;
#ifdef HAVE_THREADS
	pthread_cond_broadcast(&job->run->filled);
#endif
	unlock(job->run);
}

/* NULL: the run is stopped. */
static const float *wait_for_seam(void *user) {
	const struct tile_job *job = user;
	struct run *run = job->run;
	lock(run);
#ifdef HAVE_THREADS
	while (!job->below->filled && !run->status) pthread_cond_wait(&run->filled, &run->mutex);
#endif
	const bool there = job->below->filled;
	unlock(run);
	return there ? job->below->memory : NULL;
}

/* ---- tiles ---- */

/* The next tile, if there is one. */
static bool take_tile(struct run *run, struct tile_job *job) {
	lock(run);
	const bool more = run->left && !run->status;
	if (more) {
		const size_t index = --run->left;
		*job = (struct tile_job){run, tiling_inner(&run->tiling, index), tiling_outer(&run->tiling, index),
								 take_seam(run, index), find_seam(run, index + run->tiling.columns)};
	}
	unlock(run);
	return more;
}

/* After it is done. */
static void leave_tile(struct tile_job *job) {
	lock(job->run);
	if (job->below) job->below->taken = false;
	unlock(job->run);
}

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
	const struct run *run = job->run;
	const float strength = run->options->strength;
	if (run->to->sums)
		image_add_map(&restored, run->src, strength, inner->x, first, inner->width, height, run->to->sums);
	else
		image_from_map(&restored, run->src, strength, inner->x, first, inner->width, height, run->to->image);
}

static void restore_tile(struct tile_job *job, struct executor *executor) {
	const size_t end = round_up(job->inner.y + job->inner.height, job->run->tiling.alignment);
	const struct executor_rows io = {.read = read_rows,
									 .write = write_rows,
									 .user = job,
									 .above = job->above ? job->above->memory : NULL,
									 .filled = seam_is_filled,
									 .below = job->below ? wait_for_seam : NULL};
	executor_run_rows(executor, job->outer.height, job->outer.width, job->inner.y, end, &io);
}

static enum deblur_status make_executor(const struct run *run, struct executor **out) {
	const struct executor_size size = executor_size(&run->tiling);
	const enum deblur_status status = executor_create(run->restorer, run->kernels, &size, out);
	if (!status) executor_set_condition(*out, run->condition);
	return status;
}

static size_t all_pixels(const struct run *run) {
	return run->tiling.region.width * run->tiling.region.height;
}

static bool report(const struct run *run, size_t done_pixels) {
	return !run->options->progress || run->options->progress(run->options->user, done_pixels, all_pixels(run));
}

/* Counts pixels that are done. Whether it is time to tell. */
static bool count_done(struct run *run, size_t pixels) {
	const size_t all = all_pixels(run), finest = all / MOST_STEPS;
	const size_t step = least(finest > PROGRESS_PX ? finest : PROGRESS_PX, all / FEWEST_STEPS) + 1;
	run->done_pixels += pixels;
	if (run->done_pixels < run->due_pixels || !run->options->progress) return false;
	run->due_pixels = least(run->done_pixels + step, all);
	return pixels > 0;
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

static void begin_tile(struct tile_progress *tile, const struct tile_job *job) {
	tile->pixels = job->inner.width * job->inner.height;
	tile->counted = 0;
}

/* Takes tiles until there are none, or something failed. */
static void restore_some(struct run *run, struct executor *executor, struct tile_progress *progress) {
	struct tile_job job;
	while (take_tile(run, &job)) {
		begin_tile(progress, &job);
		restore_tile(&job, executor);
		leave_tile(&job);
	}
}

static bool after_op_alone(void *user, size_t done, size_t total) {
	struct tile_progress *tile = user;
	struct run *run = tile->run;
	if (count_done(run, advance(tile, done, total)) && !report(run, run->done_pixels)) run->status = DEBLUR_CANCELLED;
	return !run->status;
}

static enum deblur_status run_alone(struct run *run) {
	struct tile_progress tile = {.run = run};
	struct executor *executor = NULL;
	run->status = make_executor(run, &executor);
	if (!run->status) executor_set_progress(executor, after_op_alone, &tile);
	restore_some(run, executor, &tile);
	executor_destroy(executor);
	return run->status;
}

#ifdef HAVE_THREADS

static bool after_op_of_many(void *user, size_t done, size_t total) {
	struct tile_progress *tile = user;
	struct run *run = tile->run;
	const size_t more = advance(tile, done, total);
	pthread_mutex_lock(&run->mutex);
	const bool go_on = !run->status;
	if (count_done(run, more)) pthread_cond_signal(&run->changed);
	pthread_mutex_unlock(&run->mutex);
	return go_on;
}

/* The first failure counts, and everyone stops. The mutex is held. */
static void fail(struct run *run, enum deblur_status status) {
	if (!run->status) run->status = status;
	pthread_cond_broadcast(&run->filled);
}

static void *work(void *argument) {
	struct run *run = argument;
	struct tile_progress tile = {.run = run};
	struct executor *executor = NULL;
	const enum deblur_status status = make_executor(run, &executor);
	if (status) {
		lock(run);
		fail(run, status);
		unlock(run);
	} else {
		executor_set_progress(executor, after_op_of_many, &tile);
		restore_some(run, executor, &tile);
	}
	lock(run);
	run->running--;
	pthread_cond_signal(&run->changed);
	unlock(run);
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
		if (!go_on) fail(run, DEBLUR_CANCELLED);
	}
	const size_t done = run->done_pixels;
	const enum deblur_status status = run->status;
	pthread_mutex_unlock(&run->mutex);
	if (!status && done != told && !report(run, done)) run->status = DEBLUR_CANCELLED;
}

static enum deblur_status run_threads(struct run *run, size_t threads) {
	pthread_t *ids = malloc(threads * sizeof *ids);
	if (!ids) return DEBLUR_OUT_OF_MEMORY;
	size_t started = 0;
	pthread_mutex_lock(&run->mutex);
	while (started < threads && !pthread_create(&ids[started], NULL, work, run)) started++;
	run->running = started;
	pthread_mutex_unlock(&run->mutex);
	if (started) watch(run);
	for (size_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
	free(ids);
	return started ? run->status : run_alone(run); /* no thread to be had: slower, not worse */
}

#endif

static enum deblur_status run_all(struct run *run, size_t threads) {
#ifdef HAVE_THREADS
	if (threads > 1) return run_threads(run, threads);
#else
	(void)threads;
#endif
	return run_alone(run);
}

enum deblur_status restore_tiles(const struct graph *restorer, const float *condition, const struct deblur_image *src,
								 const struct deblur_restore_options *options, const struct restore_target *to) {
	const struct kernels *kernels = options->reference_kernels ? kernels_reference() : kernels_best();
	struct run run = {.restorer = restorer,
					  .kernels = kernels,
					  .condition = condition,
					  .src = src,
					  .to = to,
					  .options = options,
					  .tiling = choose_tiling(restorer, kernels, src, options)};
	run.left = tiling_count(&run.tiling);
	const size_t threads = least(thread_count(options), run.left);
#ifdef HAVE_THREADS
	pthread_mutex_init(&run.mutex, NULL);
	pthread_cond_init(&run.changed, NULL);
	pthread_cond_init(&run.filled, NULL);
#endif
	enum deblur_status status = make_seams(&run, threads);
	if (!status) status = run_all(&run, threads);
	free_seams(&run);
#ifdef HAVE_THREADS
	pthread_mutex_destroy(&run.mutex);
	pthread_cond_destroy(&run.changed);
	pthread_cond_destroy(&run.filled);
#endif
	return status;
}
