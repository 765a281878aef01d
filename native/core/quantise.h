/* quantise.h - a row of weights as small whole numbers with one scale. */
#ifndef QUANTISE_H
#define QUANTISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUANTISE_MIN_BITS = 3, QUANTISE_MAX_BITS = 8 };

/* Whether rows of that many numbers are worth a scale. */
bool quantise_is_worth(size_t row_length);

/* codes[i] = values[i] / scale, rounded to nearest and cut to -m..m with m = 2^(bits - 1) - 1; returns the scale,
 * chosen from a grid so that the squares of what is lost have the least sum: a few outliers are cut rather than all the
 * others rounded more coarsely. Numbers that are such multiples already stay what they are. Values are finite. A row of
 * zeros has scale 0. */
float quantise_row(const float *values, size_t count, int bits, int8_t *codes);

#endif
