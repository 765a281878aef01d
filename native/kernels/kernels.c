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
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) list[count++] = &kernels_table_avx2;
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
