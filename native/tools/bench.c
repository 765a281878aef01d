/* bench.c - how fast the core is on one thread, beside what the machine could do: the ceiling of independent
 * multiply-adds in registers, measured in the same run. Plain C, native and WebAssembly: `build/bench MODEL.dbm
 * [--json]`, `node build/wasm/bench.cjs MODEL.dbm`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deblur.h"
#include "kernels/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

enum { REPEATS = 15, CHAINS = 12 };

static double now_s(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The best rate of `work`, in units per second times 1e-9; once before to warm up. The best and not the median: what
 * else runs on the machine only slows things down, and did so by a third between two runs. */
static double best_rate(void (*work)(void *), void *argument, double units) {
	double best = 0;
	work(argument);
	for (int i = 0; i < REPEATS; i++) {
		const double start = now_s();
		work(argument);
		const double rate = units / (now_s() - start) * 1e-9;
		if (rate > best) best = rate;
	}
	return best;
}

/* ---- the ceiling ---- */

enum { ROUNDS = 4000000 };
static volatile float sink;

#if defined(__x86_64__)
enum { LANES = 8 };
__attribute__((target("avx2,fma"))) static void multiply_adds(void *unused) {
	__m256 sums[CHAINS];
	const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
	for (int c = 0; c < CHAINS; c++) sums[c] = _mm256_set1_ps((float)c);
	for (int i = 0; i < ROUNDS; i++)
#pragma GCC unroll 12
		for (int c = 0; c < CHAINS; c++) sums[c] = _mm256_fmadd_ps(sums[c], a, b);
	float out[LANES];
	for (int c = 1; c < CHAINS; c++) sums[0] = _mm256_add_ps(sums[0], sums[c]);
	_mm256_storeu_ps(out, sums[0]);
	sink = out[0];
	(void)unused;
}
#elif defined(__wasm_simd128__)
enum { LANES = 4 };
/* As many multiplications as additions, none waiting for another: in a convolution the products do not wait for the
 * sums either. With the factor they fill the 15 registers that V8 gives. Not inlined, since V8 optimises a function
 * from one call to the next, not in the middle of a loop. */
__attribute__((noinline)) static void multiply_adds(void *unused) {
	enum { PAIRS = 7 };
	v128_t sums[PAIRS], products[PAIRS];
	const v128_t a = wasm_f32x4_const_splat(0.9999999f);
	for (int c = 0; c < PAIRS; c++) sums[c] = products[c] = wasm_f32x4_splat((float)(c + 1));
	for (int i = 0; i < ROUNDS * CHAINS / PAIRS; i++)
#pragma clang loop unroll(full)
		for (int c = 0; c < PAIRS; c++) {
			products[c] = wasm_f32x4_mul(products[c], a);
			sums[c] = wasm_f32x4_add(sums[c], a);
		}
	for (int c = 0; c < PAIRS; c++) sums[0] = wasm_f32x4_add(sums[0], wasm_f32x4_add(sums[c], products[c]));
	sink = wasm_f32x4_extract_lane(sums[0], 0);
	(void)unused;
}
#else
enum { LANES = 1 };
static void multiply_adds(void *unused) {
	float sums[CHAINS];
	for (int c = 0; c < CHAINS; c++) sums[c] = (float)c;
	for (int i = 0; i < ROUNDS; i++)
		for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * 0.999f + 0.001f;
	for (int c = 1; c < CHAINS; c++) sums[0] += sums[c];
	sink = sums[0];
	(void)unused;
}
#endif

/* ---- layers ---- */

struct layer {
	const struct kernels *kernels;
	struct conv2d conv;
	struct map src, dst;
	bool transposed;
};

static void run_layer(void *argument) {
	const struct layer *l = argument;
	if (l->transposed)
		l->kernels->conv_transpose2x2(&l->conv, &l->src, &l->dst);
	else
		l->kernels->conv2d(&l->conv, &l->src, NULL, &l->dst);
}

static struct map new_map(size_t side, size_t channels, float **owned) {
	const size_t row = (side + 2) * channels;
	*owned = calloc((side + 2) * row, sizeof **owned);
	if (!*owned) exit(1);
	for (size_t i = 0; i < (side + 2) * row; i++) (*owned)[i] = (float)(i % 17) * 0.01f;
	return (struct map){*owned + row + channels, side, side, channels, row};
}

/* in -> out channels on a result of side x side. */
static double layer_rate(const struct kernels *kernels, size_t in, size_t out, size_t side, size_t stride,
						 bool transposed) {
	float *buffers[4];
	struct layer l = {.kernels = kernels, .transposed = transposed};
	const size_t kernel = transposed ? 1 : 3, all = transposed ? 4 * out : out,
				 from = transposed ? side / 2 : side * stride;
	l.src = new_map(from, in, &buffers[0]);
	l.dst = new_map(side, out, &buffers[1]);
	buffers[2] = calloc(kernels_packed_count(all, in, kernel), sizeof(float));
	buffers[3] = calloc(all + 8, sizeof(float));
	if (!buffers[2] || !buffers[3]) exit(1);
	l.conv = (struct conv2d){kernel, stride, in, all, buffers[2], buffers[3], NULL, NULL, ACTIVATION_RELU};
	const double places = (double)(transposed ? from * from : side * side);
	const double rate = best_rate(run_layer, &l, places * (double)(kernel * kernel * in * all));
	for (int i = 0; i < 4; i++) free(buffers[i]);
	return rate;
}

/* ---- a whole model on a megapixel ---- */

struct whole {
	struct deblur_model *model;
	struct deblur_image image, result;
	struct deblur_blur blur;
};

static void run_whole(void *argument) {
	const struct whole *w = argument;
	const struct deblur_restore_options options = {.strength = 1, .thread_count = 1};
	if (deblur_restore(w->model, &w->image, &w->blur, &options, &w->result)) exit(1);
}

static uint8_t *read_file(const char *path, size_t *size) {
	FILE *file = fopen(path, "rb");
	if (!file) return NULL;
	uint8_t *bytes = malloc(1 << 26);
	*size = bytes ? fread(bytes, 1, 1 << 26, file) : 0;
	fclose(file);
	return bytes;
}

static double whole_rate(const char *path, double *seconds) {
	enum { SIDE = 1024 };
	struct whole w = {0};
	size_t size = 0;
	struct deblur_model_info info;
	uint8_t *bytes = read_file(path, &size);
	if (!bytes || deblur_model_open(bytes, size, &w.model)) return 0;
	free(bytes);
	w.image = (struct deblur_image){calloc(SIDE, SIDE * 3), SIDE, SIDE, SIDE * 3, 3};
	w.result = w.image;
	w.result.pixels = calloc(SIDE, SIDE * 3);
	if (!w.image.pixels || !w.result.pixels) exit(1);
	for (size_t i = 0; i < SIDE * SIDE * 3; i++) w.image.pixels[i] = (uint8_t)(i * 2654435761u >> 24);
	deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, 1.5f, 0, NULL, &w.blur);
	deblur_model_info(w.model, &info);
	const double macs = info.restorer_macs_per_pixel * SIDE * SIDE, rate = best_rate(run_whole, &w, macs);
	*seconds = macs / rate * 1e-9;
	free(w.image.pixels);
	free(w.result.pixels);
	deblur_model_destroy(w.model);
	return rate;
}

/* ---- the table ---- */

static bool json;
static double ceiling;

static void tell(const char *what, double rate) {
	static bool first = true;
	if (json)
		printf("%s\n  {\"what\": \"%s\", \"gmacs\": %.3f, \"share\": %.4f}", first ? "[" : ",", what, rate,
			   rate / ceiling);
	else
		printf("%-44s %7.2f GMAC/s  %5.1f%%\n", what, rate, 100 * rate / ceiling);
	first = false;
	fflush(stdout);
}

static int bench(const char *model) {
	const struct kernels *kernels = kernels_best();
#if defined(__x86_64__)
	if (!strcmp(kernels->name, "reference"))
		return puts("this CPU has neither AVX2 nor FMA: there is no ceiling to compare with"), 1;
#endif
	char line[96];
	ceiling = best_rate(multiply_adds, NULL, (double)ROUNDS * CHAINS * LANES);
	snprintf(line, sizeof line, "ceiling, %d lanes, kernels %s", LANES, kernels->name);
	tell(line, ceiling);
	tell("3x3 24 -> 24, 256 x 256", layer_rate(kernels, 24, 24, 256, 1, false));
	tell("3x3 48 -> 48, 128 x 128", layer_rate(kernels, 48, 48, 128, 1, false));
	tell("3x3 96 -> 96, 64 x 64", layer_rate(kernels, 96, 96, 64, 1, false));
	tell("3x3 32 -> 32, 256 x 256", layer_rate(kernels, 32, 32, 256, 1, false));
	tell("3x3 64 -> 64, 128 x 128", layer_rate(kernels, 64, 64, 128, 1, false));
	tell("3x3 stride 2, 24 -> 48, 128 x 128", layer_rate(kernels, 24, 48, 128, 2, false));
	tell("2x2 transposed, 48 -> 24, 256 x 256", layer_rate(kernels, 48, 24, 256, 1, true));
	if (model) {
		double seconds = 0;
		const double rate = whole_rate(model, &seconds);
		if (rate <= 0) return fprintf(stderr, "bench: %s cannot be opened as a model\n", model), 1;
		snprintf(line, sizeof line, "whole model, 1 megapixel (%.2f s)", seconds);
		tell(line, rate);
	}
	if (json) printf("\n]\n");
	return 0;
}

#if defined(__EMSCRIPTEN__)
/* Emscripten 3.1.6 does not find a main with arguments that clang 19 compiled; scripts/bench.js reads the numbers and
 * measures the model. */
int main(void) {
	json = true;
	return bench(NULL);
}
#else
int main(int argc, char **argv) {
	const char *model = NULL;
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--json"))
			json = true;
		else
			model = argv[i];
	return bench(model);
}
#endif
