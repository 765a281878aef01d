/* polyblur.c - Delbracio et al. 2021. The sharpest edge along a direction tells the blur along it; the inverse of a
 * blur K near the identity is a polynomial of K with p(1) = 1, p'(1) = -1. */
#include <math.h>
#include <stdlib.h>

#include "baseline/method.h"

/* From the paper: sigma^2 = c^2 / f^2 - b^2 for the largest directional derivative f; p''(1) and p(0) of the
 * polynomial. */
static const double edge_c = 0.352, edge_b = 0.768, curvature = 6, constant = 1;
static const double least_sigma = 0.3, most_sigma = 4;
enum { DIRECTIONS = 6, GREEN = 1 };

static const double pi = 3.14159265358979323846;

static int compare_bytes(const void *a, const void *b) {
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Values with all but the last ten-thousandth at both ends stretched to 0..1, so that contrast does not matter. */
static bool read_stretched(const struct picture *in, const struct pixels *pixels) {
	const size_t count = in->width * in->height, few = count / 10000, step = (size_t)in->channels;
	uint8_t *sorted = malloc(count);
	if (!sorted) return false;
	for (size_t i = 0; i < count; i++) sorted[i] = in->pixels[step * i + GREEN];
	qsort(sorted, count, 1, compare_bytes);
	const float low = sorted[few], high = sorted[count - 1 - few], range = fmaxf(high - low, 1);
	for (size_t i = 0; i < count; i++)
		pixels->values[3 * i + GREEN] = fminf(fmaxf(((float)in->pixels[step * i + GREEN] - low) / range, 0), 1);
	free(sorted);
	return true;
}

/* Central differences of one channel. */
static void gradient_at(const struct pixels *p, size_t x, size_t y, size_t c, float *gx, float *gy) {
	const size_t left = x ? x - 1 : x, right = x + 1 < p->width ? x + 1 : x;
	const size_t up = y ? y - 1 : y, down = y + 1 < p->height ? y + 1 : y;
	*gx = 0.5f * (p->values[(y * p->width + right) * 3 + c] - p->values[(y * p->width + left) * 3 + c]);
	*gy = 0.5f * (p->values[(down * p->width + x) * 3 + c] - p->values[(up * p->width + x) * 3 + c]);
}

/* Along each direction, counter-clockwise as seen. */
static void largest_slopes(const struct pixels *pixels, float slopes[DIRECTIONS]) {
	float cosines[DIRECTIONS], sines[DIRECTIONS];
	for (int d = 0; d < DIRECTIONS; d++) {
		cosines[d] = cosf((float)(d * pi / DIRECTIONS));
		sines[d] = sinf((float)(d * pi / DIRECTIONS));
		slopes[d] = 1e-4f;
	}
	for (size_t y = 0; y < pixels->height; y++)
		for (size_t x = 0; x < pixels->width; x++) {
			float gx, gy;
			gradient_at(pixels, x, y, GREEN, &gx, &gy);
			for (int d = 0; d < DIRECTIONS; d++) slopes[d] = fmaxf(slopes[d], fabsf(gx * cosines[d] - gy * sines[d]));
		}
}

static double sigma_of(double slope) {
	const double square = edge_c * edge_c / (slope * slope) - edge_b * edge_b;
	return fmin(fmax(sqrt(fmax(square, 0)), least_sigma), most_sigma);
}

static bool estimate(const struct picture *in, struct psf *psf) {
	struct pixels stretched = {0};
	float slopes[DIRECTIONS];
	const bool fine = pixels_create(in->width, in->height, &stretched) && read_stretched(in, &stretched);
	if (fine) {
		largest_slopes(&stretched, slopes);
		int softest = 0;
		for (int d = 1; d < DIRECTIONS; d++)
			if (slopes[d] < slopes[softest]) softest = d;
		const double along = sigma_of((double)slopes[softest]);
		const double across = sigma_of((double)slopes[(softest + DIRECTIONS / 2) % DIRECTIONS]);
		psf_gaussian(psf, fmax(along, across), fmin(along, across), 180.0 * softest / DIRECTIONS);
	}
	pixels_release(&stretched);
	return fine;
}

/* Where the result's slope runs against the picture's there is a halo, and the picture is kept for so much of it. */
static void remove_halos(const struct pixels *before, const struct pixels *after, const struct pixels *out) {
	for (size_t y = 0; y < before->height; y++)
		for (size_t x = 0; x < before->width; x++)
			for (size_t c = 0; c < 3; c++) {
				float bx, by, ax, ay;
				gradient_at(before, x, y, c, &bx, &by);
				gradient_at(after, x, y, c, &ax, &ay);
				const float against = -(bx * ax + by * ay), square = bx * bx + by * by;
				const float keep = against > 0 ? against / (square + against) : 0;
				const size_t i = (y * before->width + x) * 3 + c;
				out->values[i] = keep * before->values[i] + (1 - keep) * after->values[i];
			}
}

/* sum = p(K) of the picture; power and next are room to work in. */
static bool apply_polynomial(const struct pixels *picture, const struct psf *psf, const struct pixels *power,
							 const struct pixels *next, const struct pixels *sum) {
	const double a[4] = {constant, 5 - 3 * constant + curvature / 2, 3 * constant - curvature - 6,
						 2 - constant + curvature / 2};
	const size_t count = picture->width * picture->height * 3;
	const struct pixels *from = picture, *to = power;
	for (size_t i = 0; i < count; i++) sum->values[i] = (float)a[0] * picture->values[i];
	for (int degree = 1; degree < 4; degree++) {
		if (!pixels_convolve(from, psf, to)) return false;
		for (size_t i = 0; i < count; i++) sum->values[i] += (float)a[degree] * to->values[i];
		from = to;
		to = to == power ? next : power;
	}
	return true;
}

enum deblur_status polyblur_restore(const struct picture *in, const struct deblur_blur *blur,
									const struct picture *out) {
	(void)blur; /* it is blind */
	struct pixels picture = {0}, power = {0}, next = {0}, sum = {0};
	struct psf psf;
	bool fine = pixels_create(in->width, in->height, &picture) && pixels_create(in->width, in->height, &power) &&
				pixels_create(in->width, in->height, &next) && pixels_create(in->width, in->height, &sum) &&
				estimate(in, &psf);
	if (fine) {
		pixels_read(in, false, &picture);
		fine = apply_polynomial(&picture, &psf, &power, &next, &sum);
	}
	if (fine) {
		remove_halos(&picture, &sum, &next);
		pixels_write(&next, false, out);
	}
	pixels_release(&picture);
	pixels_release(&power);
	pixels_release(&next);
	pixels_release(&sum);
	return fine ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}
