#include "data/turn.h"

#include <math.h>
#include <string.h>

void turn_picture(const float *from, size_t side, uint32_t way, float *to) {
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			memcpy(to + (y * side + x) * 3, from + turn_source(side, way, x, y) * 3, 3 * sizeof *to);
}

void turn_back(const float *from, size_t side, uint32_t way, float *to) {
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			memcpy(to + turn_source(side, way, x, y) * 3, from + (y * side + x) * 3, 3 * sizeof *to);
}

void turn_blur(struct deblur_blur *blur, uint32_t way) {
	float angle = blur->angle_deg;
	if (way & 4) angle = 90 - angle;
	if ((way & 1) != (way >> 1 & 1)) angle = 180 - angle; /* both mirrors together are half a turn */
	angle = fmodf(angle, 180);
	blur->angle_deg = angle < 0 ? angle + 180 : angle;
	for (int i = 0; way && i < DEBLUR_BLUR_HINT_COUNT; i++) blur->hints[i] = 0;
}
