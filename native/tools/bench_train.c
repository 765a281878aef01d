/* bench_train.c - how fast a net learns, without the making of samples: whole steps (forward, loss, backward,
 * optimiser) beside what oneDNN needs for the same convolutions alone, in one run. Prints one JSON object.
 * `scripts/bench-train` runs it beside PyTorch.
 *
 *     build/bench-train NETWORK BATCH SIDE_PX f32|bf16 SECONDS [THREADS]
 */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/blur.h"
#include "core/networks.h"
#include "train/initialise.h"
#include "train/loss.h"
#include "train/net.h"
#include "train/optimizer.h"
#include "train/reparam.h"

enum { SAMPLES_AT_MOST = 10000 };

static double now_s(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void require(enum deblur_status status, const char *what) {
	if (!status) return;
	fprintf(stderr, "bench-train: %s: %s\n", what, deblur_status_message(status));
	exit(1);
}

static void *room(size_t bytes) {
	void *data = calloc(bytes ? bytes : 1, 1);
	if (!data) require(DEBLUR_OUT_OF_MEMORY, "starting");
	return data;
}

/* ---- whole steps ---- */

struct learner {
	struct graph *graph;
	struct net *net;
	struct reparam *learned; /* without branches, as a plain run has it */
	struct optimizer *optimizer;
	float *truth;
	double forward_s, backward_s, rest_s; /* of the last step */
};

static void step(struct learner *l) {
	const size_t count = net_output_count(l->net);
	const double start = now_s();
	require(net_forward(l->net), "forward");
	const double seen = now_s();
	memset(net_output_gradient(l->net), 0, count * sizeof(float));
	loss_charbonnier(net_output(l->net), l->truth, count, 1, net_output_gradient(l->net));
	const double judged = now_s();
	require(net_backward(l->net), "backward");
	const double back = now_s();
	require(reparam_unfold_gradients(l->learned, l->net), "the gradients");
	optimizer_step(l->optimizer, l->learned->gradients, 1e-4);
	require(reparam_fold(l->learned, l->learned->values, l->graph), "the weights");
	l->forward_s = seen - start;
	l->backward_s = back - judged;
	l->rest_s = judged - seen + now_s() - back;
}

static void make_learner(const struct net_options *options, struct learner *l) {
	struct random random = random_seeded(1, 2, 3);
	initialise(l->graph, &random);
	require(net_create(l->graph, options, &l->net), "the net");
	require(reparam_create(l->graph, 0, &random, &l->learned), "the parameters");
	require(optimizer_create(l->learned->parameters, l->learned->parameter_count, &optimizer_defaults, &l->optimizer),
			"the optimiser");
	const size_t count = options->batch * options->height * options->width * 3;
	l->truth = room(count * sizeof *l->truth);
	for (size_t i = 0; i < count; i++) {
		l->truth[i] = (float)random_uniform(&random);
		net_picture(l->net)[i] = (float)random_uniform(&random);
	}
	for (size_t i = 0; net_condition(l->net) && i < options->batch * BLUR_CONDITION_COUNT; i++)
		net_condition(l->net)[i] = (float)random_uniform(&random);
}

/* ---- the same convolutions alone ---- */

/* Best of what fits into `seconds`, at least three. of_picture: nobody wants the source's gradient. */
static double best_s(struct conv *conv, const struct conv_shape *s, bool of_picture, double seconds) {
	const size_t in = s->batch * s->height * s->width * s->in_channels;
	const size_t out = s->batch * (s->height / s->stride) * (s->width / s->stride) * s->out_channels;
	const size_t weights = s->out_channels * s->in_channels * s->kernel * s->kernel;
	/* Numbers that are small in either precision: denormals would be slow. */
	float *src = room(in * 4), *dst = room(out * 4), *w = room(weights * 4), *bias = room(s->out_channels * 4),
		  *dw = room(weights * 4);
	double best = 1e9;
	const double start = now_s();
	for (int i = 0; i < 3 || now_s() - start < seconds; i++) {
		const double at = now_s();
		require(conv_forward(conv, w, bias, src, NULL, dst), "a convolution");
		require(conv_backward(conv, dst, dw, bias, of_picture ? NULL : src), "a convolution");
		if (now_s() - at < best) best = now_s() - at;
	}
	free(src), free(dst), free(w), free(bias), free(dw);
	return best;
}

static double gflop_of(const struct conv_shape *s, bool of_picture) {
	const double macs = (double)(s->batch * (s->height / s->stride) * (s->width / s->stride)) *
						(double)(s->out_channels * s->in_channels * s->kernel * s->kernel);
	return 2e-9 * macs * (of_picture ? 2 : 3); /* forward, weights, and the source's gradient where it has one */
}

/* As if all lay in the precision of the products: the ceiling converts nothing. */
static double thread_ceiling_s(const struct graph *graph, const struct net_options *options, double seconds,
							   double *gflop) {
	double sum = 0;
	struct conv_engine *engine = NULL;
	struct conv_shape shape;
	require(conv_engine_create(&engine), "oneDNN");
	*gflop = 0;
	for (size_t i = 0; i < graph->op_count; i++) {
		if (!net_conv_shape(graph, i, options, &shape)) continue;
		struct conv *conv = NULL;
		const bool of_picture = shape.float_src;
		shape.float_src = shape.float_dst = false;
		require(conv_create(engine, &shape, options->precision, true, &conv), "a convolution");
		sum += best_s(conv, &shape, of_picture, seconds / (double)graph->op_count);
		*gflop += gflop_of(&shape, of_picture);
		conv_destroy(conv);
	}
	conv_engine_destroy(engine);
	return sum;
}

/* Each thread has its part of the batch, as in net.h, and all run side by side; the slowest counts. */
static double ceiling_s(const struct graph *graph, const struct net_options *options, double seconds, double *gflop) {
	const size_t threads = (size_t)omp_get_max_threads();
	if (options->batch % threads) return thread_ceiling_s(graph, options, seconds, gflop);
	struct net_options part = *options;
	part.batch /= threads;
	double slowest = 0, all = 0;
#pragma omp parallel reduction(max : slowest) reduction(+ : all)
	{
		omp_set_num_threads(1);
		slowest = thread_ceiling_s(graph, &part, seconds, &all);
	}
	*gflop = all;
	return slowest;
}

/* ---- the command ---- */

static int by_size(const void *a, const void *b) {
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void report(const char *network, const struct net_options *o, const struct learner *best, double best_s_,
				   double median_s, double floor_s, double gflop) {
	printf("{\"network\":\"%s\",\"batch\":%zu,\"side_px\":%zu,\"precision\":\"%s\",\"threads\":%d,\"gflop\":%.3f,"
		   "\"step_ms\":%.3f,\"median_ms\":%.3f,\"forward_ms\":%.3f,\"backward_ms\":%.3f,\"rest_ms\":%.3f,"
		   "\"convolutions_ms\":%.3f,\"pictures_per_second\":%.3f,\"gflop_per_second\":%.1f,\"share\":%.3f}\n",
		   network, o->batch, o->height, o->precision == CONV_BFLOAT16 ? "bf16" : "f32", omp_get_max_threads(), gflop,
		   best_s_ * 1e3, median_s * 1e3, best->forward_s * 1e3, best->backward_s * 1e3, best->rest_s * 1e3,
		   floor_s * 1e3, (double)o->batch / best_s_, gflop / best_s_, floor_s / best_s_);
}

int main(int argc, char **argv) {
	const long batch = argc > 2 ? atol(argv[2]) : 0, side = argc > 3 ? atol(argv[3]) : 0;
	const bool f32 = argc > 4 && !strcmp(argv[4], "f32"), bf16 = argc > 4 && !strcmp(argv[4], "bf16");
	const double seconds = argc > 5 ? atof(argv[5]) : 0;
	if (batch < 1 || side < 1 || !(f32 || bf16) || !(seconds > 0)) {
		fprintf(stderr, "usage: bench-train NETWORK BATCH SIDE_PX f32|bf16 SECONDS [THREADS]\n");
		return 2;
	}
	omp_set_dynamic(0);
	omp_set_num_threads(argc > 6 && atoi(argv[6]) > 0 ? atoi(argv[6]) : omp_get_num_procs());
	struct learner l = {.graph = networks_restorer(argv[1])}, best = {0};
	if (!l.graph) require(DEBLUR_BAD_ARGUMENT, argv[1]);
	const struct net_options options = {.batch = (size_t)batch,
										.height = (size_t)side,
										.width = (size_t)side,
										.precision = bf16 ? CONV_BFLOAT16 : CONV_FLOAT32,
										.training = true,
										.tap = -1};
	make_learner(&options, &l);

	double *times = room(SAMPLES_AT_MOST * sizeof *times), least = 1e9;
	size_t count = 0;
	step(&l), step(&l);
	for (const double start = now_s(); count < 3 || (now_s() - start < seconds && count < SAMPLES_AT_MOST); count++) {
		const double at = now_s();
		step(&l);
		times[count] = now_s() - at;
		if (times[count] < least) least = times[count], best = l;
	}
	qsort(times, count, sizeof *times, by_size);
	double gflop;
	const double floor_s = ceiling_s(l.graph, &options, seconds, &gflop);
	report(argv[1], &options, &best, least, times[count / 2], floor_s, gflop);

	free(times), free(l.truth);
	optimizer_destroy(l.optimizer);
	reparam_destroy(l.learned);
	net_destroy(l.net);
	graph_destroy(l.graph);
	return 0;
}
