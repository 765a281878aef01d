/* matrix.h - products of small matrices, by oneDNN's sgemm; row by row, float32. */
#ifndef TRAIN_MATRIX_H
#define TRAIN_MATRIX_H

#include "deblur.h"

/* c [m][n] = a [m][k] * b [k][n] + keep * c. `a` and `b` may be stored as their transposes ('T' instead of 'N').
 * OUT_OF_MEMORY. Runs on the caller's threads; results depend on their number only. */
enum deblur_status matrix_multiply(char a_as, char b_as, size_t m, size_t n, size_t k, const float *a, const float *b,
								   float keep, float *c);

#endif
