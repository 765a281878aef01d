#include "train/rounding.h"

#include <math.h>
#include <stdbool.h>

#include "core/quantise.h"

enum { MOST = 127, CODES = 2 * MOST + 1 };

/* What rounding with one choice of steps comes to. */
struct outcome {
	double bits, weights, lost_db;
};

/* A number near x, above 0, that has three binary digits: its multiples are exact, and files full of such scales
 * compress. */
static double three_bits(double x, double (*round)(double)) {
	int exponent;
	const double digits = frexp(x, &exponent) * 8;
	return ldexp(round(digits) / 8, exponent);
}

/* The widest step of which `level` says what is lost with each weight, or what bounds it. */
static double step_of(const float *row, size_t length, double sensitivity, double level) {
	const double widest = 0.75; /* of the deviation */
	double squares = 0, largest = 0;
	for (size_t i = 0; i < length; i++) {
		squares += (double)row[i] * (double)row[i];
		largest = fmax(largest, fabs((double)row[i]));
	}
	const double most = widest * sqrt(squares / (double)length);
	const double step = sensitivity > 0 ? fmin(sqrt(level / sensitivity), most) : most;
	if (!(largest > 1e-30)) return 0;                       /* nothing, or as good as */
	const double finest = three_bits(largest / MOST, ceil); /* or the largest would be cut */
	return fmax(three_bits(fmax(step, finest), floor), finest);
}

static double entropy_bits(const size_t counts[CODES], size_t total) {
	double bits = 0;
	for (int i = 0; i < CODES; i++)
		if (counts[i]) bits -= (double)counts[i] * log2((double)counts[i] / (double)total);
	return bits;
}

/* Rounds one parameter, or only says what that would come to. */
static void round_parameter(struct graph_parameter *parameter, const double *sensitivity, double level, bool change,
							struct outcome *sum) {
	const size_t length = parameter->count / parameter->shape[0];
	size_t counts[CODES] = {0};
	if (!quantise_is_worth(length)) return;
	for (size_t row = 0; row < parameter->shape[0]; row++) {
		float *values = parameter->values + row * length;
		const double step = step_of(values, length, sensitivity[row], level);
		for (size_t i = 0; i < length; i++) {
			const double code = step > 0 ? fmin(fmax(nearbyint((double)values[i] / step), -MOST), MOST) : 0;
			const float rounded = (float)(code * step);
			counts[(int)code + MOST]++;
			sum->lost_db += sensitivity[row] * pow((double)(values[i] - rounded), 2);
			if (change) values[i] = rounded;
		}
	}
	sum->bits += entropy_bits(counts, parameter->count);
	sum->weights += (double)parameter->count;
}

static struct outcome round_all(struct model_file *model, const struct sensitivity *s, double level, bool change) {
	struct outcome sum = {0};
	for (size_t i = 0; i < model->restorer->parameter_count; i++)
		round_parameter(&model->restorer->parameters[i], s->restorer[i], level, change, &sum);
	for (size_t i = 0; s->estimator && i < model->estimator->parameter_count; i++)
		round_parameter(&model->estimator->parameters[i], s->estimator[i], level, change, &sum);
	return sum;
}

struct rounding rounding_apply(struct model_file *model, const struct sensitivity *s, double bits) {
	enum { HALVINGS = 24 };
	double low = -80, high = 20; /* of the level's logarithm */
	for (int i = 0; i < HALVINGS; i++) {
		const double middle = (low + high) / 2;
		const struct outcome outcome = round_all(model, s, exp2(middle), false);
		*(outcome.bits > bits * outcome.weights ? &low : &high) = middle;
	}
	const struct outcome outcome = round_all(model, s, exp2(high), true);
	return (struct rounding){.bits = outcome.bits / fmax(outcome.weights, 1), .lost_db = outcome.lost_db};
}
