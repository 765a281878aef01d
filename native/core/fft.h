/* fft.h - the fast Fourier transform (Cooley and Tukey 1965), of whole columns at once.
 *
 * An inverse is the same transform with real and imag exchanged, divided by the size. Two dimensions are columns, a
 * transposition, and columns again. A struct fft is only read once it is made: threads may share it. */
#ifndef FFT_H
#define FFT_H

#include <stddef.h>

struct fft;

struct fft *fft_create(size_t size); /* a power of two, at least 2; NULL: out of memory, or another size */
void fft_destroy(struct fft *fft);   /* NULL is fine */

/* In place, every column of real and imag, [size][width]; not scaled. */
void fft_columns(const struct fft *fft, float *real, float *imag, size_t width);

/* to[width][height] = from[height][width], which do not overlap. */
void fft_transpose(const float *from, size_t height, size_t width, float *to);

#endif
