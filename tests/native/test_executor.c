/* test_executor.c - fused, planned and padded, the executor gives what a plain interpreter in double precision gives:
 * for our nets, and for random graphs whose ops share their inputs in every way. */
#include "core/executor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "core/blur.h"
#include "core/networks.h"
#include "core/spectrum.h"
#include "degrade/random.h"
#include "graph_double.h"

static void check_executor(struct graph *graph, size_t height, size_t width, uint64_t seed) {
	struct random random = random_seeded(seed, 0, 0);
	struct executor *e = NULL;
	double **parameters = calloc(graph->parameter_count + 1, sizeof *parameters);
	double *picture = calloc(height * width * 3, sizeof *picture), condition[SPECTRUM_COUNT];
	float told[SPECTRUM_COUNT];
	for (size_t i = 0; i < graph->parameter_count; i++) {
		struct graph_parameter *p = &graph->parameters[i];
		parameters[i] = calloc(p->count, sizeof **parameters);
		for (size_t j = 0; j < p->count; j++) {
			p->values[j] = (float)(random_normal(&random) / sqrt((double)p->count / p->shape[0]));
			parameters[i][j] = (double)p->values[j];
		}
	}
	for (int i = 0; i < SPECTRUM_COUNT; i++) condition[i] = (double)(told[i] = (float)random_normal(&random));
	/* Created for more than is run, and run twice: the memory is not fresh any more. */
	CHECK(!executor_create(graph, kernels_best(), height + 16, width + 8, &e), "create");
	executor_set_condition(e, told);
	for (int run = 0; run < 2; run++) {
		const struct map input = executor_input(e, height, width);
		for (size_t y = 0; y < height; y++)
			for (size_t i = 0; i < width * 3; i++)
				input.data[y * input.row_stride + i] = (float)(picture[y * width * 3 + i] = random_uniform(&random));
		for (size_t i = 0; i < height * width * 3; i++) picture[i] = (double)(float)picture[i];
		executor_run(e);
	}
	struct dtensor *t = drun(graph, parameters, picture, height, width, condition);
	const struct dtensor *wanted = &t[graph->output];
	const bool vector = !graph->tensors[graph->output].downscale;
	double worst = 0, largest = 1;
	for (size_t y = 0; y < wanted->h; y++)
		for (size_t i = 0; i < wanted->w * wanted->c; i++) {
			const float got = vector ? executor_output_vector(e)[i]
									 : executor_output(e)->data[y * executor_output(e)->row_stride + i];
			const double right = wanted->v[y * wanted->w * wanted->c + i];
			worst = fmax(worst, fabs((double)got - right));
			largest = fmax(largest, fabs(right));
		}
	CHECK(worst < 2e-5 * largest, "%s %llu: off by %g of %g", graph->name, (unsigned long long)seed, worst, largest);
	dfree(graph, t);
	executor_destroy(e);
	for (size_t i = 0; i < graph->parameter_count; i++) free(parameters[i]);
	free(parameters);
	free(picture);
	graph_destroy(graph);
}

static void executor_equals_the_interpreter(void) {
	const struct networks_unet told = {.level_count = 3,
									   .widths = {8, 12, 24},
									   .encoder_blocks = {1, 2, 1},
									   .decoder_blocks = {1, 0},
									   .condition_width = 8};
	const struct networks_unet blind = {
		.level_count = 2, .widths = {5, 16}, .encoder_blocks = {1, 1}, .decoder_blocks = {2}, .condition_width = 0};
	const struct networks_unet mixed = {.level_count = 2,
										.widths = {8, 12},
										.ranks = {17, 12},
										.encoder_blocks = {1, 2},
										.decoder_blocks = {1},
										.condition_width = 8};
	check_executor(networks_unet(&told), 24, 16, 1);
	check_executor(networks_unet(&mixed), 20, 16, 4);
	check_executor(networks_unet(&blind), 8, 36, 2);
	check_executor(networks_estimator(), 32, 48, 3);
}

/* ---- random graphs ---- */

enum { MOST = 64 };

struct choice {
	int tensors[MOST];
	size_t count;
};

static struct choice maps_of(const struct graph *g, uint32_t channels, uint32_t downscale) {
	struct choice c = {0};
	for (size_t t = 0; t < g->tensor_count && c.count < MOST; t++) {
		const struct graph_tensor *tensor = &g->tensors[t];
		if (tensor->downscale && (!channels || (tensor->channels == channels && tensor->downscale == downscale)))
			c.tensors[c.count++] = (int)t;
	}
	return c;
}

static int pick(const struct choice *c, struct random *random) {
	return c->tensors[random_below(random, (uint32_t)c->count)];
}

/* Mostly the newest, so that ops follow each other and can be fused; sometimes any. */
static int pick_map(const struct graph *g, struct random *random) {
	const struct choice all = maps_of(g, 0, 0);
	return random_below(random, 3) ? all.tensors[all.count - 1] : pick(&all, random);
}

/* A vector of `channels`: from the condition, or from a map, which no fusion may take for known beforehand. */
static int make_vector(struct graph *g, const char *name, uint32_t channels, struct random *random) {
	int from = random_below(random, 2) ? g->condition : graph_global_average(g, pick_map(g, random), "pooled");
	if (!random_below(random, 3)) from = graph_concat(g, from, g->condition, "both");
	return graph_linear(g, from, name, channels, ACTIVATION_NONE);
}

static void append_something(struct graph *g, int index, struct random *random) {
	char name[GRAPH_NAME_BYTES], first[GRAPH_NAME_BYTES], second[GRAPH_NAME_BYTES];
	snprintf(name, sizeof name, "op%d", index);
	snprintf(first, sizeof first, "op%d.a", index);
	snprintf(second, sizeof second, "op%d.b", index);
	const int x = pick_map(g, random);
	const uint32_t channels = g->tensors[x].channels, downscale = g->tensors[x].downscale;
	const enum activation activation = (enum activation)random_below(random, 2);
	const struct choice alike = maps_of(g, channels, downscale);
	int scale;
	switch (random_below(random, 9)) {
	case 0:
		graph_conv2d(g, x, name, 1 + random_below(random, 20), 3, downscale < 4 ? 1 + random_below(random, 2) : 1,
					 activation);
		break;
	case 1:
	case 2: /* of the same shape, so that sums find a partner */
		graph_conv2d(g, x, name, channels, random_below(random, 2) ? 1 : 3, 1, activation);
		break;
	case 3:
		if (downscale > 1) graph_conv_transpose2x2(g, x, name, 1 + random_below(random, 9), activation);
		break;
	case 4:
	case 5:
		graph_add(g, x, pick(&alike, random), name);
		break;
	case 8: /* by what is known beforehand, which is all that it takes */
		scale = graph_linear(g, g->condition, first, 1 + random_below(random, 12), ACTIVATION_NONE);
		graph_mixed_conv2d(g, x, scale, graph_linear(g, g->condition, second, channels, ACTIVATION_NONE), name,
						   random_below(random, 2) ? 1 : 3, 1, activation);
		break;
	case 6:
		scale = make_vector(g, first, channels, random);
		graph_channel_affine(g, x, scale, make_vector(g, second, channels, random), name, activation);
		break;
	default:
		graph_sigmoid(g, x, name);
	}
}

static struct graph *random_graph(uint64_t seed) {
	struct random random = random_seeded(seed, 1, 0);
	struct graph *g = graph_create("random");
	graph_input_map(g, "picture", 3);
	graph_input_vector(g, "blur", 13);
	for (int i = 0; i < 14; i++) append_something(g, i, &random);
	graph_set_output(g, pick_map(g, &random));
	return g;
}

static void random_graphs_equal_the_interpreter(void) {
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct graph *g = random_graph(seed);
		CHECK(!graph_status(g), "graph %llu", (unsigned long long)seed);
		if (graph_status(g))
			graph_destroy(g);
		else
			check_executor(g, 8, 12, seed);
	}
}

int main(void) {
	RUN(executor_equals_the_interpreter);
	RUN(random_graphs_equal_the_interpreter);
	return check_summary();
}
