#include "core/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/fft.h"
#include "core/size.h"

/* Frequencies are in cycles per window. The spectrum of real numbers is even: columns 0..N/2 hold all of it. */
enum { N = SPECTRUM_WINDOW_PX, HALF = N / 2 + 1, SUBANGLES = 5 };

static const double pi = 3.14159265358979323846;
/* About what the rounding to 8 bits gives: below, there is nothing to see. */
static const double floor_power = 1e-5;
/* Which part of the spectrum tells how much is to be seen in a window: not its shading, and not the corners. */
static const double lowest_radius = 3, highest_radius = 32;

struct spectrum {
	double power[N][HALF], log_power[N][HALF]; /* weighted sums over windows */
	double weights;
	struct fft *fft;
	float hann[N];
	float real[N][N], imag[N][N];          /* two windows at once, in place */
	float turned[N][N];                    /* room for a transposition */
	float first[N][HALF], second[N][HALF]; /* the two windows' powers */
};

struct spectrum *spectrum_create(void) {
	struct spectrum *s = calloc(1, sizeof *s);
	if (s) s->fft = fft_create(N);
	if (!s || !s->fft) {
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < N; i++) s->hann[i] = (float)(0.5 - 0.5 * cos(2 * pi * ((double)i + 0.5) / N));
	return s;
}

void spectrum_destroy(struct spectrum *s) {
	if (!s) return;
	fft_destroy(s->fft);
	free(s);
}

/* Afterwards rows and columns are exchanged. */
static void transform(struct spectrum *s) {
	fft_columns(s->fft, s->real[0], s->imag[0], N);
	fft_transpose(s->real[0], N, N, s->turned[0]);
	memcpy(s->real, s->turned, sizeof s->real);
	fft_transpose(s->imag[0], N, N, s->turned[0]);
	memcpy(s->imag, s->turned, sizeof s->imag);
	fft_columns(s->fft, s->real[0], s->imag[0], N);
}

/* ---- windows ---- */

struct part {
	const float *pixels;
	size_t row_stride, width, height;
};

/* Brightness without its mean, under a Hann window. */
static void cut_window(const struct spectrum *s, const struct part *part, size_t left, size_t top, float window[N][N]) {
	float sum = 0;
	for (size_t y = 0; y < N; y++) {
		const float *row = part->pixels + mirrored((long)(top + y), part->height) * part->row_stride;
		for (size_t x = 0; x < N; x++) {
			const float *rgb = row + 3 * mirrored((long)(left + x), part->width);
			window[y][x] = 0.25f * rgb[0] + 0.5f * rgb[1] + 0.25f * rgb[2];
			sum += window[y][x];
		}
	}
	const float mean = sum / (N * N);
	for (size_t y = 0; y < N; y++)
		for (size_t x = 0; x < N; x++) window[y][x] = (window[y][x] - mean) * s->hann[y] * s->hann[x];
}

/* How much is to be seen in a window: the root of its power at middle and high frequencies. */
static double weight_of(float power[N][HALF]) {
	double sum = 0;
	for (size_t y = 0; y < N; y++)
		for (size_t x = 0; x < HALF; x++) {
			const double ky = (double)least(y, N - y), kx = (double)x, square = kx * kx + ky * ky;
			if (square > lowest_radius * lowest_radius && square < highest_radius * highest_radius)
				sum += (double)power[y][x];
		}
	return sqrt(2 * sum) + 1e-6; /* all windows may be flat */
}

static void add_window(struct spectrum *s, float power[N][HALF]) {
	const double weight = weight_of(power);
	for (size_t y = 0; y < N; y++)
		for (size_t x = 0; x < HALF; x++) {
			s->power[y][x] += weight * (double)power[y][x];
			s->log_power[y][x] += weight * (double)logf(power[y][x] + (float)floor_power);
		}
	s->weights += weight;
}

/* Two real windows a, b went through as a + ib = c; then A(k) = (C(k) + C*(-k)) / 2 and B(k) = (C(k) - C*(-k)) / 2i. */
static void powers_of_both(const struct spectrum *s, float a[N][HALF], float b[N][HALF]) {
	for (size_t y = 0; y < N; y++)
		for (size_t x = 0; x < HALF; x++) {
			const size_t opposite_y = (N - y) % N, opposite_x = (N - x) % N;
			const float real = s->real[y][x], imag = s->imag[y][x];
			const float other_real = s->real[opposite_y][opposite_x], other_imag = s->imag[opposite_y][opposite_x];
			const float ar = real + other_real, ai = imag - other_imag, br = imag + other_imag, bi = other_real - real;
			a[y][x] = 0.25f * (ar * ar + ai * ai);
			b[y][x] = 0.25f * (br * br + bi * bi);
		}
}

static size_t windows_along(size_t size) {
	return size < N ? 1 : (size - N) / SPECTRUM_STEP_PX + 1;
}

void spectrum_add(struct spectrum *s, const float *pixels, size_t row_stride, size_t width, size_t height) {
	const struct part part = {pixels, row_stride, width, height};
	const size_t columns = windows_along(width), count = columns * windows_along(height);
	for (size_t i = 0; i < count; i += 2) {
		const bool both = i + 1 < count;
		cut_window(s, &part, i % columns * SPECTRUM_STEP_PX, i / columns * SPECTRUM_STEP_PX, s->real);
		if (both)
			cut_window(s, &part, (i + 1) % columns * SPECTRUM_STEP_PX, (i + 1) / columns * SPECTRUM_STEP_PX, s->imag);
		else
			memset(s->imag, 0, sizeof s->imag);
		transform(s);
		powers_of_both(s, s->first, s->second);
		add_window(s, s->first);
		if (both) add_window(s, s->second);
	}
}

/* ---- the description ---- */

/* What the numbers are about: the logarithm of the mean power, or the mean of its logarithm. */
enum mean { LOG_OF_MEAN, MEAN_OF_LOG };

/* Rows and columns were exchanged by the transform: the first index is the frequency along x. Both may be negative. */
static double log_at(const struct spectrum *s, enum mean mean, int kx, int ky) {
	const size_t row = (size_t)((ky < 0 ? -kx : kx) + N) % N, column = (size_t)abs(ky);
	return mean == LOG_OF_MEAN ? log(s->power[row][column] / s->weights + floor_power)
							   : s->log_power[row][column] / s->weights;
}

static double log_between(const struct spectrum *s, enum mean mean, double kx, double ky) {
	const double left = floor(kx), top = floor(ky), u = kx - left, v = ky - top;
	const int x = (int)left, y = (int)top;
	return (1 - v) * ((1 - u) * log_at(s, mean, x, y) + u * log_at(s, mean, x + 1, y)) +
		   v * ((1 - u) * log_at(s, mean, x, y + 1) + u * log_at(s, mean, x + 1, y + 1));
}

/* The mean over an arc as wide as the step from angle to angle. */
static double log_on_arc(const struct spectrum *s, enum mean mean, size_t angle, double radius) {
	double sum = 0;
	for (int i = 0; i < SUBANGLES; i++) {
		const double turn = ((double)angle + (double)(i - SUBANGLES / 2) / SUBANGLES) * pi / SPECTRUM_ANGLES;
		sum += log_between(s, mean, radius * cos(turn), radius * sin(turn));
	}
	return sum / SUBANGLES;
}

void spectrum_describe(const struct spectrum *s, float numbers[SPECTRUM_COUNT]) {
	const double lowest = 1.5, highest = N / 2 - 1;
	for (int mean = 0; mean < SPECTRUM_MEANS; mean++)
		for (size_t angle = 0; angle < SPECTRUM_ANGLES; angle++)
			for (size_t i = 0; i < SPECTRUM_RADII; i++) {
				const double radius = lowest + (highest - lowest) * (double)i / (SPECTRUM_RADII - 1);
				const double value = log_on_arc(s, (enum mean)mean, angle, radius);
				/* Photographs lose power with about radius^-2, and blurs add to it: what these lose as a mean is taken
				 * away, so that the numbers lie around 0. */
				*numbers++ = (float)((value - 6.6 + 3.6 * log(radius / lowest)) / 2);
			}
}

bool spectrum_of(const float *pixels, size_t row_stride, size_t width, size_t height, float numbers[SPECTRUM_COUNT]) {
	struct spectrum *s = spectrum_create();
	if (!s) return false;
	spectrum_add(s, pixels, row_stride, width, height);
	spectrum_describe(s, numbers);
	spectrum_destroy(s);
	return true;
}
