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

bool quantise_is_worth(size_t row_length) {
	return row_length >= 16;
}

/* To the nearest whole number, where |x| < 2^22: a float has no digits for more. */
static float nearest(float x) {
	const float shift = 12582912; /* 1.5 * 2^23 */
	return (x + shift) - shift;
}

void quantise_round_row(float *values, size_t count, int bits) {
	/* In deviations, for 2^bits steps. */
	static const float best_steps[QUANTISE_MAX_BITS + 1] = {0, 0, 0, 0.586f, 0.335f, 0.188f, 0.104f, 0.0569f, 0.0308f};
	const float most = (float)((1 << (bits - 1)) - 1);
	float largest = 0, squares = 0;
	for (size_t i = 0; i < count; i++) {
		largest = fmaxf(largest, fabsf(values[i]));
		squares += values[i] * values[i];
	}
	const float scale = fminf(largest / most, best_steps[bits] * sqrtf(squares / (float)count));
	if (!(scale > 1e-30f)) return; /* nothing, or as good as */
	for (size_t i = 0; i < count; i++) values[i] = scale * nearest(fminf(fmaxf(values[i] / scale, -most), most));
}
