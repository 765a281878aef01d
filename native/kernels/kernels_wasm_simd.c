/* kernels_wasm_simd.c - WebAssembly's fixed-width SIMD: vectors of 4, multiply and add apart. V8 has 16 registers to
 * offer; 4 pixels by 2 vectors use 8 of them for sums, and more spill. */
#include <wasm_simd128.h>

typedef v128_t vec;
#define LANES 4
#define PIXELS 4
#define BLOCKS 1
#define ODD_BLOCKS 1
#define ODD_PIXELS PIXELS

static inline vec vec_load(const float *p) {
	return wasm_v128_load(p);
}
static inline void vec_store(float *p, vec v) {
	wasm_v128_store(p, v);
}
static inline vec vec_splat(float x) {
	return wasm_f32x4_splat(x);
}
static inline vec vec_multiply_add(vec a, vec b, vec c) {
	return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
}
static inline vec vec_add(vec a, vec b) {
	return wasm_f32x4_add(a, b);
}
static inline vec vec_relu(vec v) {
	return wasm_f32x4_pmax(wasm_f32x4_const_splat(0), v);
} /* 0 < v ? v : 0 */

#include "kernels/kernels_simd.h"

const struct kernels kernels_table_wasm_simd = {
	.name = "wasm_simd", .conv2d = conv2d, .conv_transpose2x2 = conv_transpose2x2, KERNELS_ELEMENTWISE};
