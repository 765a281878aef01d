#include "core/restore_map.h"

#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "core/blur_map.h"
#include "core/image.h"
#include "core/restore_tiles.h"
#include "core/size.h"
#include "core/tile.h"

enum { MOST_STEPS = 64 }; /* of progress */

/* Pixels along one side of the picture, from `start` up to `end`; none if that is not after it. */
struct span {
	size_t start, end;
};

struct run {
	const struct graph *restorer;
	const struct deblur_image *src, *dst;
	const struct deblur_restore_options *options;
	const struct deblur_blur_map *map;
	struct span across, down; /* what is to be restored */
	struct image_sums sums;   /* of the rows of cells that are at work; owned */
	size_t sum_rows;          /* that there is room for */
	float *weights_across, *weights_down;
	uint64_t done_px, total_px; /* of all cells, margins included: more than the picture has */
	size_t told_px;             /* of the region */
};

static size_t within(int64_t pixel, const struct span *bounds) {
	if (pixel < (int64_t)bounds->start) return bounds->start;
	return pixel < (int64_t)bounds->end ? (size_t)pixel : bounds->end; /* compared before size_t might cut it short */
}

/* Where cell `index` along a side counts, from a pixel on at which a tile may begin. */
static struct span reach(int32_t start, uint32_t length, uint32_t count, uint32_t index, const struct span *bounds,
						 size_t alignment) {
	const int64_t first = blur_map_edge(start, length, count, index) - BLUR_MAP_FADE_PX;
	const int64_t end = blur_map_edge(start, length, count, index + 1) + BLUR_MAP_FADE_PX;
	const struct span exact = {index ? within(first, bounds) : bounds->start,
							   index + 1 < count ? within(end, bounds) : bounds->end};
	if (exact.end <= exact.start) return exact;
	return (struct span){exact.start / alignment * alignment, exact.end};
}

static struct span reach_across(const struct run *run, uint32_t column) {
	const struct deblur_blur_map *map = run->map;
	return reach(map->x, map->width, map->columns, column, &run->across, graph_alignment_px(run->restorer));
}

static struct span reach_down(const struct run *run, uint32_t row) {
	const struct deblur_blur_map *map = run->map;
	return reach(map->y, map->height, map->rows, row, &run->down, graph_alignment_px(run->restorer));
}

static size_t length_of(const struct span *span) {
	return span->end > span->start ? span->end - span->start : 0;
}

/* ---- progress: a cell's pixels count as their share of all cells' ---- */

static size_t region_px(const struct run *run) {
	return length_of(&run->across) * length_of(&run->down);
}

/* At most so many times: each cell would be told of as often as a whole picture. */
static bool tell(void *user, size_t done, size_t total) {
	struct run *run = user;
	(void)total;
	const size_t all = region_px(run);
	const size_t share = (size_t)(all * (run->done_px + done) / run->total_px);
	const bool is_due = share == all || share > run->told_px + all / MOST_STEPS;
	if (!run->options->progress || !is_due) return true;
	run->told_px = share;
	return run->options->progress(run->options->user, share, all);
}

/* ---- cells ---- */

static enum deblur_status restore_cell(struct run *run, uint32_t column, uint32_t row) {
	const struct deblur_blur_map *map = run->map;
	const struct span across = reach_across(run, column), down = reach_down(run, row);
	const size_t width = length_of(&across), height = length_of(&down);
	if (!width || !height) return DEBLUR_OK;
	for (size_t x = across.start; x < across.end; x++)
		run->weights_across[x - run->sums.x] = blur_map_weight(map->x, map->width, map->columns, column, x);
	for (size_t y = down.start; y < down.end; y++)
		run->weights_down[y - run->sums.y] = blur_map_weight(map->y, map->height, map->rows, row, y);
	float condition[BLUR_CONDITION_COUNT];
	blur_to_condition(&map->blurs[row * map->columns + column], condition);
	struct deblur_restore_options options = *run->options;
	options.region.x = across.start;
	options.region.y = down.start;
	options.region.width = width;
	options.region.height = height;
	options.progress = tell;
	options.user = run;
	const struct restore_target to = {.sums = &run->sums};
	const enum deblur_status status = restore_tiles(run->restorer, condition, run->src, &options, &to);
	run->done_px += (uint64_t)width * height;
	return status;
}

/* The sums begin at row `y` from now on; what is above is written, for nothing will be added to it. */
static void move_to(struct run *run, size_t y) {
	const size_t done = y - run->sums.y, row = run->sums.width * 3;
	image_from_sums(&run->sums, done, run->src, run->dst);
	memmove(run->sums.data, run->sums.data + done * row, (run->sum_rows - done) * row * sizeof(float));
	memset(run->sums.data + (run->sum_rows - done) * row, 0, done * row * sizeof(float));
	run->sums.y = y;
}

static enum deblur_status restore_cells(struct run *run) {
	enum deblur_status status = DEBLUR_OK;
	for (uint32_t row = 0; row < run->map->rows && !status; row++) {
		const struct span down = reach_down(run, row);
		if (!length_of(&down)) continue;
		move_to(run, down.start);
		for (uint32_t column = 0; column < run->map->columns && !status; column++)
			status = restore_cell(run, column, row);
	}
	if (!status) move_to(run, run->down.end);
	return status;
}

/* ---- memory ---- */

static void measure(struct run *run) {
	for (uint32_t row = 0; row < run->map->rows; row++) {
		const struct span down = reach_down(run, row);
		if (length_of(&down) > run->sum_rows) run->sum_rows = length_of(&down);
		for (uint32_t column = 0; column < run->map->columns; column++) {
			const struct span across = reach_across(run, column);
			run->total_px += (uint64_t)length_of(&across) * length_of(&down);
		}
	}
}

static bool make_room(struct run *run) {
	run->sums = (struct image_sums){.x = run->across.start, .y = run->down.start, .width = length_of(&run->across)};
	run->sums.data = calloc(run->sum_rows * run->sums.width, 3 * sizeof(float));
	run->weights_across = malloc(run->sums.width * sizeof(float));
	run->weights_down = malloc(run->sum_rows * sizeof(float));
	run->sums.across = run->weights_across;
	run->sums.down = run->weights_down;
	return run->sums.data && run->weights_across && run->weights_down;
}

enum deblur_status restore_map(const struct graph *restorer, const struct deblur_image *src,
							   const struct deblur_restore_options *options, const struct deblur_image *dst) {
	const bool whole = !options->region.width;
	struct run run = {.restorer = restorer, .src = src, .dst = dst, .options = options, .map = options->map};
	run.across.start = options->region.x;
	run.across.end = whole ? src->width : options->region.x + options->region.width;
	run.down.start = options->region.y;
	run.down.end = whole ? src->height : options->region.y + options->region.height;
	measure(&run);
	const enum deblur_status status = make_room(&run) ? restore_cells(&run) : DEBLUR_OUT_OF_MEMORY;
	free(run.sums.data);
	free(run.weights_across);
	free(run.weights_down);
	return status;
}
