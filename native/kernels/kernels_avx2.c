/* kernels_avx2.c - x86-64 with AVX2 and FMA: 16 registers of 8 floats; 6 pixels by 2 blocks use 12 of them for sums. */
#include <immintrin.h>
#include <stddef.h>

typedef __m256 vec;
#define LANES 8
#define SIDE 1
#define PIXELS 6
#define BLOCKS 2
#define ODD_BLOCKS 3
#define ODD_PIXELS 4

static inline vec vec_load(const float *p) {
	return _mm256_loadu_ps(p);
}
static inline vec vec_load_each(const float *p, size_t step) {
	(void)step;
	return _mm256_loadu_ps(p);
}
static inline void vec_store_each(float *p, size_t step, vec v) {
	(void)step;
	_mm256_storeu_ps(p, v);
}
static inline vec vec_splat_each(const float *p, size_t step) {
	(void)step;
	return _mm256_broadcast_ss(p);
}
static inline vec vec_constant(float x) {
	return _mm256_set1_ps(x);
}
static inline vec vec_multiply_add(vec a, vec b, vec c) {
	return _mm256_fmadd_ps(a, b, c);
}
static inline vec vec_add(vec a, vec b) {
	return _mm256_add_ps(a, b);
}
static inline vec vec_subtract(vec a, vec b) {
	return _mm256_sub_ps(a, b);
}
static inline vec vec_multiply(vec a, vec b) {
	return _mm256_mul_ps(a, b);
}
static inline vec vec_relu(vec v) {
	return _mm256_max_ps(v, _mm256_setzero_ps());
} /* the second if one is NaN */

#include "kernels/kernels_simd.h"

const struct kernels kernels_table_avx2 = {.name = "avx2", KERNELS_CONVOLUTIONS, KERNELS_ELEMENTWISE};
