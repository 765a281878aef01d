#include "core/blur_map.h"

#include <math.h>

#include "core/blur.h"
#include "core/estimate.h"
#include "core/size.h"
#include "core/tile.h"

/* Found on the training photographs and pairs (weights/training.md, "Blur that differs from place to place"). */
static const float own_share = 0.7f;  /* of a cell's own estimate beside the whole picture's */
static const double flat_share = 0.1; /* of the mean energy: a cell that has it believes itself by half */
/* By what cells have to differ: by more than estimates of one blur do, and by thrice that where the whole picture looks
 * like one kind of blur for certain. */
static const double least_difference = 0.015, least_where_sure = 0.045;
static const float sure = 0.9f;
enum {
	CROPS_IN_ALL = 64, /* so that the cost is bounded */
	MOST_ALONG = 6,    /* cells of the longer side: the smaller they are, the more is restored twice */
};

int64_t blur_map_edge(int32_t start, uint32_t length, uint32_t count, uint32_t index) {
	return start + (int64_t)length * index / count;
}

/* How much of what lies around an edge is after it. */
static float share_after(int64_t edge, size_t pixel) {
	const float share = ((float)((int64_t)pixel - edge) + 0.5f) / (2 * BLUR_MAP_FADE_PX) + 0.5f;
	return fminf(fmaxf(share, 0), 1);
}

float blur_map_weight(int32_t start, uint32_t length, uint32_t count, uint32_t index, size_t pixel) {
	const float begun = index ? share_after(blur_map_edge(start, length, count, index), pixel) : 1;
	const float ended = index + 1 < count ? share_after(blur_map_edge(start, length, count, index + 1), pixel) : 0;
	return begun - ended;
}

bool blur_map_is_valid(const struct deblur_blur_map *map) {
	if (!map->width || !map->height || !map->columns || !map->rows || map->columns > DEBLUR_MAP_MOST_CELLS ||
		map->rows > DEBLUR_MAP_MOST_CELLS || map->columns * map->rows > DEBLUR_MAP_MOST_CELLS)
		return false;
	for (uint32_t i = 0; i < map->columns * map->rows; i++)
		if (!blur_is_valid(&map->blurs[i])) return false;
	return true;
}

/* ---- finding it ---- */

/* What a cell's estimate says of blur: numbers that may be averaged. Noise and compression are the whole picture's. */
enum { LOG_SPREAD, COSINE, SINE, SHAPE_COUNT };

static void shape_of(const struct deblur_blur *blur, float shape[SHAPE_COUNT]) {
	float raw[BLUR_RAW_COUNT];
	blur_to_raw(blur, raw);
	for (int i = 0; i < SHAPE_COUNT; i++) shape[i] = raw[DEBLUR_BLUR_KIND_COUNT + i];
}

static float between(float a, float b, float share) {
	return a + share * (b - a);
}

/* *blur becomes as `whole`, but for `share` of what it says itself. */
static void draw_near(struct deblur_blur *blur, const struct deblur_blur *whole, float share) {
	float own[SHAPE_COUNT], all[SHAPE_COUNT], shape[SHAPE_COUNT];
	struct deblur_blur mixed = *whole;
	shape_of(blur, own);
	shape_of(whole, all);
	for (int i = 0; i < SHAPE_COUNT; i++) shape[i] = between(all[i], own[i], share);
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) mixed.kind[i] = between(whole->kind[i], blur->kind[i], share);
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++) mixed.hints[i] = between(whole->hints[i], blur->hints[i], share);
	blur_set_shape(shape[LOG_SPREAD], shape[COSINE], shape[SINE], &mixed);
	*blur = mixed;
}

/* What is looked at for a cell along one side: itself, and around it where it is small. */
static void look_along(size_t length, uint32_t count, uint32_t index, size_t *start, size_t *size) {
	const size_t first = (size_t)blur_map_edge(0, (uint32_t)length, count, index);
	const size_t end = (size_t)blur_map_edge(0, (uint32_t)length, count, index + 1), middle = (first + end) / 2;
	*size = least(length, end - first > ESTIMATE_CROP_PX ? end - first : ESTIMATE_CROP_PX);
	*start = least(middle > *size / 2 ? middle - *size / 2 : 0, length - *size);
}

static struct rectangle cell_of(const struct deblur_blur_map *map, uint32_t index) {
	struct rectangle cell;
	look_along(map->width, map->columns, index % map->columns, &cell.x, &cell.width);
	look_along(map->height, map->rows, index / map->columns, &cell.y, &cell.height);
	return cell;
}

static enum deblur_status look_at_cells(const struct graph *estimator, const struct deblur_image *picture,
										struct deblur_blur_map *map, double energy[DEBLUR_MAP_MOST_CELLS]) {
	const uint32_t count = map->columns * map->rows;
	const size_t crops = least(CROPS_IN_ALL / count, ESTIMATE_MAX_CROPS);
	for (uint32_t i = 0; i < count; i++) {
		const struct rectangle cell = cell_of(map, i);
		const struct deblur_image part = {picture->pixels + cell.y * picture->stride +
											  cell.x * (size_t)picture->channels,
										  cell.width, cell.height, picture->stride, picture->channels};
		energy[i] = estimate_energy(picture, cell.x, cell.y, cell.width, cell.height) + 1e-3; /* all may be flat */
		const enum deblur_status status = estimate_blur(estimator, &part, crops, &map->blurs[i]);
		if (status) return status;
	}
	return DEBLUR_OK;
}

/* The variance of what cells say, each counting as much as there is to see in it. */
static double difference(const struct deblur_blur_map *map, const double *energy) {
	double sum = 0, sums[SHAPE_COUNT] = {0}, squares[SHAPE_COUNT] = {0}, variance = 0;
	for (uint32_t i = 0; i < map->columns * map->rows; i++) {
		float shape[SHAPE_COUNT];
		shape_of(&map->blurs[i], shape);
		sum += energy[i];
		for (int k = 0; k < SHAPE_COUNT; k++) {
			sums[k] += energy[i] * (double)shape[k];
			squares[k] += energy[i] * (double)shape[k] * (double)shape[k];
		}
	}
	for (int k = 0; k < SHAPE_COUNT; k++) variance += squares[k] / sum - sums[k] / sum * (sums[k] / sum);
	return variance;
}

/* How many cells a side has, as near as can be to what an estimate looks at, or larger. */
static uint32_t cells_along(size_t length, size_t longest) {
	const size_t cell = longest / MOST_ALONG > ESTIMATE_CROP_PX ? longest / MOST_ALONG : ESTIMATE_CROP_PX;
	const size_t count = (length + cell / 2) / cell;
	return (uint32_t)(count > 1 ? least(count, MOST_ALONG) : 1);
}

enum deblur_status blur_map_estimate(const struct graph *estimator, const struct deblur_image *picture,
									 const struct deblur_blur *whole, struct deblur_blur_map *out) {
	const size_t longest = picture->width > picture->height ? picture->width : picture->height;
	struct deblur_blur_map map = {.width = (uint32_t)picture->width,
								  .height = (uint32_t)picture->height,
								  .columns = cells_along(picture->width, longest),
								  .rows = cells_along(picture->height, longest)};
	const uint32_t count = map.columns * map.rows;
	double energy[DEBLUR_MAP_MOST_CELLS], mean = 0;
	const enum deblur_blur_kind kind = deblur_blur_kind(whole);
	/* Where a picture is most likely sharp, what is out of focus is meant to be. */
	const bool may_differ = count > 1 && longest <= INT32_MAX && kind != DEBLUR_BLUR_NONE;
	const enum deblur_status status = may_differ ? look_at_cells(estimator, picture, &map, energy) : DEBLUR_OK;
	if (status) return status;
	*out = (struct deblur_blur_map){0};
	if (!may_differ || difference(&map, energy) < (whole->kind[kind] > sure ? least_where_sure : least_difference))
		return DEBLUR_OK;
	for (uint32_t i = 0; i < count; i++) mean += energy[i] / count;
	for (uint32_t i = 0; i < count; i++)
		draw_near(&map.blurs[i], whole, own_share * (float)(energy[i] / (energy[i] + flat_share * mean)));
	*out = map;
	return DEBLUR_OK;
}
