/* test_executor.c - fused, planned and padded, the executor gives what a plain interpreter in double precision gives:
 * for our nets, and for random graphs whose ops share their inputs in every way. */
#include "core/executor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	CHECK(
		!executor_create(graph, kernels_best(), &(struct executor_size){.height = height + 16, .width = width + 8}, &e),
		"create");
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

/* ---- some rows at a time ---- */

struct picture_rows {
	const float *picture;
	float *result;
	size_t width, next; /* the row that has to come next */
	float *below;       /* the seam that the run may take */
	bool filled;        /* whether it has filled the one above */
};

static void read_rows(void *user, size_t first, const struct map *rows) {
	const struct picture_rows *p = user;
	for (size_t y = 0; y < rows->height; y++)
		memcpy(rows->data + y * rows->row_stride, p->picture + (first + y) * p->width * 3,
			   p->width * 3 * sizeof(float));
}

static void write_rows(void *user, size_t first, const struct map *rows) {
	struct picture_rows *p = user;
	CHECK(first == p->next, "row %zu came after row %zu", first, p->next);
	p->next = first + rows->height;
	for (size_t y = 0; y < rows->height; y++)
		memcpy(p->result + (first + y) * p->width * 3, rows->data + y * rows->row_stride, p->width * 3 * sizeof(float));
}

static void seam_is_filled(void *user) {
	struct picture_rows *p = user;
	CHECK(!p->filled, "filled twice");
	p->filled = true;
}

static const float *give_seam(void *user) {
	const struct picture_rows *p = user;
	return p->below;
}

/* The best kernels, which count the rows that convolutions give. */
static size_t convolved;
static void counting_conv2d(const struct conv2d *conv, const struct map *src, const struct map *residual,
							const struct map *dst) {
	convolved += dst->height;
	kernels_best()->conv2d(conv, src, residual, dst);
}
static void counting_winograd(const struct conv2d *conv, const struct map *src, const struct map *residual,
							  const struct map *dst, float *scratch) {
	convolved += dst->height;
	kernels_best()->conv3x3_winograd(conv, src, residual, dst, scratch);
}
static void counting_transpose(const struct conv2d *conv, const struct map *src, const struct map *residual,
							   const struct map *dst) {
	convolved += dst->height;
	kernels_best()->conv_transpose2x2(conv, src, residual, dst);
}
static const struct kernels *counting_kernels(void) {
	static struct kernels counting;
	counting = *kernels_best();
	counting.conv2d = counting_conv2d;
	if (counting.conv3x3_winograd) counting.conv3x3_winograd = counting_winograd;
	counting.conv_transpose2x2 = counting_transpose;
	return &counting;
}

/* Rows first..end - 1 of the result, so many at once; the rest of `result` is left as it is. above: to be filled, or
 * NULL. */
static size_t run_rows(const struct graph *graph, struct picture_rows *p, size_t height, size_t at_once, size_t first,
					   size_t end, float *above) {
	const struct executor_size size = {height, p->width, at_once};
	const struct kernels *kernels = counting_kernels();
	struct executor *e = NULL;
	float condition[SPECTRUM_COUNT] = {0.5f, -1, 2};
	CHECK(!executor_create(graph, kernels, &size, &e), "create");
	executor_set_condition(e, condition);
	p->next = first;
	p->filled = false;
	const struct executor_rows io = {read_rows, write_rows, p, above, seam_is_filled, p->below ? give_seam : NULL};
	CHECK(executor_run_rows(e, height, p->width, first, end, &io), "run");
	CHECK(p->filled == !!above, "the seam above is not full");
	CHECK(p->next == end, "%zu rows, not %zu", p->next, end);
	const size_t bytes = executor_bytes(e);
	CHECK(bytes == executor_bytes_for(graph, kernels, &size), "another size was told");
	executor_destroy(e);
	return bytes;
}

/* From the last row to the first, in parts of at most `most` rows that share what lies on their borders. */
static void run_parts(const struct graph *graph, struct picture_rows *p, size_t height, size_t at_once, size_t most,
					  struct random *random) {
	const size_t alignment = graph_alignment_px(graph);
	const struct executor_size size = {height, p->width, at_once};
	const size_t bytes = executor_seam_bytes_for(graph, counting_kernels(), &size);
	float *above = NULL;
	for (size_t end = height, first; end; end = first) {
		const size_t rows = alignment * (1 + random_below(random, (uint32_t)(most / alignment)));
		first = end > rows ? end - rows : 0;
		above = first && bytes ? malloc(bytes) : NULL;
		run_rows(graph, p, height, at_once, first, end, above);
		free(p->below);
		p->below = above;
	}
}

static void fill_parameters(struct graph *graph, struct random *random) {
	for (size_t i = 0; i < graph->parameter_count; i++)
		for (size_t j = 0; j < graph->parameters[i].count; j++)
			graph->parameters[i].values[j] = (float)(0.1 * random_normal(random));
}

/* All at once, and in every other way: the same bits, and no row that was not asked for. */
static void check_rows(struct graph *graph, size_t height, size_t width, uint64_t seed) {
	struct random random = random_seeded(seed, 3, 0);
	const size_t floats = height * width * 3, alignment = graph_alignment_px(graph);
	float *picture = malloc(floats * sizeof *picture);
	float *wanted = calloc(floats, sizeof *wanted), *got = calloc(floats, sizeof *got);
	fill_parameters(graph, &random);
	for (size_t i = 0; i < floats; i++) picture[i] = (float)random_uniform(&random);
	struct picture_rows whole = {picture, wanted, width, 0, NULL, false}, parts = {picture, got, width, 0, NULL, false};
	run_rows(graph, &whole, height, 0, 0, height, NULL);
	for (size_t at_once = alignment; at_once < height; at_once += alignment * (1 + random_below(&random, 2))) {
		memset(got, 0, floats * sizeof *got);
		const size_t cut = alignment * random_below(&random, (uint32_t)(height / alignment));
		if (cut) run_rows(graph, &parts, height, at_once, 0, cut, NULL);
		for (size_t i = cut * width * 3; i < floats; i++) CHECK(!got[i], "wrote beyond row %zu", cut);
		run_rows(graph, &parts, height, at_once, cut, height, NULL);
		CHECK(!memcmp(wanted, got, floats * sizeof *got), "%s %llu: %zu x %zu, %zu rows at once, cut at %zu",
			  graph->name, (unsigned long long)seed, width, height, at_once, cut);
		convolved = 0;
		run_rows(graph, &parts, height, at_once, 0, height, NULL);
		const size_t once = convolved, most = alignment * (1 + random_below(&random, (uint32_t)(height / alignment)));
		memset(got, 0, floats * sizeof *got);
		convolved = 0;
		run_parts(graph, &parts, height, at_once, most, &random);
		CHECK(!memcmp(wanted, got, floats * sizeof *got), "%s %llu: %zu x %zu, %zu rows at once, parts of %zu",
			  graph->name, (unsigned long long)seed, width, height, at_once, most);
		CHECK(convolved == once ||
				  !executor_seam_bytes_for(graph, kernels_best(), &(struct executor_size){height, width, at_once}),
			  "%s %llu: %zu rows in parts, %zu in one", graph->name, (unsigned long long)seed, convolved, once);
	}
	free(picture);
	free(wanted);
	free(got);
}

static void rows_at_a_time_change_no_bit(void) {
	const struct networks_unet told = {.level_count = 3,
									   .widths = {8, 12, 24},
									   .encoder_blocks = {1, 2, 1},
									   .decoder_blocks = {1, 0},
									   .condition_width = 8};
	for (size_t width = 8; width <= 40; width += 16) {
		struct graph *graph = networks_unet(&told);
		check_rows(graph, 200, width, width);
		graph_destroy(graph);
	}
}

static void memory_does_not_grow_with_the_height(void) {
	struct graph *graph = networks_restorer("student");
	const size_t low = executor_bytes_for(graph, kernels_best(), &(struct executor_size){400, 64, 16});
	const size_t high = executor_bytes_for(graph, kernels_best(), &(struct executor_size){4000, 64, 16});
	CHECK(low && low == high, "%zu bytes for 400 rows, %zu for 4000", low, high);
	graph_destroy(graph);
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

static void random_graphs_run_by_rows(void) {
	size_t checked = 0;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct graph *g = random_graph(seed);
		const struct graph_tensor *output = &g->tensors[g->output];
		if (output->downscale == 1 && output->channels == 3 && ++checked) check_rows(g, 40, 12, seed);
		graph_destroy(g);
	}
	CHECK(checked > 30, "only %zu graphs give a picture", checked);
}

int main(void) {
	RUN(executor_equals_the_interpreter);
	RUN(random_graphs_equal_the_interpreter);
	RUN(rows_at_a_time_change_no_bit);
	RUN(random_graphs_run_by_rows);
	RUN(memory_does_not_grow_with_the_height);
	return check_summary();
}
