#include "train/mixed_conv.h"

#include <stdlib.h>
#include <string.h>

#include "train/matrix.h"

struct mixed_conv {
	size_t batch, rank, out, kernel_count; /* kernel_count: numbers of one output channel's kernel */
	size_t src_bytes, dst_bytes;           /* of one sample */
	struct conv **convs;                   /* [batch] */
	float *mixes;   /* [batch][out][rank] the mix with every gate in it; on the way back its gradient, too */
	float *dmixes;  /* likewise */
	float *kernels; /* [batch][out][kernel_count]; on the way back their gradients */
	float *biases;  /* [batch][out]; likewise */
};

static bool make_room(struct mixed_conv *m, bool training) {
	m->convs = calloc(m->batch, sizeof *m->convs);
	m->mixes = malloc(m->batch * m->out * m->rank * sizeof(float));
	m->dmixes = training ? malloc(m->batch * m->out * m->rank * sizeof(float)) : NULL;
	m->kernels = malloc(m->batch * m->out * m->kernel_count * sizeof(float));
	m->biases = malloc(m->batch * m->out * sizeof(float));
	return m->convs && m->mixes && m->kernels && m->biases && (m->dmixes || !training);
}

enum deblur_status mixed_conv_create(struct conv_engine *engine, const struct conv_shape *shape, size_t rank,
									 enum conv_precision precision, bool training, struct mixed_conv **out) {
	struct mixed_conv *m = calloc(1, sizeof *m);
	if (!m) return DEBLUR_OUT_OF_MEMORY;
	struct conv_shape one = *shape;
	one.batch = 1;
	one.changing = true;
	const bool bf16 = precision == CONV_BFLOAT16;
	const size_t result = shape->height / shape->stride * (shape->width / shape->stride);
	*m = (struct mixed_conv){
		.batch = shape->batch,
		.rank = rank,
		.out = shape->out_channels,
		.kernel_count = shape->kernel * shape->kernel * shape->in_channels,
		.src_bytes = span_bytes(bf16 && !shape->float_src, shape->height * shape->width * shape->in_channels),
		.dst_bytes = span_bytes(bf16 && !shape->float_dst, result * shape->out_channels)};
	enum deblur_status status = make_room(m, training) ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t n = 0; n < m->batch && !status; n++)
		status = conv_create(engine, &one, precision, training, &m->convs[n]);
	if (status)
		mixed_conv_destroy(m);
	else
		*out = m;
	return status;
}

void mixed_conv_destroy(struct mixed_conv *m) {
	if (!m) return;
	for (size_t n = 0; m->convs && n < m->batch; n++) conv_destroy(m->convs[n]);
	free(m->convs);
	free(m->mixes);
	free(m->dmixes);
	free(m->kernels);
	free(m->biases);
	free(m);
}

static const void *sample(const void *maps, size_t n, size_t bytes) {
	return maps ? (const char *)maps + n * bytes : NULL;
}

static enum deblur_status mix(struct mixed_conv *m, const struct mixed_conv_parameters *p) {
	for (size_t n = 0; n < m->batch; n++)
		for (size_t o = 0; o < m->out; o++) {
			float *row = m->mixes + (n * m->out + o) * m->rank;
			for (size_t r = 0; r < m->rank; r++) row[r] = p->mix[o * m->rank + r] * (1 + p->gate[n * m->rank + r]);
			m->biases[n * m->out + o] = p->bias[o] + p->shift[n * m->out + o];
		}
	return matrix_multiply('N', 'N', m->batch * m->out, m->kernel_count, m->rank, m->mixes, p->weight, 0, m->kernels);
}

enum deblur_status mixed_conv_forward(struct mixed_conv *m, const struct mixed_conv_parameters *p, const void *src,
									  const void *residual, void *dst) {
	enum deblur_status status = mix(m, p);
	for (size_t n = 0; n < m->batch && !status; n++)
		status = conv_forward(m->convs[n], m->kernels + n * m->out * m->kernel_count, m->biases + n * m->out,
							  sample(src, n, m->src_bytes), sample(residual, n, m->dst_bytes),
							  (char *)dst + n * m->dst_bytes);
	return status;
}

/* From the gradient of the mix with its gates to those of either. */
static void unmix(const struct mixed_conv *m, const struct mixed_conv_parameters *p,
				  const struct mixed_conv_gradients *g) {
	memset(g->mix, 0, m->out * m->rank * sizeof(float));
	if (!g->add_gate) memset(g->gate, 0, m->batch * m->rank * sizeof(float));
	for (size_t n = 0; n < m->batch; n++)
		for (size_t o = 0; o < m->out; o++) {
			const float *row = m->dmixes + (n * m->out + o) * m->rank, *mix = p->mix + o * m->rank;
			const float *gate = p->gate + n * m->rank;
			float *dmix = g->mix + o * m->rank, *dgate = g->gate + n * m->rank;
			for (size_t r = 0; r < m->rank; r++) {
				dmix[r] += row[r] * (1 + gate[r]);
				dgate[r] += row[r] * mix[r];
			}
		}
}

static void sum_biases(const struct mixed_conv *m, const struct mixed_conv_gradients *g) {
	memset(g->bias, 0, m->out * sizeof(float));
	if (!g->add_shift) memset(g->shift, 0, m->batch * m->out * sizeof(float));
	for (size_t n = 0; n < m->batch; n++)
		for (size_t o = 0; o < m->out; o++) {
			g->bias[o] += m->biases[n * m->out + o];
			g->shift[n * m->out + o] += m->biases[n * m->out + o];
		}
}

enum deblur_status mixed_conv_backward(struct mixed_conv *m, const struct mixed_conv_parameters *p, const void *ddst,
									   const struct mixed_conv_gradients *g, void *dsrc) {
	enum deblur_status status = DEBLUR_OK;
	for (size_t n = 0; n < m->batch && !status; n++)
		status = conv_backward(m->convs[n], sample(ddst, n, m->dst_bytes), m->kernels + n * m->out * m->kernel_count,
							   m->biases + n * m->out, dsrc ? (char *)dsrc + n * m->src_bytes : NULL);
	const size_t rows = m->batch * m->out;
	if (!status)
		status = matrix_multiply('N', 'T', rows, m->rank, m->kernel_count, m->kernels, p->weight, 0, m->dmixes);
	if (!status) status = matrix_multiply('T', 'N', m->rank, m->kernel_count, rows, m->mixes, m->kernels, 0, g->weight);
	if (status) return status;
	unmix(m, p, g);
	sum_biases(m, g);
	return DEBLUR_OK;
}
