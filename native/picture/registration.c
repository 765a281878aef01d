#include "picture/registration.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS = 4, BLOCK = 96 }; /* numbers of a row that are interpolated together */

/* ---- interpolation ---- */

struct tap {
	ptrdiff_t offset; /* in numbers */
	float weight;
};

/* Of the pixels -1..2 around a place that is so many quarters beyond pixel 0. */
static const float cubic[4][TAPS] = {{0, 1, 0, 0},
									 {-0.0703125f, 0.8671875f, 0.2265625f, -0.0234375f},
									 {-0.0625f, 0.5625f, 0.5625f, -0.0625f},
									 {-0.0234375f, 0.2265625f, 0.8671875f, -0.0703125f}};

static int floor_quarters(int quarters) {
	return quarters >= 0 ? quarters / 4 : -((3 - quarters) / 4);
}

/* Those that count: one for whole pixels, 16 between both rows and columns. */
static size_t taps_at(struct translation at, size_t width, struct tap taps[TAPS * TAPS]) {
	const int x = floor_quarters(at.x), y = floor_quarters(at.y);
	const float *across = cubic[at.x - 4 * x], *down = cubic[at.y - 4 * y];
	size_t count = 0;
	for (int j = 0; j < TAPS; j++)
		for (int i = 0; i < TAPS; i++) {
			const float weight = down[j] * across[i];
			const ptrdiff_t offset = ((ptrdiff_t)(y + j - 1) * (ptrdiff_t)width + x + i - 1) * 3;
			if (weight > 0 || weight < 0) taps[count++] = (struct tap){offset, weight};
		}
	return count;
}

static double block_error(const float *picture, const float *twin, size_t length, const struct tap *taps,
						  size_t tap_count) {
	float values[BLOCK] = {0}, sum = 0;
	for (size_t t = 0; t < tap_count; t++)
		for (size_t i = 0; i < length; i++) values[i] += taps[t].weight * picture[(ptrdiff_t)i + taps[t].offset];
	for (size_t i = 0; i < length; i++) sum += (values[i] - twin[i]) * (values[i] - twin[i]);
	return (double)sum;
}

double registration_error(const float *picture, const float *twin, size_t width, size_t height, size_t most_px,
						  struct translation at) {
	struct tap taps[TAPS * TAPS];
	const size_t tap_count = taps_at(at, width, taps), margin = registration_margin(most_px);
	const size_t length = (width - 2 * margin) * 3;
	double sum = 0;
	for (size_t y = margin; y < height - margin; y++)
		for (size_t i = 0; i < length; i += BLOCK) {
			const size_t from = (y * width + margin) * 3 + i;
			sum += block_error(picture + from, twin + from, length - i < BLOCK ? length - i : BLOCK, taps, tap_count);
		}
	return sum / (double)(length * (height - 2 * margin));
}

/* ---- the search ---- */

struct search {
	const float *picture, *twin;
	size_t width, height, most_px;
	struct translation best;
	double error;
};

static void try(struct search *s, struct translation at) {
	const int most = 4 * (int)s->most_px;
	if (abs(at.x) > most || abs(at.y) > most) return;
	const double error = registration_error(s->picture, s->twin, s->width, s->height, s->most_px, at);
	if (error >= s->error) return;
	s->error = error;
	s->best = at;
}

/* All places `reach` steps around one. */
static void try_around(struct search *s, struct translation middle, int step, int reach) {
	for (int y = -reach; y <= reach; y++)
		for (int x = -reach; x <= reach; x++)
			if (x || y) try(s, (struct translation){middle.x + x * step, middle.y + y * step});
}

struct translation registration_find(const float *picture, const float *twin, size_t width, size_t height,
									 size_t most_px, enum registration_step step) {
	const size_t margins = 2 * registration_margin(most_px);
	const struct translation none = {0, 0};
	if (width <= margins || height <= margins) return none;
	struct search s = {picture, twin, width, height, most_px, none, 0};
	s.error = registration_error(picture, twin, width, height, most_px, none);
	try_around(&s, none, REGISTRATION_WHOLE, (int)most_px);
	for (int finer = REGISTRATION_WHOLE / 2; finer >= (int)step; finer /= 2) try_around(&s, s.best, finer, 1);
	return s.best;
}

void registration_move(const float *picture, float *twin, size_t width, size_t height, struct translation by) {
	const ptrdiff_t dx = floor_quarters(by.x + 2), dy = floor_quarters(by.y + 2); /* to the nearest pixel */
	const ptrdiff_t columns = (ptrdiff_t)width, rows = (ptrdiff_t)height;
	if (!dx && !dy) return;
	/* In the order in which nothing is overwritten before it is read. */
	for (ptrdiff_t i = 0; i < rows; i++) {
		const ptrdiff_t y = dy > 0 ? rows - 1 - i : i, from_y = y - dy;
		for (ptrdiff_t j = 0; j < columns; j++) {
			const ptrdiff_t x = dx > 0 ? columns - 1 - j : j, from_x = x - dx, to = (y * columns + x) * 3;
			const bool inside = from_y >= 0 && from_y < rows && from_x >= 0 && from_x < columns;
			memcpy(twin + to, inside ? twin + (from_y * columns + from_x) * 3 : picture + to, 3 * sizeof *twin);
		}
	}
}
