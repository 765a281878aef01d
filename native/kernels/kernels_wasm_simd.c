/* kernels_wasm_simd.c - WebAssembly's SIMD: vectors of 4. Fixed-width SIMD multiplies and adds apart; compiled for
 * relaxed SIMD, both are fused where the CPU can. V8 has 16 registers to offer; 4 pixels by 2 vectors use 8 of them for
 * sums, and more spill. */
#include <stddef.h>
#include <wasm_simd128.h>

typedef v128_t vec;
#define LANES 4
#define SIDE 1
#define PIXELS 4
#define BLOCKS 1
#define ODD_BLOCKS 1
#define ODD_PIXELS PIXELS

static inline vec vec_load(const float *p) {
	return wasm_v128_load(p);
}
static inline vec vec_load_each(const float *p, size_t step) {
	(void)step;
	return wasm_v128_load(p);
}
static inline void vec_store_each(float *p, size_t step, vec v) {
	(void)step;
	wasm_v128_store(p, v);
}
static inline vec vec_splat_each(const float *p, size_t step) {
	(void)step;
	return wasm_v128_load32_splat(p);
}
static inline vec vec_constant(float x) {
	return wasm_f32x4_splat(x);
}
static inline vec vec_multiply_add(vec a, vec b, vec c) {
#if defined(__wasm_relaxed_simd__)
	return wasm_f32x4_relaxed_madd(a, b, c);
#else
	return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
#endif
}
static inline vec vec_add(vec a, vec b) {
	return wasm_f32x4_add(a, b);
}
static inline vec vec_subtract(vec a, vec b) {
	return wasm_f32x4_sub(a, b);
}
static inline vec vec_multiply(vec a, vec b) {
	return wasm_f32x4_mul(a, b);
}
static inline vec vec_relu(vec v) {
	return wasm_f32x4_pmax(wasm_f32x4_const_splat(0), v);
} /* 0 < v ? v : 0 */

#include "kernels/kernels_simd.h"

#if defined(__wasm_relaxed_simd__)
#define NAME "wasm_relaxed"
#else
#define NAME "wasm_simd"
#endif

const struct kernels kernels_table_wasm_simd = {.name = NAME, KERNELS_CONVOLUTIONS, KERNELS_ELEMENTWISE};
