/* ssim.c - structural similarity as scikit-image 0.19 computes it (structural_similarity, data_range 1, channel_axis):
 * uniform windows with sample covariance, or Wang et al. 2004's Gaussian with population covariance; the mean leaves
 * out the border that a window does not fit in. */
#include <math.h>
#include <stdlib.h>

#include "picture/picture.h"

enum { MOST = 11, MOMENTS = 5 };

struct window {
	size_t side;
	double weights[MOST]; /* of one axis; they sum to 1 */
	double normalise;     /* covariance: n / (n - 1) for samples, 1 for populations */
};

static struct window make_window(enum picture_ssim_window kind) {
	struct window w = {.side = kind == PICTURE_SSIM_UNIFORM5   ? 5
							   : kind == PICTURE_SSIM_UNIFORM7 ? 7
															   : 11,
					   .normalise = 1};
	double sum = 0;
	for (size_t i = 0; i < w.side; i++) {
		const double x = (double)i - (double)(w.side / 2);
		sum += w.weights[i] = kind == PICTURE_SSIM_GAUSS11 ? exp(-0.5 * x * x / (1.5 * 1.5)) : 1;
	}
	for (size_t i = 0; i < w.side; i++) w.weights[i] /= sum;
	const double n = (double)(w.side * w.side);
	if (kind != PICTURE_SSIM_GAUSS11) w.normalise = n / (n - 1);
	return w;
}

/* Sums of one row of windows, down the columns: a, b, aa, bb, ab for each x. */
static void column_sums(const struct picture *a, const struct picture *b, const struct window *w, size_t top,
						size_t channel, double *sums) {
	for (size_t x = 0; x < a->width; x++) {
		double s[MOMENTS] = {0};
		for (size_t i = 0; i < w->side; i++) {
			const size_t at = (top + i) * a->width + x;
			const double p = a->pixels[at * (size_t)a->channels + channel] / 255.0;
			const double q = b->pixels[at * (size_t)b->channels + channel] / 255.0;
			const double terms[MOMENTS] = {p, q, p * p, q * q, p * q};
			for (int m = 0; m < MOMENTS; m++) s[m] += w->weights[i] * terms[m];
		}
		for (int m = 0; m < MOMENTS; m++) sums[x * MOMENTS + (size_t)m] = s[m];
	}
}

static double similarity(const double s[MOMENTS], double normalise) {
	const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
	const double va = normalise * (s[2] - s[0] * s[0]), vb = normalise * (s[3] - s[1] * s[1]);
	const double vab = normalise * (s[4] - s[0] * s[1]);
	return (2 * s[0] * s[1] + c1) * (2 * vab + c2) / ((s[0] * s[0] + s[1] * s[1] + c1) * (va + vb + c2));
}

static double row_total(const double *sums, size_t width, const struct window *w) {
	double total = 0;
	for (size_t x = 0; x + w->side <= width; x++) {
		double s[MOMENTS] = {0};
		for (size_t i = 0; i < w->side; i++)
			for (int m = 0; m < MOMENTS; m++) s[m] += w->weights[i] * sums[(x + i) * MOMENTS + (size_t)m];
		total += similarity(s, w->normalise);
	}
	return total;
}

enum deblur_status picture_ssim(const struct picture *a, const struct picture *b, enum picture_ssim_window kind,
								double *out) {
	const struct window w = make_window(kind);
	if (a->width != b->width || a->height != b->height || a->width < w.side || a->height < w.side)
		return DEBLUR_BAD_ARGUMENT;
	double *sums = malloc(a->width * MOMENTS * sizeof *sums), total = 0;
	if (!sums) return DEBLUR_OUT_OF_MEMORY;
	for (size_t channel = 0; channel < 3; channel++)
		for (size_t top = 0; top + w.side <= a->height; top++) {
			column_sums(a, b, &w, top, channel, sums);
			total += row_total(sums, a->width, &w);
		}
	free(sums);
	*out = total / (double)(3 * (a->width - w.side + 1) * (a->height - w.side + 1));
	return DEBLUR_OK;
}
