/* bench.c - how fast the core is, beside what the machine could do: the ceiling of independent multiply-adds in
 * registers, measured in the same run. Plain C, native and WebAssembly; scripts/bench.js makes the table. Prints JSON.
 *
 *     build/bench [NAME]                  one thread: the ceiling, and layers, of kernels NAME; of the best without
 *     build/bench MODEL.dbm SIDE THREADS  a whole model on a square picture */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deblur.h"
#include "kernels/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

enum { REPEATS = 15, LONGEST_S = 20 };

static double now_s(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Seconds that `work` takes, ascending; returns how many: fewer of what takes long. Once before to warm up. */
static size_t measure(void (*work)(void *), void *argument, double seconds[REPEATS]) {
	size_t count = 0;
	work(argument);
	const double first = now_s();
	do {
		const double start = now_s();
		work(argument);
		seconds[count++] = now_s() - start;
	} while (count < REPEATS && now_s() - first < LONGEST_S);
	qsort(seconds, count, sizeof *seconds, ascending);
	return count;
}

/* The best rate, in units per second times 1e-9: what else runs on the machine only slows things down. */
static double best_rate(void (*work)(void *), void *argument, double units) {
	double seconds[REPEATS];
	measure(work, argument, seconds);
	return units / seconds[0] * 1e-9;
}

/* ---- the ceiling ---- */

enum { ROUNDS = 4000000, CHAINS = 12 };
static volatile float sink;

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif

/* A function of as many chains of fused multiply-adds as hide their latency: CPUs start two per cycle, which take four.
 * Not inlined, since V8 optimises a function from one call to the next, not in the middle of a loop. */
#define MULTIPLY_ADDS(name, vec, splat, fused, first)                                                                  \
	__attribute__((noinline)) static void name(void *unused) {                                                         \
		const vec a = splat(0.999f), b = splat(0.001f);                                                                \
		vec sums[CHAINS];                                                                                              \
		for (int c = 0; c < CHAINS; c++) sums[c] = splat((float)c);                                                    \
		for (int i = 0; i < ROUNDS; i++) UNROLL for (int c = 0; c < CHAINS; c++) sums[c] = fused(a, sums[c], b);       \
		for (int c = 1; c < CHAINS; c++) sums[0] = fused(a, sums[c], sums[0]);                                         \
		sink = first(sums[0]);                                                                                         \
		(void)unused;                                                                                                  \
	}

struct ceiling {
	const char *kernels;
	void (*work)(void *);
	int lanes;
};

#if defined(__x86_64__)
__attribute__((target("avx512f")))
MULTIPLY_ADDS(multiply_adds_avx512, __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
	__attribute__((target("avx2,fma")))
	MULTIPLY_ADDS(multiply_adds_avx2, __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32) static const
	struct ceiling ceilings[] = {{"avx512", multiply_adds_avx512, 16}, {"avx2", multiply_adds_avx2, 8}};
#elif defined(__aarch64__)
#define FUSED(a, b, c) vfmaq_f32(c, a, b)
#define FIRST(v) vgetq_lane_f32(v, 0)
MULTIPLY_ADDS(multiply_adds_neon, float32x4_t, vdupq_n_f32, FUSED, FIRST)
static const struct ceiling ceilings[] = {{"neon", multiply_adds_neon, 4}};
#elif defined(__wasm_relaxed_simd__)
#define FIRST(v) wasm_f32x4_extract_lane(v, 0)
MULTIPLY_ADDS(multiply_adds_relaxed, v128_t, wasm_f32x4_splat, wasm_f32x4_relaxed_madd, FIRST)
static const struct ceiling ceilings[] = {{"wasm_relaxed", multiply_adds_relaxed, 4}};
#elif defined(__wasm_simd128__)
/* As many multiplications as additions, none waiting for another: in a convolution the products do not wait for the
 * sums either. With the factor they fill the 15 registers that V8 gives. */
__attribute__((noinline)) static void multiply_adds(void *unused) {
	enum { PAIRS = 7 };
	v128_t sums[PAIRS], products[PAIRS];
	const v128_t a = wasm_f32x4_const_splat(0.9999999f);
	for (int c = 0; c < PAIRS; c++) sums[c] = products[c] = wasm_f32x4_splat((float)(c + 1));
	for (int i = 0; i < ROUNDS * CHAINS / PAIRS; i++) UNROLL for (int c = 0; c < PAIRS; c++) {
			products[c] = wasm_f32x4_mul(products[c], a);
			sums[c] = wasm_f32x4_add(sums[c], a);
		}
	for (int c = 0; c < PAIRS; c++) sums[0] = wasm_f32x4_add(sums[0], wasm_f32x4_add(sums[c], products[c]));
	sink = wasm_f32x4_extract_lane(sums[0], 0);
	(void)unused;
}
static const struct ceiling ceilings[] = {{"wasm_simd", multiply_adds, 4}};
#else
#define SPLAT(x) (x)
#define APART(a, b, c) ((a) * (b) + (c))
MULTIPLY_ADDS(multiply_adds, float, SPLAT, APART, SPLAT)
static const struct ceiling ceilings[] = {{"reference", multiply_adds, 1}};
#endif

static double ceiling_rate(const struct kernels *kernels) {
	for (size_t i = 0; i < sizeof ceilings / sizeof *ceilings; i++)
		if (!strcmp(ceilings[i].kernels, kernels->name))
			return best_rate(ceilings[i].work, NULL, (double)ROUNDS * CHAINS * ceilings[i].lanes);
	fprintf(stderr, "bench: there is no ceiling to compare kernels %s with\n", kernels->name);
	exit(1);
}

/* ---- layers ---- */

struct layer {
	const struct kernels *kernels;
	struct conv2d conv;
	struct map src, dst;
	float *scratch; /* Winograd's; NULL: direct */
	bool transposed;
};

static void run_layer(void *argument) {
	const struct layer *l = argument;
	if (l->transposed)
		l->kernels->conv_transpose2x2(&l->conv, &l->src, NULL, &l->dst);
	else if (l->scratch)
		l->kernels->conv3x3_winograd(&l->conv, &l->src, NULL, &l->dst, l->scratch);
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

static float *zeros(size_t count) {
	float *owned = calloc(count, sizeof *owned);
	if (!owned) exit(1);
	return owned;
}

enum method { DIRECT, WINOGRAD, STRIDE_2, TRANSPOSED };

/* in -> out channels on a result of side x side, in multiply-adds as the direct sum has them. */
static double layer_rate(const struct kernels *kernels, size_t in, size_t out, size_t side, enum method method) {
	float *buffers[5];
	const bool transposed = method == TRANSPOSED, winograd = method == WINOGRAD;
	struct layer l = {.kernels = kernels, .transposed = transposed};
	const size_t kernel = transposed ? 1 : 3, all = transposed ? 4 * out : out, stride = method == STRIDE_2 ? 2 : 1,
				 from = transposed ? side / 2 : side * stride;
	l.src = new_map(from, in, &buffers[0]);
	l.dst = new_map(side, out, &buffers[1]);
	buffers[2] = zeros(winograd ? kernels_winograd_count(all, in) : kernels_packed_count(all, in, kernel));
	buffers[3] = zeros(all + 8);
	buffers[4] = zeros(kernels_winograd_scratch(all, in, side));
	l.scratch = winograd ? buffers[4] : NULL;
	l.conv = (struct conv2d){kernel, stride, in, all, buffers[2], buffers[3], NULL, NULL, ACTIVATION_RELU};
	const double places = (double)(transposed ? from * from : side * side);
	const double rate = best_rate(run_layer, &l, places * (double)(kernel * kernel * in * all));
	for (int i = 0; i < 5; i++) free(buffers[i]);
	return rate;
}

static void tell(const char *what, double rate, double ceiling) {
	printf(",\n  {\"what\": \"%s\", \"gmacs\": %.3f, \"share\": %.4f}", what, rate, rate / ceiling);
	fflush(stdout);
}

static void bench_layers(const struct kernels *k) {
	static const struct { size_t in, out, side; } plain[] = {{24, 24, 256}, {48, 48, 128}, {96, 96, 64}, {64, 64, 128}};
	const double ceiling = ceiling_rate(k);
	char what[96];
	printf("[\n  {\"what\": \"ceiling, kernels %s\", \"gmacs\": %.3f, \"share\": 1}", k->name, ceiling);
	for (int method = DIRECT; method <= (k->conv3x3_winograd ? WINOGRAD : DIRECT); method++)
		for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
			const size_t in = plain[i].in, out = plain[i].out, side = plain[i].side;
			snprintf(what, sizeof what, "3x3 %zu -> %zu, %zu x %zu%s", in, out, side, side,
					 method == WINOGRAD ? ", Winograd" : "");
			tell(what, layer_rate(k, in, out, side, (enum method)method), ceiling);
		}
	tell("3x3 stride 2, 24 -> 48, 128 x 128", layer_rate(k, 24, 48, 128, STRIDE_2), ceiling);
	tell("2x2 transposed, 48 -> 24, 256 x 256", layer_rate(k, 48, 24, 256, TRANSPOSED), ceiling);
	printf("\n]\n");
}

#if defined(__EMSCRIPTEN__)
/* scripts/bench.js measures whole models through the library. */
int main(void) {
	bench_layers(kernels_best());
	return 0;
}
#else

/* ---- a whole model ---- */

struct whole {
	struct deblur_model *model;
	struct deblur_image image, result;
	struct deblur_blur blur;
	int threads;
};

static void run_whole(void *argument) {
	const struct whole *w = argument;
	const struct deblur_restore_options options = {.strength = 1, .thread_count = w->threads};
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

/* The most that the process ever held, as Linux counts it; 0: unknown. */
static double peak_mb(void) {
	char line[128];
	double kilobytes = 0;
	FILE *file = fopen("/proc/self/status", "r");
	while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %lf", &kilobytes);
	if (file) fclose(file);
	return kilobytes / 1024;
}

static int bench_whole(const char *path, size_t side, int threads) {
	struct whole w = {.threads = threads};
	struct deblur_model_info info;
	size_t size = 0;
	double seconds[REPEATS];
	uint8_t *bytes = read_file(path, &size);
	if (!bytes || deblur_model_open(bytes, size, &w.model) || !side || threads < 1) {
		fprintf(stderr, "bench: %s cannot be opened as a model, or makes no sense with %zu and %d\n", path, side,
				threads);
		free(bytes);
		return 1;
	}
	free(bytes);
	w.image = (struct deblur_image){malloc(side * side * 3), side, side, side * 3, 3};
	w.result = w.image;
	w.result.pixels = malloc(side * side * 3);
	if (!w.image.pixels || !w.result.pixels) exit(1);
	for (size_t i = 0; i < side * side * 3; i++) w.image.pixels[i] = (uint8_t)(i * 2654435761u >> 24);
	deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, 1.5f, 0, NULL, &w.blur);
	const size_t count = measure(run_whole, &w, seconds);
	deblur_model_info(w.model, &info);
	printf("{\"seconds\": %.5f, \"macs_per_pixel\": %.0f, \"peak_mb\": %.1f}\n", seconds[count / 2],
		   info.restorer_macs_per_pixel, peak_mb());
	free(w.image.pixels);
	free(w.result.pixels);
	deblur_model_destroy(w.model);
	return 0;
}

int main(int argc, char **argv) {
	if (argc == 4) return bench_whole(argv[1], strtoul(argv[2], NULL, 10), atoi(argv[3]));
	const struct kernels *list[8];
	const char *name = argc > 1 ? argv[1] : kernels_best()->name;
	for (size_t i = kernels_available(list); i-- > 0;)
		if (!strcmp(list[i]->name, name)) return bench_layers(list[i]), 0;
	fprintf(stderr, "bench: this CPU, or this build, has no kernels %s\n", name);
	return 1;
}
#endif
