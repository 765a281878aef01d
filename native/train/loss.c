#include "train/loss.h"

#include <math.h>

#include "train/span.h"

enum { RUN = 4096 };

const char *loss_term_name(enum loss_term term) {
	static const char *const names[LOSS_TERM_COUNT] = {"charbonnier", "decibel", "gradient", "fft"};
	return names[term];
}

/* Floats are summed in lanes that a vector holds, doubles from run to run. */
enum { LANES = 16 };

/* The sum over one run; gradient += scale * slope. */
SPAN_CLONES static double charbonnier_run(const float *restrict output, const float *restrict truth, size_t count,
										  float scale, float *restrict gradient) {
	const float eps2 = 1e-6f;
	float lanes[LANES] = {0};
	double sum = 0;
	size_t i = 0;
	for (; i + LANES <= count; i += LANES)
		for (size_t l = 0; l < LANES; l++) {
			const float d = output[i + l] - truth[i + l], root = sqrtf(d * d + eps2);
			lanes[l] += root;
			gradient[i + l] += scale * d / root;
		}
	for (; i < count; i++) {
		const float d = output[i] - truth[i], root = sqrtf(d * d + eps2);
		lanes[0] += root;
		gradient[i] += scale * d / root;
	}
	for (size_t l = 0; l < LANES; l++) sum += (double)lanes[l];
	return sum;
}

double loss_charbonnier(const float *output, const float *truth, size_t count, double weight, float *gradient) {
	/* As many parts whatever the thread count: the sum is the same. */
	enum { PARTS = 64 };
	const float scale = (float)(weight / (double)count);
	const size_t part = (count + PARTS - 1) / PARTS;
	double sums[PARTS] = {0}, sum = 0;
#pragma omp parallel for schedule(static)
	for (size_t p = 0; p < PARTS; p++)
		for (size_t start = p * part; start < (p + 1) * part && start < count; start += RUN) {
			const size_t end = (p + 1) * part < count ? (p + 1) * part : count;
			const size_t n = end - start < RUN ? end - start : RUN;
			sums[p] += charbonnier_run(output + start, truth + start, n, scale, gradient + start);
		}
	for (size_t p = 0; p < PARTS; p++) sum += sums[p];
	return sum / (double)count;
}

SPAN_CLONES static double square_run(const float *restrict output, const float *restrict truth, size_t count) {
	float lanes[LANES] = {0};
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		const float d = output[i] - truth[i];
		lanes[i % LANES] += d * d;
	}
	for (size_t l = 0; l < LANES; l++) sum += (double)lanes[l];
	return sum;
}

SPAN_CLONES static void add_difference(const float *restrict output, const float *restrict truth, size_t count,
									   float scale, float *restrict gradient) {
	for (size_t i = 0; i < count; i++) gradient[i] += scale * (output[i] - truth[i]);
}

double loss_decibel(const float *output, const float *truth, size_t batch, size_t count, double weight,
					float *gradient) {
	const double rounding = 1e-6, unit = 10 / log(10);
	double decibels = 0;
	for (size_t n = 0; n < batch; n++) {
		const size_t first = n * count, end = first + count;
		double sum = 0;
		for (size_t i = first; i < end; i += RUN)
			sum += square_run(output + i, truth + i, end - i < RUN ? end - i : RUN);
		const double square = sum / (double)count + rounding;
		decibels += unit * log(square);
		add_difference(output + first, truth + first, count,
					   (float)(2 * unit * weight / (square * (double)(batch * count))), gradient + first);
	}
	return decibels / (double)batch;
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

/* The size's error as a share of the size, since what a restorer needs, and a person notices, is a ratio; rounded off
 * below a tenth. raw is log(1 + spread), so that a difference d of it is about (1 + spread) d pixels. */
static double loss_of_size(double raw, double true_raw, double weight, float *gradient) {
	const double rounding = 0.1, smallest_px = 0.3, spread = expm1(true_raw);
	const double share_of_raw = (1 + spread) / fmax(spread, smallest_px);
	double slope;
	const double loss = rounding * huber((raw - true_raw) * share_of_raw / rounding, &slope);
	*gradient += (float)(weight * slope * share_of_raw);
	return loss;
}

/* How much each part counts. */
static const double kind_weight = 0.2, size_weight = 0.3, in_srgb_weight = 0.2;

static double loss_of_one(const float *output, const struct deblur_blur *truth, double weight, float *gradient) {
	float raw[BLUR_RAW_COUNT];
	blur_to_raw(truth, raw);
	const int size = DEBLUR_BLUR_KIND_COUNT;
	double loss = kind_weight * cross_entropy(output, raw, DEBLUR_BLUR_KIND_COUNT, kind_weight * weight, gradient);
	loss += size_weight * loss_of_size((double)output[size], (double)raw[size], size_weight * weight, &gradient[size]);
	const bool blurred = truth->kind[DEBLUR_BLUR_NONE] < 0.5f;
	for (int i = size + 1; i < BLUR_PLAIN_RAW_COUNT - 1; i++) {
		double slope;
		loss += huber((double)output[i] - (double)raw[i], &slope);
		gradient[i] += (float)(weight * slope);
	}
	if (!blurred) return loss; /* nothing says where no blur took place */
	const int last = BLUR_PLAIN_RAW_COUNT - 1;
	const double x = (double)output[last], t = (double)raw[last];
	gradient[last] += (float)(weight * in_srgb_weight * (1 / (1 + exp(-x)) - t));
	return loss + in_srgb_weight * (fmax(x, 0) - x * t + log1p(exp(-fabs(x))));
}

double loss_blur(const float *output, const struct deblur_blur *truth, size_t batch, double weight, float *gradient) {
	double sum = 0;
	for (size_t n = 0; n < batch; n++)
		sum +=
			loss_of_one(output + n * BLUR_RAW_COUNT, &truth[n], weight / (double)batch, gradient + n * BLUR_RAW_COUNT);
	return sum / (double)batch;
}

void loss_of_telling(const float *output, const float *told_gradient, float *gradient) {
	enum { KINDS = DEBLUR_BLUR_KIND_COUNT, SPREAD = KINDS, SCALED = KINDS + 1, SCALED_COUNT = 5 };
	struct deblur_blur blur;
	blur_from_raw(output, &blur);
	double mean = 0;
	for (int i = 0; i < KINDS; i++) mean += (double)(blur.kind[i] * told_gradient[i]);
	for (int i = 0; i < KINDS; i++) gradient[i] += blur.kind[i] * (told_gradient[i] - (float)mean);
	/* spread / 4 and its square */
	if (output[SPREAD] > 0 && blur.spread_px < BLUR_MAX_SPREAD_PX)
		gradient[SPREAD] +=
			(told_gradient[SPREAD] + told_gradient[SPREAD + 1] * blur.spread_px / 2) * (blur.spread_px + 1) / 4;
	/* These are told as they are said, within their ranges. */
	float told[BLUR_CONDITION_COUNT];
	blur_to_condition(&blur, told);
	for (int i = 0; i < SCALED_COUNT; i++)
		if (fabsf(told[SPREAD + 2 + i] - output[SCALED + i]) < 1e-4f)
			gradient[SCALED + i] += told_gradient[SPREAD + 2 + i];
	gradient[SCALED + SCALED_COUNT] += blur.in_srgb * (1 - blur.in_srgb) * told_gradient[SPREAD + 2 + SCALED_COUNT];
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++)
		if (fabsf(output[BLUR_PLAIN_RAW_COUNT + i]) < BLUR_MAX_HINT)
			gradient[BLUR_PLAIN_RAW_COUNT + i] += told_gradient[BLUR_PLAIN_CONDITION_COUNT + i];
}
