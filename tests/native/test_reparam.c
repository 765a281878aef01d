/* test_reparam.c - branches fold to the kernel that does what they do, and get the gradients that they are due. Both
 * are held against the network with its branches drawn out: parallel convolutions and sums, as ops of a graph. */
#include "train/reparam.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/blur.h"
#include "core/executor.h"
#include "core/networks.h"
#include "core/spectrum.h"
#include "graph_double.h"
#include "train/initialise.h"

enum { ALL = REPARAM_POINT | REPARAM_IDENTITY | REPARAM_SQUEEZE };

/* ---- the network with its branches drawn out ---- */

struct name {
	char text[GRAPH_NAME_BYTES];
};

static struct name join(const char *a, const char *b) {
	struct name name;
	snprintf(name.text, sizeof name.text, "%.30s%.12s", a, b);
	return name;
}

/* -1: there is none of this name. */
static int find(const struct reparam *r, const char *name) {
	for (size_t i = 0; i < r->parameter_count; i++)
		if (!strcmp(r->parameters[i].name, name)) return (int)i;
	return -1;
}

static bool has(const struct reparam *r, const char *conv, const char *branch) {
	return find(r, join(join(conv, branch).text, ".weight").text) >= 0;
}

static int draw_conv(struct graph *g, const struct reparam *r, int x, const char *name, const struct graph_op *op) {
	const uint32_t n = g->tensors[x].channels;
	int y = graph_conv2d(g, x, name, n, 3, 1, ACTIVATION_NONE);
	if (has(r, name, ".1x1"))
		y = graph_add(g, y, graph_conv2d(g, x, join(name, ".1x1").text, n, 1, 1, ACTIVATION_NONE),
					  join(name, ".sum1").text);
	if (has(r, name, ".identity"))
		y = graph_add(g, y, graph_conv2d(g, x, join(name, ".identity").text, n, 1, 1, ACTIVATION_NONE),
					  join(name, ".sum2").text);
	if (has(r, name, ".squeeze")) {
		const int z = graph_conv2d(g, x, join(name, ".expand").text, n, 1, 1, ACTIVATION_NONE);
		y = graph_add(g, y, graph_conv2d(g, z, join(name, ".squeeze").text, n, 3, 1, ACTIVATION_NONE),
					  join(name, ".sum3").text);
	}
	/* A sum has no activation of its own. */
	return op->activation ? graph_conv2d(g, y, join(name, ".relu").text, n, 1, 1, op->activation) : y;
}

static struct graph *draw_out(const struct reparam *r) {
	const struct graph *from = r->graph;
	struct graph *g = graph_create(from->name);
	const size_t inputs = from->tensor_count - from->op_count;
	int *now = calloc(from->tensor_count, sizeof *now); /* where each tensor is in g */
	for (size_t i = 0; i < inputs; i++) {
		const struct graph_tensor *t = &from->tensors[i];
		now[i] = t->downscale ? graph_input_map(g, t->name, t->channels) : graph_input_vector(g, t->name, t->channels);
	}
	for (size_t i = 0; i < from->op_count; i++) {
		struct graph_op op = from->ops[i];
		const struct graph_tensor *out = &from->tensors[op.output];
		for (int j = 0; j < 3; j++) op.inputs[j] = op.inputs[j] < 0 ? -1 : now[op.inputs[j]];
		const bool branched =
			has(r, out->name, ".1x1") || has(r, out->name, ".identity") || has(r, out->name, ".squeeze");
		now[from->ops[i].output] =
			branched ? draw_conv(g, r, op.inputs[0], out->name, &op) : graph_append(g, &op, out->name, out->channels);
	}
	graph_set_output(g, now[from->output]);
	CHECK(!graph_status(g), "the drawn-out graph is not valid");
	free(now);
	return g;
}

static void set_diagonal(const struct graph_parameter *p, const float *scale) {
	for (size_t c = 0; c < p->shape[0]; c++) p->values[c * p->shape[3] + c] = scale ? scale[c] : 1;
}

static void fill_drawn_out(const struct reparam *r, struct graph *g) {
	for (size_t i = 0; i < g->parameter_count; i++) {
		const struct graph_parameter *p = &g->parameters[i];
		const int from = find(r, p->name);
		if (from >= 0 && r->parameters[from].count == p->count)
			memcpy(p->values, r->values[from], p->count * sizeof(float));
		else if (from >= 0)
			set_diagonal(p, r->values[from]);
		else if (strstr(p->name, ".relu.weight"))
			set_diagonal(p, NULL); /* the others are biases of branches: zero */
	}
}

/* ---- problems ---- */

static void randomise(struct reparam *r, uint64_t seed) {
	struct random random = random_seeded(seed, 0, 0);
	for (size_t i = 0; i < r->parameter_count; i++) {
		const struct graph_parameter *p = &r->parameters[i];
		const size_t fan_in = p->count / p->shape[0];
		const double deviation = fan_in > 1 ? 0.7 / sqrt((double)fan_in) : 0.3;
		for (size_t j = 0; j < p->count; j++) p->values[j] = (float)(deviation * random_normal(&random));
	}
}

static struct reparam *branches_of(struct graph *graph, unsigned branches, uint64_t seed) {
	struct random random = random_seeded(seed, 1, 0);
	struct reparam *r = NULL;
	CHECK(graph && !reparam_create(graph, branches, &random, &r), "create");
	return r;
}

static struct graph *block(void) {
	struct graph *g = graph_create("block");
	const int x = graph_conv2d(g, graph_input_map(g, "picture", 3), "first", 5, 3, 1, ACTIVATION_NONE);
	int y = graph_conv2d(g, x, "conv1", 5, 3, 1, ACTIVATION_RELU);
	y = graph_conv2d(g, y, "conv2", 5, 3, 1, ACTIVATION_NONE);
	y = graph_conv2d(g, graph_add(g, x, y, "add"), "down", 5, 3, 2, ACTIVATION_NONE);
	graph_set_output(g, graph_conv2d(g, y, "last", 2, 1, 1, ACTIVATION_NONE));
	return g;
}

/* ---- folded is unfolded ---- */

enum { HEIGHT = 24, WIDTH = 40 };

/* Gives its numbers; *count: how many. */
static float *run(const struct graph *graph, uint64_t seed, size_t *count) {
	struct random random = random_seeded(seed, 2, 0);
	struct executor *e = NULL;
	float told[SPECTRUM_COUNT];
	CHECK(!executor_create(graph, kernels_best(), &(struct executor_size){.height = HEIGHT, .width = WIDTH}, &e),
		  "executor");
	for (int i = 0; i < SPECTRUM_COUNT; i++) told[i] = (float)random_normal(&random);
	executor_set_condition(e, told);
	const struct map in = executor_input(e, HEIGHT, WIDTH);
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t i = 0; i < 3 * WIDTH; i++) in.data[y * in.row_stride + i] = (float)random_uniform(&random);
	executor_run(e);
	const struct graph_tensor *out = &graph->tensors[graph->output];
	const bool vector = !out->downscale;
	const struct map map =
		vector ? (struct map){.height = 1, .width = 1, .channels = out->channels} : *executor_output(e);
	*count = map.height * map.width * map.channels;
	float *numbers = malloc(*count * sizeof *numbers);
	for (size_t y = 0; y < map.height; y++)
		memcpy(numbers + y * map.width * map.channels,
			   vector ? executor_output_vector(e) : map.data + y * map.row_stride,
			   map.width * map.channels * sizeof *numbers);
	executor_destroy(e);
	return numbers;
}

static void check_folded(struct graph *graph, unsigned branches, uint64_t seed) {
	struct reparam *r = branches_of(graph, branches, seed);
	randomise(r, seed);
	struct graph *unfolded = draw_out(r), *folded = graph_clone(graph);
	fill_drawn_out(r, unfolded);
	CHECK(!reparam_fold(r, r->values, folded), "fold");
	size_t count = 0, same_count = 0;
	float *wanted = run(unfolded, seed, &count), *got = run(folded, seed, &same_count);
	double worst = 0, largest = 0;
	for (size_t i = 0; i < count; i++) {
		worst = fmax(worst, fabs((double)got[i] - (double)wanted[i]));
		largest = fmax(largest, fabs((double)wanted[i]));
	}
	CHECK(count == same_count && largest > 0.1 && largest < 10, "outputs up to %g", largest);
	CHECK(worst < 1e-5, "%s, branches %u, seed %llu: off by %g of %g", graph->name, branches, (unsigned long long)seed,
		  worst, largest);
	CHECK(graph_macs_per_pixel(folded) < graph_macs_per_pixel(unfolded), "nothing is saved");
	free(wanted);
	free(got);
	graph_destroy(unfolded);
	graph_destroy(folded);
	reparam_destroy(r);
	graph_destroy(graph);
}

static void folded_and_unfolded_outputs_agree(void) {
	for (unsigned branches = 1; branches <= ALL; branches++) {
		check_folded(networks_restorer("student-scaled"), branches, branches);
		check_folded(networks_estimator(), branches, 10 + branches);
	}
	check_folded(networks_restorer("published"), ALL, 20);
}

static void branches_stand_beside_the_convolutions_of_blocks(void) {
	struct graph *graph = block();
	struct reparam *r = branches_of(graph, ALL, 1);
	CHECK(r->conv_count == 2 && r->parameter_count == graph->parameter_count + 8, "%zu convolutions", r->conv_count);
	CHECK(has(r, "conv1", ".identity") && has(r, "conv2", ".expand") && !has(r, "first", ".1x1") &&
			  !has(r, "down", ".1x1") && !has(r, "last", ".squeeze"),
		  "where they stand");
	for (size_t i = 0; i < graph->parameter_count; i++)
		CHECK(!strcmp(r->parameters[i].name, graph->parameters[i].name), "%s", r->parameters[i].name);
	reparam_destroy(r);
	graph_destroy(graph);
}

/* ---- the start ---- */

static void a_run_starts_with_the_weights_that_the_graph_has(void) {
	struct graph *graph = networks_estimator(), *before = NULL;
	struct random random = random_seeded(5, 0, 0);
	initialise(graph, &random);
	before = graph_clone(graph);
	struct reparam *r = branches_of(graph, ALL, 5);
	CHECK(!reparam_fold(r, r->values, graph), "fold");
	for (size_t i = 0; i < graph->parameter_count; i++)
		for (size_t j = 0; j < graph->parameters[i].count; j++)
			CHECK(graph->parameters[i].values[j] == before->parameters[i].values[j], "%s[%zu]",
				  graph->parameters[i].name, j);
	/* Were expand zero, too, neither half of the product could leave it. */
	const int expand = find(r, "block2.conv1.expand.weight");
	double squares = 0;
	for (size_t j = 0; expand >= 0 && j < r->parameters[expand].count; j++)
		squares += pow((double)r->values[expand][j], 2);
	CHECK(expand >= 0 && fabs(squares / r->parameters[expand].shape[0] - 1) < 0.1, "expand changes the variance");
	reparam_destroy(r);
	graph_destroy(before);
	graph_destroy(graph);
}

static void without_branches_the_parameters_are_the_graphs_own(void) {
	struct graph *graph = block();
	struct reparam *r = branches_of(graph, 0, 1);
	CHECK(r->parameter_count == graph->parameter_count && !r->conv_count, "count");
	for (size_t i = 0; i < r->parameter_count; i++)
		CHECK(r->values[i] == graph->parameters[i].values && r->parameters[i].values == r->values[i], "%zu", i);
	CHECK(!reparam_fold(r, r->values, graph), "fold");
	reparam_destroy(r);
	graph_destroy(graph);
}

/* ---- gradients ---- */

enum { H = 8, W = 6, PICTURE = H * W * 3, OUTPUT = H / 2 * (W / 2) * 2 };

/* The loss is the sum of output * target. The net is the plain one; differences are taken of the drawn-out graph. */
struct problem {
	struct reparam *r;
	struct net *net;
	struct graph *unfolded;
	double **parameters; /* of unfolded */
	double picture[PICTURE], target[OUTPUT];
};

static double **in_double(const struct graph *graph) {
	double **parameters = calloc(graph->parameter_count, sizeof *parameters);
	for (size_t i = 0; i < graph->parameter_count; i++) {
		const struct graph_parameter *p = &graph->parameters[i];
		parameters[i] = calloc(p->count, sizeof **parameters);
		for (size_t j = 0; j < p->count; j++) parameters[i][j] = (double)p->values[j];
	}
	return parameters;
}

static struct problem make_problem(unsigned branches) {
	struct problem p = {.r = branches_of(block(), branches, branches)};
	struct random random = random_seeded(branches, 3, 0);
	randomise(p.r, branches);
	p.unfolded = draw_out(p.r);
	fill_drawn_out(p.r, p.unfolded);
	p.parameters = in_double(p.unfolded);
	for (size_t i = 0; i < PICTURE; i++) p.picture[i] = (double)(float)random_uniform(&random);
	for (size_t i = 0; i < OUTPUT; i++) p.target[i] = (double)(float)random_normal(&random);
	CHECK(!reparam_fold(p.r, p.r->values, p.r->graph), "fold");
	CHECK(!net_create(p.r->graph,
					  &(struct net_options){.batch = 1, .height = H, .width = W, .training = true, .tap = -1}, &p.net),
		  "net");
	return p;
}

static void release_problem(struct problem *p) {
	struct graph *graph = p->r->graph;
	for (size_t i = 0; i < p->unfolded->parameter_count; i++) free(p->parameters[i]);
	free(p->parameters);
	graph_destroy(p->unfolded);
	net_destroy(p->net);
	reparam_destroy(p->r);
	graph_destroy(graph);
}

static double loss_in_double(const struct problem *p) {
	const double no_condition = 0;
	struct dtensor *t = drun(p->unfolded, p->parameters, p->picture, H, W, &no_condition);
	double loss = 0;
	for (size_t i = 0; i < OUTPUT; i++) loss += t[p->unfolded->output].v[i] * p->target[i];
	dfree(p->unfolded, t);
	return loss;
}

/* Number j of a learned parameter, in the drawn-out graph. */
static double *number_of(const struct problem *p, const struct graph_parameter *learned, size_t j) {
	for (size_t i = 0; i < p->unfolded->parameter_count; i++) {
		const struct graph_parameter *drawn = &p->unfolded->parameters[i];
		if (!strcmp(drawn->name, learned->name))
			return &p->parameters[i][drawn->count == learned->count ? j : j * drawn->shape[3] + j];
	}
	return NULL;
}

static double slope_at(const struct problem *p, double *number) {
	const double h = 1e-5, kept = *number;
	*number = kept + h;
	const double up = loss_in_double(p);
	*number = kept - h;
	const double down = loss_in_double(p);
	*number = kept;
	return (up - down) / (2 * h);
}

static void check_gradients(const struct problem *p, unsigned branches) {
	for (size_t i = 0; i < PICTURE; i++) net_picture(p->net)[i] = (float)p->picture[i];
	CHECK(!net_forward(p->net), "forward");
	for (size_t i = 0; i < OUTPUT; i++) net_output_gradient(p->net)[i] = (float)p->target[i];
	CHECK(!net_backward(p->net) && !reparam_unfold_gradients(p->r, p->net), "backward");
	for (size_t i = 0; i < p->r->parameter_count; i++)
		for (size_t sample = 0; sample < 12; sample++) {
			const struct graph_parameter *learned = &p->r->parameters[i];
			const size_t j = (sample * 7919 + 13) % learned->count;
			const double wanted = slope_at(p, number_of(p, learned, j)), got = (double)p->r->gradients[i][j];
			CHECK(fabs(wanted - got) < 1e-4 * (1 + fabs(wanted)), "branches %u: %s[%zu]: %g, not %g", branches,
				  learned->name, j, got, wanted);
		}
}

static void branches_have_right_gradients(void) {
	for (unsigned branches = 1; branches <= ALL; branches++) {
		struct problem p = make_problem(branches);
		check_gradients(&p, branches);
		release_problem(&p);
	}
}

static void lists_of_branches_are_read(void) {
	unsigned branches = 9;
	CHECK(reparam_parse("1x1", &branches) && branches == REPARAM_POINT, "one");
	CHECK(reparam_parse("squeeze,1x1,identity", &branches) && branches == ALL, "all");
	const char *const wrong[] = {"",    ",",    "1x1,",   ",1x1",     "1x1,,squeeze",
								 "3x3", "1x1 ", "squeez", "squeezee", "identity;1x1"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK(!reparam_parse(wrong[i], &branches), "\"%s\" passes", wrong[i]);
}

int main(void) {
	RUN(lists_of_branches_are_read);
	RUN(branches_stand_beside_the_convolutions_of_blocks);
	RUN(without_branches_the_parameters_are_the_graphs_own);
	RUN(a_run_starts_with_the_weights_that_the_graph_has);
	RUN(folded_and_unfolded_outputs_agree);
	RUN(branches_have_right_gradients);
	return check_summary();
}
