/* turn.h - the eight ways to lay a square on itself, 0 being none: what a net says of a turned picture should be what
 * it says of the picture, turned. */
#ifndef TURN_H
#define TURN_H

#include <stddef.h>
#include <stdint.h>

#include "deblur.h"

enum { TURN_WAYS = 8 };

/* Which pixel, of side * side, comes to (x, y): exchanged with its mirror at the diagonal, and mirrored. */
static inline size_t turn_source(size_t side, uint32_t way, size_t x, size_t y) {
	const size_t a = way & 1 ? side - 1 - x : x, b = way & 2 ? side - 1 - y : y;
	return way & 4 ? a * side + b : b * side + a;
}

/* [side][side][3] each, which do not overlap. turn_back undoes the same way. */
void turn_picture(const float *from, size_t side, uint32_t way, float *to);
void turn_back(const float *from, size_t side, uint32_t way, float *to);

/* The blur of the turned picture; hints are of the upright one. */
void turn_blur(struct deblur_blur *blur, uint32_t way);

#endif
