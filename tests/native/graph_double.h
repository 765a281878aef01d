/* graph_double.h - the test's own interpreter: every op of a graph in double precision, written from its definition and
 * sharing no code with what is tested. Slow, and sure. */
#ifndef GRAPH_DOUBLE_H
#define GRAPH_DOUBLE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/graph.h"

/* A tensor of one sample: maps [h][w][c], vectors h = w = 1. */
struct dtensor {
	size_t h, w, c;
	double *v;
};

static inline double dget(const struct dtensor *t, long y, long x, size_t c) {
	if (y < 0 || x < 0 || y >= (long)t->h || x >= (long)t->w) return 0;
	return t->v[((size_t)y * t->w + (size_t)x) * t->c + c];
}

static inline double dactivate(double x, enum activation a) {
	return a == ACTIVATION_RELU && x < 0 ? 0 : x;
}

/* One kernel [k][k][in], at one place. */
static inline double dtaps(const struct graph_op *op, const double *w, const struct dtensor *a, size_t y, size_t x) {
	const size_t k = op->kernel, f = op->stride;
	double sum = 0;
	for (size_t ky = 0; ky < k; ky++)
		for (size_t kx = 0; kx < k; kx++)
			for (size_t i = 0; i < a->c; i++)
				sum += w[(ky * k + kx) * a->c + i] *
					   dget(a, (long)(y * f + ky) - (long)(k / 2), (long)(x * f + kx) - (long)(k / 2), i);
	return sum;
}

static inline double dvalue(const struct graph *g, const struct graph_op *op, double *const *parameters,
							struct dtensor *t, size_t y, size_t x, size_t c) {
	const struct dtensor *a = &t[op->inputs[0]], *out = &t[op->output];
	const double *w = op->weight < 0 ? NULL : parameters[op->weight], *b = op->bias < 0 ? NULL : parameters[op->bias];
	const size_t k = op->kernel, f = op->stride, in = a->c;
	double sum = b && op->kind != GRAPH_RING_CONV ? b[c] : 0;
	(void)g;
	switch (op->kind) {
	case GRAPH_CONV2D:
		return sum + dtaps(op, w + c * k * k * in, a, y, x);
	case GRAPH_MIXED_CONV2D:
		sum += t[op->inputs[2]].v[c];
		for (size_t r = 0; r < t[op->inputs[1]].c; r++)
			sum += parameters[op->mix][c * t[op->inputs[1]].c + r] * (1 + t[op->inputs[1]].v[r]) *
				   dtaps(op, w + r * k * k * in, a, y, x);
		return sum;
	case GRAPH_CONV_TRANSPOSE2X2:
		for (size_t i = 0; i < in; i++)
			sum += w[((y % 2 * 2 + x % 2) * out->c + c) * in + i] * dget(a, (long)(y / 2), (long)(x / 2), i);
		return sum;
	case GRAPH_PIXEL_SHUFFLE:
		return dget(a, (long)(y / f), (long)(x / f), (y % f * f + x % f) * out->c + c);
	case GRAPH_PIXEL_UNSHUFFLE:
		return dget(a, (long)(y * f + c / a->c / f), (long)(x * f + c / a->c % f), c % a->c);
	case GRAPH_ADD:
		return dget(a, (long)y, (long)x, c) + dget(&t[op->inputs[1]], (long)y, (long)x, c);
	case GRAPH_SIGMOID:
		return 1 / (1 + exp(-dget(a, (long)y, (long)x, c)));
	case GRAPH_GLOBAL_AVERAGE:
		for (size_t p = 0; p < a->h * a->w; p++) sum += a->v[p * a->c + c];
		return sum / (double)(a->h * a->w);
	case GRAPH_LINEAR:
		for (size_t i = 0; i < in; i++) sum += w[c * in + i] * a->v[i];
		return sum;
	case GRAPH_RING_CONV: {
		const size_t out_each = out->c / f, in_each = in / f, place = c / out_each;
		sum = b[c % out_each];
		for (size_t j = 0; j < k; j++)
			for (size_t i = 0; i < in_each; i++)
				sum += w[(c % out_each * k + j) * in_each + i] * a->v[(place + f + j - k / 2) % f * in_each + i];
		return sum;
	}
	case GRAPH_CHANNEL_AFFINE:
		return dget(a, (long)y, (long)x, c) * (1 + t[op->inputs[1]].v[c]) + t[op->inputs[2]].v[c];
	case GRAPH_CONCAT:
		return c < a->c ? a->v[c] : t[op->inputs[1]].v[c - a->c];
	case GRAPH_OP_KIND_COUNT:
		break;
	}
	return NAN;
}

/* Runs the graph; the caller frees tensors with dfree. parameters: [parameter_count][count]. */
static inline struct dtensor *drun(const struct graph *g, double *const *parameters, const double *picture,
								   size_t height, size_t width, const double *condition) {
	struct dtensor *t = calloc(g->tensor_count, sizeof *t);
	for (size_t i = 0; i < g->tensor_count; i++) {
		const size_t d = g->tensors[i].downscale;
		t[i] = (struct dtensor){d ? height / d : 1, d ? width / d : 1, g->tensors[i].channels, NULL};
		t[i].v = calloc(t[i].h * t[i].w * t[i].c, sizeof(double));
	}
	memcpy(t[g->picture].v, picture, height * width * t[g->picture].c * sizeof(double));
	if (g->condition >= 0) memcpy(t[g->condition].v, condition, t[g->condition].c * sizeof(double));
	for (size_t i = 0; i < g->op_count; i++) {
		const struct graph_op *op = &g->ops[i];
		struct dtensor *out = &t[op->output];
		for (size_t y = 0; y < out->h; y++)
			for (size_t x = 0; x < out->w; x++)
				for (size_t c = 0; c < out->c; c++)
					out->v[(y * out->w + x) * out->c + c] =
						dactivate(dvalue(g, op, parameters, t, y, x, c), op->activation);
	}
	return t;
}

static inline void dfree(const struct graph *g, struct dtensor *t) {
	for (size_t i = 0; i < g->tensor_count; i++) free(t[i].v);
	free(t);
}

#endif
