#include "train/backward.h"

#include <string.h>

void backward_relu(const float *y, float *dy, size_t count) {
#pragma omp parallel for schedule(static)
	for (size_t i = 0; i < count; i++) dy[i] = y[i] > 0 ? dy[i] : 0;
}

void backward_sigmoid(const float *y, const float *dy, float *dx, size_t count, bool add) {
#pragma omp parallel for schedule(static)
	for (size_t i = 0; i < count; i++) dx[i] = (add ? dx[i] : 0) + dy[i] * y[i] * (1 - y[i]);
}

void backward_add(const float *from, float *to, size_t count, bool add) {
	if (from == to) return;
#pragma omp parallel for schedule(static)
	for (size_t i = 0; i < count; i++) to[i] = (add ? to[i] : 0) + from[i];
}

/* Channels are taken a few at a time, so that their sums stay in registers while the pixels stream by. */
enum { CHANNELS_AT_ONCE = 16, PIXELS_AT_ONCE = 256 };

/* The sums of one sample's channels [first, first + width): float over a run of pixels, double over the runs. */
static void affine_sums(const struct backward_affine *op, size_t sample, size_t first, size_t width) {
	double scale_sum[CHANNELS_AT_ONCE] = {0}, shift_sum[CHANNELS_AT_ONCE] = {0};
	for (size_t start = 0; start < op->pixels; start += PIXELS_AT_ONCE) {
		const size_t end = start + PIXELS_AT_ONCE < op->pixels ? start + PIXELS_AT_ONCE : op->pixels;
		float by_scale[CHANNELS_AT_ONCE] = {0}, by_shift[CHANNELS_AT_ONCE] = {0};
		for (size_t p = start; p < end; p++) {
			const size_t at = (sample * op->pixels + p) * op->channels + first;
			for (size_t c = 0; c < width; c++) {
				by_scale[c] += op->dy[at + c] * op->x[at + c];
				by_shift[c] += op->dy[at + c];
			}
		}
		for (size_t c = 0; c < width; c++) {
			scale_sum[c] += (double)by_scale[c];
			shift_sum[c] += (double)by_shift[c];
		}
	}
	for (size_t c = 0; c < width; c++) {
		const size_t at = sample * op->channels + first + c;
		if (op->dscale) op->dscale[at] = (op->add_dscale ? op->dscale[at] : 0) + (float)scale_sum[c];
		if (op->dshift) op->dshift[at] = (op->add_dshift ? op->dshift[at] : 0) + (float)shift_sum[c];
	}
}

static void affine_dx(const struct backward_affine *op, size_t sample) {
	const float *scale = op->scale + sample * op->channels;
	for (size_t p = 0; p < op->pixels; p++) {
		const size_t at = (sample * op->pixels + p) * op->channels;
		for (size_t c = 0; c < op->channels; c++)
			op->dx[at + c] = (op->add_dx ? op->dx[at + c] : 0) + op->dy[at + c] * (1 + scale[c]);
	}
}

void backward_channel_affine(const struct backward_affine *op) {
#pragma omp parallel for schedule(static)
	for (size_t sample = 0; sample < op->batch; sample++) {
		for (size_t first = 0; first < op->channels; first += CHANNELS_AT_ONCE) {
			const size_t left = op->channels - first;
			if (left >= CHANNELS_AT_ONCE)
				affine_sums(op, sample, first, CHANNELS_AT_ONCE); /* a constant width, which the compiler unrolls */
			else
				affine_sums(op, sample, first, left);
		}
		if (op->dx) affine_dx(op, sample);
	}
}

void backward_global_average(const float *dmean, float *dx, size_t batch, size_t pixels, size_t channels, bool add) {
	const float share = 1 / (float)pixels;
#pragma omp parallel for schedule(static)
	for (size_t sample = 0; sample < batch; sample++)
		for (size_t p = 0; p < pixels; p++)
			for (size_t c = 0; c < channels; c++) {
				float *d = &dx[(sample * pixels + p) * channels + c];
				*d = (add ? *d : 0) + dmean[sample * channels + c] * share;
			}
}

void backward_linear(const struct backward_linear *op) {
	memset(op->dweights, 0, op->in * op->out * sizeof *op->dweights);
	memset(op->dbias, 0, op->out * sizeof *op->dbias);
	for (size_t sample = 0; sample < op->batch; sample++) {
		const float *x = op->x + sample * op->in, *dy = op->dy + sample * op->out;
		for (size_t o = 0; o < op->out; o++) {
			op->dbias[o] += dy[o];
			for (size_t i = 0; i < op->in; i++) op->dweights[o * op->in + i] += dy[o] * x[i];
		}
		if (!op->dx) continue;
		float *dx = op->dx + sample * op->in;
		if (!op->add_dx) memset(dx, 0, op->in * sizeof *dx);
		for (size_t o = 0; o < op->out; o++)
			for (size_t i = 0; i < op->in; i++) dx[i] += dy[o] * op->weights[o * op->in + i];
	}
}
