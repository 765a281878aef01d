#include "train/gradient_mean.h"

#include <stdlib.h>
#include <string.h>

/* 256 KiB: large enough that starting a sum does not count, small enough that the first leaves early. */
enum { PIECE = 65536 };

struct gradient_mean {
	struct parallel *parallel;
	const struct graph *graph;
	struct net *net;
	size_t *order;       /* of parameters in which they travel, the same in all processes, [count] */
	bool *complete;      /* by parameter: may travel */
	float *sums;         /* of all parameters, in that order */
	size_t count, taken; /* parameters of the order, and how many of them are in the sums */
	size_t begun, end;   /* numbers in the sums: on their way, and there at all */
};

/* Backward through the graph: the order in which net_backward is likely to complete them. */
static size_t find_order(const struct graph *graph, size_t *order) {
	size_t count = 0;
	for (size_t i = graph->op_count; i-- > 0;) {
		int own[GRAPH_OP_MAX_PARAMETERS];
		const size_t owned = graph_op_parameters(&graph->ops[i], own);
		for (size_t p = 0; p < owned; p++) order[count++] = (size_t)own[p];
	}
	return count;
}

/* What is complete and whose turn it is: all processes begin the same sums in the same order. */
static void take_complete(struct gradient_mean *m) {
	for (; m->taken < m->count && m->complete[m->order[m->taken]]; m->taken++) {
		const size_t parameter = m->order[m->taken], count = m->graph->parameters[parameter].count;
		memcpy(m->sums + m->end, net_parameter_gradient(m->net, parameter), count * sizeof(float));
		m->end += count;
		if (m->end - m->begun < PIECE && m->taken + 1 < m->count) continue;
		parallel_sum_begin(m->parallel, m->sums + m->begun, m->end - m->begun);
		m->begun = m->end;
	}
	parallel_carry_on(m->parallel);
}

static void on_gradient(void *context, size_t parameter) {
	struct gradient_mean *m = context;
	m->complete[parameter] = true;
	take_complete(m);
}

enum deblur_status gradient_mean_create(struct parallel *parallel, const struct graph *graph, struct net *net,
										struct gradient_mean **out) {
	if (parallel_size(parallel) == 1) return DEBLUR_OK;
	struct gradient_mean *m = calloc(1, sizeof *m);
	if (!m) return DEBLUR_OUT_OF_MEMORY;
	*m = (struct gradient_mean){.parallel = parallel,
								.graph = graph,
								.net = net,
								.order = calloc(graph->parameter_count + 1, sizeof *m->order),
								.complete = calloc(graph->parameter_count + 1, sizeof *m->complete),
								.sums = calloc(graph_parameter_total(graph) + 1, sizeof *m->sums)};
	if (!m->order || !m->complete || !m->sums) {
		gradient_mean_destroy(m);
		return DEBLUR_OUT_OF_MEMORY;
	}
	m->count = find_order(graph, m->order);
	net_on_gradient(net, on_gradient, m);
	*out = m;
	return DEBLUR_OK;
}

void gradient_mean_destroy(struct gradient_mean *m) {
	if (!m) return;
	net_on_gradient(m->net, NULL, NULL);
	free(m->order);
	free(m->complete);
	free(m->sums);
	free(m);
}

void gradient_mean_finish(struct gradient_mean *m) {
	if (!m) return;
	for (size_t i = 0; i < m->count; i++) m->complete[m->order[i]] = true;
	take_complete(m);
	parallel_wait(m->parallel);
	const float share = 1.0f / (float)parallel_size(m->parallel);
	const float *sum = m->sums;
	for (size_t i = 0; i < m->count; i++) {
		float *gradient = net_parameter_gradient(m->net, m->order[i]);
		for (size_t j = 0; j < m->graph->parameters[m->order[i]].count; j++) gradient[j] = *sum++ * share;
	}
	memset(m->complete, 0, m->graph->parameter_count * sizeof *m->complete);
	m->taken = m->begun = m->end = 0;
}
