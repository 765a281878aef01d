#include "train/conv.h"

#include <dnnl.h>
#include <stdlib.h>
#include <string.h>

struct conv_engine {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	void *scratchpad; /* what a primitive needs while it runs: theirs, one after the other */
	size_t scratchpad_bytes;
};

/* A primitive and the description of its scratchpad. */
struct job {
	dnnl_primitive_t primitive;
	dnnl_memory_t scratchpad;
};

/* A convolution's three primitives with the reorders around them. */
struct conv {
	struct conv_engine *engine;
	struct conv_shape shape;
	size_t src_count, dst_count;
	bool bfloat16;
	bool training, packed;                   /* packed: the weights have been read */
	bool residual_in_dst;                    /* is added there, where it has to be copied to before */
	uint16_t *src_bf16, *ddst_bf16;          /* [batch][h][w][c]; copies of float32 ends, else NULL */
	dnnl_memory_t user_src, user_dst;        /* channels-last; handles set per call */
	dnnl_memory_t user_dsrc, user_ddst;      /* likewise */
	dnnl_memory_t user_weights, user_bias;   /* float32 master */
	dnnl_memory_t user_dweights, user_dbias; /* float32 */
	dnnl_memory_t weights_fwd, weights_bwd;  /* as the primitives like them */
	dnnl_memory_t dweights;                  /* likewise */
	dnnl_memory_t user_residual;             /* like user_dst */
	float *turned;             /* [in][kernel][kernel][out], where backward_data is a convolution forward */
	dnnl_memory_t user_turned; /* that */
	struct job forward, backward_data, backward_weights;
	dnnl_primitive_t pack_fwd, pack_bwd, unpack_dweights;
};

enum deblur_status conv_engine_create(struct conv_engine **out) {
	struct conv_engine *engine = calloc(1, sizeof *engine);
	if (!engine) return DEBLUR_OUT_OF_MEMORY;
	if (dnnl_engine_create(&engine->engine, dnnl_cpu, 0) ||
		dnnl_stream_create(&engine->stream, engine->engine, dnnl_stream_default_flags)) {
		conv_engine_destroy(engine);
		return DEBLUR_OUT_OF_MEMORY;
	}
	*out = engine;
	return DEBLUR_OK;
}

void conv_engine_destroy(struct conv_engine *engine) {
	if (!engine) return;
	if (engine->stream) dnnl_stream_destroy(engine->stream);
	if (engine->engine) dnnl_engine_destroy(engine->engine);
	free(engine->scratchpad);
	free(engine);
}

/* Whether dot products of bfloat16 outdo multiply-adds of float32 without tiles (AMX): measured, on AMD's cores they
 * do, by half to twice, and on Intel's they lose as much (BENCHMARKS.md, training steps). */
static bool dots_are_quick(void) {
#if defined(__x86_64__)
	return __builtin_cpu_is("amd");
#else
	return false;
#endif
}

enum conv_precision conv_best_precision(void) {
	const dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
	const bool quick =
		isa == dnnl_cpu_isa_avx512_core_amx || (isa == dnnl_cpu_isa_avx512_core_bf16 && dots_are_quick());
	return quick ? CONV_BFLOAT16 : CONV_FLOAT32;
}

/* ---- creation: every oneDNN call goes through `ok`, so that the first refusal ends it ---- */

static bool ok(dnnl_status_t status) {
	return status == dnnl_success;
}

/* Descriptors of the four tensors; weights in the layout `tag`. */
struct descriptors {
	dnnl_memory_desc_t src, weights, bias, dst;
};

static bool describe(const struct conv_shape *s, dnnl_data_type_t data, dnnl_data_type_t weights_type,
					 dnnl_data_type_t dst_type, dnnl_format_tag_t tag, struct descriptors *d) {
	const dnnl_dims_t src = {(dnnl_dim_t)s->batch, (dnnl_dim_t)s->in_channels, (dnnl_dim_t)s->height,
							 (dnnl_dim_t)s->width};
	const dnnl_dims_t dst = {(dnnl_dim_t)s->batch, (dnnl_dim_t)s->out_channels, (dnnl_dim_t)(s->height / s->stride),
							 (dnnl_dim_t)(s->width / s->stride)};
	const dnnl_dims_t weights = {(dnnl_dim_t)s->out_channels, (dnnl_dim_t)s->in_channels, (dnnl_dim_t)s->kernel,
								 (dnnl_dim_t)s->kernel};
	const dnnl_dims_t bias = {(dnnl_dim_t)s->out_channels};
	return ok(dnnl_memory_desc_init_by_tag(&d->src, 4, src, data, dnnl_nhwc)) &&
		   ok(dnnl_memory_desc_init_by_tag(&d->dst, 4, dst, dst_type, dnnl_nhwc)) &&
		   ok(dnnl_memory_desc_init_by_tag(&d->weights, 4, weights, weights_type, tag)) &&
		   ok(dnnl_memory_desc_init_by_tag(&d->bias, 1, bias, dnnl_f32, dnnl_x));
}

static bool make_memory(struct conv *conv, const dnnl_memory_desc_t *desc, void *handle, dnnl_memory_t *out) {
	return ok(dnnl_memory_create(out, desc, conv->engine->engine, handle));
}

/* One scratchpad is enough for all, and is there before anything runs; oneDNN's own would be allocated at every run. */
static bool grow_scratchpad(struct conv_engine *engine, size_t bytes) {
	enum { PAGE = 4096 };
	if (bytes <= engine->scratchpad_bytes) return true;
	free(engine->scratchpad);
	engine->scratchpad_bytes = (bytes + PAGE - 1) / PAGE * PAGE;
	engine->scratchpad = aligned_alloc(PAGE, engine->scratchpad_bytes);
	if (!engine->scratchpad) engine->scratchpad_bytes = 0;
	return engine->scratchpad != NULL;
}

static bool is_reference(dnnl_primitive_desc_t desc) {
	const char *name = "";
	return !ok(dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *)&name)) || !strncmp(name, "ref", 3);
}

static bool describe_job(struct conv *conv, const void *op, const_dnnl_post_ops_t fused,
						 const_dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *desc) {
	dnnl_primitive_attr_t attributes = NULL;
	const bool made = ok(dnnl_primitive_attr_create(&attributes)) &&
					  ok(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)) &&
					  (!fused || ok(dnnl_primitive_attr_set_post_ops(attributes, fused))) &&
					  ok(dnnl_primitive_desc_create(desc, op, attributes, conv->engine->engine, hint));
	if (attributes) dnnl_primitive_attr_destroy(attributes);
	return made;
}

static bool make_job(struct conv *conv, dnnl_primitive_desc_t desc, struct job *job) {
	const dnnl_memory_desc_t *scratchpad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
	return ok(dnnl_primitive_create(&job->primitive, desc)) &&
		   make_memory(conv, scratchpad, DNNL_MEMORY_NONE, &job->scratchpad) &&
		   grow_scratchpad(conv->engine, dnnl_memory_desc_get_size(scratchpad));
}

static bool make_reorder(struct conv *conv, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
						 dnnl_primitive_t *out) {
	dnnl_primitive_desc_t desc = NULL;
	const bool made =
		ok(dnnl_reorder_primitive_desc_create(&desc, from, conv->engine->engine, to, conv->engine->engine, NULL)) &&
		ok(dnnl_primitive_create(out, desc));
	if (desc) dnnl_primitive_desc_destroy(desc);
	return made;
}

static const dnnl_memory_desc_t *liked(dnnl_primitive_desc_t desc, dnnl_query_t query) {
	return dnnl_primitive_desc_query_md(desc, query, 0);
}

struct strides {
	dnnl_dims_t strides, padding_low, padding_high;
};

static struct strides strides_of(const struct conv_shape *s) {
	const dnnl_dim_t stride = (dnnl_dim_t)s->stride, low = s->kernel == 3, high = s->kernel == 3 && s->stride == 1;
	return (struct strides){{stride, stride}, {low, low}, {high, high}};
}

/* Forward, with what is fused behind the products. A residual is added from where it lies if oneDNN can, else dst has
 * to hold it before: a reference implementation would be a hundred times slower. */
static bool describe_forward(struct conv *conv, const dnnl_convolution_desc_t *op, const dnnl_memory_desc_t *dst,
							 dnnl_primitive_desc_t *desc) {
	const struct conv_shape *s = &conv->shape;
	dnnl_post_ops_t fused = NULL, in_dst = NULL;
	bool made = ok(dnnl_post_ops_create(&fused)) && ok(dnnl_post_ops_create(&in_dst)) &&
				(!s->residual || (ok(dnnl_post_ops_append_binary(fused, dnnl_binary_add, dst)) &&
								  ok(dnnl_post_ops_append_sum(in_dst, 1)))) &&
				(!s->relu || ok(dnnl_post_ops_append_eltwise(fused, 1, dnnl_eltwise_relu, 0, 0)));
	made = made && (describe_job(conv, op, fused, NULL, desc) || s->residual);
	if (made && s->residual && (!*desc || is_reference(*desc))) {
		if (*desc) dnnl_primitive_desc_destroy(*desc);
		*desc = NULL;
		conv->residual_in_dst = true;
		made = describe_job(conv, op, in_dst, NULL, desc);
	}
	if (fused) dnnl_post_ops_destroy(fused);
	if (in_dst) dnnl_post_ops_destroy(in_dst);
	return made;
}

static bool make_forward(struct conv *conv, dnnl_data_type_t data, dnnl_primitive_desc_t *desc) {
	const struct strides st = strides_of(&conv->shape);
	const dnnl_data_type_t result = conv->shape.float_dst ? dnnl_f32 : data;
	struct descriptors d, master;
	dnnl_convolution_desc_t op;
	return describe(&conv->shape, data, data, result, dnnl_format_tag_any, &d) &&
		   describe(&conv->shape, data, dnnl_f32, result, dnnl_ohwi, &master) &&
		   ok(dnnl_convolution_forward_desc_init(&op, conv->training ? dnnl_forward_training : dnnl_forward_inference,
												 dnnl_convolution_direct, &d.src, &d.weights, &d.bias, &d.dst,
												 st.strides, st.padding_low, st.padding_high)) &&
		   describe_forward(conv, &op, &d.dst, desc) && make_job(conv, *desc, &conv->forward) &&
		   make_memory(conv, &d.src, DNNL_MEMORY_NONE, &conv->user_src) &&
		   make_memory(conv, &d.dst, DNNL_MEMORY_NONE, &conv->user_dst) &&
		   make_memory(conv, &d.dst, DNNL_MEMORY_NONE, &conv->user_residual) &&
		   make_memory(conv, &d.bias, DNNL_MEMORY_NONE, &conv->user_bias) &&
		   make_memory(conv, &master.weights, DNNL_MEMORY_NONE, &conv->user_weights) &&
		   make_memory(conv, liked(*desc, dnnl_query_weights_md), DNNL_MEMORY_ALLOCATE, &conv->weights_fwd) &&
		   make_reorder(conv, &master.weights, liked(*desc, dnnl_query_weights_md), &conv->pack_fwd);
}

/* The source's gradient is a convolution of ddst with the kernel turned by half a circle, and adding it to what is
 * there is then fused, which oneDNN's own backward primitive cannot do. */
static bool make_backward_data_by_forward(struct conv *conv, dnnl_data_type_t data) {
	const struct conv_shape *s = &conv->shape;
	struct conv_shape turned = *s;
	turned.in_channels = s->out_channels, turned.out_channels = s->in_channels;
	const struct strides st = strides_of(&turned);
	struct descriptors d, master;
	dnnl_convolution_desc_t op;
	dnnl_primitive_desc_t desc = NULL;
	dnnl_post_ops_t sum = NULL;
	const size_t count = s->in_channels * s->kernel * s->kernel * s->out_channels;
	conv->turned = malloc(count * sizeof *conv->turned);
	const bool made =
		conv->turned && describe(&turned, data, data, s->float_src ? dnnl_f32 : data, dnnl_format_tag_any, &d) &&
		describe(&turned, data, dnnl_f32, data, dnnl_ohwi, &master) && ok(dnnl_post_ops_create(&sum)) &&
		ok(dnnl_post_ops_append_sum(sum, 1)) &&
		ok(dnnl_convolution_forward_desc_init(&op, dnnl_forward_inference, dnnl_convolution_direct, &d.src, &d.weights,
											  NULL, &d.dst, st.strides, st.padding_low, st.padding_high)) &&
		describe_job(conv, &op, sum, NULL, &desc) && make_job(conv, desc, &conv->backward_data) &&
		make_memory(conv, &d.dst, DNNL_MEMORY_NONE, &conv->user_dsrc) &&
		make_memory(conv, &master.weights, conv->turned, &conv->user_turned) &&
		make_memory(conv, liked(desc, dnnl_query_weights_md), DNNL_MEMORY_ALLOCATE, &conv->weights_bwd) &&
		make_reorder(conv, &master.weights, liked(desc, dnnl_query_weights_md), &conv->pack_bwd);
	if (sum) dnnl_post_ops_destroy(sum);
	if (desc) dnnl_primitive_desc_destroy(desc);
	return made;
}

static bool make_backward_data(struct conv *conv, dnnl_data_type_t data, dnnl_primitive_desc_t forward) {
	if (conv_adds_dsrc(&conv->shape)) return make_backward_data_by_forward(conv, data);
	const struct strides st = strides_of(&conv->shape);
	struct descriptors d, wanted;
	dnnl_convolution_desc_t op;
	dnnl_primitive_desc_t desc = NULL;
	const dnnl_data_type_t result = conv->shape.float_src ? dnnl_f32 : data;
	const bool made =
		describe(&conv->shape, result, data, data, dnnl_format_tag_any, &d) &&
		describe(&conv->shape, data, dnnl_f32, data, dnnl_ohwi, &wanted) &&
		ok(dnnl_convolution_backward_data_desc_init(&op, dnnl_convolution_direct, &d.src, &d.weights, &d.dst,
													st.strides, st.padding_low, st.padding_high)) &&
		describe_job(conv, &op, NULL, forward, &desc) && make_job(conv, desc, &conv->backward_data) &&
		make_memory(conv, &d.src, DNNL_MEMORY_NONE, &conv->user_dsrc) &&
		make_memory(conv, liked(desc, dnnl_query_weights_md), DNNL_MEMORY_ALLOCATE, &conv->weights_bwd) &&
		make_reorder(conv, &wanted.weights, liked(desc, dnnl_query_weights_md), &conv->pack_bwd);
	if (desc) dnnl_primitive_desc_destroy(desc);
	return made;
}

static bool make_backward_weights(struct conv *conv, dnnl_data_type_t data, dnnl_primitive_desc_t forward) {
	const struct strides st = strides_of(&conv->shape);
	struct descriptors d, master;
	dnnl_convolution_desc_t op;
	dnnl_primitive_desc_t desc = NULL;
	const bool made =
		describe(&conv->shape, data, dnnl_f32, data, dnnl_format_tag_any, &d) &&
		describe(&conv->shape, data, dnnl_f32, data, dnnl_ohwi, &master) &&
		ok(dnnl_convolution_backward_weights_desc_init(&op, dnnl_convolution_direct, &d.src, &d.weights, &d.bias,
													   &d.dst, st.strides, st.padding_low, st.padding_high)) &&
		describe_job(conv, &op, NULL, forward, &desc) && make_job(conv, desc, &conv->backward_weights) &&
		make_memory(conv, &d.dst, DNNL_MEMORY_NONE, &conv->user_ddst) &&
		make_memory(conv, &d.bias, DNNL_MEMORY_NONE, &conv->user_dbias) &&
		make_memory(conv, &master.weights, DNNL_MEMORY_NONE, &conv->user_dweights) &&
		make_memory(conv, liked(desc, dnnl_query_diff_weights_md), DNNL_MEMORY_ALLOCATE, &conv->dweights) &&
		make_reorder(conv, liked(desc, dnnl_query_diff_weights_md), &master.weights, &conv->unpack_dweights);
	if (desc) dnnl_primitive_desc_destroy(desc);
	return made;
}

/* Of ends that stay float32 although the products are not. */
static bool make_bf16_copies(struct conv *conv) {
	if (!conv->bfloat16) return true;
	const bool src = conv->shape.float_src, ddst = conv->shape.float_dst && conv->training;
	if (src) conv->src_bf16 = malloc(conv->src_count * sizeof *conv->src_bf16);
	if (ddst) conv->ddst_bf16 = malloc(conv->dst_count * sizeof *conv->ddst_bf16);
	return (!src || conv->src_bf16) && (!ddst || conv->ddst_bf16);
}

enum deblur_status conv_create(struct conv_engine *engine, const struct conv_shape *shape,
							   enum conv_precision precision, bool training, struct conv **out) {
	struct conv *conv = calloc(1, sizeof *conv);
	if (!conv) return DEBLUR_OUT_OF_MEMORY;
	conv->engine = engine;
	conv->shape = *shape;
	conv->src_count = shape->batch * shape->height * shape->width * shape->in_channels;
	conv->dst_count =
		shape->batch * (shape->height / shape->stride) * (shape->width / shape->stride) * shape->out_channels;
	conv->bfloat16 = precision == CONV_BFLOAT16;
	conv->training = training;
	const dnnl_data_type_t data = conv->bfloat16 ? dnnl_bf16 : dnnl_f32;
	dnnl_primitive_desc_t forward = NULL;
	const bool made =
		make_forward(conv, data, &forward) &&
		(!training || (make_backward_data(conv, data, forward) && make_backward_weights(conv, data, forward)));
	if (forward) dnnl_primitive_desc_destroy(forward);
	if (!made || !make_bf16_copies(conv)) {
		conv_destroy(conv);
		return made ? DEBLUR_OUT_OF_MEMORY : DEBLUR_BAD_ARGUMENT;
	}
	*out = conv;
	return DEBLUR_OK;
}

void conv_destroy(struct conv *conv) {
	if (!conv) return;
	dnnl_primitive_t primitives[] = {
		conv->forward.primitive, conv->backward_data.primitive, conv->backward_weights.primitive, conv->pack_fwd,
		conv->pack_bwd,          conv->unpack_dweights};
	for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
		if (primitives[i]) dnnl_primitive_destroy(primitives[i]);
	dnnl_memory_t memories[] = {conv->user_src,
								conv->user_dst,
								conv->user_dsrc,
								conv->user_ddst,
								conv->user_weights,
								conv->user_bias,
								conv->user_dweights,
								conv->user_dbias,
								conv->weights_fwd,
								conv->weights_bwd,
								conv->dweights,
								conv->user_residual,
								conv->user_turned,
								conv->forward.scratchpad,
								conv->backward_data.scratchpad,
								conv->backward_weights.scratchpad};
	for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
		if (memories[i]) dnnl_memory_destroy(memories[i]);
	free(conv->src_bf16);
	free(conv->ddst_bf16);
	free(conv->turned);
	free(conv);
}

/* ---- running ---- */

/* What oneDNN is given: the caller's numbers, or their copy in its precision. */
static const void *narrowed(const void *data, size_t count, uint16_t *copy) {
	if (!copy) return data;
	span_copy(span_of_floats(data), (struct span){copy, true}, count);
	return copy;
}

static bool point(dnnl_memory_t memory, const void *data) {
	return ok(dnnl_memory_set_data_handle(memory, (void *)(uintptr_t)data));
}

/* The last argument is the scratchpad's, filled in here. */
static bool run(struct conv *conv, const struct job *job, int count, dnnl_exec_arg_t *arguments) {
	arguments[count - 1] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, job->scratchpad};
	return point(job->scratchpad, conv->engine->scratchpad) &&
		   ok(dnnl_primitive_execute(job->primitive, conv->engine->stream, count, arguments));
}

static bool reorder(struct conv *conv, dnnl_primitive_t primitive, dnnl_memory_t from, dnnl_memory_t to) {
	const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
	return ok(dnnl_primitive_execute(primitive, conv->engine->stream, 2, arguments));
}

/* [out][k][k][in] to [in][k][k][out], each kernel upside down and back to front. */
static void turn(const struct conv_shape *s, const float *weights, float *turned) {
	const size_t taps = s->kernel * s->kernel;
#pragma omp parallel for schedule(static)
	for (size_t i = 0; i < s->in_channels; i++)
		for (size_t tap = 0; tap < taps; tap++)
			for (size_t o = 0; o < s->out_channels; o++)
				turned[(i * taps + tap) * s->out_channels + o] =
					weights[(o * taps + taps - 1 - tap) * s->in_channels + i];
}

/* The weights as the primitives like them. */
static bool pack(struct conv *conv, const float *weights) {
	if (conv->packed && !conv->training && !conv->shape.changing) return true;
	if (conv->turned) turn(&conv->shape, weights, conv->turned);
	dnnl_memory_t backward = conv->turned ? conv->user_turned : conv->user_weights;
	conv->packed = point(conv->user_weights, weights) &&
				   reorder(conv, conv->pack_fwd, conv->user_weights, conv->weights_fwd) &&
				   (!conv->pack_bwd || reorder(conv, conv->pack_bwd, backward, conv->weights_bwd));
	return conv->packed;
}

enum deblur_status conv_forward(struct conv *conv, const float *weights, const float *bias, const void *src,
								const void *residual, void *dst) {
	const bool narrow_dst = conv->bfloat16 && !conv->shape.float_dst;
	if (conv->residual_in_dst)
		span_copy((struct span){(void *)(uintptr_t)residual, narrow_dst}, (struct span){dst, narrow_dst},
				  conv->dst_count);
	const bool fused = residual && !conv->residual_in_dst;
	dnnl_exec_arg_t arguments[6] = {{DNNL_ARG_SRC, conv->user_src},
									{DNNL_ARG_WEIGHTS, conv->weights_fwd},
									{DNNL_ARG_BIAS, conv->user_bias},
									{DNNL_ARG_DST, conv->user_dst}};
	if (fused)
		arguments[4] = (dnnl_exec_arg_t){DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, conv->user_residual};
	const bool done = pack(conv, weights) && point(conv->user_bias, bias) &&
					  point(conv->user_src, narrowed(src, conv->src_count, conv->src_bf16)) &&
					  point(conv->user_dst, dst) && (!fused || point(conv->user_residual, residual)) &&
					  run(conv, &conv->forward, fused ? 6 : 5, arguments) && ok(dnnl_stream_wait(conv->engine->stream));
	return done ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

bool conv_adds_dsrc(const struct conv_shape *shape) {
	return shape->add_dsrc && shape->stride == 1;
}

enum deblur_status conv_backward(struct conv *conv, const void *ddst, float *dweights, float *dbias, void *dsrc) {
	dnnl_exec_arg_t of_weights[] = {{DNNL_ARG_SRC, conv->user_src},
									{DNNL_ARG_DIFF_DST, conv->user_ddst},
									{DNNL_ARG_DIFF_WEIGHTS, conv->dweights},
									{DNNL_ARG_DIFF_BIAS, conv->user_dbias},
									{0}};
	dnnl_exec_arg_t of_data[] = {{conv->turned ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST, conv->user_ddst},
								 {DNNL_ARG_WEIGHTS, conv->weights_bwd},
								 {conv->turned ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC, conv->user_dsrc},
								 {0}};
	const bool done = point(conv->user_ddst, narrowed(ddst, conv->dst_count, conv->ddst_bf16)) &&
					  point(conv->user_dbias, dbias) && point(conv->user_dweights, dweights) &&
					  run(conv, &conv->backward_weights, 5, of_weights) &&
					  reorder(conv, conv->unpack_dweights, conv->dweights, conv->user_dweights) &&
					  (!dsrc || (point(conv->user_dsrc, dsrc) && run(conv, &conv->backward_data, 4, of_data))) &&
					  ok(dnnl_stream_wait(conv->engine->stream));
	return done ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}
