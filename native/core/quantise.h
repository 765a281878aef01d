/* quantise.h - a row of weights as small whole numbers with one scale. */
#ifndef QUANTISE_H
#define QUANTISE_H

#include <stddef.h>
#include <stdint.h>

enum { QUANTISE_MIN_BITS = 3, QUANTISE_MAX_BITS = 8 };

/* codes[i] = values[i] / scale, rounded to nearest and cut to -m..m with m = 2^(bits - 1) - 1; returns the scale,
 * chosen from a grid so that the squares of what is lost have the least sum: a few outliers are cut rather than all the
 * others rounded more coarsely. Values are finite. A row of zeros has scale 0. */
float quantise_row(const float *values, size_t count, int bits, int8_t *codes);

#endif
