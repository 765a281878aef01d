/* turn.h - the eight ways to lay a square on itself, 0 being none: what a net says of a turned picture should be what
 * it says of the picture, turned. */
#ifndef TRAIN_TURN_H
#define TRAIN_TURN_H

#include <stddef.h>
#include <stdint.h>

#include "deblur.h"

enum { TURN_WAYS = 8 };

/* [side][side][3] each, which do not overlap. turn_back undoes the same way. */
void turn_picture(const float *from, size_t side, uint32_t way, float *to);
void turn_back(const float *from, size_t side, uint32_t way, float *to);

/* The blur of the turned picture. */
void turn_blur(struct deblur_blur *blur, uint32_t way);

#endif
