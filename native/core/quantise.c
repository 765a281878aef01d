#include "core/quantise.h"

#include <math.h>

static float code_of(float value, float scale, float most) {
	const float code = rintf(value / scale);
	return code > most ? most : code < -most ? -most : code;
}

static double loss_of(const float *values, size_t count, float scale, float most) {
	double loss = 0;
	for (size_t i = 0; i < count; i++) {
		const double d = (double)(values[i] - scale * code_of(values[i], scale, most));
		loss += d * d;
	}
	return loss;
}

float quantise_row(const float *values, size_t count, int bits, int8_t *codes) {
	enum { STEPS = 48 };
	const float most = (float)((1 << (bits - 1)) - 1);
	float largest = 0, best = 0;
	double least = HUGE_VAL; /* INFINITY is a float, in some C libraries */
	for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(values[i]));
	for (int step = STEPS; step > STEPS / 4 && largest > 0; step--) {
		const float scale = largest / most * (float)step / STEPS;
		if (!(scale > 0)) break; /* denormal */
		const double loss = loss_of(values, count, scale, most);
		if (loss < least) least = loss, best = scale;
	}
	for (size_t i = 0; i < count; i++) codes[i] = best > 0 ? (int8_t)code_of(values[i], best, most) : 0;
	return best;
}
