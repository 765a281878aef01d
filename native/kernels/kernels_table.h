/* kernels_table.h - the tables that kernels.c chooses from; each is defined by the file of its instruction set. */
#ifndef KERNELS_TABLE_H
#define KERNELS_TABLE_H

#include "kernels/kernels.h"

extern const struct kernels kernels_table_reference;
#if defined(__x86_64__) && !defined(KERNELS_REFERENCE_ONLY)
extern const struct kernels kernels_table_avx2;
extern const struct kernels kernels_table_avx512;
#endif
#if defined(__aarch64__) && !defined(KERNELS_REFERENCE_ONLY)
extern const struct kernels kernels_table_neon;
#endif
#if defined(__wasm_simd128__)
extern const struct kernels kernels_table_wasm_simd;
#endif

#endif
