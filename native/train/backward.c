#include "train/backward.h"

#include <string.h>

#include "core/graph.h"

_Static_assert((int)SPAN_ROOM >= (int)GRAPH_MAX_CHANNELS, "a pixel has to fit into the room of a chunk");

/* ---- passes over spans, chunk by chunk ---- */

static size_t chunk_at(size_t at, size_t count) {
	return count - at < SPAN_CHUNK ? count - at : SPAN_CHUNK;
}

SPAN_CLONES static void mask(const float *y, const float *dy, float *to, size_t count) {
	for (size_t i = 0; i < count; i++) to[i] = y[i] > 0 ? dy[i] : 0;
}

void backward_relu(struct span y, struct span dy, size_t count) {
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < count; at += SPAN_CHUNK) {
		float y_room[SPAN_CHUNK], dy_room[SPAN_CHUNK];
		const size_t n = chunk_at(at, count);
		float *to = span_begin(dy, at, dy_room);
		mask(span_load(y, at, n, y_room), span_load(dy, at, n, dy_room), to, n);
		span_end(dy, at, n, to);
	}
}

SPAN_CLONES static void sigmoid_slope(const float *y, const float *dy, float *to, size_t count, bool add) {
	for (size_t i = 0; i < count; i++) to[i] = (add ? to[i] : 0) + dy[i] * y[i] * (1 - y[i]);
}

/* Where a chunk of a gradient is put: with what is there already, if it is added to. */
static float *begin_gradient(struct span dx, size_t at, size_t count, bool add, float *room) {
	if (add) span_load(dx, at, count, room);
	return span_begin(dx, at, room);
}

void backward_sigmoid(struct span y, struct span dy, struct span dx, size_t count, bool add) {
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < count; at += SPAN_CHUNK) {
		float y_room[SPAN_CHUNK], dy_room[SPAN_CHUNK], dx_room[SPAN_CHUNK];
		const size_t n = chunk_at(at, count);
		float *to = begin_gradient(dx, at, n, add, dx_room);
		sigmoid_slope(span_load(y, at, n, y_room), span_load(dy, at, n, dy_room), to, n, add);
		span_end(dx, at, n, to);
	}
}

SPAN_CLONES static void accumulate(const float *from, float *to, size_t count) {
	for (size_t i = 0; i < count; i++) to[i] += from[i];
}

void backward_add(struct span from, struct span to, size_t count, bool add) {
	if (!add) {
		span_copy(from, to, count);
		return;
	}
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < count; at += SPAN_CHUNK) {
		float from_room[SPAN_CHUNK], to_room[SPAN_CHUNK];
		const size_t n = chunk_at(at, count);
		float *sum = begin_gradient(to, at, n, true, to_room);
		accumulate(span_load(from, at, n, from_room), sum, n);
		span_end(to, at, n, sum);
	}
}

/* ---- per channel ---- */

/* A run of pixels: masks dy into `masked`, and adds dy * x and dy to the channels' sums. */
SPAN_CLONES static void affine_sums(const float *x, const float *y, const float *dy, size_t pixels, size_t channels,
									float *restrict masked, float *restrict by_scale, float *restrict by_shift) {
	for (size_t p = 0; p < pixels; p++)
		for (size_t c = 0; c < channels; c++) {
			const size_t i = p * channels + c;
			const float d = y && !(y[i] > 0) ? 0 : dy[i];
			masked[i] = d;
			by_scale[c] += d * x[i];
			by_shift[c] += d;
		}
}

SPAN_CLONES static void affine_dx(const float *scale, const float *masked, size_t pixels, size_t channels, bool add,
								  float *dx) {
	for (size_t p = 0; p < pixels; p++)
		for (size_t c = 0; c < channels; c++) {
			const size_t i = p * channels + c;
			dx[i] = (add ? dx[i] : 0) + masked[i] * (1 + scale[c]);
		}
}

/* One sample: float sums over the pixels of a chunk, double over the chunks. */
static void affine_sample(const struct backward_affine *op, size_t sample) {
	const size_t channels = op->channels, at_once = span_chunk_pixels(channels);
	double scale_sum[GRAPH_MAX_CHANNELS] = {0}, shift_sum[GRAPH_MAX_CHANNELS] = {0};
	float x_room[SPAN_ROOM], y_room[SPAN_ROOM], dy_room[SPAN_ROOM], masked[SPAN_ROOM], dx_room[SPAN_ROOM];
	for (size_t pixel = 0; pixel < op->pixels; pixel += at_once) {
		const size_t pixels = op->pixels - pixel < at_once ? op->pixels - pixel : at_once, n = pixels * channels;
		const size_t at = (sample * op->pixels + pixel) * channels;
		float by_scale[GRAPH_MAX_CHANNELS], by_shift[GRAPH_MAX_CHANNELS];
		memset(by_scale, 0, channels * sizeof *by_scale);
		memset(by_shift, 0, channels * sizeof *by_shift);
		affine_sums(span_load(op->x, at, n, x_room), op->y.data ? span_load(op->y, at, n, y_room) : NULL,
					span_load(op->dy, at, n, dy_room), pixels, channels, masked, by_scale, by_shift);
		for (size_t c = 0; c < channels; c++) {
			scale_sum[c] += (double)by_scale[c];
			shift_sum[c] += (double)by_shift[c];
		}
		if (!op->dx.data) continue;
		float *dx = begin_gradient(op->dx, at, n, op->add_dx, dx_room);
		affine_dx(op->scale + sample * channels, masked, pixels, channels, op->add_dx, dx);
		span_end(op->dx, at, n, dx);
	}
	for (size_t c = 0; c < channels; c++) {
		const size_t at = sample * channels + c;
		if (op->dscale) op->dscale[at] = (op->add_dscale ? op->dscale[at] : 0) + (float)scale_sum[c];
		if (op->dshift) op->dshift[at] = (op->add_dshift ? op->dshift[at] : 0) + (float)shift_sum[c];
	}
}

void backward_channel_affine(const struct backward_affine *op) {
#pragma omp parallel for schedule(static)
	for (size_t sample = 0; sample < op->batch; sample++) affine_sample(op, sample);
}

void backward_global_average(const float *dmean, struct span dx, size_t batch, size_t pixels, size_t channels,
							 bool add) {
	const float share = 1 / (float)pixels;
#pragma omp parallel for schedule(static)
	for (size_t sample = 0; sample < batch; sample++)
		for (size_t p = 0; p < pixels; p++) {
			float room[GRAPH_MAX_CHANNELS];
			const size_t at = (sample * pixels + p) * channels;
			float *d = begin_gradient(dx, at, channels, add, room);
			for (size_t c = 0; c < channels; c++) d[c] = (add ? d[c] : 0) + dmean[sample * channels + c] * share;
			span_end(dx, at, channels, d);
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
