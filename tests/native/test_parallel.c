/* test_parallel.c - what several processes tell each other. Run alone it is about the one process; mpi.test.js runs it
 * under mpirun. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "train/gradient_mean.h"

enum { BUFFERS = 70, COUNT = 1000 }; /* more sums at a time than are kept track of */

static struct parallel *all;

static double ranks_summed(void) {
	const double size = (double)parallel_size(all);
	return size * (size - 1) / 2;
}

static void sums_that_overlap_are_right(void) {
	float *values = malloc(BUFFERS * COUNT * sizeof *values);
	for (size_t i = 0; i < BUFFERS * COUNT; i++) values[i] = (float)(i % 977 + parallel_rank(all));
	for (size_t b = 0; b < BUFFERS; b++) {
		parallel_sum_begin(all, values + b * COUNT, COUNT);
		parallel_carry_on(all);
	}
	parallel_wait(all);
	size_t wrong = 0;
	for (size_t i = 0; i < BUFFERS * COUNT; i++) {
		const double wanted = (double)(i % 977 * parallel_size(all)) + ranks_summed();
		wrong += (double)values[i] != wanted;
	}
	CHECK(!wrong, "%zu sums", wrong);
	free(values);
}

static void sums_have_the_same_bits_everywhere(void) {
	float values[COUNT], first[COUNT];
	for (size_t i = 0; i < COUNT; i++) values[i] = 1 / (float)(3 + i * (1 + parallel_rank(all)));
	parallel_sum_begin(all, values, COUNT);
	parallel_wait(all);
	memcpy(first, values, sizeof first);
	parallel_broadcast(all, first, sizeof first);
	CHECK(!memcmp(first, values, sizeof first), "rank %zu has others than the first", parallel_rank(all));
}

static void a_sum_at_once_is_right(void) {
	double values[2] = {(double)parallel_rank(all), 0.5};
	parallel_sum(all, values, 2);
	CHECK(values[0] == ranks_summed() && values[1] == 0.5 * (double)parallel_size(all), "%g, %g", values[0], values[1]);
}

static void here_are_all_of_them(void) {
	CHECK(parallel_size_here(all) == parallel_size(all), "%zu of %zu", parallel_size_here(all), parallel_size(all));
	CHECK(parallel_is_launched() == (all != NULL), "launched, and yet alone, or the other way round");
}

static void all_get_what_the_first_has(void) {
	size_t told[3] = {7 * parallel_rank(all), 1 + parallel_rank(all), 2};
	parallel_broadcast(all, told, sizeof told);
	CHECK(told[0] == 0 && told[1] == 1 && told[2] == 2, "%zu %zu %zu", told[0], told[1], told[2]);
}

static void the_first_failure_is_that_of_all(void) {
	const size_t rank = parallel_rank(all), last = parallel_size(all) - 1;
	size_t first = 99;
	CHECK(parallel_agree(all, DEBLUR_OK, &first) == DEBLUR_OK, "all were fine");
	CHECK(parallel_agree(all, rank == last ? DEBLUR_IO : DEBLUR_OK, &first) == DEBLUR_IO && first == last,
		  "the last failed, not %zu", first);
	const enum deblur_status own = rank ? DEBLUR_OUT_OF_MEMORY : DEBLUR_BAD_ARGUMENT;
	CHECK(parallel_agree(all, own, &first) == DEBLUR_BAD_ARGUMENT && first == 0, "the first failed, not %zu", first);
	CHECK(parallel_agree(all, own, NULL) == DEBLUR_BAD_ARGUMENT, "nobody has to know who");
}

/* ---- gradients ---- */

enum { BATCH = 2, SIDE = 8, WIDTH = 96 }; /* as many channels as make a sum travel in several pieces */

static struct graph *make_graph(void) {
	struct graph *graph = graph_create("restorer");
	const int picture = graph_input_map(graph, "picture", 3);
	int x = graph_conv2d(graph, picture, "head", WIDTH, 3, 1, ACTIVATION_RELU);
	x = graph_conv2d(graph, x, "middle", WIDTH, 3, 1, ACTIVATION_NONE);
	x = graph_conv2d(graph, x, "tail", 3, 3, 1, ACTIVATION_NONE);
	graph_set_output(graph, graph_add(graph, picture, x, "restored"));
	for (size_t i = 0; i < graph->parameter_count; i++)
		for (size_t j = 0; j < graph->parameters[i].count; j++)
			graph->parameters[i].values[j] = 0.05f * (float)((int)((j * 7919 + i) % 13) - 6);
	return graph;
}

/* The same picture everywhere, and a slope of the loss that is `slope` everywhere. */
static void run(struct net *net, float slope) {
	for (size_t i = 0; i < BATCH * SIDE * SIDE * 3; i++) net_picture(net)[i] = (float)(i * 31 % 97) / 97;
	CHECK(!net_forward(net), "forward");
	for (size_t i = 0; i < net_output_count(net); i++) net_output_gradient(net)[i] = slope;
	CHECK(!net_backward(net), "backward");
}

/* What net_on_gradient tells: how often of each parameter, and the sum of its gradient at that moment. */
struct told {
	const struct graph *graph;
	const struct net *net;
	size_t times[16];
	double sums[16];
};

static double gradient_sum(const struct told *told, size_t parameter) {
	double sum = 0;
	for (size_t i = 0; i < told->graph->parameters[parameter].count; i++)
		sum += (double)net_parameter_gradient(told->net, parameter)[i];
	return sum;
}

static void hear(void *context, size_t parameter) {
	struct told *told = context;
	told->times[parameter]++;
	told->sums[parameter] = gradient_sum(told, parameter);
}

static void a_gradient_is_complete_when_the_net_tells_of_it(void) {
	struct graph *graph = make_graph();
	struct net *net = NULL;
	const struct net_options options = {.batch = BATCH, .height = SIDE, .width = SIDE, .training = true, .tap = -1};
	CHECK(!net_create(graph, &options, &net), "set-up");
	struct told told = {.graph = graph, .net = net};
	net_on_gradient(net, hear, &told);
	run(net, 1);
	for (size_t i = 0; i < graph->parameter_count; i++)
		CHECK(told.times[i] == 1 && told.sums[i] == gradient_sum(&told, i), "%s: %zu times, %g, in the end %g",
			  graph->parameters[i].name, told.times[i], told.sums[i], gradient_sum(&told, i));
	net_destroy(net);
	graph_destroy(graph);
}

static void gradients_become_their_mean(void) {
	struct graph *graph = make_graph();
	struct net *net = NULL, *alone = NULL;
	struct gradient_mean *mean = NULL;
	const struct net_options options = {.batch = BATCH, .height = SIDE, .width = SIDE, .training = true, .tap = -1};
	CHECK(!net_create(graph, &options, &net) && !net_create(graph, &options, &alone) &&
			  !gradient_mean_create(all, graph, net, &mean),
		  "set-up");
	/* Gradients are proportional to the loss's slope: 1, 2, .. by rank. The third time the last process gets no further
	 * than its own mistake, and nobody waits for it; the fourth time all is as before. */
	const double size = (double)parallel_size(all), slopes = (size + 1) / 2;
	run(alone, 1);
	for (int time = 0; time < 4; time++) {
		const bool fails = time == 2 && parallel_rank(all) == parallel_size(all) - 1;
		if (!fails) run(net, (float)(1 + parallel_rank(all)));
		gradient_mean_finish(mean);
		for (size_t i = 0; i < graph->parameter_count && time != 2; i++) {
			double worst = 0;
			for (size_t j = 0; j < graph->parameters[i].count; j++) {
				const double wanted = slopes * (double)net_parameter_gradient(alone, i)[j];
				worst = fmax(worst, fabs((double)net_parameter_gradient(net, i)[j] - wanted) / (1 + fabs(wanted)));
			}
			CHECK(worst < 1e-4, "time %d: %s is off by %g", time, graph->parameters[i].name, worst);
		}
	}
	gradient_mean_destroy(mean);
	net_destroy(net);
	net_destroy(alone);
	graph_destroy(graph);
}

int main(void) {
	if (parallel_join(&all)) return fprintf(stderr, "built without MPI\n"), 77;
	RUN(sums_that_overlap_are_right);
	RUN(sums_have_the_same_bits_everywhere);
	RUN(a_sum_at_once_is_right);
	RUN(here_are_all_of_them);
	RUN(all_get_what_the_first_has);
	RUN(the_first_failure_is_that_of_all);
	RUN(a_gradient_is_complete_when_the_net_tells_of_it);
	RUN(gradients_become_their_mean);
	if (parallel_rank(all) == 0) printf("%zu processes\n", parallel_size(all));
	fflush(stdout);
	parallel_leave(all);
	return check_summary();
}
