#include "train/reparam.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/matrix.h"

enum { TAPS = 9, MIDDLE = 4, MOST_BRANCHES = 4 };

/* Indices of parameters; 0: it has no such branch (branches come after the graph's own). */
struct reparam_conv {
	size_t channels;
	size_t kernel; /* of the 3x3 branch, and of the folded kernel in the graph */
	size_t point, identity, expand, squeeze;
};

/* ---- creation ---- */

static bool may_branch(const struct graph *graph, const struct graph_op *op) {
	return op->kind == GRAPH_CONV2D && op->kernel == 3 && op->stride == 1 &&
		   graph->tensors[op->inputs[0]].channels == graph->tensors[op->output].channels;
}

/* Gives its index; 0: out of memory. */
static size_t add_branch(struct reparam *r, const char *conv, const char *branch, uint32_t taps, uint32_t out,
						 uint32_t in) {
	const size_t i = r->parameter_count++; /* so that it is released whatever happens */
	struct graph_parameter *p = &r->parameters[i];
	*p = (struct graph_parameter){.shape = {out, taps, taps, in}, .count = (size_t)out * taps * taps * in};
	snprintf(p->name, sizeof p->name, "%.30s.%s.weight", conv, branch);
	r->values[i] = p->values = calloc(p->count, sizeof *p->values);
	r->gradients[i] = calloc(p->count, sizeof *r->gradients[i]);
	return p->values && r->gradients[i] ? i : 0;
}

/* What learns is no longer the graph's own, which follows from it. */
static bool set_apart(struct reparam *r, size_t i) {
	if (r->values[i] != r->graph->parameters[i].values) return true;
	float *own = malloc(r->parameters[i].count * sizeof *own);
	if (!own) return false;
	memcpy(own, r->values[i], r->parameters[i].count * sizeof *own);
	r->values[i] = r->parameters[i].values = own;
	return true;
}

static bool add_conv(struct reparam *r, const struct graph_op *op, unsigned branches, struct random *random) {
	const char *name = r->graph->tensors[op->output].name;
	const uint32_t n = r->graph->tensors[op->output].channels;
	if (!set_apart(r, (size_t)op->weight)) return false;
	struct reparam_conv *conv = &r->convs[r->conv_count++];
	*conv = (struct reparam_conv){.channels = n, .kernel = (size_t)op->weight};
	if (branches & REPARAM_POINT && !(conv->point = add_branch(r, name, "1x1", 1, n, n))) return false;
	if (branches & REPARAM_IDENTITY && !(conv->identity = add_branch(r, name, "identity", 1, n, 1))) return false;
	if (!(branches & REPARAM_SQUEEZE)) return true;
	if (!(conv->expand = add_branch(r, name, "expand", 1, n, n))) return false;
	if (!(conv->squeeze = add_branch(r, name, "squeeze", 3, n, n))) return false;
	for (size_t i = 0; i < (size_t)n * n; i++) r->values[conv->expand][i] = (float)(random_normal(random) / sqrt(n));
	return true;
}

enum deblur_status reparam_create(struct graph *graph, unsigned branches, struct random *random, struct reparam **out) {
	struct reparam *r = calloc(1, sizeof *r);
	if (!r) return DEBLUR_OUT_OF_MEMORY;
	const size_t count = graph->parameter_count, room = count + MOST_BRANCHES * graph->op_count + 1;
	r->graph = graph;
	r->parameter_count = count;
	r->parameters = calloc(room, sizeof *r->parameters);
	r->values = calloc(room, sizeof *r->values);
	r->gradients = calloc(room, sizeof *r->gradients);
	r->convs = calloc(graph->op_count + 1, sizeof *r->convs);
	bool made = r->parameters && r->values && r->gradients && r->convs;
	for (size_t i = 0; made && i < count; i++) {
		r->parameters[i] = graph->parameters[i];
		r->values[i] = graph->parameters[i].values;
	}
	for (size_t i = 0; made && branches && i < graph->op_count; i++)
		if (may_branch(graph, &graph->ops[i])) made = add_conv(r, &graph->ops[i], branches, random);
	const enum deblur_status status = made ? reparam_fold(r, r->values, graph) : DEBLUR_OUT_OF_MEMORY;
	if (status)
		reparam_destroy(r);
	else
		*out = r;
	return status;
}

void reparam_destroy(struct reparam *r) {
	if (!r) return;
	for (size_t i = 0; r->values && i < r->graph->parameter_count; i++)
		if (r->values[i] != r->graph->parameters[i].values) free(r->values[i]);
	for (size_t i = r->graph->parameter_count; i < r->parameter_count; i++) {
		free(r->values[i]);
		free(r->gradients[i]);
	}
	free(r->parameters);
	free(r->values);
	free(r->gradients);
	free(r->convs);
	free(r);
}

bool reparam_parse(const char *list, unsigned *branches) {
	static const char *const names[] = {"1x1", "identity", "squeeze"};
	*branches = 0;
	for (;;) {
		const size_t length = strcspn(list, ",");
		unsigned i = 0;
		while (i < 3 && (strlen(names[i]) != length || memcmp(names[i], list, length))) i++;
		if (i == 3) return false;
		*branches |= 1u << i;
		if (!list[length]) return true;
		list += length + 1;
	}
}

/* ---- folding, and back ---- */

/* kernel: [channels][3][3][channels], the 3x3 branch, to which the others are added. */
static enum deblur_status fold_conv(const struct reparam_conv *conv, float *const *values, float *kernel) {
	const size_t n = conv->channels;
	for (size_t o = 0; o < n; o++) {
		float *middle = kernel + (o * TAPS + MIDDLE) * n;
		for (size_t i = 0; conv->point && i < n; i++) middle[i] += values[conv->point][o * n + i];
		if (conv->identity) middle[o] += values[conv->identity][o];
	}
	return conv->squeeze
			   ? matrix_multiply('N', 'N', n * TAPS, n, n, values[conv->squeeze], values[conv->expand], 1, kernel)
			   : DEBLUR_OK;
}

enum deblur_status reparam_fold(const struct reparam *r, float *const *values, struct graph *to) {
	for (size_t i = 0; i < to->parameter_count; i++)
		if (values[i] != to->parameters[i].values)
			memcpy(to->parameters[i].values, values[i], to->parameters[i].count * sizeof(float));
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < r->conv_count && !status; i++)
		status = fold_conv(&r->convs[i], values, to->parameters[r->convs[i].kernel].values);
	return status;
}

/* dkernel: [channels][3][3][channels] of the folded kernel, and so of each branch's part of it. */
static enum deblur_status unfold_conv(const struct reparam *r, const struct reparam_conv *conv, const float *dkernel) {
	const size_t n = conv->channels;
	for (size_t o = 0; o < n; o++) {
		const float *dmiddle = dkernel + (o * TAPS + MIDDLE) * n;
		if (conv->point) memcpy(r->gradients[conv->point] + o * n, dmiddle, n * sizeof *dmiddle);
		if (conv->identity) r->gradients[conv->identity][o] = dmiddle[o];
	}
	if (!conv->squeeze) return DEBLUR_OK;
	const float *squeeze = r->values[conv->squeeze], *expand = r->values[conv->expand];
	const enum deblur_status status =
		matrix_multiply('N', 'T', n * TAPS, n, n, dkernel, expand, 0, r->gradients[conv->squeeze]);
	return status ? status : matrix_multiply('T', 'N', n, n, n * TAPS, squeeze, dkernel, 0, r->gradients[conv->expand]);
}

enum deblur_status reparam_unfold_gradients(struct reparam *r, const struct net *net) {
	for (size_t i = 0; i < r->graph->parameter_count; i++) r->gradients[i] = net_parameter_gradient(net, i);
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < r->conv_count && !status; i++)
		status = unfold_conv(r, &r->convs[i], r->gradients[r->convs[i].kernel]);
	return status;
}
