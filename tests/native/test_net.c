/* test_net.c - the trainer's forward pass against a double-precision interpreter, its gradients against central
 * differences of it. */
#include "train/net.h"

#include <omp.h>
#include <stdatomic.h>

#include "check.h"
#include "core/blur.h"
#include "core/networks.h"
#include "degrade/random.h"
#include "graph_double.h"

enum { BATCH = 3 };

static size_t parts; /* of the batch, in all of these nets */

struct problem {
	struct graph *graph;
	size_t height, width, picture_count, condition_count, output_count;
	int tap; /* a tensor that has a loss of its own, of tap_count numbers a sample */
	size_t tap_count;
	double **parameters;                     /* of the graph, in double */
	double *pictures, *conditions, *targets; /* [BATCH][...]; the loss is sum output * target */
};

static double *random_doubles(size_t count, struct random *random, double scale) {
	double *v = calloc(count + 1, sizeof *v);
	for (size_t i = 0; i < count; i++)
		v[i] = (double)(float)(scale * random_normal(random)); /* the same in both precisions */
	return v;
}

static struct problem make_problem(struct graph *graph, size_t height, size_t width, uint64_t seed) {
	struct random random = random_seeded(seed, 0, 0);
	struct problem p = {.graph = graph, .height = height, .width = width};
	const struct graph_tensor *out = &graph->tensors[graph->output];
	const size_t d = out->downscale;
	p.picture_count = height * width * graph->tensors[graph->picture].channels;
	p.condition_count = graph->condition < 0 ? 0 : graph->tensors[graph->condition].channels;
	p.output_count = out->channels * (d ? height / d * (width / d) : 1);
	p.parameters = calloc(graph->parameter_count + 1, sizeof *p.parameters);
	for (size_t i = 0; i < graph->parameter_count; i++) {
		struct graph_parameter *q = &graph->parameters[i];
		p.parameters[i] = random_doubles(
			q->count, &random, q->shape[1] * q->shape[3] > 1 ? 1.2 / sqrt((double)(q->count / q->shape[0])) : 0.2);
		for (size_t j = 0; j < q->count; j++) q->values[j] = (float)p.parameters[i][j];
	}
	p.pictures = random_doubles(BATCH * p.picture_count, &random, 0.7);
	p.conditions = random_doubles(BATCH * p.condition_count, &random, 0.7);
	p.targets = random_doubles(BATCH * p.output_count, &random, 1);
	return p;
}

static void release_problem(struct problem *p) {
	for (size_t i = 0; i < p->graph->parameter_count; i++) free(p->parameters[i]);
	free(p->parameters);
	free(p->pictures);
	free(p->conditions);
	free(p->targets);
	graph_destroy(p->graph);
}

/* Adds up output * target, and, where a tensor is tapped, half its squares: its gradient is then itself. */
static double loss_in_double(const struct problem *p) {
	double loss = 0;
	for (size_t n = 0; n < BATCH; n++) {
		struct dtensor *t = drun(p->graph, p->parameters, p->pictures + n * p->picture_count, p->height, p->width,
								 p->conditions + n * p->condition_count);
		for (size_t i = 0; i < p->output_count; i++)
			loss += t[p->graph->output].v[i] * p->targets[n * p->output_count + i];
		for (size_t i = 0; i < p->tap_count; i++) loss += t[p->tap].v[i] * t[p->tap].v[i] / 2;
		dfree(p->graph, t);
	}
	return loss;
}

static struct net *run_net(const struct problem *p, enum conv_precision precision, int tap) {
	struct net *net = NULL;
	const struct net_options options = {.batch = BATCH,
										.height = p->height,
										.width = p->width,
										.precision = precision,
										.training = true,
										.tap = tap,
										.condition_learns = p->condition_count > 0,
										.parts = parts};
	const enum deblur_status status = net_create(p->graph, &options, &net);
	CHECK(!status, "%s", deblur_status_message(status));
	for (size_t i = 0; i < BATCH * p->picture_count; i++) net_picture(net)[i] = (float)p->pictures[i];
	for (size_t i = 0; i < BATCH * p->condition_count; i++) net_condition(net)[i] = (float)p->conditions[i];
	CHECK(!net_forward(net), "forward");
	return net;
}

static void check_forward(const struct problem *p, const struct net *net, double tolerance) {
	double worst = 0;
	for (size_t n = 0; n < BATCH; n++) {
		struct dtensor *t = drun(p->graph, p->parameters, p->pictures + n * p->picture_count, p->height, p->width,
								 p->conditions + n * p->condition_count);
		for (size_t i = 0; i < p->output_count; i++)
			worst = fmax(worst, fabs(t[p->graph->output].v[i] - (double)net_output(net)[n * p->output_count + i]));
		dfree(p->graph, t);
	}
	CHECK(worst < tolerance, "%s: output off by %g", p->graph->name, worst);
}

/* Central difference of the loss in one number. */
static double slope_at(const struct problem *p, size_t parameter, size_t j) {
	const double h = 1e-5, kept = p->parameters[parameter][j];
	p->parameters[parameter][j] = kept + h;
	const double up = loss_in_double(p);
	p->parameters[parameter][j] = kept - h;
	const double down = loss_in_double(p);
	p->parameters[parameter][j] = kept;
	return (up - down) / (2 * h);
}

static void check_gradients(const struct problem *p, const struct net *net, size_t samples_per_parameter) {
	for (size_t i = 0; i < p->graph->parameter_count; i++) {
		const struct graph_parameter *q = &p->graph->parameters[i];
		double norm = 0;
		for (size_t j = 0; j < q->count; j++) norm = fmax(norm, fabs((double)net_parameter_gradient(net, i)[j]));
		for (size_t s = 0; s < samples_per_parameter; s++) {
			const size_t j = (s * 7919 + 13) % q->count;
			const double wanted = slope_at(p, i, j), got = (double)net_parameter_gradient(net, i)[j];
			CHECK(fabs(wanted - got) < 1e-4 * (norm + fabs(wanted)) + 1e-5, "%s[%zu]: %g, not %g", q->name, j, got,
				  wanted);
		}
	}
}

/* Along the whole gradient: the loss has to fall by its squared length. */
static void check_direction(const struct problem *p, const struct net *net, double tolerance) {
	double squares = 0;
	for (size_t i = 0; i < p->graph->parameter_count; i++)
		for (size_t j = 0; j < p->graph->parameters[i].count; j++)
			squares += pow((double)net_parameter_gradient(net, i)[j], 2);
	const double h = 1e-6 / sqrt(squares);
	double losses[2];
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < p->graph->parameter_count; i++)
			for (size_t j = 0; j < p->graph->parameters[i].count; j++)
				p->parameters[i][j] += (side ? -2 : 1) * h * (double)net_parameter_gradient(net, i)[j];
		losses[side] = loss_in_double(p);
	}
	const double slope = (losses[0] - losses[1]) / (2 * h);
	CHECK(fabs(slope / squares - 1) < tolerance, "%s: slope along the gradient %g, not %g", p->graph->name, slope,
		  squares);
}

static void backward(const struct problem *p, struct net *net) {
	for (size_t i = 0; i < BATCH * p->output_count; i++) net_output_gradient(net)[i] = (float)p->targets[i];
	CHECK(!net_backward(net), "backward");
}

static void check_graph(struct graph *graph, size_t height, size_t width, size_t samples, uint64_t seed) {
	CHECK(graph && !graph_status(graph), "the graph is not valid");
	if (!graph || graph_status(graph)) return;
	struct problem p = make_problem(graph, height, width, seed);
	struct net *net = run_net(&p, CONV_FLOAT32, -1);
	check_forward(&p, net, 2e-4);
	backward(&p, net);
	check_gradients(&p, net, samples);
	check_direction(&p, net, 2e-3);
	net_destroy(net);
	release_problem(&p);
}

/* Each op stands behind a convolution, so that its input's gradient is seen, too. */
static struct graph *begin(const char *name, uint32_t channels, int *x) {
	struct graph *g = graph_create(name);
	*x = graph_conv2d(g, graph_input_map(g, "picture", 3), "first", channels, 3, 1, ACTIVATION_NONE);
	return g;
}

static struct graph *end(struct graph *g, int x) {
	graph_set_output(g, x);
	return g;
}

static void conv2d_gradients_are_right(void) {
	const struct {
		uint32_t kernel, stride, out;
		enum activation activation;
	} cases[] = {{3, 1, 5, ACTIVATION_RELU},
				 {3, 2, 16, ACTIVATION_NONE},
				 {1, 1, 7, ACTIVATION_RELU},
				 {3, 2, 3, ACTIVATION_RELU}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int x;
		struct graph *g = begin("conv2d", 6, &x);
		check_graph(
			end(g, graph_conv2d(g, x, "conv", cases[i].out, cases[i].kernel, cases[i].stride, cases[i].activation)), 8,
			6, 8, i);
	}
}

static void conv_transpose_gradients_are_right(void) {
	int x;
	struct graph *g = begin("transpose", 6, &x);
	x = graph_conv2d(g, x, "down", 5, 3, 2, ACTIVATION_NONE);
	check_graph(end(g, graph_conv_transpose2x2(g, x, "up", 3, ACTIVATION_RELU)), 8, 6, 12, 11);
}

static void shuffle_gradients_are_right(void) {
	int x;
	struct graph *g = begin("shuffle", 3, &x);
	x = graph_pixel_unshuffle(g, x, "unshuffle", 2);
	x = graph_conv2d(g, x, "conv", 8, 3, 1, ACTIVATION_NONE);
	check_graph(end(g, graph_pixel_shuffle(g, x, "shuffle", 2)), 8, 6, 12, 12);
}

static void sums_that_share_a_term_have_right_gradients(void) {
	int x;
	struct graph *g = begin("sums", 4, &x);
	const int y = graph_conv2d(g, x, "a", 4, 3, 1, ACTIVATION_RELU),
			  z = graph_conv2d(g, y, "b", 4, 3, 1, ACTIVATION_NONE);
	int sum = graph_add(g, y, z, "sum1"); /* y is masked by its own ReLU: must not spoil z's gradient */
	sum = graph_add(g, sum, sum, "twice");
	sum = graph_add(g, sum, x, "sum2");
	sum = graph_add(g, graph_conv2d(g, sum, "c", 4, 1, 1, ACTIVATION_NONE), y, "sum3");
	check_graph(end(g, graph_sigmoid(g, sum, "sigmoid")), 6, 5, 12, 13);
}

static void vectors_and_affine_have_right_gradients(void) {
	struct graph *g = graph_create("affine");
	const int picture = graph_input_map(g, "picture", 3), told = graph_input_vector(g, "blur", 5);
	const int hidden = graph_linear(g, told, "hidden", 9, ACTIVATION_RELU);
	int x = graph_conv2d(g, picture, "conv", 20, 3, 1, ACTIVATION_NONE); /* more than 16 channels: two runs of sums */
	x = graph_channel_affine(g, x, graph_linear(g, hidden, "scale", 20, ACTIVATION_NONE),
							 graph_linear(g, hidden, "shift", 20, ACTIVATION_NONE), "film", ACTIVATION_RELU);
	x = graph_global_average(g, x, "average");
	check_graph(end(g, graph_linear(g, x, "out", 4, ACTIVATION_NONE)), 7, 9, 12, 14);
}

static void rings_have_right_gradients(void) {
	struct graph *g = graph_create("rings");
	const int picture = graph_input_map(g, "picture", 3);
	int told = graph_input_vector(g, "told", 20); /* 5 places of 4 */
	told = graph_ring_conv(g, told, "wide", 5, 6, 3, ACTIVATION_RELU);
	told = graph_ring_conv(g, told, "next", 5, 3, 3, ACTIVATION_NONE);
	told = graph_ring_conv(g, told, "point", 5, 2, 1, ACTIVATION_RELU);
	int x = graph_global_average(g, graph_conv2d(g, picture, "conv", 6, 3, 1, ACTIVATION_RELU), "average");
	x = graph_ring_conv(g, x, "of the picture", 3, 4, 3, ACTIVATION_RELU);
	check_graph(end(g, graph_linear(g, graph_concat(g, x, told, "both"), "out", 4, ACTIVATION_NONE)), 6, 5, 20, 15);
}

static void whole_nets_have_right_gradients(void) {
	const struct networks_unet size = {.level_count = 3,
									   .widths = {8, 12, 16},
									   .encoder_blocks = {1, 1, 2},
									   .decoder_blocks = {1, 1},
									   .condition_width = 12};
	const struct networks_unet mixed = {.level_count = 2,
										.widths = {8, 12},
										.ranks = {13, 12},
										.encoder_blocks = {1, 2},
										.decoder_blocks = {1},
										.condition_width = 12};
	check_graph(networks_unet(&size), 16, 24, 2, 18);
	check_graph(networks_unet(&mixed), 16, 12, 2, 17);
	check_graph(networks_estimator(), 16, 16, 1, 16);
}

/* A tensor that is looked at from outside takes part in two losses: the output's, and one of its own. */
static void check_tap(struct graph *graph, int tap, size_t height, size_t width, uint64_t seed) {
	struct problem p = make_problem(graph, height, width, seed);
	struct net *net = run_net(&p, CONV_FLOAT32, tap);
	p.tap = tap;
	p.tap_count = net_tap_count(net) / BATCH;
	check_forward(&p, net, 2e-4);
	memcpy(net_tap_gradient(net), net_tap(net), net_tap_count(net) * sizeof(float));
	backward(&p, net);
	check_gradients(&p, net, 2);
	check_direction(&p, net, 2e-3);
	net_destroy(net);
	release_problem(&p);
}

static void tapped_tensors_have_right_gradients(void) {
	const struct networks_unet size = {
		.level_count = 2, .widths = {8, 12}, .encoder_blocks = {1, 2}, .decoder_blocks = {1}, .condition_width = 12};
	struct graph *g = networks_unet(&size);
	const int count = (int)g->tensor_count;
	graph_destroy(g);
	/* Every tensor of the picture: terms of sums, sums, before and after a ReLU. */
	for (int tap = 0; tap < count; tap++) {
		g = networks_unet(&size);
		if (g->tensors[tap].downscale && g->ops[g->op_count - 1].output != tap && tap != g->picture)
			check_tap(g, tap, 8, 8, 40 + (uint64_t)tap);
		else
			graph_destroy(g);
	}
}

static void a_tapped_input_gets_its_gradient(void) {
	struct graph *g = graph_create("projection");
	graph_set_output(g, graph_conv2d(g, graph_input_map(g, "picture", 5), "conv", 7, 1, 1, ACTIVATION_NONE));
	struct problem p = make_problem(g, 4, 6, 30);
	struct net *net = run_net(&p, CONV_FLOAT32, g->picture);
	memset(net_tap_gradient(net), 0, net_tap_count(net) * sizeof(float));
	backward(&p, net);
	for (size_t i = 0; i < net_tap_count(net); i += 7) {
		double wanted = 0; /* a sum over the output's channels of weight * target */
		for (size_t o = 0; o < 7; o++) wanted += p.parameters[0][o * 5 + i % 5] * p.targets[i / 5 * 7 + o];
		CHECK(fabs((double)net_tap_gradient(net)[i] - wanted) < 1e-5 * (1 + fabs(wanted)), "number %zu", i);
	}
	net_destroy(net);
	release_problem(&p);
}

static void the_condition_gets_its_gradient(void) {
	const struct networks_unet size = {.level_count = 2,
									   .widths = {8, 12},
									   .ranks = {11, 0},
									   .encoder_blocks = {1, 1},
									   .decoder_blocks = {1},
									   .condition_width = 12};
	struct problem p = make_problem(networks_unet(&size), 8, 12, 41);
	struct net *net = run_net(&p, CONV_FLOAT32, -1);
	backward(&p, net);
	for (size_t i = 0; i < BATCH * p.condition_count; i++) {
		const double h = 1e-5, kept = p.conditions[i];
		p.conditions[i] = kept + h;
		const double up = loss_in_double(&p);
		p.conditions[i] = kept - h;
		const double slope = (up - loss_in_double(&p)) / (2 * h);
		p.conditions[i] = kept;
		CHECK(fabs((double)net_condition_gradient(net)[i] - slope) < 2e-3 * (1 + fabs(slope)), "number %zu: %g, not %g",
			  i, (double)net_condition_gradient(net)[i], slope);
	}
	net_destroy(net);
	release_problem(&p);
}

static bool multiplies_bfloat16(void) {
#if defined(__x86_64__)
	return __builtin_cpu_supports("avx512bf16");
#else
	return false;
#endif
}

static void bfloat16_follows_float32(void) {
	CHECK(multiplies_bfloat16() || conv_best_precision() == CONV_FLOAT32,
		  "nothing is bfloat16's by itself without instructions for it");
	if (!multiplies_bfloat16()) return;
	struct problem p = make_problem(networks_restorer("student"), 32, 32, 17);
	const int tap = graph_bottleneck(p.graph); /* in bfloat16 within the net, and in floats outside */
	struct net *exact = run_net(&p, CONV_FLOAT32, tap), *rounded = run_net(&p, CONV_BFLOAT16, tap);
	double difference = 0, power = 0;
	for (size_t i = 0; i < net_tap_count(exact); i++) {
		net_tap_gradient(exact)[i] = net_tap_gradient(rounded)[i] = net_tap(exact)[i];
		difference += pow((double)(net_tap(exact)[i] - net_tap(rounded)[i]), 2);
		power += pow((double)net_tap(exact)[i], 2);
	}
	CHECK(power > 0 && difference < 1e-3 * power, "bottlenecks differ by %g of their length", sqrt(difference / power));
	difference = power = 0;
	backward(&p, exact);
	backward(&p, rounded);
	for (size_t i = 0; i < p.graph->parameter_count; i++)
		for (size_t j = 0; j < p.graph->parameters[i].count; j++) {
			const double a = (double)net_parameter_gradient(exact, i)[j],
						 b = (double)net_parameter_gradient(rounded, i)[j];
			difference += (a - b) * (a - b);
			power += a * a;
		}
	CHECK(difference < 0.02 * power, "gradients differ by %g of their length", sqrt(difference / power));
	net_destroy(exact);
	net_destroy(rounded);
	release_problem(&p);
}

static void sizes_that_do_not_fit_are_refused(void) {
	struct graph *g = networks_restorer("student");
	struct net *net = NULL;
	CHECK(net_create(g, &(struct net_options){.batch = 1, .height = 12, .width = 16, .training = true, .tap = -1},
					 &net) == DEBLUR_BAD_ARGUMENT,
		  "height 12");
	CHECK(net_create(g, &(struct net_options){.batch = 0, .height = 16, .width = 16, .training = true, .tap = -1},
					 &net) == DEBLUR_BAD_ARGUMENT,
		  "no batch");
	CHECK(net_create(g,
					 &(struct net_options){
						 .batch = 1, .height = 16, .width = 16, .training = true, .tap = (int)g->tensor_count},
					 &net) == DEBLUR_BAD_ARGUMENT,
		  "a tap beyond the tensors");
	CHECK(net_create(
			  g, &(struct net_options){.batch = 4, .height = 16, .width = 16, .training = true, .tap = -1, .parts = 3},
			  &net) == DEBLUR_BAD_ARGUMENT,
		  "parts that do not divide the batch");
	graph_destroy(g);
}

static void count_call(void *context) {
	atomic_fetch_add((atomic_int *)context, 1);
}

static void idle_threads_find_work(void) {
	struct problem p = make_problem(networks_restorer("student"), 16, 16, 8);
	struct net *net = run_net(&p, CONV_FLOAT32, -1);
	atomic_int calls = 0;
	net_on_idle(net, count_call, &calls);
	CHECK(!net_backward(net), "backward");
	const int threads = parts > 1 ? (int)parts : omp_get_max_threads();
	CHECK(calls == threads, "%d of %d threads worked", calls, threads);
	net_destroy(net);
	release_problem(&p);
}

int main(void) {
	RUN(sizes_that_do_not_fit_are_refused);
	for (parts = 1; parts <= BATCH; parts += BATCH - 1) {
		RUN(conv2d_gradients_are_right);
		RUN(conv_transpose_gradients_are_right);
		RUN(shuffle_gradients_are_right);
		RUN(sums_that_share_a_term_have_right_gradients);
		RUN(vectors_and_affine_have_right_gradients);
		RUN(rings_have_right_gradients);
		RUN(whole_nets_have_right_gradients);
		RUN(tapped_tensors_have_right_gradients);
		RUN(a_tapped_input_gets_its_gradient);
		RUN(the_condition_gets_its_gradient);
		RUN(bfloat16_follows_float32);
		RUN(idle_threads_find_work);
	}
	return check_summary();
}
