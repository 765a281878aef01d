#include "core/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "core/buffer.h"
#include "core/float16.h"
#include "core/quantise.h"
#include "core/sha256.h"
#include "core/spectrum.h"

static const char magic[8] = "DEBLUR\r\n"; /* a transfer that changes line ends shows at once */
enum { VERSION = 1, MAX_GRAPHS = 4 };
#define MAX_SCALE 1e30f /* of int8: times 128 it is still finite */

/* ---- reading: every byte goes through the cursor ---- */

struct cursor {
	const uint8_t *at;
	size_t left;
	bool failed; /* asked for more than there is */
};

static const uint8_t *take(struct cursor *c, size_t bytes) {
	if (c->failed || bytes > c->left) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *at = c->at;
	c->at += bytes;
	c->left -= bytes;
	return at;
}

static uint64_t take_number(struct cursor *c, size_t bytes) {
	const uint8_t *p = take(c, bytes);
	uint64_t value = 0;
	for (size_t i = 0; p && i < bytes; i++) value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static uint8_t take_u8(struct cursor *c) {
	return (uint8_t)take_number(c, 1);
}
static uint32_t take_u32(struct cursor *c) {
	return (uint32_t)take_number(c, 4);
}

static bool take_name(struct cursor *c, char name[GRAPH_NAME_BYTES]) {
	const size_t length = take_u8(c);
	if (length < 1 || length >= GRAPH_NAME_BYTES) return false;
	const uint8_t *from = take(c, length);
	if (!from) return false;
	for (size_t i = 0; i < length; i++)
		if (from[i] <= ' ' || from[i] > '~') return false; /* names are printed */
	memcpy(name, from, length);
	name[length] = 0;
	return true;
}

static enum deblur_status read_op(struct cursor *c, struct graph *graph) {
	char name[GRAPH_NAME_BYTES];
	struct graph_op op = {.kind = (enum graph_op_kind)take_u8(c)};
	op.activation = (enum activation)take_u8(c);
	op.kernel = take_u8(c);
	op.stride = take_u8(c);
	for (int i = 0; i < 3; i++) op.inputs[i] = (int)(int32_t)take_u32(c);
	const uint32_t out_channels = take_u32(c);
	if (!take_name(c, name) || c->failed) return DEBLUR_MODEL_DAMAGED;
	graph_append(graph, &op, name, out_channels);
	return graph->status == DEBLUR_BAD_ARGUMENT ? DEBLUR_MODEL_DAMAGED : graph->status;
}

static enum deblur_status read_graph(struct cursor *c, struct graph **out) {
	char name[GRAPH_NAME_BYTES];
	if (!take_name(c, name)) return DEBLUR_MODEL_DAMAGED;
	const uint32_t condition = take_u32(c), ops = take_u32(c);
	if (c->failed || condition > GRAPH_MAX_CHANNELS || ops < 1 || ops > GRAPH_MAX_OPS) return DEBLUR_MODEL_DAMAGED;
	struct graph *graph = graph_create(name);
	if (!graph) return DEBLUR_OUT_OF_MEMORY;
	graph_input_map(graph, "picture", 3);
	if (condition) graph_input_vector(graph, "told", condition);
	enum deblur_status status = graph->status;
	for (uint32_t i = 0; i < ops && !status; i++) {
		/* A weight takes a byte of the file at least: what is promised beyond that is not there. */
		const size_t promised = graph_parameter_total(graph), there = c->left;
		graph->parameter_room = there > promised ? there - promised : 0;
		status = read_op(c, graph);
	}
	if (!status) {
		graph_set_output(graph, (int)(int32_t)take_u32(c));
		status = c->failed || graph_status(graph) == DEBLUR_BAD_ARGUMENT ? DEBLUR_MODEL_DAMAGED : graph_status(graph);
	}
	if (status)
		graph_destroy(graph);
	else
		*out = graph;
	return status;
}

static float float_of(uint32_t bits) {
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static enum deblur_status read_codes(struct cursor *c, struct graph_parameter *parameter) {
	const size_t rows = parameter->shape[0], length = parameter->count / rows;
	for (size_t row = 0; row < rows; row++) {
		const float scale = float_of(take_u32(c));
		const uint8_t *codes = take(c, length);
		if (!codes || !(fabsf(scale) <= MAX_SCALE)) return DEBLUR_MODEL_DAMAGED;
		for (size_t i = 0; i < length; i++) parameter->values[row * length + i] = scale * (float)(int8_t)codes[i];
	}
	return DEBLUR_OK;
}

static enum deblur_status read_values(struct cursor *c, struct graph_parameter *parameter) {
	const uint8_t type = take_u8(c);
	const uint64_t count = take_number(c, 8);
	if (c->failed || type > MODEL_FILE_INT8 || count != parameter->count) return DEBLUR_MODEL_DAMAGED;
	if (type == MODEL_FILE_INT8) return read_codes(c, parameter);
	const size_t each = type == MODEL_FILE_FLOAT16 ? 2 : 4;
	if (count > c->left / each) return DEBLUR_MODEL_DAMAGED;
	for (size_t i = 0; i < parameter->count; i++) {
		const uint32_t bits = (uint32_t)take_number(c, each);
		parameter->values[i] = type == MODEL_FILE_FLOAT16 ? float16_to((uint16_t)bits) : float_of(bits);
		if (!isfinite(parameter->values[i])) return DEBLUR_MODEL_DAMAGED;
	}
	return DEBLUR_OK;
}

static bool averages_globally(const struct graph *graph) {
	for (size_t i = 0; i < graph->op_count; i++)
		if (graph->ops[i].kind == GRAPH_GLOBAL_AVERAGE) return true;
	return false;
}

static bool is_restorer(const struct graph *graph) {
	const struct graph_tensor *out = &graph->tensors[graph->output];
	const uint32_t told = graph->condition < 0 ? 0 : graph->tensors[graph->condition].channels;
	return out->downscale == 1 && out->channels == 3 &&
		   (!told || told == BLUR_PLAIN_CONDITION_COUNT || told == BLUR_CONDITION_COUNT) && !averages_globally(graph) &&
		   graph->output != graph->picture;
}

static bool is_estimator(const struct graph *graph) {
	const struct graph_tensor *out = &graph->tensors[graph->output];
	const uint32_t told = graph->condition < 0 ? 0 : graph->tensors[graph->condition].channels;
	return out->downscale == 0 && (out->channels == BLUR_PLAIN_RAW_COUNT || out->channels == BLUR_RAW_COUNT) &&
		   (!told || told == SPECTRUM_NARROW_COUNT ||
			told == SPECTRUM_COUNT); /* older ones know of narrow windows only */
}

/* Puts a graph in its place; false if it has none, or the place is taken. */
static bool place_graph(struct model_file *model, struct graph *graph) {
	struct graph **place = !strcmp(graph->name, "restorer") && is_restorer(graph)     ? &model->restorer
						   : !strcmp(graph->name, "estimator") && is_estimator(graph) ? &model->estimator
																					  : NULL;
	if (!place || *place) return false;
	*place = graph;
	return true;
}

static enum deblur_status read_body(struct cursor *c, struct model_file *model) {
	const uint32_t text_bytes = take_u32(c);
	const uint8_t *text = take(c, text_bytes);
	if (!text || memchr(text, 0, text_bytes)) return DEBLUR_MODEL_DAMAGED;
	model->provenance = malloc((size_t)text_bytes + 1);
	if (!model->provenance) return DEBLUR_OUT_OF_MEMORY;
	memcpy(model->provenance, text, text_bytes);
	model->provenance[text_bytes] = 0;
	const uint32_t count = take_u32(c);
	if (c->failed || count < 1 || count > MAX_GRAPHS) return DEBLUR_MODEL_DAMAGED;
	struct graph *in_order[MAX_GRAPHS];
	for (uint32_t i = 0; i < count; i++) {
		const enum deblur_status status = read_graph(c, &in_order[i]);
		if (status) return status;
		if (place_graph(model, in_order[i])) continue;
		graph_destroy(in_order[i]);
		return DEBLUR_MODEL_DAMAGED;
	}
	for (uint32_t i = 0; i < count; i++)
		for (size_t p = 0; p < in_order[i]->parameter_count; p++) {
			const enum deblur_status status = read_values(c, &in_order[i]->parameters[p]);
			if (status) return status;
		}
	return model->restorer && !c->left ? DEBLUR_OK : DEBLUR_MODEL_DAMAGED;
}

enum deblur_status model_file_read(const void *bytes, size_t size, struct model_file *out) {
	if (size < sizeof magic || memcmp(bytes, magic, sizeof magic)) return DEBLUR_NOT_A_MODEL;
	struct cursor c = {(const uint8_t *)bytes + sizeof magic, size - sizeof magic, false};
	const uint32_t version = take_u32(&c);
	if (c.failed || c.left < SHA256_BYTES) return DEBLUR_MODEL_DAMAGED;
	uint8_t digest[SHA256_BYTES];
	sha256(bytes, size - SHA256_BYTES, digest);
	if (memcmp(digest, (const uint8_t *)bytes + size - SHA256_BYTES, SHA256_BYTES)) return DEBLUR_MODEL_DAMAGED;
	if (version != VERSION) return version > VERSION ? DEBLUR_MODEL_VERSION : DEBLUR_MODEL_DAMAGED;
	c.left -= SHA256_BYTES;
	struct model_file model = {0};
	const enum deblur_status status = read_body(&c, &model);
	if (status)
		model_file_release(&model);
	else
		*out = model;
	return status;
}

void model_file_release(struct model_file *model) {
	free(model->provenance);
	graph_destroy(model->restorer);
	graph_destroy(model->estimator);
	*model = (struct model_file){0};
}

/* ---- writing ---- */

static void put_number(struct buffer *b, uint64_t value, size_t bytes) {
	uint8_t text[8];
	for (size_t i = 0; i < bytes; i++) text[i] = (uint8_t)(value >> (8 * i));
	buffer_put(b, text, bytes);
}

static void put_name(struct buffer *b, const char *name) {
	put_number(b, strlen(name), 1);
	buffer_put(b, name, strlen(name));
}

static void put_graph(struct buffer *b, const struct graph *graph) {
	put_name(b, graph->name);
	put_number(b, graph->condition < 0 ? 0 : graph->tensors[graph->condition].channels, 4);
	put_number(b, graph->op_count, 4);
	for (size_t i = 0; i < graph->op_count; i++) {
		const struct graph_op *op = &graph->ops[i];
		put_number(b, (uint64_t)op->kind, 1);
		put_number(b, (uint64_t)op->activation, 1);
		put_number(b, op->kernel, 1);
		put_number(b, op->stride, 1);
		for (int j = 0; j < 3; j++) put_number(b, (uint32_t)op->inputs[j], 4);
		put_number(b, graph->tensors[op->output].channels, 4);
		put_name(b, graph->tensors[op->output].name);
	}
	put_number(b, (uint32_t)graph->output, 4);
}

static bool put_values(struct buffer *b, const struct graph_parameter *parameter, enum model_file_type type) {
	put_number(b, (uint64_t)type, 1);
	put_number(b, parameter->count, 8);
	for (size_t i = 0; i < parameter->count; i++) {
		uint32_t bits;
		memcpy(&bits, &parameter->values[i], sizeof bits);
		if (type == MODEL_FILE_FLOAT16) bits = float16_from(parameter->values[i]);
		if (!isfinite(type == MODEL_FILE_FLOAT16 ? float16_to((uint16_t)bits) : parameter->values[i])) return false;
		put_number(b, bits, type == MODEL_FILE_FLOAT16 ? 2 : 4);
	}
	return true;
}

/* bits: of codes. */
static bool put_codes(struct buffer *b, const struct graph_parameter *parameter, int bits) {
	const size_t rows = parameter->shape[0], length = parameter->count / rows;
	int8_t *codes = malloc(length);
	if (!codes) b->failed = true;
	put_number(b, MODEL_FILE_INT8, 1);
	put_number(b, parameter->count, 8);
	for (size_t row = 0; row < rows && codes; row++) {
		const float *values = parameter->values + row * length;
		for (size_t i = 0; i < length; i++)
			if (!isfinite(values[i])) return free(codes), false;
		const float scale = quantise_row(values, length, bits, codes);
		uint32_t scale_bits;
		memcpy(&scale_bits, &scale, sizeof scale_bits);
		put_number(b, scale_bits, 4);
		buffer_put(b, codes, length);
	}
	free(codes);
	return true;
}

static bool put_parameter(struct buffer *b, const struct graph_parameter *parameter, enum model_file_type type,
						  int bits) {
	if (type != MODEL_FILE_INT8) return put_values(b, parameter, type);
	return quantise_is_worth(parameter->count / parameter->shape[0]) ? put_codes(b, parameter, bits)
																	 : put_values(b, parameter, MODEL_FILE_FLOAT16);
}

/* bits: of int8. */
static enum deblur_status write(const struct model_file *model, enum model_file_type type, int bits, uint8_t **bytes,
								size_t *size) {
	const struct graph *graphs[] = {model->restorer, model->estimator};
	const size_t count = model->estimator ? 2 : 1;
	struct buffer b = {0};
	bool finite = true;
	buffer_put(&b, magic, sizeof magic);
	put_number(&b, VERSION, 4);
	put_number(&b, strlen(model->provenance), 4);
	buffer_put(&b, model->provenance, strlen(model->provenance));
	put_number(&b, count, 4);
	for (size_t i = 0; i < count; i++) put_graph(&b, graphs[i]);
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < graphs[i]->parameter_count; p++)
			finite = finite && put_parameter(&b, &graphs[i]->parameters[p], type, bits);
	uint8_t digest[SHA256_BYTES] = {0};
	if (!b.failed) sha256(b.bytes, b.size, digest);
	buffer_put(&b, digest, sizeof digest);
	if (b.failed || !finite) {
		free(b.bytes);
		return finite ? DEBLUR_OUT_OF_MEMORY : DEBLUR_BAD_ARGUMENT;
	}
	*bytes = b.bytes;
	*size = b.size;
	return DEBLUR_OK;
}

enum deblur_status model_file_write(const struct model_file *model, enum model_file_type type, uint8_t **bytes,
									size_t *size) {
	return write(model, type, QUANTISE_MAX_BITS, bytes, size);
}

enum deblur_status model_file_write_quantised(const struct model_file *model, int bits, uint8_t **bytes, size_t *size) {
	if (bits < QUANTISE_MIN_BITS || bits > QUANTISE_MAX_BITS) return DEBLUR_BAD_ARGUMENT;
	return write(model, MODEL_FILE_INT8, bits, bytes, size);
}
