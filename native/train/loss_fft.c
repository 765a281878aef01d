#include <math.h>
#include <string.h>

#include "train/loss.h"

enum { SIDE = LOSS_FFT_SIDE_PX, COUNT = SIDE * SIDE };

/* Complex numbers of one square and one colour. */
struct square {
	float real[COUNT], imag[COUNT];
};

/* In place, not scaled, and transposed; twice is transposed back. */
static void transform(const struct fft *fft, struct square *s) {
	struct square columns = *s;
	fft_columns(fft, columns.real, columns.imag, SIDE);
	fft_transpose(columns.real, SIDE, SIDE, s->real);
	fft_transpose(columns.imag, SIDE, SIDE, s->imag);
	fft_columns(fft, s->real, s->imag, SIDE);
}

static void load(const float *from, size_t row, struct square *to) {
	for (size_t y = 0; y < SIDE; y++)
		for (size_t x = 0; x < SIDE; x++) to->real[y * SIDE + x] = from[y * row + x * 3];
	memset(to->imag, 0, sizeof to->imag);
}

/* Amplitudes are scaled so that white noise has its standard deviation in all of them. */
static float power_of(const struct square *s, size_t i) {
	const float noise = 1e-4f;
	return (s->real[i] * s->real[i] + s->imag[i] * s->imag[i]) / COUNT + noise;
}

/* Sum over frequencies; output becomes the conjugate of the loss's slope in each of its numbers. */
static double compare(struct square *output, const struct square *truth, float scale) {
	const float eps2 = 1e-6f;
	double sum = 0;
	for (size_t y = 0; y < SIDE; y++) {
		float row = 0;
		for (size_t i = y * SIDE; i < (y + 1) * SIDE; i++) {
			const float power = power_of(output, i), d = 0.5f * logf(power / power_of(truth, i));
			const float root = sqrtf(d * d + eps2), slope = scale * d / root / power / COUNT;
			row += root;
			output->real[i] *= slope;
			output->imag[i] *= -slope;
		}
		sum += (double)row;
	}
	return sum;
}

static double square_loss(const struct fft *fft, const float *output, const float *truth, size_t row, float scale,
						  float *gradient) {
	struct square o, t;
	load(output, row, &o);
	load(truth, row, &t);
	transform(fft, &o);
	transform(fft, &t);
	const double sum = compare(&o, &t, scale);
	/* The slope in a pixel is the real part of the sum of conj(slope) e^-iwx over frequencies: the same transform. */
	transform(fft, &o);
	for (size_t y = 0; y < SIDE; y++)
		for (size_t x = 0; x < SIDE; x++) gradient[y * row + x * 3] += o.real[y * SIDE + x];
	return sum;
}

static size_t squares_along(size_t side) {
	return (side + SIDE - 1) / SIDE;
}

/* Where the i-th square begins: the last one ends with the picture, and they overlap where the side does not divide. */
static size_t start_of(size_t i, size_t side) {
	const size_t count = squares_along(side);
	return count > 1 ? i * (side - SIDE) / (count - 1) : 0;
}

static double sample_loss(const struct fft *fft, const float *output, const float *truth, size_t side, float scale,
						  float *gradient) {
	const size_t along = squares_along(side);
	double sum = 0;
	for (size_t i = 0; i < along * along; i++) {
		const size_t at = (start_of(i / along, side) * side + start_of(i % along, side)) * 3;
		for (size_t c = 0; c < 3; c++)
			sum += square_loss(fft, output + at + c, truth + at + c, side * 3, scale, gradient + at + c);
	}
	return sum;
}

double loss_fft(const struct fft *fft, const float *output, const float *truth, size_t batch, size_t side,
				double weight, float *gradient) {
	const size_t count = side * side * 3, along = squares_along(side);
	const double numbers = (double)(batch * along * along * 3 * COUNT);
	double sum = 0;
	for (size_t n = 0; n < batch; n++)
		sum += sample_loss(fft, output + n * count, truth + n * count, side, (float)(weight / numbers),
						   gradient + n * count);
	return sum / numbers;
}
