/* test_kernels.c - every variant of the kernels against the scalar reference, and the reference against numbers worked
 * out by hand. Plain C with a main, so that it runs as WebAssembly, too. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kernels/kernels.h"
#include "train/random.h"

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

static bool close_enough(float a, float b, float tolerance) {
	if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
	if (isinf(a) || isinf(b)) return a == b;
	return fabsf(a - b) <= tolerance * (1 + fabsf(a));
}

static void compare(const struct field *wanted, const struct field *got, float tolerance, const char *what) {
	for (size_t y = 0; y < wanted->height; y++)
		for (size_t i = 0; i < wanted->width * wanted->channels; i++) {
			const float a = at(wanted, y, 0)[i], b = at(got, y, 0)[i];
			if (close_enough(a, b, tolerance)) continue;
			CHECK(false, "%s: row %zu, number %zu: %g, not %g", what, y, i, (double)b, (double)a);
			return;
		}
	CHECK(frame_is_intact(got), "%s: wrote beside the map", what);
}

/* ---- convolutions ---- */

struct layer {
	struct conv2d conv;
	float *weights, *values; /* owned: packed, and bias, scale, shift */
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
}

static void check_conv(uint64_t seed, bool hostile) {
	static const size_t channels[] = {1, 3, 8, 12, 13, 16, 24, 33, 48},
						widths[] = {1, 2, 3, 5, 6, 7, 11, 12, 13, 19, 31};
	struct random random = random_seeded(seed, hostile, 0);
	const size_t in = channels[random_below(&random, 9)], out = channels[random_below(&random, 9)];
	const size_t kernel = random_below(&random, 4) ? 3 : 1, stride = kernel == 3 ? 1 + random_below(&random, 2) : 1;
	const size_t width = widths[random_below(&random, 11)], height = 1 + random_below(&random, 6);
	const bool affine = random_below(&random, 2), residual = random_below(&random, 2);
	struct layer layer =
		make_layer(kernel, stride, in, out, affine, (enum activation)random_below(&random, 2), &random);
	struct field src = make_field(height * stride, width * stride, in, random_below(&random, 5));
	struct field wanted = make_field(height, width, out, random_below(&random, 5));
	fill(&src, &random, hostile);
	fill(&wanted, &random, false);
	for (size_t v = 1; v < variant_count; v++) {
		struct field got = make_field(height, width, out, wanted.row_stride - (width + 2) * out);
		memcpy(got.block, wanted.block, got.count * sizeof(float));
		const struct map s = view(&src), g = view(&got);
		/* The residual is the result's own memory, as the executor may have it. */
		struct field expected = make_field(height, width, out, wanted.row_stride - (width + 2) * out);
		memcpy(expected.block, wanted.block, expected.count * sizeof(float));
		const struct map e = view(&expected);
		variants[0]->conv2d(&layer.conv, &s, residual ? &e : NULL, &e);
		variants[v]->conv2d(&layer.conv, &s, residual ? &g : NULL, &g);
		char what[160];
		snprintf(what, sizeof what, "%s seed %llu: %zux%zu stride %zu, %zu -> %zu channels, %zu x %zu",
				 variants[v]->name, (unsigned long long)seed, kernel, kernel, stride, in, out, width, height);
		compare(&expected, &got, hostile ? 1e-3f : 2e-5f, what);
		free(got.block);
		free(expected.block);
	}
	free(src.block);
	free(wanted.block);
	release_layer(&layer);
}

static void convolutions_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 400; seed++) check_conv(seed, false);
}

static void hostile_numbers_spread_the_same_way(void) {
	for (uint64_t seed = 0; seed < 200; seed++) check_conv(seed, true);
}

static void transposed_convolutions_equal_the_reference(void) {
	static const size_t outs[] = {1, 3, 8, 12, 24};
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct random random = random_seeded(seed, 7, 0);
		const size_t in = 1 + random_below(&random, 20), out = outs[seed % 5], width = 1 + random_below(&random, 14);
		struct layer layer = make_layer(1, 1, in, 4 * out, false, (enum activation)(seed % 2), &random);
		struct field src = make_field(3, width, in, seed % 3), wanted = make_field(6, 2 * width, out, 1);
		fill(&src, &random, false);
		const struct map s = view(&src), w = view(&wanted);
		variants[0]->conv_transpose2x2(&layer.conv, &s, &w);
		for (size_t v = 1; v < variant_count; v++) {
			struct field got = make_field(6, 2 * width, out, 1);
			const struct map g = view(&got);
			variants[v]->conv_transpose2x2(&layer.conv, &s, &g);
			compare(&wanted, &got, 2e-5f, variants[v]->name);
			free(got.block);
		}
		free(src.block);
		free(wanted.block);
		release_layer(&layer);
	}
}

/* A pixel has the same bits whether it is computed in a wide map or in a narrow one that begins elsewhere. */
static void position_does_not_change_a_bit(void) {
	enum { WIDTH = 29, HEIGHT = 4, CUT = 9 };
	for (size_t v = 0; v < variant_count; v++) {
		struct random random = random_seeded(5, v, 0);
		struct layer layer = make_layer(3, 1, 13, 24, true, ACTIVATION_RELU, &random);
		struct field src = make_field(HEIGHT, WIDTH, 13, 0), whole = make_field(HEIGHT, WIDTH, 24, 0);
		struct field part = make_field(HEIGHT, WIDTH - CUT, 24, 0);
		fill(&src, &random, false);
		const struct map s = view(&src), w = view(&whole), p = view(&part);
		const struct map shifted = {at(&src, 0, CUT), HEIGHT, WIDTH - CUT, 13, src.row_stride};
		variants[v]->conv2d(&layer.conv, &s, NULL, &w);
		variants[v]->conv2d(&layer.conv, &shifted, NULL, &p);
		for (size_t y = 0; y < HEIGHT; y++)
			CHECK(!memcmp(at(&whole, y, CUT), at(&part, y, 0), (WIDTH - CUT) * 24 * sizeof(float)), "%s: row %zu",
				  variants[v]->name, y);
		free(src.block);
		free(whole.block);
		free(part.block);
		release_layer(&layer);
	}
}

/* ---- the other ops ---- */

static void elementwise_ops_equal_the_reference(void) {
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct random random = random_seeded(seed, 9, 0);
		const size_t c = 1 + random_below(&random, 37), h = 1 + random_below(&random, 5),
					 w = 1 + random_below(&random, 9);
		struct field a = make_field(h, w, c, 2), b = make_field(h, w, c, 0);
		fill(&a, &random, seed % 2);
		fill(&b, &random, false);
		const struct map x = view(&a), y = view(&b);
		for (size_t v = 1; v < variant_count; v++)
			for (int op = 0; op < 3; op++) {
				struct field wanted = make_field(h, w, c, 1), got = make_field(h, w, c, 1);
				const struct map p = view(&wanted), q = view(&got);
				for (int side = 0; side < 2; side++) {
					const struct kernels *k = side ? variants[v] : variants[0];
					const struct map *dst = side ? &q : &p;
					if (op == 0) k->add(&x, &y, dst);
					if (op == 1) k->sigmoid(&x, dst);
					if (op == 2) k->channel_affine(at(&b, 0, 0), at(&a, 0, 0), ACTIVATION_RELU, &x, dst);
				}
				compare(&wanted, &got, 1e-6f, variants[v]->name);
				free(wanted.block);
				free(got.block);
			}
		float means[2][40];
		for (size_t v = 1; v < variant_count && !(seed % 2); v++) {
			variants[0]->global_average(&x, means[0]);
			variants[v]->global_average(&x, means[1]);
			CHECK(!memcmp(means[0], means[1], c * sizeof(float)), "%s: averages", variants[v]->name);
		}
		free(a.block);
		free(b.block);
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

static void reference_agrees_with_hand_computed_numbers(void) {
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
	const float weights[4] = {1, 2, 3, 4}, biases[2] = {1, -40}, x[2] = {5, 6};
	float y[2];
	variants[0]->linear(2, 2, weights, biases, ACTIVATION_RELU, x, y);
	CHECK(y[0] == 18 && y[1] == 0, "linear: %g %g", (double)y[0], (double)y[1]);
	free(src.block);
	free(dst.block);
}

int main(void) {
	variant_count = kernels_available(variants);
	for (size_t v = 0; v < variant_count; v++) printf("variant %s\n", variants[v]->name);
	RUN(reference_agrees_with_hand_computed_numbers);
	RUN(convolutions_equal_the_reference);
	RUN(hostile_numbers_spread_the_same_way);
	RUN(transposed_convolutions_equal_the_reference);
	RUN(position_does_not_change_a_bit);
	RUN(elementwise_ops_equal_the_reference);
	RUN(shuffle_undoes_unshuffle);
	return check_summary();
}
