#include <omp.h>

#include "train/net_part.h"

/* ---- passes, chunk by chunk, through the inference kernels ---- */

/* Numbers that lie one behind the other, as a kernel sees them. */
static struct map row_of(const float *data, size_t width, size_t channels) {
	return (struct map){(float *)data, 1, width, channels, width * channels};
}

static size_t chunk_at(size_t at, size_t count, size_t at_once) {
	return count - at < at_once ? count - at : at_once;
}

static void forward_add(const struct net_part *part, const struct tensor *a, const struct tensor *b, struct tensor *y) {
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < y->count; at += SPAN_CHUNK) {
		float a_room[SPAN_CHUNK], b_room[SPAN_CHUNK], y_room[SPAN_CHUNK];
		const size_t n = chunk_at(at, y->count, SPAN_CHUNK);
		const struct map p = row_of(span_load(values_of(a), at, n, a_room), n, 1),
						 q = row_of(span_load(values_of(b), at, n, b_room), n, 1),
						 sum = row_of(span_begin(values_of(y), at, y_room), n, 1);
		part->kernels->add(&p, &q, &sum);
		span_end(values_of(y), at, n, sum.data);
	}
}

static void forward_sigmoid(const struct net_part *part, const struct tensor *x, struct tensor *y) {
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < y->count; at += SPAN_CHUNK) {
		float x_room[SPAN_CHUNK], y_room[SPAN_CHUNK];
		const size_t n = chunk_at(at, y->count, SPAN_CHUNK);
		const struct map src = row_of(span_load(values_of(x), at, n, x_room), n, 1),
						 dst = row_of(span_begin(values_of(y), at, y_room), n, 1);
		part->kernels->sigmoid(&src, &dst);
		span_end(values_of(y), at, n, dst.data);
	}
}

static void forward_affine(const struct net_part *part, const struct graph_op *op, const struct tensor *x,
						   struct tensor *y) {
	const float *scales = part->tensors[op->inputs[1]].data, *shifts = part->tensors[op->inputs[2]].data;
	const size_t c = x->channels, pixels = x->height * x->width, at_once = span_chunk_pixels(c);
#pragma omp parallel for collapse(2) schedule(static)
	for (size_t sample = 0; sample < part->options.batch; sample++)
		for (size_t pixel = 0; pixel < pixels; pixel += at_once) {
			float x_room[SPAN_ROOM], y_room[SPAN_ROOM];
			const size_t n = chunk_at(pixel, pixels, at_once), at = (sample * pixels + pixel) * c;
			const struct map src = row_of(span_load(values_of(x), at, n * c, x_room), n, c),
							 dst = row_of(span_begin(values_of(y), at, y_room), n, c);
			part->kernels->channel_affine(scales + sample * c, shifts + sample * c, op->activation, &src, &dst);
			span_end(values_of(y), at, n * c, dst.data);
		}
}

static void average_sample(const struct net_part *part, const struct tensor *x, size_t sample, float *mean) {
	const size_t c = x->channels, pixels = x->height * x->width, at_once = span_chunk_pixels(c);
	double sum[GRAPH_MAX_CHANNELS] = {0};
	float room[SPAN_ROOM];
	for (size_t pixel = 0; pixel < pixels; pixel += at_once) {
		const size_t n = chunk_at(pixel, pixels, at_once);
		const struct map src = row_of(span_load(values_of(x), (sample * pixels + pixel) * c, n * c, room), n, c);
		part->kernels->global_average(&src, mean);
		for (size_t i = 0; i < c; i++) sum[i] += (double)mean[i] * (double)n;
	}
	for (size_t i = 0; i < c; i++) mean[i] = (float)(sum[i] / (double)pixels);
}

static void forward_average(const struct net_part *part, const struct tensor *x, struct tensor *y) {
#pragma omp parallel for schedule(static)
	for (size_t sample = 0; sample < part->options.batch; sample++)
		average_sample(part, x, sample, (float *)y->data + sample * y->channels);
}

/* ---- vectors ---- */

static void forward_linear(const struct net_part *part, const struct graph_op *op, const struct tensor *x,
						   struct tensor *y) {
	const struct graph_parameter *parameters = part->graph->parameters;
	for (size_t n = 0; n < part->options.batch; n++)
		part->kernels->linear(x->channels, y->channels, parameters[op->weight].values, parameters[op->bias].values,
							  op->activation, (const float *)x->data + n * x->channels,
							  (float *)y->data + n * y->channels);
}

static void forward_ring(const struct net_part *part, const struct graph_op *op, const struct tensor *x,
						 struct tensor *y) {
	for (size_t n = 0; n < part->options.batch; n++)
		graph_run_ring(part->graph, op, part->kernels, (const float *)x->data + n * x->channels,
					   (float *)y->data + n * y->channels);
}

static void forward_concat(const struct net_part *part, const struct tensor *a, const struct tensor *b,
						   struct tensor *y) {
	for (size_t n = 0; n < part->options.batch; n++) {
		float *to = (float *)y->data + n * y->channels;
		span_end(span_of_floats(to), 0, a->channels, (const float *)a->data + n * a->channels);
		span_end(span_of_floats(to), a->channels, b->channels, (const float *)b->data + n * b->channels);
	}
}

/* ---- shuffles and transposed convolutions ---- */

void net_shuffle(const struct net_part *part, size_t factor, bool down, const struct tensor *coarse,
				 struct span coarse_data, const struct tensor *fine, struct span fine_data) {
	const size_t rows = part->options.batch * coarse->height, numbers = coarse->width * coarse->channels;
#pragma omp parallel for schedule(static)
	for (size_t row = 0; row < rows; row++) {
		float *room = part->rows + (size_t)omp_get_thread_num() * 2 * part->row_floats;
		float *other_room = room + part->row_floats;
		const struct span from = down ? fine_data : coarse_data, to = down ? coarse_data : fine_data;
		const float *src = span_load(from, row * numbers, numbers, room);
		float *dst = span_begin(to, row * numbers, other_room);
		const struct map c = {down ? dst : (float *)src, 1, coarse->width, coarse->channels, numbers};
		const struct map f = {down ? (float *)src : dst, factor, fine->width, fine->channels,
							  fine->width * fine->channels};
		if (down)
			part->kernels->pixel_unshuffle(factor, &f, &c);
		else
			part->kernels->pixel_shuffle(factor, &c, &f);
		span_end(to, row * numbers, numbers, dst);
	}
}

struct tensor net_wide_tensor(const struct net_part *part, const struct tensor *x, const struct tensor *y) {
	return (struct tensor){.height = x->height,
						   .width = x->width,
						   .channels = y->channels * 4,
						   .count = y->count,
						   .bf16 = y->bf16,
						   .data = part->wide};
}

/* A sum that follows is taken over, and its tensor written. */
static enum deblur_status forward_conv(struct net_part *part, size_t i, const struct tensor *x, struct tensor *y) {
	const struct graph_op *op = &part->graph->ops[i];
	const struct graph_parameter *parameters = part->graph->parameters;
	const struct fusion *fusion = &part->fusions[i];
	const void *residual = fusion->residual < 0 ? NULL : part->tensors[fusion->residual].data;
	return conv_forward(part->convs[i], parameters[op->weight].values, parameters[op->bias].values, x->data, residual,
						residual ? part->tensors[fusion->sum].data : y->data);
}

struct mixed_conv_parameters net_mixed_parameters(const struct net_part *part, const struct graph_op *op) {
	const struct graph_parameter *parameters = part->graph->parameters;
	return (struct mixed_conv_parameters){.weight = parameters[op->weight].values,
										  .mix = parameters[op->mix].values,
										  .bias = parameters[op->bias].values,
										  .gate = part->tensors[op->inputs[1]].data,
										  .shift = part->tensors[op->inputs[2]].data};
}

static enum deblur_status forward_mixed(struct net_part *part, size_t i, const struct tensor *x, struct tensor *y) {
	const struct fusion *fusion = &part->fusions[i];
	const void *residual = fusion->residual < 0 ? NULL : part->tensors[fusion->residual].data;
	const struct mixed_conv_parameters parameters = net_mixed_parameters(part, &part->graph->ops[i]);
	return mixed_conv_forward(part->mixed[i], &parameters, x->data, residual,
							  residual ? part->tensors[fusion->sum].data : y->data);
}

static enum deblur_status forward_transpose(struct net_part *part, size_t i, const struct tensor *x, struct tensor *y) {
	const struct graph_op *op = &part->graph->ops[i];
	const float *bias = part->graph->parameters[op->bias].values;
	float bias4[4 * GRAPH_MAX_CHANNELS];
	for (size_t c = 0; c < 4 * y->channels; c++) bias4[c] = bias[c % y->channels];
	const struct tensor wide = net_wide_tensor(part, x, y);
	const enum deblur_status status =
		conv_forward(part->convs[i], part->graph->parameters[op->weight].values, bias4, x->data, NULL, wide.data);
	if (!status) net_shuffle(part, 2, false, &wide, values_of(&wide), y, values_of(y));
	return status;
}

/* ---- the pass ---- */

static enum deblur_status forward_op(struct net_part *part, size_t i) {
	const struct graph_op *op = &part->graph->ops[i];
	const struct tensor *x = &part->tensors[op->inputs[0]];
	const struct tensor *second = op->inputs[1] < 0 ? NULL : &part->tensors[op->inputs[1]];
	struct tensor *y = &part->tensors[op->output];
	switch (op->kind) {
	case GRAPH_CONV2D:
		return forward_conv(part, i, x, y);
	case GRAPH_MIXED_CONV2D:
		return forward_mixed(part, i, x, y);
	case GRAPH_CONV_TRANSPOSE2X2:
		return forward_transpose(part, i, x, y);
	case GRAPH_PIXEL_SHUFFLE:
		net_shuffle(part, op->stride, false, x, values_of(x), y, values_of(y));
		break;
	case GRAPH_PIXEL_UNSHUFFLE:
		net_shuffle(part, op->stride, true, y, values_of(y), x, values_of(x));
		break;
	case GRAPH_ADD:
		if (!part->fusions[i].is_fused) forward_add(part, x, second, y);
		break;
	case GRAPH_SIGMOID:
		forward_sigmoid(part, x, y);
		break;
	case GRAPH_GLOBAL_AVERAGE:
		forward_average(part, x, y);
		break;
	case GRAPH_LINEAR:
		forward_linear(part, op, x, y);
		break;
	case GRAPH_RING_CONV:
		forward_ring(part, op, x, y);
		break;
	case GRAPH_CHANNEL_AFFINE:
		forward_affine(part, op, x, y);
		break;
	case GRAPH_CONCAT:
		forward_concat(part, x, second, y);
		break;
	case GRAPH_OP_KIND_COUNT:
		break;
	}
	return DEBLUR_OK;
}

enum deblur_status net_part_forward(struct net_part *part) {
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < part->graph->op_count && !status; i++) status = forward_op(part, i);
	if (part->tap_values) {
		const struct tensor *tap = &part->tensors[part->options.tap];
		span_copy(values_of(tap), span_of_floats(part->tap_values), tap->count);
	}
	return status;
}
