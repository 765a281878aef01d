#include "core/fft.h"

#include <math.h>
#include <stdlib.h>

struct fft {
	size_t size;
	size_t *reversed;     /* [size]: the index with its bits in reverse */
	float *cosine, *sine; /* [size / 2] of the turns */
};

static void fill(struct fft *fft) {
	const double pi = 3.14159265358979323846;
	for (size_t i = 0; i < fft->size; i++) {
		fft->reversed[i] = 0;
		for (size_t low = 1, high = fft->size / 2; low < fft->size; low *= 2, high /= 2)
			if (i & low) fft->reversed[i] |= high;
	}
	for (size_t i = 0; i < fft->size / 2; i++) {
		fft->cosine[i] = (float)cos(2 * pi * (double)i / (double)fft->size);
		fft->sine[i] = (float)-sin(2 * pi * (double)i / (double)fft->size);
	}
}

struct fft *fft_create(size_t size) {
	if (size < 2 || size & (size - 1)) return NULL;
	struct fft *fft = calloc(1, sizeof *fft);
	if (!fft) return NULL;
	fft->size = size;
	fft->reversed = calloc(size, sizeof *fft->reversed);
	fft->cosine = calloc(size / 2, sizeof *fft->cosine);
	fft->sine = calloc(size / 2, sizeof *fft->sine);
	if (!fft->reversed || !fft->cosine || !fft->sine) {
		fft_destroy(fft);
		return NULL;
	}
	fill(fft);
	return fft;
}

void fft_destroy(struct fft *fft) {
	if (!fft) return;
	free(fft->reversed);
	free(fft->cosine);
	free(fft->sine);
	free(fft);
}

static void swap_rows(float *a, float *b, size_t width) {
	for (size_t x = 0; x < width; x++) {
		const float kept = a[x];
		a[x] = b[x];
		b[x] = kept;
	}
}

/* Two rows of complex numbers. */
struct rows {
	float *restrict a_real, *restrict a_imag, *restrict b_real, *restrict b_imag;
};

/* (a, b) becomes (a + w b, a - w b). Rows are contiguous, so that compilers find vectors in it. */
static void butterfly(struct rows r, size_t width, float cosine, float sine) {
	for (size_t x = 0; x < width; x++) {
		const float real = r.b_real[x] * cosine - r.b_imag[x] * sine, imag = r.b_real[x] * sine + r.b_imag[x] * cosine;
		r.b_real[x] = r.a_real[x] - real;
		r.b_imag[x] = r.a_imag[x] - imag;
		r.a_real[x] += real;
		r.a_imag[x] += imag;
	}
}

void fft_columns(const struct fft *fft, float *real, float *imag, size_t width) {
	for (size_t i = 0; i < fft->size; i++) {
		const size_t j = fft->reversed[i];
		if (i >= j) continue;
		swap_rows(real + i * width, real + j * width, width);
		swap_rows(imag + i * width, imag + j * width, width);
	}
	for (size_t half = 1; half < fft->size; half *= 2)
		for (size_t start = 0; start < fft->size; start += 2 * half)
			for (size_t k = 0; k < half; k++) {
				const size_t a = (start + k) * width, b = a + half * width, turn = k * (fft->size / 2 / half);
				butterfly((struct rows){real + a, imag + a, real + b, imag + b}, width, fft->cosine[turn],
						  fft->sine[turn]);
			}
}

void fft_transpose(const float *from, size_t height, size_t width, float *to) {
	enum { BLOCK = 16 }; /* both sides stay in the cache */
	for (size_t top = 0; top < height; top += BLOCK)
		for (size_t left = 0; left < width; left += BLOCK)
			for (size_t y = top; y < height && y < top + BLOCK; y++)
				for (size_t x = left; x < width && x < left + BLOCK; x++) to[x * height + y] = from[y * width + x];
}
