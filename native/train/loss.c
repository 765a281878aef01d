#include "train/loss.h"

#include <math.h>

enum { RUN = 4096 };

double loss_charbonnier(const float *output, const float *truth, size_t count, double weight, float *gradient) {
	const float eps2 = 1e-6f, scale = (float)(weight / (double)count);
	double sum = 0;
	for (size_t start = 0; start < count; start += RUN) {
		const size_t end = start + RUN < count ? start + RUN : count;
		float run = 0;
		for (size_t i = start; i < end; i++) {
			const float d = output[i] - truth[i], root = sqrtf(d * d + eps2);
			run += root;
			gradient[i] += scale * d / root;
		}
		sum += (double)run;
	}
	return sum / (double)count;
}

/* Huber's loss with threshold 1: d^2 / 2 near zero, |d| - 1/2 beyond. */
static double huber(double d, double *slope) {
	*slope = d > 1 ? 1 : d < -1 ? -1 : d;
	return fabs(d) > 1 ? fabs(d) - 0.5 : d * d / 2;
}

static double cross_entropy(const float *logits, const float *probability, size_t count, double weight,
							float *gradient) {
	double largest = (double)logits[0], sum = 0, loss = 0;
	for (size_t i = 1; i < count; i++) largest = fmax(largest, (double)logits[i]);
	for (size_t i = 0; i < count; i++) sum += exp((double)logits[i] - largest);
	for (size_t i = 0; i < count; i++) {
		const double log_p = (double)logits[i] - largest - log(sum);
		loss -= (double)probability[i] * log_p;
		gradient[i] += (float)(weight * (exp(log_p) - (double)probability[i]));
	}
	return loss;
}

/* How much each number after the kinds counts: the size is what the restorer needs most. */
static const double number_weights[BLUR_RAW_COUNT - DEBLUR_BLUR_KIND_COUNT - 1] = {6, 2, 2, 1, 1, 1};

static double loss_of_one(const float *output, const struct deblur_blur *truth, double weight, float *gradient) {
	float raw[BLUR_RAW_COUNT];
	blur_to_raw(truth, raw);
	double loss = 0.5 * cross_entropy(output, raw, DEBLUR_BLUR_KIND_COUNT, 0.5 * weight, gradient);
	const bool blurred = truth->kind[DEBLUR_BLUR_NONE] < 0.5f;
	for (int i = DEBLUR_BLUR_KIND_COUNT; i < BLUR_RAW_COUNT - 1; i++) {
		const double w = number_weights[i - DEBLUR_BLUR_KIND_COUNT];
		double slope;
		loss += w * huber((double)output[i] - (double)raw[i], &slope);
		gradient[i] += (float)(weight * w * slope);
	}
	if (!blurred) return loss; /* nothing says where no blur took place */
	const int last = BLUR_RAW_COUNT - 1;
	const double x = (double)output[last], t = (double)raw[last];
	gradient[last] += (float)(weight * 0.5 * (1 / (1 + exp(-x)) - t));
	return loss + 0.5 * (fmax(x, 0) - x * t + log1p(exp(-fabs(x))));
}

double loss_blur(const float *output, const struct deblur_blur *truth, size_t batch, double weight, float *gradient) {
	double sum = 0;
	for (size_t n = 0; n < batch; n++)
		sum +=
			loss_of_one(output + n * BLUR_RAW_COUNT, &truth[n], weight / (double)batch, gradient + n * BLUR_RAW_COUNT);
	return sum / (double)batch;
}
