/* kernels_neon.c - 64-bit ARM: 32 registers of 4 floats; 4 pixels by 3 blocks use 24 of them for sums, 4 by 2 use 16.
 * The test runs it under qemu, which says nothing about speed: the blocks are what fits, not what was measured. */
#include <arm_neon.h>
#include <stddef.h>

typedef float32x4_t vec;
#define LANES 4
#define SIDE 1
#define PIXELS 4
#define BLOCKS 2
#define ODD_BLOCKS 3
#define ODD_PIXELS 4

static inline vec vec_load(const float *p) {
	return vld1q_f32(p);
}
static inline vec vec_load_each(const float *p, size_t step) {
	(void)step;
	return vld1q_f32(p);
}
static inline void vec_store_each(float *p, size_t step, vec v) {
	(void)step;
	vst1q_f32(p, v);
}
static inline vec vec_splat_each(const float *p, size_t step) {
	(void)step;
	return vld1q_dup_f32(p);
}
static inline vec vec_constant(float x) {
	return vdupq_n_f32(x);
}
static inline vec vec_multiply_add(vec a, vec b, vec c) {
	return vfmaq_f32(c, a, b);
}
static inline vec vec_add(vec a, vec b) {
	return vaddq_f32(a, b);
}
static inline vec vec_subtract(vec a, vec b) {
	return vsubq_f32(a, b);
}
static inline vec vec_multiply(vec a, vec b) {
	return vmulq_f32(a, b);
}
static inline vec vec_relu(vec v) {
	return vmaxnmq_f32(v, vdupq_n_f32(0));
} /* the number if one is NaN */

#include "kernels/kernels_simd.h"

const struct kernels kernels_table_neon = {.name = "neon", KERNELS_CONVOLUTIONS, KERNELS_ELEMENTWISE};
