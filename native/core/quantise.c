#include "core/quantise.h"

#include <math.h>

/* The nearest whole number from -most to most, which is below 2^22: a float that large has no digits for more. */
static float code_of(float value, float scale, float most) {
	const float shift = 12582912; /* 1.5 * 2^23 */
	return (fminf(fmaxf(value / scale, -most), most) + shift) - shift;
}

static double loss_of(const float *values, size_t count, float scale, float most) {
	double loss = 0;
	for (size_t i = 0; i < count; i++) {
		const double d = (double)(values[i] - scale * code_of(values[i], scale, most));
		loss += d * d;
	}
	return loss;
}

/* The best scale so far. */
struct search {
	const float *values;
	size_t count;
	float most, scale;
	double loss;
};

static void try_scale(struct search *s, float scale) {
	if (!(scale > 0)) return; /* denormal */
	const double loss = loss_of(s->values, s->count, scale, s->most);
	if (loss < s->loss) s->loss = loss, s->scale = scale;
}

float quantise_row(const float *values, size_t count, int bits, int8_t *codes) {
	enum { STEPS = 48 };
	const int most = (1 << (bits - 1)) - 1;
	struct search s = {values, count, (float)most, 0, HUGE_VAL}; /* INFINITY is a float, in some C libraries */
	float largest = 0;
	for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(values[i]));
	/* Of what is rounded already, the widest step that loses nothing: its codes compress best. */
	for (int code = 1; code <= most && largest > 0 && s.loss > 0; code++) try_scale(&s, largest / (float)code);
	for (int step = STEPS - 1; step > STEPS / 4 && largest > 0 && s.loss > 0; step--)
		try_scale(&s, largest / (float)most * (float)step / STEPS);
	for (size_t i = 0; i < count; i++) codes[i] = s.scale > 0 ? (int8_t)code_of(values[i], s.scale, s.most) : 0;
	return s.scale;
}

bool quantise_is_worth(size_t row_length) {
	return row_length >= 16;
}
