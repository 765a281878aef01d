/* Nets that grow out of smaller ones: at first they do what those did. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/blur.h"
#include "core/executor.h"
#include "core/networks.h"
#include "small_model.h"
#include "train/grow.h"

enum { HEIGHT = 24, WIDTH = 40, TOLD = 3 };

static const struct networks_unet small = {.level_count = 2,
										   .widths = {9, 12},
										   .ranks = {14, 0},
										   .encoder_blocks = {1, 1},
										   .decoder_blocks = {1},
										   .condition_width = 8};
static const struct networks_unet large = {.level_count = 3,
										   .widths = {10, 16, 20},
										   .ranks = {20, 0, 8},
										   .encoder_blocks = {2, 1, 1},
										   .decoder_blocks = {1, 2},
										   .condition_width = 12};

/* With something in all that starts at zero for training. */
static struct graph *filled(struct graph *graph, uint64_t seed) {
	struct random random = random_seeded(seed, 0, 0);
	initialise(graph, &random);
	for (size_t i = 0; i < graph->parameter_count; i++) {
		struct graph_parameter *p = &graph->parameters[i];
		for (size_t j = 0; j < p->count; j++)
			if (fabsf(p->values[j]) < 1e-9F) p->values[j] = (float)(0.1 * random_normal(&random));
	}
	return graph;
}

/* What a net makes of a random picture; it is told the first numbers of `told`. */
static float *output_of(const struct graph *graph, const float *told, size_t *count) {
	struct random random = random_seeded(3, 0, 0);
	struct executor *e = NULL;
	CHECK(!executor_create(graph, kernels_best(), &(struct executor_size){.height = HEIGHT, .width = WIDTH}, &e),
		  "executor");
	executor_set_condition(e, told);
	const struct map in = executor_input(e, HEIGHT, WIDTH);
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t i = 0; i < 3 * WIDTH; i++) in.data[y * in.row_stride + i] = (float)random_uniform(&random);
	executor_run(e);
	const bool is_vector = !graph->tensors[graph->output].downscale;
	*count = is_vector ? graph->tensors[graph->output].channels : 3 * HEIGHT * WIDTH;
	float *numbers = malloc(*count * sizeof *numbers);
	if (is_vector)
		memcpy(numbers, executor_output_vector(e), *count * sizeof *numbers);
	else
		for (size_t y = 0; y < HEIGHT; y++)
			memcpy(numbers + y * 3 * WIDTH, executor_output(e)->data + y * executor_output(e)->row_stride,
				   3 * WIDTH * sizeof *numbers);
	executor_destroy(e);
	return numbers;
}

static void check_same(const struct graph *from, const struct graph *to, double most) {
	float told[BLUR_CONDITION_COUNT];
	struct random random = random_seeded(4, 0, 0);
	for (size_t i = 0; i < BLUR_CONDITION_COUNT; i++) told[i] = (float)random_normal(&random);
	size_t count, grown_count;
	float *was = output_of(from, told, &count), *is = output_of(to, told, &grown_count);
	double worst = 0;
	for (size_t i = 0; i < count; i++) worst = fmax(worst, fabs((double)was[i] - (double)is[i]));
	CHECK(count == grown_count && worst <= most, "the grown net is off by %g", worst);
	free(was);
	free(is);
}

static const struct graph_parameter *parameter(const struct graph *graph, const char *name) {
	for (size_t i = 0; i < graph->parameter_count; i++)
		if (!strcmp(graph->parameters[i].name, name)) return &graph->parameters[i];
	CHECK(false, "no parameter %s", name);
	abort();
}

static double square_sum(const struct graph *graph, const char *name) {
	const struct graph_parameter *p = parameter(graph, name);
	double sum = 0;
	for (size_t i = 0; i < p->count; i++) sum += (double)p->values[i] * (double)p->values[i];
	return sum;
}

static void a_wider_and_deeper_net_does_what_the_smaller_one_did(void) {
	struct graph *from = filled(networks_unet(&small), 1), *to = networks_unet(&large);
	struct random random = random_seeded(2, 0, 0);
	initialise(to, &random);
	CHECK(can_grow(from, to) && !can_grow(to, from) && !can_grow(NULL, to), "which can grow into which");
	grow(from, to);
	check_same(from, to, 1e-5);
	/* What is new and counts nothing is connected to what does. */
	CHECK(square_sum(to, "enc0.1.conv2.mix") <= 0 && square_sum(to, "enc0.1.conv1.mix") > 0.1, "a new block");
	CHECK(square_sum(to, "up1.weight") <= 0 && square_sum(to, "enc2.0.conv1.mix") > 0.1, "a new level");
	const struct graph_parameter *stem = parameter(to, "stem.weight");
	CHECK(fabsf(stem->values[stem->count - 1]) > 0, "a new channel");
	graph_destroy(from);
	graph_destroy(to);
}

static void others_are_refused(void) {
	struct graph *from = networks_unet(&small), *estimator = networks_estimator(),
				 *published = networks_published_unet();
	struct networks_unet other = large;
	other.ranks[0] = 0;
	struct graph *scaled = networks_unet(&other);
	CHECK(!can_grow(from, scaled), "mixed kernels into plain ones");
	CHECK(!can_grow(from, published) && !can_grow(from, estimator) && !can_grow(estimator, from), "other networks");
	graph_destroy(from);
	graph_destroy(scaled);
	graph_destroy(estimator);
	graph_destroy(published);
}

/* As estimators are: of a picture's features and of a vector, one behind the other. */
static struct graph *looker(uint32_t features, uint32_t told, uint32_t kernel) {
	struct graph *graph = graph_create("estimator");
	int x = graph_input_map(graph, "picture", 3);
	const int vector = graph_input_vector(graph, "spectrum", told);
	x = graph_conv2d(graph, x, "features", features, kernel, 1, ACTIVATION_RELU);
	x = graph_global_average(graph, x, "average");
	x = graph_concat(graph, x, vector, "seen");
	graph_set_output(graph, graph_linear(graph, x, "found", 5, ACTIVATION_NONE));
	CHECK(!graph_status(graph), "a looker");
	return graph;
}

static void a_vector_may_grow_at_its_end(void) {
	struct graph *from = filled(looker(6, TOLD, 3), 5);
	struct graph *longer = filled(looker(6, TOLD + 2, 3), 6), *wider = looker(7, TOLD, 3), *other = looker(6, TOLD, 1);
	CHECK(can_grow(from, longer), "more numbers behind those that there were");
	CHECK(!can_grow(from, wider), "more numbers in the midst of them");
	CHECK(!can_grow(from, other), "another kernel");
	grow(from, longer);
	check_same(from, longer, 1e-6);
	graph_destroy(from);
	graph_destroy(longer);
	graph_destroy(wider);
	graph_destroy(other);
}

int main(void) {
	RUN(a_wider_and_deeper_net_does_what_the_smaller_one_did);
	RUN(others_are_refused);
	RUN(a_vector_may_grow_at_its_end);
	return check_summary();
}
