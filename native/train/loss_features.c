#include "train/loss.h"

/* Sums of one sample: how far apart, and how much there is. */
static void sample_sums(const float *projected, const float *teacher, size_t count, double *distance, double *power) {
	enum { RUN = 4096 };
	for (size_t start = 0; start < count; start += RUN) {
		const size_t end = start + RUN < count ? start + RUN : count;
		float apart = 0, all = 0;
		for (size_t i = start; i < end; i++) {
			const float d = projected[i] - teacher[i];
			apart += d * d;
			all += teacher[i] * teacher[i];
		}
		*distance += (double)apart;
		*power += (double)all;
	}
}

double loss_features(const float *projected, const float *teacher, const bool *counts, size_t batch, size_t count,
					 double weight, float *gradient) {
	double distance = 0, power = 0;
	for (size_t n = 0; n < batch; n++)
		if (counts[n]) sample_sums(projected + n * count, teacher + n * count, count, &distance, &power);
	if (power <= 0) return 0; /* nothing to learn from */
	const float scale = (float)(2 * weight / power);
	for (size_t n = 0; n < batch; n++)
		for (size_t i = n * count; counts[n] && i < (n + 1) * count; i++)
			gradient[i] += scale * (projected[i] - teacher[i]);
	return distance / power;
}
