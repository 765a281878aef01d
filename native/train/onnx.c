#include "train/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/protobuf.h"

/* Field numbers of onnx.proto (github.com/onnx/onnx), by message. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_PRODUCER_VERSION = 3, MODEL_DOC = 6, MODEL_GRAPH = 7 };
enum { MODEL_OPERATOR_SET = 8, OPERATOR_SET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INT = 3, ATTRIBUTE_STRING = 4, ATTRIBUTE_INTS = 8, ATTRIBUTE_TYPE = 20 };
enum { ATTRIBUTE_IS_INT = 2, ATTRIBUTE_IS_STRING = 3, ATTRIBUTE_IS_INTS = 7 };
enum { TENSOR_DIMENSION = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9, TENSOR_FLOAT = 1, TENSOR_INT64 = 7 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_TYPE_ELEMENT = 1, TENSOR_TYPE_SHAPE = 2 };
enum { SHAPE_DIMENSION = 1, DIMENSION_VALUE = 1, DIMENSION_PARAMETER = 2 };
enum { IR_VERSION = 8, OPERATOR_SET = 13 };
enum { NAME_BYTES = GRAPH_NAME_BYTES + 16 };

/* Weights that ONNX wants in another order are made here. */
struct writer {
	const struct graph *graph;
	struct buffer out; /* the GraphProto */
};

/* ---- pieces ---- */

static void add_ints(struct buffer *node, const char *name, const int64_t *values, size_t count) {
	struct buffer attribute = {0};
	protobuf_text(&attribute, ATTRIBUTE_NAME, name);
	for (size_t i = 0; i < count; i++) protobuf_number(&attribute, ATTRIBUTE_INTS, values[i]);
	protobuf_number(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_IS_INTS);
	protobuf_message(node, NODE_ATTRIBUTE, &attribute);
}

static void add_int(struct buffer *node, const char *name, int64_t value) {
	struct buffer attribute = {0};
	protobuf_text(&attribute, ATTRIBUTE_NAME, name);
	protobuf_number(&attribute, ATTRIBUTE_INT, value);
	protobuf_number(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_IS_INT);
	protobuf_message(node, NODE_ATTRIBUTE, &attribute);
}

static void add_string(struct buffer *node, const char *name, const char *value) {
	struct buffer attribute = {0};
	protobuf_text(&attribute, ATTRIBUTE_NAME, name);
	protobuf_text(&attribute, ATTRIBUTE_STRING, value);
	protobuf_number(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_IS_STRING);
	protobuf_message(node, NODE_ATTRIBUTE, &attribute);
}

/* A node without attributes yet; inputs end with NULL. */
static struct buffer begin_node(const char *type, const char *const *inputs, const char *output) {
	struct buffer node = {0};
	for (; *inputs; inputs++) protobuf_text(&node, NODE_INPUT, *inputs);
	protobuf_text(&node, NODE_OUTPUT, output);
	protobuf_text(&node, NODE_NAME, output);
	protobuf_text(&node, NODE_TYPE, type);
	return node;
}

static void end_node(struct writer *w, struct buffer *node) {
	protobuf_message(&w->out, GRAPH_NODE, node);
}

static void add_plain_node(struct writer *w, const char *type, const char *const *inputs, const char *output) {
	struct buffer node = begin_node(type, inputs, output);
	end_node(w, &node);
}

static void add_tensor(struct writer *w, const char *name, int64_t type, const int64_t *shape, size_t rank,
					   const void *raw, size_t bytes) {
	struct buffer tensor = {0};
	for (size_t i = 0; i < rank; i++) protobuf_number(&tensor, TENSOR_DIMENSION, shape[i]);
	protobuf_number(&tensor, TENSOR_TYPE, type);
	protobuf_text(&tensor, TENSOR_NAME, name);
	protobuf_bytes(&tensor, TENSOR_RAW, raw, bytes); /* little-endian, as everything that we run on */
	protobuf_message(&w->out, GRAPH_INITIALIZER, &tensor);
}

/* [batch][channels][height][width], or [batch][channels]. */
static void add_value(struct writer *w, uint32_t field, const struct graph_tensor *tensor) {
	const char *const free_sizes[] = {"batch", NULL, "height", "width"};
	struct buffer shape = {0}, type = {0}, tensor_type = {0}, value = {0};
	for (size_t i = 0; i < (tensor->downscale ? 4u : 2u); i++) {
		struct buffer dimension = {0};
		if (free_sizes[i])
			protobuf_text(&dimension, DIMENSION_PARAMETER, free_sizes[i]);
		else
			protobuf_number(&dimension, DIMENSION_VALUE, tensor->channels);
		protobuf_message(&shape, SHAPE_DIMENSION, &dimension);
	}
	protobuf_number(&tensor_type, TENSOR_TYPE_ELEMENT, TENSOR_FLOAT);
	protobuf_message(&tensor_type, TENSOR_TYPE_SHAPE, &shape);
	protobuf_message(&type, TYPE_TENSOR, &tensor_type);
	protobuf_text(&value, VALUE_NAME, tensor->name);
	protobuf_message(&value, VALUE_TYPE, &type);
	protobuf_message(&w->out, field, &value);
}

/* ---- parameters ---- */

/* Where in ours stands what ONNX has at [a][b][y][x]: convolutions are [out][in][k][k] there and [out][k][k][in] here,
 * transposed ones [in][out][2][2] there and [2][2][out][in] here. */
static size_t source_of(const struct graph_parameter *p, enum graph_op_kind kind, size_t a, size_t b, size_t y,
						size_t x) {
	const uint32_t *s = p->shape;
	if (kind != GRAPH_CONV_TRANSPOSE2X2) return ((a * s[1] + y) * s[2] + x) * s[3] + b;
	return ((y * s[1] + x) * s[2] + b) * s[3] + a;
}

static void add_kernel(struct writer *w, const struct graph_op *op) {
	const struct graph_parameter *p = &w->graph->parameters[op->weight];
	const bool transposed = op->kind == GRAPH_CONV_TRANSPOSE2X2;
	const size_t side = transposed ? 2 : op->kernel, across = op->kind == GRAPH_RING_CONV ? 1 : side;
	const size_t first = transposed ? p->shape[3] : p->shape[0];
	const size_t second = transposed ? p->shape[2] : p->shape[3];
	const int64_t shape[4] = {(int64_t)first, (int64_t)second, (int64_t)side, (int64_t)across};
	float *values = malloc(p->count * sizeof *values), *to = values;
	if (!values) {
		w->out.failed = true;
		return;
	}
	for (size_t a = 0; a < first; a++)
		for (size_t b = 0; b < second; b++)
			for (size_t y = 0; y < side; y++)
				for (size_t x = 0; x < across; x++) *to++ = p->values[source_of(p, op->kind, a, b, y, x)];
	add_tensor(w, p->name, TENSOR_FLOAT, shape, 4, values, p->count * sizeof *values);
	free(values);
}

static void add_parameters(struct writer *w, const struct graph_op *op) {
	const struct graph_parameter *weight = &w->graph->parameters[op->weight];
	const struct graph_parameter *bias = &w->graph->parameters[op->bias];
	const int64_t matrix[2] = {weight->shape[0], weight->shape[1]}, row = (int64_t)bias->count;
	if (op->kind == GRAPH_LINEAR)
		add_tensor(w, weight->name, TENSOR_FLOAT, matrix, 2, weight->values, weight->count * sizeof(float));
	else
		add_kernel(w, op);
	add_tensor(w, bias->name, TENSOR_FLOAT, &row, 1, bias->values, bias->count * sizeof(float));
	if (op->mix < 0) return;
	const struct graph_parameter *mix = &w->graph->parameters[op->mix];
	const int64_t point[4] = {mix->shape[0], mix->shape[1], 1, 1};
	add_tensor(w, mix->name, TENSOR_FLOAT, point, 4, mix->values, mix->count * sizeof(float));
}

/* ---- ops ---- */

/* A name beside the op's own, for what ONNX needs in between. */
struct name {
	char text[NAME_BYTES];
};
static struct name name_with(const char *name, const char *suffix) {
	struct name result;
	snprintf(result.text, sizeof result.text, "%.47s%.15s", name, suffix);
	return result;
}

/* bias NULL: none. */
static void add_convolution(struct writer *w, const struct graph_op *op, const char *x, const char *bias,
							const char *output) {
	const char *const inputs[] = {x, w->graph->parameters[op->weight].name, bias, NULL};
	const bool transposed = op->kind == GRAPH_CONV_TRANSPOSE2X2;
	const int64_t stride = transposed ? 2 : op->stride, strides[2] = {stride, stride};
	const int64_t pad = transposed ? 0 : op->kernel / 2, pads[4] = {pad, pad, pad, pad};
	struct buffer node = begin_node(transposed ? "ConvTranspose" : "Conv", inputs, output);
	add_ints(&node, "strides", strides, 2);
	add_ints(&node, "pads", pads, 4);
	end_node(w, &node);
}

static void add_linear(struct writer *w, const struct graph_op *op, const char *x, const char *output) {
	const struct graph_parameter *parameters = w->graph->parameters;
	const char *const inputs[] = {x, parameters[op->weight].name, parameters[op->bias].name, NULL};
	struct buffer node = begin_node("Gemm", inputs, output);
	add_int(&node, "transB", 1);
	end_node(w, &node);
}

static void add_reshape(struct writer *w, const char *x, const int64_t *shape, size_t rank, const char *output) {
	const struct name wanted = name_with(output, ".shape");
	const int64_t count = (int64_t)rank;
	add_tensor(w, wanted.text, TENSOR_INT64, &count, 1, shape, rank * sizeof *shape);
	add_plain_node(w, "Reshape", (const char *const[]){x, wanted.text, NULL}, output);
}

/* [batch][a][b][1] -> [batch][b][a][1] */
static void add_transpose(struct writer *w, const char *x, const char *output) {
	struct buffer node = begin_node("Transpose", (const char *const[]){x, NULL}, output);
	add_ints(&node, "perm", (const int64_t[]){0, 2, 1, 3}, 4);
	end_node(w, &node);
}

/* One row of [batch][in][places][1]. */
static void add_place(struct writer *w, const char *x, int64_t place, const char *output) {
	const struct name first = name_with(output, ".first"), end = name_with(output, ".end");
	const struct name axis = name_with(output, ".axis");
	const int64_t after = place + 1, two = 2, one = 1;
	add_tensor(w, first.text, TENSOR_INT64, &one, 1, &place, sizeof place);
	add_tensor(w, end.text, TENSOR_INT64, &one, 1, &after, sizeof after);
	add_tensor(w, axis.text, TENSOR_INT64, &one, 1, &two, sizeof two);
	add_plain_node(w, "Slice", (const char *const[]){x, first.text, end.text, axis.text, NULL}, output);
}

/* A convolution over a column, which begins with its last row and ends with its first, if it looks at neighbours. */
static void add_ring(struct writer *w, const struct graph_op *op, const char *x, const char *output) {
	const struct graph_parameter *parameters = w->graph->parameters, *weight = &parameters[op->weight];
	const int64_t places = op->stride, in = weight->shape[3], out = weight->shape[0];
	const struct name rows = name_with(output, ".rows"), column = name_with(output, ".column");
	const struct name last = name_with(output, ".last"), first = name_with(output, ".head");
	const struct name closed = name_with(output, ".closed"), seen = name_with(output, ".seen");
	const struct name back = name_with(output, ".back");
	add_reshape(w, x, (const int64_t[]){0, places, in, 1}, 4, rows.text);
	add_transpose(w, rows.text, column.text);
	if (op->kernel == 3) {
		add_place(w, column.text, places - 1, last.text);
		add_place(w, column.text, 0, first.text);
		struct buffer node =
			begin_node("Concat", (const char *const[]){last.text, column.text, first.text, NULL}, closed.text);
		add_int(&node, "axis", 2);
		end_node(w, &node);
	}
	add_plain_node(w, "Conv",
				   (const char *const[]){op->kernel == 3 ? closed.text : column.text, weight->name,
										 parameters[op->bias].name, NULL},
				   seen.text);
	add_transpose(w, seen.text, back.text);
	add_reshape(w, back.text, (const int64_t[]){0, places * out}, 2, output);
}

/* Blocks of channels are places, row by row: ONNX's depth-column-row order. */
static void add_shuffle(struct writer *w, const struct graph_op *op, const char *x, const char *output) {
	const bool shuffle = op->kind == GRAPH_PIXEL_SHUFFLE;
	struct buffer node = begin_node(shuffle ? "DepthToSpace" : "SpaceToDepth", (const char *const[]){x, NULL}, output);
	add_int(&node, "blocksize", op->stride);
	if (shuffle) add_string(&node, "mode", "DCR");
	end_node(w, &node);
}

/* x * (1 + scale), the vector spread over the map. "one" and "as_map" are constants of the graph; what lies between is
 * named after `at`. */
static void add_scaled(struct writer *w, const char *x, const char *scale, const char *at, const char *output) {
	const struct name more = name_with(at, ".more"), factor = name_with(at, ".factor");
	add_plain_node(w, "Add", (const char *const[]){scale, "one", NULL}, more.text);
	add_plain_node(w, "Reshape", (const char *const[]){more.text, "as_map", NULL}, factor.text);
	add_plain_node(w, "Mul", (const char *const[]){x, factor.text, NULL}, output);
}

/* x + shift, likewise. */
static void add_shifted(struct writer *w, const char *x, const char *shift, const char *output) {
	const struct name term = name_with(output, ".term");
	add_plain_node(w, "Reshape", (const char *const[]){shift, "as_map", NULL}, term.text);
	add_plain_node(w, "Add", (const char *const[]){x, term.text, NULL}, output);
}

static void add_affine(struct writer *w, const char *x, const char *scale, const char *shift, const char *output) {
	const struct name product = name_with(output, ".product");
	add_scaled(w, x, scale, output, product.text);
	add_shifted(w, product.text, shift, output);
}

/* ONNX has no convolution with a kernel for each sample: all that is mixed is convolved, gated, and then summed up. */
static void add_mixed(struct writer *w, const struct graph_op *op, const char *x, const char *gate, const char *shift,
					  const char *output) {
	const struct graph_parameter *parameters = w->graph->parameters;
	const struct name all = name_with(output, ".all"), gated = name_with(output, ".gated");
	const struct name mixed = name_with(output, ".mixed");
	add_convolution(w, op, x, NULL, all.text);
	add_scaled(w, all.text, gate, output, gated.text);
	add_plain_node(w, "Conv",
				   (const char *const[]){gated.text, parameters[op->mix].name, parameters[op->bias].name, NULL},
				   mixed.text);
	add_shifted(w, mixed.text, shift, output);
}

static void add_average(struct writer *w, const char *x, const char *output) {
	const struct name pooled = name_with(output, ".pooled");
	add_plain_node(w, "GlobalAveragePool", (const char *const[]){x, NULL}, pooled.text);
	add_plain_node(w, "Flatten", (const char *const[]){pooled.text, NULL}, output);
}

static void add_concat(struct writer *w, const char *a, const char *b, const char *output) {
	struct buffer node = begin_node("Concat", (const char *const[]){a, b, NULL}, output);
	add_int(&node, "axis", 1);
	end_node(w, &node);
}

static const char *input_name(const struct writer *w, const struct graph_op *op, int i) {
	return op->inputs[i] < 0 ? NULL : w->graph->tensors[op->inputs[i]].name;
}

static void add_op(struct writer *w, const struct graph_op *op) {
	const char *x = input_name(w, op, 0), *second = input_name(w, op, 1), *third = input_name(w, op, 2);
	const char *result = w->graph->tensors[op->output].name;
	const bool active = op->activation == ACTIVATION_RELU;
	const struct name before = name_with(result, active ? ".before" : "");
	const char *output = before.text;
	if (op->weight >= 0) add_parameters(w, op);
	switch (op->kind) {
	case GRAPH_CONV2D:
	case GRAPH_CONV_TRANSPOSE2X2:
		add_convolution(w, op, x, w->graph->parameters[op->bias].name, output);
		break;
	case GRAPH_MIXED_CONV2D:
		add_mixed(w, op, x, second, third, output);
		break;
	case GRAPH_PIXEL_SHUFFLE:
	case GRAPH_PIXEL_UNSHUFFLE:
		add_shuffle(w, op, x, output);
		break;
	case GRAPH_ADD:
		add_plain_node(w, "Add", (const char *const[]){x, second, NULL}, output);
		break;
	case GRAPH_SIGMOID:
		add_plain_node(w, "Sigmoid", (const char *const[]){x, NULL}, output);
		break;
	case GRAPH_GLOBAL_AVERAGE:
		add_average(w, x, output);
		break;
	case GRAPH_LINEAR:
		add_linear(w, op, x, output);
		break;
	case GRAPH_CHANNEL_AFFINE:
		add_affine(w, x, second, third, output);
		break;
	case GRAPH_CONCAT:
		add_concat(w, x, second, output);
		break;
	case GRAPH_RING_CONV:
		add_ring(w, op, x, output);
		break;
	case GRAPH_OP_KIND_COUNT:
		break;
	}
	if (active) add_plain_node(w, "Relu", (const char *const[]){output, NULL}, result);
}

/* ---- the whole ---- */

static bool has_vectors_on_maps(const struct graph *graph) {
	for (size_t i = 0; i < graph->op_count; i++)
		if (graph->ops[i].kind == GRAPH_CHANNEL_AFFINE || graph->ops[i].kind == GRAPH_MIXED_CONV2D) return true;
	return false;
}

/* Of add_scaled and add_shifted. */
static void add_constants(struct writer *w) {
	const float one = 1;
	const int64_t as_map[4] = {0, -1, 1, 1}, four = 4; /* 0: the batch as it is */
	add_tensor(w, "one", TENSOR_FLOAT, NULL, 0, &one, sizeof one);
	add_tensor(w, "as_map", TENSOR_INT64, &four, 1, as_map, sizeof as_map);
}

static struct buffer write_graph(const struct graph *graph) {
	struct writer w = {.graph = graph};
	protobuf_text(&w.out, GRAPH_NAME, graph->name);
	if (has_vectors_on_maps(graph)) add_constants(&w);
	add_value(&w, GRAPH_INPUT, &graph->tensors[graph->picture]);
	if (graph->condition >= 0) add_value(&w, GRAPH_INPUT, &graph->tensors[graph->condition]);
	for (size_t i = 0; i < graph->op_count; i++) add_op(&w, &graph->ops[i]);
	add_value(&w, GRAPH_OUTPUT, &graph->tensors[graph->output]);
	return w.out;
}

enum deblur_status onnx_write(const struct graph *graph, const char *provenance, uint8_t **bytes, size_t *size) {
	struct buffer model = {0}, operator_set = {0}, written = write_graph(graph);
	protobuf_number(&model, MODEL_IR_VERSION, IR_VERSION);
	protobuf_text(&model, MODEL_PRODUCER, "deblur");
	protobuf_text(&model, MODEL_PRODUCER_VERSION, DEBLUR_VERSION);
	protobuf_text(&model, MODEL_DOC, provenance);
	protobuf_message(&model, MODEL_GRAPH, &written);
	protobuf_number(&operator_set, OPERATOR_SET_VERSION, OPERATOR_SET);
	protobuf_message(&model, MODEL_OPERATOR_SET, &operator_set);
	if (model.failed) {
		free(model.bytes);
		return DEBLUR_OUT_OF_MEMORY;
	}
	*bytes = model.bytes;
	*size = model.size;
	return DEBLUR_OK;
}
