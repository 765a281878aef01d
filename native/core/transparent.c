/* transparent.c - colours for what is not seen. Pull and push: S. J. Gortler, R. Grzeszczuk, R. Szeliski, M. F. Cohen,
 * "The Lumigraph", SIGGRAPH 1996, section 3.5. Every level has half the side of the one below, each of its pixels the
 * mean of those below that are known; what is unknown is then filled from the level above, from the coarsest down. */
#include <stdint.h>
#include <stdlib.h>

#include "core/image.h"
#include "deblur.h"

/* A picture whose alpha says what is known; level 0 is the caller's, the others are tightly packed. */
struct level {
	uint8_t *pixels; /* RGBA */
	size_t width, height, stride;
};

static uint8_t *pixel(const struct level *level, size_t x, size_t y) {
	return level->pixels + y * level->stride + x * 4;
}

static bool is_whole(const struct level *level) {
	for (size_t y = 0; y < level->height; y++)
		for (size_t x = 0; x < level->width; x++)
			if (!pixel(level, x, y)[3]) return false;
	return true;
}

/* The mean of the known ones of up to four pixels. */
static void pull(const struct level *fine, const struct level *coarse) {
	for (size_t y = 0; y < coarse->height; y++)
		for (size_t x = 0; x < coarse->width; x++) {
			unsigned sums[3] = {0}, known = 0;
			for (size_t i = 0; i < 4; i++) {
				if (2 * x + i % 2 >= fine->width || 2 * y + i / 2 >= fine->height) continue;
				const uint8_t *from = pixel(fine, 2 * x + i % 2, 2 * y + i / 2);
				if (!from[3]) continue;
				known++;
				for (int c = 0; c < 3; c++) sums[c] += from[c];
			}
			uint8_t *to = pixel(coarse, x, y);
			for (int c = 0; c < 3; c++) to[c] = known ? (uint8_t)((sums[c] + known / 2) / known) : 0;
			to[3] = known ? 255 : 0;
		}
}

/* The neighbour of coarse pixel i on the side where fine pixel `of` lies, if there is one. */
static size_t beside(size_t i, size_t of, size_t count) {
	if (of % 2) return i + 1 < count ? i + 1 : i;
	return i ? i - 1 : i;
}

/* Between the four coarse pixels around it, of which the nearest counts 9, the farthest 1. Alpha stays as it is. */
static void push(const struct level *coarse, const struct level *fine) {
	for (size_t y = 0; y < fine->height; y++)
		for (size_t x = 0; x < fine->width; x++) {
			uint8_t *to = pixel(fine, x, y);
			if (to[3]) continue;
			const size_t near_x = x / 2, near_y = y / 2;
			const size_t far_x = beside(near_x, x, coarse->width), far_y = beside(near_y, y, coarse->height);
			const uint8_t *a = pixel(coarse, near_x, near_y), *b = pixel(coarse, far_x, near_y);
			const uint8_t *c = pixel(coarse, near_x, far_y), *d = pixel(coarse, far_x, far_y);
			for (int i = 0; i < 3; i++) to[i] = (uint8_t)((9 * a[i] + 3 * b[i] + 3 * c[i] + d[i] + 8) / 16);
		}
}

static enum deblur_status fill(const struct level *fine) {
	if (is_whole(fine) || (fine->width == 1 && fine->height == 1)) return DEBLUR_OK;
	struct level coarse = {.width = (fine->width + 1) / 2, .height = (fine->height + 1) / 2};
	coarse.stride = coarse.width * 4;
	coarse.pixels = malloc(coarse.stride * coarse.height);
	if (!coarse.pixels) return DEBLUR_OUT_OF_MEMORY;
	pull(fine, &coarse);
	const enum deblur_status status = fill(&coarse);
	if (!status) push(&coarse, fine);
	free(coarse.pixels);
	return status;
}

enum deblur_status deblur_fill_transparent(const struct deblur_image *picture) {
	if (!image_is_valid(picture)) return DEBLUR_BAD_ARGUMENT;
	if (picture->channels < 4) return DEBLUR_OK;
	return fill(&(struct level){picture->pixels, picture->width, picture->height, picture->stride});
}
