/* test_kernels.c - every variant of the kernels against the scalar reference, and the reference against numbers worked
 * out by hand. Plain C with a main, so that it runs as WebAssembly, too. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "degrade/random.h"
#include "kernels/kernels.h"

static const struct kernels *variants[8];
static size_t variant_count;

enum { CANARY = 3 };
static const float canary = 12345.0f;

/* A map with a zero ring inside a larger block of canaries, at an address that is aligned to a float and no more. */
struct field {
	float *block, *data; /* data: pixel (0, 0) */
	size_t height, width, channels, row_stride, count;
};

static struct field make_field(size_t height, size_t width, size_t channels, size_t slack) {
	struct field f = {.height = height, .width = width, .channels = channels};
	f.row_stride = (width + 2) * channels + slack;
	f.count = (height + 2) * f.row_stride + 2 * CANARY + 1;
	f.block = malloc(f.count * sizeof *f.block);
	for (size_t i = 0; i < f.count; i++) f.block[i] = canary;
	f.data = f.block + CANARY + f.row_stride + channels;
	for (size_t y = 0; y < height + 2; y++)
		memset(f.block + CANARY + y * f.row_stride, 0, (width + 2) * channels * sizeof(float));
	return f;
}

static struct map view(const struct field *f) {
	return (struct map){f->data, f->height, f->width, f->channels, f->row_stride};
}

static float *at(const struct field *f, size_t y, size_t x) {
	return f->data + y * f->row_stride + x * f->channels;
}

static void fill(const struct field *f, struct random *random, bool hostile) {
	static const float nasty[] = {INFINITY, -INFINITY, NAN, 1e38f, -1e38f, 1e-42f, -0.0f};
	for (size_t y = 0; y < f->height; y++)
		for (size_t i = 0; i < f->width * f->channels; i++) {
			const bool odd = hostile && random_below(random, 40) == 0;
			at(f, y, 0)[i] = odd ? nasty[random_below(random, 7)] : (float)random_normal(random);
		}
}

/* Everything but the pixels has to be as make_field left it. */
static bool frame_is_intact(const struct field *f) {
	struct field fresh = make_field(f->height, f->width, f->channels, f->row_stride - (f->width + 2) * f->channels);
	for (size_t y = 0; y < f->height; y++)
		memcpy(at(&fresh, y, 0), at(f, y, 0), f->width * f->channels * sizeof(float));
	const bool intact = !memcmp(fresh.block, f->block, f->count * sizeof(float));
	free(fresh.block);
	return intact;
}

/* How far b is from a, in units of 1 + |a|; infinite where only one of them is a number, or finite. */
static float error_of(float a, float b) {
	if (isnan(a) && isnan(b)) return 0;
	if (isnan(a) || isnan(b)) return INFINITY;
	if (isinf(a) || isinf(b)) return a == b ? 0 : INFINITY;
	return fabsf(a - b) / (1 + fabsf(a));
}

static void compare(const struct field *wanted, const struct field *got, float tolerance, const char *what) {
	float worst = 0;
	size_t worst_y = 0, worst_i = 0;
	for (size_t y = 0; y < wanted->height; y++)
		for (size_t i = 0; i < wanted->width * wanted->channels; i++) {
			const float error = error_of(at(wanted, y, 0)[i], at(got, y, 0)[i]);
			if (error <= worst) continue;
			worst = error;
			worst_y = y;
			worst_i = i;
		}
	CHECK(worst <= tolerance, "%s: off by %g in row %zu, pixel %zu, channel %zu: %g, not %g", what, (double)worst,
		  worst_y, worst_i / wanted->channels, worst_i % wanted->channels, (double)at(got, worst_y, 0)[worst_i],
		  (double)at(wanted, worst_y, 0)[worst_i]);
	CHECK(frame_is_intact(got), "%s: wrote beside the map", what);
}

/* ---- convolutions ---- */

struct layer {
	struct conv2d conv;
	float *weights, *values; /* owned: packed, and bias, scale, shift */
	float *winograd;         /* owned: packed for conv3x3_winograd where it fits */
};

static struct layer make_layer(size_t kernel, size_t stride, size_t in, size_t out, bool affine,
							   enum activation activation, struct random *random) {
	const size_t padded = (out + 7) / 8 * 8, taps = kernel * kernel * in;
	struct layer layer = {.weights = malloc(kernels_packed_count(out, in, kernel) * sizeof(float)),
						  .values = calloc(3 * padded, sizeof(float))};
	float *plain = malloc(out * taps * sizeof *plain);
	for (size_t i = 0; i < out * taps; i++) plain[i] = (float)(random_normal(random) / sqrt((double)taps));
	for (int part = 0; part < 3; part++)
		for (size_t o = 0; o < out; o++) layer.values[(size_t)part * padded + o] = (float)random_normal(random);
	kernels_pack_conv2d(out, in, kernel, plain, layer.weights);
	layer.winograd = malloc(kernels_winograd_count(out, in) * sizeof(float));
	if (kernels_winograd_fits(out, in, kernel, stride)) kernels_pack_winograd(out, in, plain, layer.winograd);
	free(plain);
	layer.conv = (struct conv2d){kernel,
								 stride,
								 in,
								 out,
								 layer.weights,
								 layer.values,
								 affine ? layer.values + padded : NULL,
								 affine ? layer.values + 2 * padded : NULL,
								 activation};
	return layer;
}

static void release_layer(struct layer *layer) {
	free(layer->weights);
	free(layer->values);
	free(layer->winograd);
}

/* One convolution of random shape, by the reference and by every other variant. The residual is absent, a map of its
 * own, or the result's own memory, as the executor may have it. */
static void check_conv(uint64_t seed, bool hostile) {
	enum residual { NO_RESIDUAL, OWN_RESIDUAL, RESULT_AS_RESIDUAL };
	static const size_t channels[] = {1, 3, 8, 12, 13, 16, 24, 33, 40, 48},
						widths[] = {1, 2, 3, 5, 6, 7, 11, 12, 13, 19, 31};
	struct random random = random_seeded(seed, hostile, 0);
	const size_t in = channels[random_below(&random, 10)], out = channels[random_below(&random, 10)];
	const size_t kernel = random_below(&random, 4) ? 3 : 1, stride = kernel == 3 ? 1 + random_below(&random, 2) : 1;
	const size_t width = widths[random_below(&random, 11)], height = 1 + random_below(&random, 6);
	const size_t slack = random_below(&random, 5);
	const bool affine = random_below(&random, 2);
	const enum residual residual = (enum residual)random_below(&random, 3);
	struct layer layer =
		make_layer(kernel, stride, in, out, affine, (enum activation)random_below(&random, 2), &random);
	struct field src = make_field(height * stride, width * stride, in, random_below(&random, 5));
	struct field more = make_field(height, width, out, random_below(&random, 5));
	fill(&src, &random, hostile);
	fill(&more, &random, hostile);
	struct field results[8];
	for (size_t v = 0; v < variant_count; v++) {
		results[v] = make_field(height, width, out, slack);
		for (size_t y = 0; y < height; y++) memcpy(at(&results[v], y, 0), at(&more, y, 0), width * out * sizeof(float));
		const struct map from = view(&src), own = view(&more), to = view(&results[v]);
		const struct map *added[] = {NULL, &own, &to};
		variants[v]->conv2d(&layer.conv, &from, added[residual], &to);
		char what[200];
		snprintf(what, sizeof what, "%s seed %llu: %zux%zu stride %zu, %zu -> %zu channels, %zu x %zu, residual %d",
				 variants[v]->name, (unsigned long long)seed, kernel, kernel, stride, in, out, width, height, residual);
		compare(&results[0], &results[v], hostile ? 1e-3f : 2e-5f, what);
	}
	CHECK(frame_is_intact(&src) && frame_is_intact(&more), "seed %llu: wrote to a source", (unsigned long long)seed);
	for (size_t v = 0; v < variant_count; v++) free(results[v].block);
	free(src.block);
	free(more.block);
	release_layer(&layer);
}

/* ---- Winograd ---- */

static void run_winograd(const struct kernels *k, const struct layer *layer, const struct map *src,
						 const struct map *residual, const struct map *dst) {
	struct conv2d conv = layer->conv;
	const size_t scratch = kernels_winograd_scratch(conv.out_channels, conv.in_channels, dst->width);
	float *notes = malloc((scratch + 1) * sizeof *notes);
	notes[scratch] = canary;
	conv.weights = layer->winograd;
	k->conv3x3_winograd(&conv, src, residual, dst, notes);
	CHECK(notes[scratch] == canary, "%s: wrote beyond its scratch memory", k->name);
	free(notes);
}

/* Whether a result is made of ordinary numbers only: its four pixels are computed from six by three. */
static bool sees_only_ordinary(const struct field *src, size_t y, size_t x) {
	const size_t left = x / 4 * 4 * src->channels, right = (x / 4 * 4 + 5) * src->channels;
	for (size_t row = y ? y - 1 : 0; row <= y + 1 && row < src->height; row++)
		for (size_t i = left > src->channels ? left - src->channels : 0; i < right && i < src->width * src->channels;
			 i++)
			if (!(fabsf(at(src, row, 0)[i]) < 1e6f)) return false;
	return true;
}

/* Where a source is not ordinary the method promises nothing; wanted is made equal to got there. */
static void excuse(const struct field *src, const struct field *got, const struct field *wanted) {
	for (size_t y = 0; y < got->height; y++)
		for (size_t x = 0; x < got->width; x++)
			if (!sees_only_ordinary(src, y, x)) memcpy(at(wanted, y, x), at(got, y, x), got->channels * sizeof(float));
}

static void check_winograd(uint64_t seed, bool hostile) {
	static const size_t channels[] = {8, 9, 12, 16, 24, 31, 33, 40, 48},
						widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 23, 40, 66, 131};
	struct random random = random_seeded(seed, hostile, 17);
	const size_t in = channels[random_below(&random, 9)], out = channels[random_below(&random, 9)];
	const size_t width = widths[random_below(&random, 14)], height = 1 + random_below(&random, 5);
	const enum activation activation = (enum activation)random_below(&random, 2);
	const int residual = (int)random_below(&random, 3); /* none, of its own, the result's memory */
	struct layer layer = make_layer(3, 1, in, out, random_below(&random, 2), activation, &random);
	struct field src = make_field(height, width, in, random_below(&random, 5));
	struct field more = make_field(height, width, out, random_below(&random, 5));
	struct field wanted = make_field(height, width, out, 0);
	fill(&src, &random, hostile);
	fill(&more, &random, false);
	const struct map from = view(&src), own = view(&more), right = view(&wanted);
	for (size_t v = 0; v < variant_count; v++) {
		if (!variants[v]->conv3x3_winograd) continue;
		variants[0]->conv2d(&layer.conv, &from, residual ? &own : NULL, &right);
		struct field got = make_field(height, width, out, random_below(&random, 5));
		for (size_t y = 0; y < height; y++) memcpy(at(&got, y, 0), at(&more, y, 0), width * out * sizeof(float));
		const struct map to = view(&got), *added[] = {NULL, &own, &to};
		run_winograd(variants[v], &layer, &from, added[residual], &to);
		if (hostile) excuse(&src, &got, &wanted);
		char what[200];
		snprintf(what, sizeof what, "%s seed %llu: Winograd, %zu -> %zu channels, %zu x %zu, residual %d",
				 variants[v]->name, (unsigned long long)seed, in, out, width, height, residual);
		compare(&wanted, &got, 2e-5f, what);
		free(got.block);
	}
	CHECK(frame_is_intact(&src) && frame_is_intact(&more), "seed %llu: wrote to a source", (unsigned long long)seed);
	free(src.block);
	free(more.block);
	free(wanted.block);
	release_layer(&layer);
}

static void winograd_equals_the_reference(void) {
	for (uint64_t seed = 0; seed < 300; seed++) check_winograd(seed, false);
}

static void hostile_numbers_spoil_their_four_pixels_only(void) {
	for (uint64_t seed = 0; seed < 200; seed++) check_winograd(seed, true);
}

static void convolutions_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 400; seed++) check_conv(seed, false);
}

static void hostile_numbers_spread_the_same_way(void) {
	for (uint64_t seed = 0; seed < 200; seed++) check_conv(seed, true);
}

static void check_transposed(uint64_t seed, bool hostile) {
	static const size_t outs[] = {1, 3, 8, 12, 16, 24, 40};
	struct random random = random_seeded(seed, hostile, 7);
	const size_t in = 1 + random_below(&random, 20), out = outs[random_below(&random, 7)];
	const size_t width = 1 + random_below(&random, 14), height = 1 + random_below(&random, 3);
	struct layer layer =
		make_layer(1, 1, in, 4 * out, random_below(&random, 2), (enum activation)random_below(&random, 2), &random);
	struct field src = make_field(height, width, in, random_below(&random, 3));
	struct field more = make_field(2 * height, 2 * width, out, random_below(&random, 3)), results[8];
	const bool residual = random_below(&random, 2);
	const struct map own = view(&more);
	fill(&src, &random, hostile);
	fill(&more, &random, hostile);
	for (size_t v = 0; v < variant_count; v++) {
		results[v] = make_field(2 * height, 2 * width, out, seed % 2);
		const struct map from = view(&src), to = view(&results[v]);
		variants[v]->conv_transpose2x2(&layer.conv, &from, residual ? &own : NULL, &to);
		char what[160];
		snprintf(what, sizeof what, "%s seed %llu: %zu -> %zu channels, %zu x %zu", variants[v]->name,
				 (unsigned long long)seed, in, out, width, height);
		compare(&results[0], &results[v], hostile ? 1e-3f : 2e-5f, what);
	}
	for (size_t v = 0; v < variant_count; v++) free(results[v].block);
	free(src.block);
	free(more.block);
	release_layer(&layer);
}

static void transposed_convolutions_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 200; seed++) check_transposed(seed, false);
}

static void hostile_numbers_spread_the_same_way_transposed(void) {
	for (uint64_t seed = 0; seed < 100; seed++) check_transposed(seed, true);
}

/* ---- tiles ---- */

enum { WIDTH = 29, HEIGHT = 6 }; /* of the smaller of source and result */
enum method { DIRECT, WINOGRAD, TRANSPOSED };

/* A layer over all of src, and over what lies right of and below (cut, cut): where both give a pixel, they give the
 * same bits. shape: kernel, stride, channels in, channels out. */
static void check_position(const struct kernels *k, const size_t shape[4], enum method method, size_t cut) {
	const bool transposed = method == TRANSPOSED;
	const size_t kernel = shape[0], stride = shape[1], in = shape[2], out = shape[3], grow = transposed ? 2 : 1;
	struct random random = random_seeded(5, kernel, stride);
	struct layer layer = make_layer(kernel, stride, in, transposed ? 4 * out : out, true, ACTIVATION_RELU, &random);
	struct field src = make_field(HEIGHT * stride, WIDTH * stride, in, 0);
	struct field whole = make_field(HEIGHT * grow, WIDTH * grow, out, 0);
	struct field part = make_field((HEIGHT - cut) * grow, (WIDTH - cut) * grow, out, 0);
	fill(&src, &random, false);
	const struct map s = view(&src), w = view(&whole), p = view(&part);
	const struct map shifted = {at(&src, cut * stride, cut * stride), (HEIGHT - cut) * stride, (WIDTH - cut) * stride,
								in, src.row_stride};
	if (transposed) {
		k->conv_transpose2x2(&layer.conv, &s, NULL, &w);
		k->conv_transpose2x2(&layer.conv, &shifted, NULL, &p);
	} else if (method == WINOGRAD) {
		run_winograd(k, &layer, &s, NULL, &w);
		run_winograd(k, &layer, &shifted, NULL, &p);
	} else {
		k->conv2d(&layer.conv, &s, NULL, &w);
		k->conv2d(&layer.conv, &shifted, NULL, &p);
	}
	for (size_t y = 0; y < part.height; y++)
		CHECK(!memcmp(at(&whole, cut * grow + y, cut * grow), at(&part, y, 0), part.width * out * sizeof(float)),
			  "%s: %zux%zu stride %zu, %zu -> %zu channels%s, cut at %zu: row %zu", k->name, kernel, kernel, stride, in,
			  out, transposed ? " transposed" : "", cut, y);
	free(src.block);
	free(whole.block);
	free(part.block);
	release_layer(&layer);
}

static void position_does_not_change_a_bit(void) {
	static const size_t shapes[][4] = {{3, 1, 13, 24}, {3, 1, 12, 40}, {3, 2, 8, 16}, {3, 1, 5, 3}, {1, 1, 24, 12}};
	static const size_t in_fours[][4] = {{3, 1, 13, 24}, {3, 1, 24, 9}, {3, 1, 8, 16}};
	for (size_t v = 0; v < variant_count; v++)
		for (size_t cut = 1; cut < HEIGHT; cut++) {
			for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
				check_position(variants[v], shapes[i], DIRECT, cut);
			check_position(variants[v], (size_t[]){1, 1, 9, 24}, TRANSPOSED, cut);
			check_position(variants[v], (size_t[]){1, 1, 9, 12}, TRANSPOSED, cut);
		}
	/* Fours are counted from the left: so parts begin at multiples of four. */
	for (size_t v = 0; v < variant_count; v++)
		for (size_t i = 0; i < sizeof in_fours / sizeof *in_fours && variants[v]->conv3x3_winograd; i++)
			check_position(variants[v], in_fours[i], WINOGRAD, 4);
}

/* ---- the other ops ---- */

enum elementwise { ADD, SIGMOID, CHANNEL_AFFINE, ELEMENTWISE_COUNT };

static void run_elementwise(const struct kernels *k, enum elementwise op, const struct field *vectors,
							const struct map *a, const struct map *b, const struct map *dst) {
	if (op == ADD) k->add(a, b, dst);
	if (op == SIGMOID) k->sigmoid(a, dst);
	if (op == CHANNEL_AFFINE) k->channel_affine(at(vectors, 0, 0), at(vectors, 1, 0), ACTIVATION_RELU, a, dst);
}

/* In a map of its own and, for every other seed, in the source. */
static void check_elementwise(uint64_t seed, enum elementwise op) {
	struct random random = random_seeded(seed, 9, (uint64_t)op);
	const size_t c = 1 + random_below(&random, 37), h = 1 + random_below(&random, 5), w = 1 + random_below(&random, 9);
	struct field a = make_field(h, w, c, 2), b = make_field(h, w, c, 0), vectors = make_field(2, 1, c, 1), results[8];
	fill(&a, &random, seed & 2);
	fill(&b, &random, false);
	fill(&vectors, &random, false);
	for (size_t v = 0; v < variant_count; v++) {
		results[v] = make_field(h, w, c, 1);
		for (size_t y = 0; y < h; y++) memcpy(at(&results[v], y, 0), at(&a, y, 0), w * c * sizeof(float));
		const struct map x = view(&a), y = view(&b), to = view(&results[v]);
		run_elementwise(variants[v], op, &vectors, seed & 1 ? &to : &x, &y, &to);
		char what[96];
		snprintf(what, sizeof what, "%s seed %llu: op %d, %zu x %zu x %zu", variants[v]->name, (unsigned long long)seed,
				 op, h, w, c);
		compare(&results[0], &results[v], 1e-6f, what);
	}
	for (size_t v = 0; v < variant_count; v++) free(results[v].block);
	free(a.block);
	free(b.block);
	free(vectors.block);
}

static void elementwise_ops_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 60; seed++)
		for (int op = 0; op < ELEMENTWISE_COUNT; op++) check_elementwise(seed, (enum elementwise)op);
}

static void averages_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 40; seed++) {
		enum { MOST = 130 };
		struct random random = random_seeded(seed, 11, 0);
		const size_t c = 1 + random_below(&random, MOST);
		struct field src = make_field(3, 5, c, 2);
		float wanted[MOST], got[MOST];
		fill(&src, &random, seed & 1);
		const struct map x = view(&src);
		variants[0]->global_average(&x, wanted);
		for (size_t v = 1; v < variant_count; v++) {
			variants[v]->global_average(&x, got);
			for (size_t i = 0; i < c; i++)
				CHECK(error_of(wanted[i], got[i]) <= 1e-6f, "%s seed %llu: channel %zu of %zu: %g, not %g",
					  variants[v]->name, (unsigned long long)seed, i, c, (double)got[i], (double)wanted[i]);
		}
		free(src.block);
	}
}

static void linear_layers_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 40; seed++) {
		enum { MOST = 20 };
		struct random random = random_seeded(seed, 13, 0);
		const size_t in = 1 + random_below(&random, 130), out = 1 + random_below(&random, MOST);
		struct field weights = make_field(1, out, in, 0), bias = make_field(1, 1, out, 0),
					 src = make_field(1, 1, in, 0);
		float wanted[MOST], got[MOST];
		fill(&weights, &random, false);
		fill(&bias, &random, false);
		fill(&src, &random, false);
		const enum activation activation = (enum activation)(seed & 1);
		variants[0]->linear(in, out, weights.data, bias.data, activation, src.data, wanted);
		for (size_t v = 1; v < variant_count; v++) {
			variants[v]->linear(in, out, weights.data, bias.data, activation, src.data, got);
			for (size_t o = 0; o < out; o++)
				CHECK(error_of(wanted[o], got[o]) <= 1e-5f, "%s seed %llu: %zu -> %zu, number %zu: %g, not %g",
					  variants[v]->name, (unsigned long long)seed, in, out, o, (double)got[o], (double)wanted[o]);
		}
		free(weights.block);
		free(bias.block);
		free(src.block);
	}
}

static void shuffle_undoes_unshuffle(void) {
	for (size_t v = 0; v < variant_count; v++)
		for (size_t factor = 2; factor <= 3; factor++) {
			struct random random = random_seeded(1, 2, 3);
			struct field fine = make_field(2 * factor, 3 * factor, 5, 2),
						 coarse = make_field(2, 3, 5 * factor * factor, 1);
			struct field back = make_field(2 * factor, 3 * factor, 5, 2);
			fill(&fine, &random, false);
			const struct map f = view(&fine), c = view(&coarse), b = view(&back);
			variants[v]->pixel_unshuffle(factor, &f, &c);
			CHECK(at(&coarse, 1, 2)[5 * factor + 4] == at(&fine, factor + 1, 2 * factor)[4],
				  "%s: place (1, 0), channel 4", variants[v]->name);
			variants[v]->pixel_shuffle(factor, &c, &b);
			compare(&fine, &back, 0, variants[v]->name);
			free(fine.block);
			free(coarse.block);
			free(back.block);
		}
}

static void reference_convolves_as_by_hand(void) {
	/* 2 x 2 pixels of one channel, a 3x3 kernel of 1..9, bias 10: the middle tap is 5. */
	struct field src = make_field(2, 2, 1, 0), dst = make_field(2, 2, 1, 0);
	float plain[9], packed[72], bias[8] = {10};
	for (int i = 0; i < 9; i++) plain[i] = (float)(i + 1);
	kernels_pack_conv2d(1, 1, 3, plain, packed);
	for (size_t i = 0; i < 4; i++) at(&src, i / 2, i % 2)[0] = (float)(i + 1);
	const struct conv2d conv = {3, 1, 1, 1, packed, bias, NULL, NULL, ACTIVATION_NONE};
	const struct map s = view(&src), d = view(&dst);
	variants[0]->conv2d(&conv, &s, NULL, &d);
	const float wanted[4] = {10 + 5 * 1 + 6 * 2 + 8 * 3 + 9 * 4, 10 + 4 * 1 + 5 * 2 + 7 * 3 + 8 * 4,
							 10 + 2 * 1 + 3 * 2 + 5 * 3 + 6 * 4, 10 + 1 * 1 + 2 * 2 + 4 * 3 + 5 * 4};
	for (size_t i = 0; i < 4; i++)
		CHECK(at(&dst, i / 2, i % 2)[0] == wanted[i], "pixel %zu: %g, not %g", i, (double)at(&dst, i / 2, i % 2)[0],
			  (double)wanted[i]);
	free(src.block);
	free(dst.block);
}

/* Two pixels 1, 2 of one channel; the places of a 2x2 have the weights 1, 10, 100, 1000. */
static void reference_transposes_as_by_hand(void) {
	struct field src = make_field(1, 2, 1, 0), dst = make_field(2, 4, 1, 0);
	const float plain[4] = {1, 10, 100, 1000}, bias[8] = {0.5f, 0.5f, 0.5f, 0.5f};
	const float wanted[2][4] = {{1.5f, 10.5f, 2.5f, 20.5f}, {100.5f, 1000.5f, 200.5f, 2000.5f}};
	float packed[8];
	kernels_pack_conv2d(4, 1, 1, plain, packed);
	at(&src, 0, 0)[0] = 1;
	at(&src, 0, 1)[0] = 2;
	const struct conv2d conv = {1, 1, 1, 4, packed, bias, NULL, NULL, ACTIVATION_NONE};
	const struct map s = view(&src), d = view(&dst);
	variants[0]->conv_transpose2x2(&conv, &s, NULL, &d);
	for (size_t y = 0; y < 2; y++)
		for (size_t x = 0; x < 4; x++)
			CHECK(at(&dst, y, x)[0] == wanted[y][x], "(%zu, %zu): %g, not %g", x, y, (double)at(&dst, y, x)[0],
				  (double)wanted[y][x]);
	free(src.block);
	free(dst.block);
}

/* One channel to 2 at stride 2 of a 1x1 result: scale and shift, then ReLU, then the residual. */
static void reference_scales_activates_and_adds_in_this_order(void) {
	struct field src = make_field(2, 2, 1, 0), dst = make_field(1, 1, 2, 0), more = make_field(1, 1, 2, 0);
	const float plain[18] = {0, 0, 0, 0, 1, 2, 0, 3, 4, 0, 0, 0, 0, -1, 0, 0, 0, 0};
	const float bias[8] = {1, 1}, scale[8] = {2, 3}, shift[8] = {-5, -6};
	float packed[72];
	kernels_pack_conv2d(2, 1, 3, plain, packed);
	for (size_t i = 0; i < 4; i++) at(&src, i / 2, i % 2)[0] = (float)(i + 1);
	more.data[0] = 0.25f;
	more.data[1] = -7;
	const struct conv2d conv = {3, 2, 1, 2, packed, bias, scale, shift, ACTIVATION_RELU};
	const struct map s = view(&src), d = view(&dst), m = view(&more);
	variants[0]->conv2d(&conv, &s, &m, &d);
	const float first = (1 + 1 * 1 + 2 * 2 + 3 * 3 + 4 * 4) * 2 - 5 + 0.25f; /* positive: ReLU lets it pass */
	const float second = 0 - 7;                                              /* (1 - 1) * 3 - 6 is negative */
	CHECK(dst.data[0] == first && dst.data[1] == second, "%g %g, not %g %g", (double)dst.data[0], (double)dst.data[1],
		  (double)first, (double)second);
	free(src.block);
	free(dst.block);
	free(more.block);
}

static void reference_works_on_vectors_as_by_hand(void) {
	const float weights[4] = {1, 2, 3, 4}, biases[2] = {1, -40}, x[2] = {5, 6};
	float y[2], mean[2], picture[6] = {1, 10, 2, 20, 6, 30};
	variants[0]->linear(2, 2, weights, biases, ACTIVATION_RELU, x, y);
	CHECK(y[0] == 18 && y[1] == 0, "linear: %g %g", (double)y[0], (double)y[1]);
	variants[0]->global_average(&(struct map){picture, 1, 3, 2, 6}, mean);
	CHECK(mean[0] == 3 && mean[1] == 20, "averages: %g %g", (double)mean[0], (double)mean[1]);
	const struct map map = {picture, 1, 3, 2, 6};
	variants[0]->channel_affine((float[]){1, -1}, (float[]){-3, 4}, ACTIVATION_RELU, &map, &map);
	CHECK(picture[0] == 0 && picture[1] == 4 && picture[2] == 1 && picture[4] == 9, "affine: %g %g %g %g",
		  (double)picture[0], (double)picture[1], (double)picture[2], (double)picture[4]);
}

int main(void) {
	variant_count = kernels_available(variants);
	for (size_t v = 0; v < variant_count; v++) printf("variant %s\n", variants[v]->name);
	RUN(reference_convolves_as_by_hand);
	RUN(reference_transposes_as_by_hand);
	RUN(reference_scales_activates_and_adds_in_this_order);
	RUN(reference_works_on_vectors_as_by_hand);
	RUN(convolutions_equal_the_reference);
	RUN(hostile_numbers_spread_the_same_way);
	RUN(winograd_equals_the_reference);
	RUN(hostile_numbers_spoil_their_four_pixels_only);
	RUN(transposed_convolutions_equal_the_reference);
	RUN(hostile_numbers_spread_the_same_way_transposed);
	RUN(position_does_not_change_a_bit);
	RUN(elementwise_ops_equal_the_reference);
	RUN(averages_equal_the_reference);
	RUN(linear_layers_equal_the_reference);
	RUN(shuffle_undoes_unshuffle);
	return check_summary();
}
