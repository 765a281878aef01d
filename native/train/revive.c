#include "train/revive.h"

#include <math.h>
#include <string.h>

/* Whose parameter has its input channels last; a transposed convolution's has not. */
static bool has_rows(const struct graph_op *op) {
	return graph_is_conv2d(op->kind) || op->kind == GRAPH_LINEAR || op->kind == GRAPH_RING_CONV;
}

static size_t count_readers(const struct graph *graph, int tensor) {
	size_t count = tensor == graph->output;
	for (size_t i = 0; i < graph->op_count; i++)
		for (int j = 0; j < 3; j++) count += graph->ops[i].inputs[j] == tensor;
	return count;
}

/* Whether what `op` gives is read by `reader`, by its weights and channel for channel. */
static bool reads(const struct graph_op *reader, const struct graph_op *op) {
	if (!has_rows(reader) || reader->inputs[0] != op->output) return false;
	return reader->kind != GRAPH_RING_CONV || (op->kind == GRAPH_RING_CONV && op->stride == reader->stride);
}

/* Who alone reads what an op gives; NULL: several do, or one that is no such op. */
static const struct graph_op *reader_of(const struct graph *graph, const struct graph_op *op) {
	if (count_readers(graph, op->output) != 1) return NULL;
	for (size_t i = 0; i < graph->op_count; i++)
		if (reads(&graph->ops[i], op)) return &graph->ops[i];
	return NULL;
}

/* The op that gives a tensor; NULL: it is an input. */
static const struct graph_op *giver_of(const struct graph *graph, int tensor) {
	for (size_t i = 0; i < graph->op_count; i++)
		if (graph->ops[i].output == tensor) return &graph->ops[i];
	return NULL;
}

static void fill(float *values, size_t count, double deviation, struct random *random) {
	for (size_t i = 0; i < count; i++) values[i] = (float)(deviation * random_normal(random));
}

static float *row_of(struct graph *graph, int parameter, size_t row) {
	struct graph_parameter *p = &graph->parameters[parameter];
	return p->values + row * (p->count / p->shape[0]);
}

/* Square of the length of the kernel that a channel has while no gate changes it. */
static double kernel_square(struct graph *graph, const struct graph_op *op, size_t channel) {
	const struct graph_parameter *weight = &graph->parameters[op->weight];
	const float *mix = row_of(graph, op->mix, channel);
	const size_t rank = weight->shape[0], length = weight->count / rank;
	double square = 0;
	for (size_t i = 0; i < length; i++) {
		double sum = 0;
		for (size_t r = 0; r < rank; r++) sum += (double)mix[r] * (double)weight->values[r * length + i];
		square += sum * sum;
	}
	return square;
}

/* He et al. 2015, as initialise.h: a kernel's squares add up to 2 before a ReLU. */
static void draw_kernel(struct graph *graph, const struct graph_op *op, size_t channel, struct random *random) {
	const struct graph_parameter *p = &graph->parameters[op->mix >= 0 ? op->mix : op->weight];
	const size_t length = p->count / p->shape[0];
	float *row = p->values + channel * length;
	fill(row, length, sqrt(2 / (double)length), random);
	const double square = op->mix >= 0 ? kernel_square(graph, op, channel) : 2;
	for (size_t i = 0; i < length && square > 0; i++) row[i] *= (float)sqrt(2 / square);
}

static void silence(struct graph *graph, const struct graph_op *linear, size_t row) {
	const struct graph_parameter *p = &graph->parameters[linear->weight];
	memset(row_of(graph, linear->weight, row), 0, p->count / p->shape[0] * sizeof(float));
	*row_of(graph, linear->bias, row) = 0;
}

/* The linear op that gives an input of a mixed convolution, and nothing else; NULL: it is none such. */
static const struct graph_op *linear_of(const struct graph *graph, const struct graph_op *op, int input) {
	const struct graph_op *giver = op->kind == GRAPH_MIXED_CONV2D ? giver_of(graph, op->inputs[input]) : NULL;
	const bool is_its_own = giver && giver->kind == GRAPH_LINEAR && count_readers(graph, giver->output) == 1;
	return is_its_own ? giver : NULL;
}

/* What a mixed convolution mixes, once nobody needs it as it is: it has drifted as far as the mix. */
static void draw_sources(struct graph *graph, const struct graph_op *op, struct random *random) {
	struct graph_parameter *weight = &graph->parameters[op->weight];
	const size_t rank = weight->shape[0];
	const struct graph_op *gate = linear_of(graph, op, 1);
	fill(weight->values, weight->count, 1 / sqrt((double)(weight->count / rank)), random);
	for (size_t r = 0; gate && r < rank; r++) silence(graph, gate, r);
}

static void begin_anew(struct graph *graph, const struct graph_op *op, const struct graph_op *reader, size_t channel,
					   struct random *random) {
	const size_t channels = graph->parameters[op->bias].count; /* of a ring, at each place */
	const struct graph_op *shift = linear_of(graph, op, 2);
	struct graph_parameter *read = &graph->parameters[reader->weight];
	draw_kernel(graph, op, channel, random);
	*row_of(graph, op->bias, channel) = 0;
	if (shift) silence(graph, shift, channel);
	for (size_t i = channel; i < read->count; i += channels) read->values[i] = 0;
}

static double largest_of(const double *values, size_t count) {
	double largest = 0;
	for (size_t i = 0; i < count; i++) largest = fmax(largest, values[i]);
	return largest;
}

/* How many channels of an op began anew. */
static size_t revive_op(struct graph *graph, const struct graph_op *op, const struct graph_op *reader,
						double *const *sensitivity, struct random *random) {
	const double next_to_nothing = 1e-7, of_reader = 1e-3; /* of the layer's largest, and of its reader's */
	const double *bias = sensitivity[op->bias];
	const size_t channels = graph->parameters[op->bias].count;
	const double largest = largest_of(bias, channels),
				 read = largest_of(sensitivity[reader->bias], graph->parameters[reader->bias].count);
	const bool all = largest <= of_reader * read;
	size_t dead = 0;
	if (!(read > 0)) return 0; /* behind what is dead itself nobody can tell */
	if (all && op->mix >= 0) draw_sources(graph, op, random);
	for (size_t channel = 0; channel < channels; channel++) {
		if (!all && bias[channel] > next_to_nothing * largest) continue;
		begin_anew(graph, op, reader, channel, random);
		dead++;
	}
	return dead;
}

size_t revive(struct graph *graph, double *const *sensitivity, struct random *random, revive_tell tell, void *context) {
	size_t all = 0;
	/* From the beginning: a reader that is drawn anew later does look at what was before. */
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i], *reader = reader_of(graph, op);
		if (op->activation != ACTIVATION_RELU || !has_rows(op) || !reader) continue;
		const size_t dead = revive_op(graph, op, reader, sensitivity, random);
		if (tell && dead) tell(context, graph->tensors[op->output].name, dead, graph->parameters[op->bias].count);
		all += dead;
	}
	return all;
}
