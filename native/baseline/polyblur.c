/* polyblur.c - Delbracio et al. 2021. The sharpest edge along a direction tells the blur along it; the inverse of a
 * blur K near the identity is a polynomial of K with p(1) = 1, p'(1) = -1. */
#include <math.h>
#include <stdlib.h>

#include "baseline/method.h"

/* From the paper: sigma^2 = c^2 / f^2 - b^2 for the largest directional derivative f; p''(1) and p(0) of the
 * polynomial. */
static const double edge_c = 0.352, edge_b = 0.768, curvature = 6, constant = 1;
static const double least_sigma = 0.3, most_sigma = 4;
enum { DIRECTIONS = 6 };

static const double pi = 3.14159265358979323846;

static int compare_bytes(const void *a, const void *b) {
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Values with all but the last ten-thousandth at both ends stretched to 0..1, so that contrast does not matter. */
static bool stretched_green(const struct picture *in, const struct plane *plane) {
	const size_t count = in->width * in->height, few = count / 10000, step = (size_t)in->channels;
	uint8_t *sorted = malloc(count);
	if (!sorted) return false;
	for (size_t i = 0; i < count; i++) sorted[i] = in->pixels[step * i + 1];
	qsort(sorted, count, 1, compare_bytes);
	const float low = sorted[few], high = sorted[count - 1 - few], range = fmaxf(high - low, 1);
	for (size_t i = 0; i < count; i++)
		plane->values[i] = fminf(fmaxf(((float)in->pixels[step * i + 1] - low) / range, 0), 1);
	free(sorted);
	return true;
}

/* Central differences, in units of the paper's (a step over one pixel). */
static void gradient_at(const struct plane *p, size_t x, size_t y, float *gx, float *gy) {
	const size_t left = x ? x - 1 : x, right = x + 1 < p->width ? x + 1 : x;
	const size_t up = y ? y - 1 : y, down = y + 1 < p->height ? y + 1 : y;
	*gx = 0.5f * (p->values[y * p->width + right] - p->values[y * p->width + left]);
	*gy = 0.5f * (p->values[down * p->width + x] - p->values[up * p->width + x]);
}

/* Along each direction, counter-clockwise as seen. */
static void largest_slopes(const struct plane *plane, float slopes[DIRECTIONS]) {
	for (int d = 0; d < DIRECTIONS; d++) slopes[d] = 1e-4f;
	for (size_t y = 0; y < plane->height; y++)
		for (size_t x = 0; x < plane->width; x++) {
			float gx, gy;
			gradient_at(plane, x, y, &gx, &gy);
			for (int d = 0; d < DIRECTIONS; d++) {
				const float angle = (float)(d * pi / DIRECTIONS);
				slopes[d] = fmaxf(slopes[d], fabsf(gx * cosf(angle) - gy * sinf(angle)));
			}
		}
}

static double sigma_of(double slope) {
	const double square = edge_c * edge_c / (slope * slope) - edge_b * edge_b;
	return fmin(fmax(sqrt(fmax(square, 0)), least_sigma), most_sigma);
}

static bool estimate(const struct picture *in, struct psf *psf) {
	struct plane green = {0};
	float slopes[DIRECTIONS];
	const bool fine = plane_create(in->width, in->height, &green) && stretched_green(in, &green);
	if (fine) {
		largest_slopes(&green, slopes);
		int softest = 0;
		for (int d = 1; d < DIRECTIONS; d++)
			if (slopes[d] < slopes[softest]) softest = d;
		const double along = sigma_of((double)slopes[softest]);
		const double across = sigma_of((double)slopes[(softest + DIRECTIONS / 2) % DIRECTIONS]);
		psf_gaussian(psf, fmax(along, across), fmin(along, across), 180.0 * softest / DIRECTIONS);
	}
	plane_release(&green);
	return fine;
}

/* Where the result's slope runs against the picture's there is a halo, and the picture is kept for so much of it. */
static void remove_halos(const struct plane *before, const struct plane *after, const struct plane *out) {
	for (size_t y = 0; y < before->height; y++)
		for (size_t x = 0; x < before->width; x++) {
			float bx, by, ax, ay;
			gradient_at(before, x, y, &bx, &by);
			gradient_at(after, x, y, &ax, &ay);
			const float against = -(bx * ax + by * ay), square = bx * bx + by * by;
			const float keep = against > 0 ? against / (square + against) : 0;
			const size_t i = y * before->width + x;
			out->values[i] = keep * before->values[i] + (1 - keep) * after->values[i];
		}
}

static enum deblur_status restore_channel(const struct picture *in, size_t channel, const struct psf *psf,
										  const struct picture *out) {
	const double a[4] = {constant, 5 - 3 * constant + curvature / 2, 3 * constant - curvature - 6,
						 2 - constant + curvature / 2};
	const size_t count = in->width * in->height;
	struct plane power = {0}, next = {0}, sum = {0}, original = {0};
	bool fine = plane_create(in->width, in->height, &power) && plane_create(in->width, in->height, &next) &&
				plane_create(in->width, in->height, &sum) && plane_create(in->width, in->height, &original);
	if (fine) {
		plane_from_channel(in, channel, false, &original);
		plane_from_channel(in, channel, false, &power);
	}
	for (size_t i = 0; fine && i < count; i++) sum.values[i] = (float)a[0] * power.values[i];
	for (int degree = 1; degree < 4 && fine; degree++) {
		fine = plane_convolve(&power, psf, &next);
		for (size_t i = 0; i < count; i++) sum.values[i] += (float)a[degree] * next.values[i];
		const struct plane kept = power;
		power = next;
		next = kept;
	}
	if (fine) {
		remove_halos(&original, &sum, &next);
		plane_to_channel(&next, channel, false, out);
	}
	plane_release(&power);
	plane_release(&next);
	plane_release(&sum);
	plane_release(&original);
	return fine ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

enum deblur_status polyblur_restore(const struct picture *in, const struct deblur_blur *blur,
									const struct picture *out) {
	(void)blur; /* it is blind */
	struct psf psf;
	enum deblur_status status = estimate(in, &psf) ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t c = 0; c < 3 && !status; c++) status = restore_channel(in, c, &psf, out);
	return status;
}
