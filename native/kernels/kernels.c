#include "kernels/kernels.h"

#include <string.h>

#include "kernels/kernels_table.h"

const struct kernels *kernels_reference(void) {
	return &kernels_table_reference;
}

size_t kernels_available(const struct kernels *list[8]) {
	size_t count = 0;
	list[count++] = &kernels_table_reference;
#if defined(__x86_64__) && !defined(KERNELS_REFERENCE_ONLY)
	const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	if (avx2) list[count++] = &kernels_table_avx2;
	if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vl"))
		list[count++] = &kernels_table_avx512;
#endif
#if defined(__aarch64__) && !defined(KERNELS_REFERENCE_ONLY)
	list[count++] = &kernels_table_neon; /* every such CPU has it */
#endif
#if defined(__wasm_simd128__)
	list[count++] = &kernels_table_wasm_simd;
#endif
	return count;
}

const struct kernels *kernels_best(void) {
	const struct kernels *list[8] = {NULL};
	return list[kernels_available(list) - 1]; /* they are listed from slow to fast */
}

static size_t block_count(size_t out) {
	return (out + KERNELS_BLOCK - 1) / KERNELS_BLOCK;
}

size_t kernels_packed_count(size_t out, size_t in, size_t kernel) {
	return block_count(out) * kernel * kernel * in * KERNELS_BLOCK;
}

void kernels_pack_conv2d(size_t out, size_t in, size_t kernel, const float *weights, float *packed) {
	const size_t taps = kernel * kernel * in;
	memset(packed, 0, kernels_packed_count(out, in, kernel) * sizeof *packed);
	for (size_t o = 0; o < out; o++)
		for (size_t t = 0; t < taps; t++)
			packed[(o / KERNELS_BLOCK * taps + t) * KERNELS_BLOCK + o % KERNELS_BLOCK] = weights[o * taps + t];
}

bool kernels_winograd_fits(size_t out, size_t in, size_t kernel, size_t stride) {
	return kernel == 3 && stride == 1 && in >= KERNELS_BLOCK && out >= KERNELS_BLOCK;
}

size_t kernels_winograd_count(size_t out, size_t in) {
	return block_count(out) * KERNELS_WINOGRAD_POINTS * 3 * in * KERNELS_BLOCK;
}

/* Three transformed rows, six pixels for a last four that is not whole, and sums. */
size_t kernels_winograd_scratch(size_t out, size_t in, size_t width) {
	const size_t fours = (width + KERNELS_WINOGRAD_OUTPUTS - 1) / KERNELS_WINOGRAD_OUTPUTS;
	const size_t sums = KERNELS_WINOGRAD_AT_ONCE * block_count(out) * KERNELS_BLOCK;
	return ((3 * fours + 1) * in + sums) * KERNELS_WINOGRAD_POINTS;
}

/* Three taps are the coefficients of a polynomial: row i gives its value at the i-th point, divided by the product of
 * that point's distances from the others, and the last, at infinity, its leading coefficient. */
static void make_transform(double rows[KERNELS_WINOGRAD_POINTS][3]) {
	const double a = (double)KERNELS_WINOGRAD_A, b = (double)KERNELS_WINOGRAD_B, finite[] = {0, a, -a, b, -b};
	for (size_t i = 0; i < 5; i++) {
		double distances = 1;
		for (size_t j = 0; j < 5; j++)
			if (j != i) distances *= finite[i] - finite[j];
		rows[i][0] = 1 / distances;
		rows[i][1] = finite[i] / distances;
		rows[i][2] = finite[i] * finite[i] / distances;
	}
	rows[5][0] = rows[5][1] = 0;
	rows[5][2] = 1;
}

/* One row of taps of one output channel at one point: its numbers for all input channels, which lie a block apart. */
static void transform_taps(const double row[3], const float *taps, size_t in, float *packed) {
	for (size_t i = 0; i < in; i++)
		packed[i * KERNELS_BLOCK] =
			(float)(row[0] * (double)taps[i] + row[1] * (double)taps[in + i] + row[2] * (double)taps[2 * in + i]);
}

void kernels_pack_winograd(size_t out, size_t in, const float *weights, float *packed) {
	double rows[KERNELS_WINOGRAD_POINTS][3];
	make_transform(rows);
	if (out % KERNELS_BLOCK) memset(packed, 0, kernels_winograd_count(out, in) * sizeof *packed);
	for (size_t o = 0; o < out; o++)
		for (size_t p = 0; p < KERNELS_WINOGRAD_POINTS; p++)
			for (size_t ky = 0; ky < 3; ky++)
				transform_taps(rows[p], weights + (o * 3 + ky) * 3 * in, in,
							   packed +
								   ((o / KERNELS_BLOCK * KERNELS_WINOGRAD_POINTS + p) * 3 + ky) * in * KERNELS_BLOCK +
								   o % KERNELS_BLOCK);
}
