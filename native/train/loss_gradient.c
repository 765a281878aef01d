#include <math.h>

#include "train/loss.h"

/* The root of the difference of two rows of differences, b - a of output and of truth. */
static float row_loss(const float *output_a, const float *output_b, const float *truth_a, const float *truth_b,
					  size_t count, float scale, float *gradient_a, float *gradient_b) {
	const float eps2 = 1e-6f;
	float sum = 0;
	for (size_t i = 0; i < count; i++) {
		const float d = (output_b[i] - output_a[i]) - (truth_b[i] - truth_a[i]), root = sqrtf(d * d + eps2);
		sum += root;
		gradient_a[i] -= scale * d / root;
		gradient_b[i] += scale * d / root;
	}
	return sum;
}

static double sample_loss(const float *output, const float *truth, size_t side, float scale, float *gradient) {
	const size_t row = side * 3;
	double sum = 0;
	for (size_t y = 0; y < side; y++) {
		const float *o = output + y * row, *t = truth + y * row;
		float *g = gradient + y * row;
		sum += (double)row_loss(o, o + 3, t, t + 3, row - 3, scale, g, g + 3);
		if (y + 1 < side) sum += (double)row_loss(o, o + row, t, t + row, row, scale, g, g + row);
	}
	return sum;
}

double loss_gradient(const float *output, const float *truth, size_t batch, size_t side, double weight,
					 float *gradient) {
	const size_t count = side * side * 3;
	const double differences = (double)(batch * 2 * side * (side - 1) * 3);
	double sum = 0;
	for (size_t n = 0; n < batch; n++)
		sum += sample_loss(output + n * count, truth + n * count, side, (float)(weight / differences),
						   gradient + n * count);
	return sum / differences;
}
