/* kernels_avx512.c - x86-64 with AVX-512: 32 registers of 16 floats, each 8 channels of two pixels: one packing of
 * weights does for every variant, and 24 channels are three whole blocks. 16 pixels by 3 blocks use 24 for sums, 8 by 4
 * use 16: with more, what feeds them is too slow. */
#include <immintrin.h>
#include <stddef.h>

typedef __m512 vec;
#define LANES 8
#define SIDE 2
#define PIXELS 8
#define BLOCKS 4
#define ODD_BLOCKS 3
#define ODD_PIXELS 16

static inline vec vec_load(const float *p) {
	return _mm512_broadcast_f32x8(_mm256_loadu_ps(p));
}
static inline vec both(__m256 first, __m256 second) {
	return _mm512_insertf32x8(_mm512_castps256_ps512(first), second, 1);
}
static inline vec vec_load_each(const float *p, size_t step) {
	return both(_mm256_loadu_ps(p), _mm256_loadu_ps(p + step));
}
static inline void vec_store_each(float *p, size_t step, vec v) {
	_mm256_storeu_ps(p, _mm512_castps512_ps256(v));
	_mm256_storeu_ps(p + step, _mm512_extractf32x8_ps(v, 1));
}
static inline vec vec_splat_each(const float *p, size_t step) {
	return _mm512_mask_broadcastss_ps(_mm512_set1_ps(*p), 0xff00, _mm_load_ss(p + step));
}
static inline vec vec_constant(float x) {
	return _mm512_set1_ps(x);
}
static inline vec vec_multiply_add(vec a, vec b, vec c) {
	return _mm512_fmadd_ps(a, b, c);
}
static inline vec vec_add(vec a, vec b) {
	return _mm512_add_ps(a, b);
}
static inline vec vec_subtract(vec a, vec b) {
	return _mm512_sub_ps(a, b);
}
static inline vec vec_multiply(vec a, vec b) {
	return _mm512_mul_ps(a, b);
}
static inline vec vec_relu(vec v) {
	return _mm512_max_ps(v, _mm512_setzero_ps());
} /* the second if one is NaN */

#include "kernels/kernels_simd.h"

const struct kernels kernels_table_avx512 = {.name = "avx512", KERNELS_CONVOLUTIONS, KERNELS_ELEMENTWISE};
