#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/span.h"

const struct optimizer_options optimizer_defaults = {
	.beta1 = 0.9,
	.beta2 = 0.99,
	.epsilon = 1e-8,
	.weight_decay = 1e-4,
	.clip_norm = 0.5,
	.ema_decay = 0.999,
	.full_rate_inputs = 216}; /* 3x3 of 24 channels: the student's finest level, for which rates were chosen */

enum { RUN = 8192 };

static float **new_state(const struct graph_parameter *parameters, size_t count) {
	float **state = calloc(count + 1, sizeof *state);
	for (size_t i = 0; state && i < count; i++) {
		state[i] = calloc(parameters[i].count, sizeof **state);
		if (state[i]) continue;
		while (i-- > 0) free(state[i]);
		free(state);
		return NULL;
	}
	return state;
}

static void free_state(float **state, size_t count) {
	for (size_t i = 0; state && i < count; i++) free(state[i]);
	free(state);
}

enum deblur_status optimizer_create(struct graph_parameter *parameters, size_t parameter_count,
									const struct optimizer_options *options, struct optimizer **out) {
	struct optimizer *optimizer = calloc(1, sizeof *optimizer);
	if (!optimizer) return DEBLUR_OUT_OF_MEMORY;
	*optimizer = (struct optimizer){.parameters = parameters,
									.parameter_count = parameter_count,
									.options = *options,
									.sums = calloc(parameter_count + 1, sizeof(double)),
									.mean = new_state(parameters, parameter_count),
									.square = new_state(parameters, parameter_count),
									.ema = new_state(parameters, parameter_count)};
	if (!optimizer->sums || !optimizer->mean || !optimizer->square || !optimizer->ema) {
		optimizer_destroy(optimizer);
		return DEBLUR_OUT_OF_MEMORY;
	}
	for (size_t i = 0; i < parameter_count; i++)
		memcpy(optimizer->ema[i], parameters[i].values, parameters[i].count * sizeof(float));
	*out = optimizer;
	return DEBLUR_OK;
}

void optimizer_destroy(struct optimizer *optimizer) {
	if (!optimizer) return;
	free(optimizer->sums);
	free_state(optimizer->mean, optimizer->parameter_count);
	free_state(optimizer->square, optimizer->parameter_count);
	free_state(optimizer->ema, optimizer->parameter_count);
	free(optimizer);
}

SPAN_CLONES static double squares_of_run(const float *values, size_t count) {
	enum { LANES = 16 };
	float lanes[LANES] = {0};
	double sum = 0;
	size_t i = 0;
	for (; i + LANES <= count; i += LANES)
		for (size_t l = 0; l < LANES; l++) lanes[l] += values[i + l] * values[i + l];
	for (; i < count; i++) lanes[0] += values[i] * values[i];
	for (size_t l = 0; l < LANES; l++) sum += (double)lanes[l];
	return sum;
}

static double square_sum(const float *values, size_t count) {
	double sum = 0;
	for (size_t start = 0; start < count; start += RUN)
		sum += squares_of_run(values + start, count - start < RUN ? count - start : RUN);
	return sum;
}

/* Of all gradients together; the same whatever the thread count. */
static double norm_of(struct optimizer *optimizer, float *const *gradients) {
	double sum = 0;
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < optimizer->parameter_count; i++)
		optimizer->sums[i] = square_sum(gradients[i], optimizer->parameters[i].count);
	for (size_t i = 0; i < optimizer->parameter_count; i++) sum += optimizer->sums[i];
	return sqrt(sum);
}

struct step {
	float rate, decay, clip, mean_share, square_share, mean_unbias, square_unbias, epsilon, ema_share;
};

SPAN_CLONES static void update_all(const float *restrict gradient, float *restrict w, float *restrict m,
								   float *restrict v, float *restrict ema, size_t count, float decay,
								   const struct step *step) {
	const struct step s = *step; /* which the arrays are then known not to overlap */
	for (size_t i = 0; i < count; i++) {
		const float g = gradient[i] * s.clip;
		m[i] += s.mean_share * (g - m[i]);
		v[i] += s.square_share * (g * g - v[i]);
		w[i] -= decay * w[i] + s.rate * (m[i] * s.mean_unbias) / (sqrtf(v[i] * s.square_unbias) + s.epsilon);
		ema[i] += s.ema_share * (w[i] - ema[i]);
	}
}

static void update(struct optimizer *optimizer, size_t parameter, const float *gradient, const struct step *all) {
	const struct graph_parameter *p = &optimizer->parameters[parameter];
	float *w = p->values, *m = optimizer->mean[parameter], *v = optimizer->square[parameter];
	float *ema = optimizer->ema[parameter];
	struct step s = *all;
	s.rate *= (float)fmin(1, optimizer->options.full_rate_inputs / (double)graph_parameter_inputs(p));
	const float decay = p->shape[1] > 1 || p->shape[3] > 1 ? s.rate * s.decay : 0; /* a bias has one dimension */
	update_all(gradient, w, m, v, ema, p->count, decay, &s);
}

double optimizer_step(struct optimizer *optimizer, float *const *gradients, double learning_rate) {
	const struct optimizer_options *o = &optimizer->options;
	const double norm = norm_of(optimizer, gradients);
	if (!isfinite(norm)) return norm;
	const double t = (double)++optimizer->step, ema = fmin(o->ema_decay, (1 + t) / (10 + t));
	const struct step s = {.rate = (float)learning_rate,
						   .decay = (float)o->weight_decay,
						   .clip = (float)(o->clip_norm > 0 && norm > o->clip_norm ? o->clip_norm / norm : 1),
						   .mean_share = (float)(1 - o->beta1),
						   .square_share = (float)(1 - o->beta2),
						   .mean_unbias = (float)(1 / (1 - pow(o->beta1, t))),
						   .square_unbias = (float)(1 / (1 - pow(o->beta2, t))),
						   .epsilon = (float)o->epsilon,
						   .ema_share = (float)(1 - ema)};
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < optimizer->parameter_count; i++) update(optimizer, i, gradients[i], &s);
	return norm;
}

double schedule_learning_rate(double peak, double warmup, double progress) {
	if (progress < warmup) return peak * (progress + 1e-3) / (warmup + 1e-3);
	const double fall = (fmin(progress, 1) - warmup) / (1 - warmup);
	return peak * (0.01 + 0.99 * 0.5 * (1 + cos(3.14159265358979 * fall)));
}
