#include "degrade/psf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static double radians(double degrees) {
	return degrees * pi / 180;
}

static double sum_of(const struct psf *psf) {
	double sum = 0;
	for (int y = 0; y < PSF_SIDE; y++)
		for (int x = 0; x < PSF_SIDE; x++) sum += (double)psf->weights[y][x];
	return sum;
}

/* Drops what is too faint to matter, which would only cost time, scales the rest to the sum 1 and finds the radius. */
static void finish(struct psf *psf) {
	const float faint = (float)(1e-6 * sum_of(psf));
	psf->radius = 0;
	for (int y = 0; y < PSF_SIDE; y++)
		for (int x = 0; x < PSF_SIDE; x++) {
			float *w = &psf->weights[y][x];
			if (*w < faint) *w = 0;
			const int dx = abs(x - PSF_MAX_RADIUS), dy = abs(y - PSF_MAX_RADIUS), far = dx > dy ? dx : dy;
			if (*w > 0 && far > psf->radius) psf->radius = far;
		}
	const double sum = sum_of(psf);
	for (int y = 0; y < PSF_SIDE; y++)
		for (int x = 0; x < PSF_SIDE; x++) psf->weights[y][x] = (float)((double)psf->weights[y][x] / sum);
}

void psf_identity(struct psf *psf) {
	memset(psf, 0, sizeof *psf);
	psf->weights[PSF_MAX_RADIUS][PSF_MAX_RADIUS] = 1;
}

/* ---- densities, averaged over each pixel ---- */

struct density {
	double (*at)(const struct density *density, double x, double y);
	double a, b, cosine, sine; /* parameters and rotation */
	int blades;
};

static void rasterise(struct psf *psf, const struct density *density, double reach) {
	enum { SUBSAMPLES = 8 };
	memset(psf, 0, sizeof *psf);
	const int radius = reach + 1 < PSF_MAX_RADIUS ? (int)(reach + 1) : PSF_MAX_RADIUS;
	for (int y = -radius; y <= radius; y++)
		for (int x = -radius; x <= radius; x++) {
			double sum = 0;
			for (int i = 0; i < SUBSAMPLES * SUBSAMPLES; i++) {
				const double px = x + (i % SUBSAMPLES + 0.5) / SUBSAMPLES - 0.5;
				const double py = y + (i / SUBSAMPLES + 0.5) / SUBSAMPLES - 0.5;
				const double up = -py; /* rows go down, angles go up */
				sum += density->at(density, px * density->cosine + up * density->sine,
								   up * density->cosine - px * density->sine);
			}
			psf->weights[y + PSF_MAX_RADIUS][x + PSF_MAX_RADIUS] = (float)(sum / (SUBSAMPLES * SUBSAMPLES));
		}
	finish(psf);
}

static double gaussian_at(const struct density *d, double x, double y) {
	return exp(-0.5 * (x * x / (d->a * d->a) + y * y / (d->b * d->b)));
}

void psf_gaussian(struct psf *psf, double sigma_major_px, double sigma_minor_px, double angle_deg) {
	const struct density d = {gaussian_at,
							  fmax(sigma_major_px, 0.05),
							  fmax(sigma_minor_px, 0.05),
							  cos(radians(angle_deg)),
							  sin(radians(angle_deg)),
							  0};
	rasterise(psf, &d, 3.5 * sigma_major_px);
}

static double disk_at(const struct density *d, double x, double y) {
	return x * x + y * y <= d->a * d->a;
}

/* Inside every side of the polygon: the apothem is the circle's radius times cos(pi / n). */
static double polygon_at(const struct density *d, double x, double y) {
	const double wedge = 2 * pi / d->blades, angle = atan2(y, x);
	const double from_side = angle - wedge * floor(angle / wedge + 0.5);
	return hypot(x, y) * cos(from_side) <= d->a * cos(pi / d->blades);
}

void psf_defocus(struct psf *psf, double radius_px, int blades, double angle_deg) {
	const struct density d = {blades ? polygon_at : disk_at, radius_px, 0, cos(radians(angle_deg)),
							  sin(radians(angle_deg)),       blades};
	rasterise(psf, &d, radius_px);
}

/* ---- paths ---- */

/* Shares one point's light among the four pixels around it. x to the right, y up, from the middle. */
static void splat(struct psf *psf, double x, double y, double light) {
	const double column = x + PSF_MAX_RADIUS, row = PSF_MAX_RADIUS - y;
	const int left = (int)floor(column), top = (int)floor(row);
	if (left < 0 || top < 0 || left >= PSF_SIDE - 1 || top >= PSF_SIDE - 1) return;
	const double right_share = column - left, bottom_share = row - top;
	psf->weights[top][left] += (float)(light * (1 - right_share) * (1 - bottom_share));
	psf->weights[top][left + 1] += (float)(light * right_share * (1 - bottom_share));
	psf->weights[top + 1][left] += (float)(light * (1 - right_share) * bottom_share);
	psf->weights[top + 1][left + 1] += (float)(light * right_share * bottom_share);
}

void psf_motion(struct psf *psf, double length_px, double angle_deg) {
	enum { POINTS = 512 };
	memset(psf, 0, sizeof *psf);
	const double dx = cos(radians(angle_deg)) * length_px, dy = sin(radians(angle_deg)) * length_px;
	for (int i = 0; i < POINTS; i++) {
		const double t = (i + 0.5) / POINTS - 0.5;
		splat(psf, dx * t, dy * t, 1);
	}
	finish(psf);
}

enum { PATH_POINTS = 512 };
struct path {
	double x[PATH_POINTS], y[PATH_POINTS];
};

/* A hand that is pushed at random, and pulled back to where it was: Boracchi and Foi, "Modeling the performance of
 * image restoration from motion blur", IEEE Trans. Image Processing 21, 2012. */
static void walk(struct path *path, struct random *random) {
	const double inertia = random_between(random, 0.85, 0.995), pull = random_between(random, 0, 0.02);
	const double tremor = random_between(random, 0.05, 0.6), jerk_chance = random_between(random, 0, 0.01);
	double x = 0, y = 0, heading = random_between(random, 0, 2 * pi);
	double vx = cos(heading), vy = sin(heading);
	for (int i = 0; i < PATH_POINTS; i++) {
		path->x[i] = x += vx / PATH_POINTS;
		path->y[i] = y += vy / PATH_POINTS;
		vx = inertia * vx + tremor * random_normal(random) - pull * x;
		vy = inertia * vy + tremor * random_normal(random) - pull * y;
		if (random_uniform(random) < jerk_chance) { /* the finger meets the button */
			heading = random_between(random, 0, 2 * pi);
			vx = 2 * cos(heading);
			vy = 2 * sin(heading);
		}
	}
}

/* A hand that sways: smooth curves, bright where they turn. A few swings of each axis, the wider the slower they are,
 * over an exposure of a part of one to some of them, as F. Gavant, L. Alacoque, A. Dupret, D. David, "A physiological
 * camera shake model for image stabilization systems", IEEE Sensors 2011, has the spectrum of a hand's tremor fall. */
static void sway(struct path *path, struct random *random) {
	enum { SWINGS = 4 };
	const double exposure = 0.15 * pow(4 / 0.15, random_uniform(random)); /* in swings of the middle frequency */
	double axes[2][PATH_POINTS] = {{0}};
	for (int swing = 0; swing < 2 * SWINGS; swing++) {
		const double frequency = random_between(random, 0.2, 1.8), phase = random_between(random, 0, 2 * pi);
		const double width = random_normal(random) / frequency;
		for (int i = 0; i < PATH_POINTS; i++)
			axes[swing % 2][i] += width * sin(2 * pi * frequency * exposure * i / PATH_POINTS + phase);
	}
	memcpy(path->x, axes[0], sizeof path->x);
	memcpy(path->y, axes[1], sizeof path->y);
}

/* Moves the centroid to the middle and scales the root of the summed variances to `spread`. */
static void normalise(struct path *path, double spread) {
	double mean_x = 0, mean_y = 0, variance = 0;
	for (int i = 0; i < PATH_POINTS; i++) {
		mean_x += path->x[i] / PATH_POINTS;
		mean_y += path->y[i] / PATH_POINTS;
	}
	for (int i = 0; i < PATH_POINTS; i++) {
		path->x[i] -= mean_x;
		path->y[i] -= mean_y;
		variance += (path->x[i] * path->x[i] + path->y[i] * path->y[i]) / PATH_POINTS;
	}
	const double scale = variance > 0 ? spread / sqrt(variance) : 0;
	for (int i = 0; i < PATH_POINTS; i++) {
		path->x[i] *= scale;
		path->y[i] *= scale;
	}
}

void psf_shake(struct psf *psf, double spread_px, struct random *random) {
	struct path path;
	if (random_uniform(random) < 0.5)
		walk(&path, random);
	else
		sway(&path, random);
	normalise(&path, spread_px);
	memset(psf, 0, sizeof *psf);
	psf->weights[PSF_MAX_RADIUS][PSF_MAX_RADIUS] = 1e-6f; /* never all zero, however far the path goes */
	for (int i = 0; i + 1 < PATH_POINTS; i++)
		for (int part = 0; part < 4; part++) { /* between the points, too: a jerk leaps over pixels */
			const double t = part / 4.0;
			splat(psf, path.x[i] + t * (path.x[i + 1] - path.x[i]), path.y[i] + t * (path.y[i + 1] - path.y[i]), 1);
		}
	finish(psf);
}

void psf_compose(struct psf *psf, const struct psf *other) {
	const struct psf first = *psf;
	const int r = other->radius;
	memset(psf, 0, sizeof *psf);
	for (int y = 0; y < PSF_SIDE; y++)
		for (int x = 0; x < PSF_SIDE; x++) {
			const float w = first.weights[y][x];
			for (int dy = -r; w > 0 && dy <= r; dy++)
				for (int dx = -r; dx <= r; dx++)
					if (y + dy >= 0 && y + dy < PSF_SIDE && x + dx >= 0 && x + dx < PSF_SIDE)
						psf->weights[y + dy][x + dx] += w * other->weights[PSF_MAX_RADIUS + dy][PSF_MAX_RADIUS + dx];
		}
	finish(psf);
}

/* ---- use ---- */

void psf_measure(const struct psf *psf, struct deblur_blur *out) {
	double x1 = 0, y1 = 0, xx = 0, yy = 0, xy = 0;
	for (int row = 0; row < PSF_SIDE; row++)
		for (int column = 0; column < PSF_SIDE; column++) {
			const double w = (double)psf->weights[row][column];
			const double x = column - PSF_MAX_RADIUS, y = PSF_MAX_RADIUS - row;
			x1 += w * x;
			y1 += w * y;
			xx += w * x * x;
			yy += w * y * y;
			xy += w * x * y;
		}
	xx -= x1 * x1;
	yy -= y1 * y1;
	xy -= x1 * y1;
	const double trace = fmax(xx + yy, 0);
	out->spread_px = (float)sqrt(trace);
	out->anisotropy = trace > 1e-9 ? (float)fmin(hypot(xx - yy, 2 * xy) / trace, 1) : 0;
	const double angle = 0.5 * atan2(2 * xy, xx - yy) * 180 / pi;
	out->angle_deg = (float)(angle < 0 ? angle + 180 : angle);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
/* Wider vectors, the same sums: products and sums are not fused, so every clone gives the same bits. */
__attribute__((target_clones("avx2", "default")))
#endif
static void
add_scaled(const float *src, float weight, float *dst, size_t count) {
	for (size_t i = 0; i < count; i++) dst[i] += weight * src[i];
}

void psf_convolve(const struct psf *psf, const float *src, size_t width, size_t height, size_t margin, float *dst) {
	const size_t row = (width + 2 * margin) * 3;
	memset(dst, 0, width * height * 3 * sizeof *dst);
	for (size_t y = 0; y < height; y++)
		for (int dy = -psf->radius; dy <= psf->radius; dy++)
			for (int dx = -psf->radius; dx <= psf->radius; dx++) {
				/* The light that lands here came from the opposite side. */
				const float w = psf->weights[PSF_MAX_RADIUS - dy][PSF_MAX_RADIUS - dx];
				const float *from = src + (y + margin + (size_t)dy) * row + (margin + (size_t)dx) * 3;
				if (w > 0) add_scaled(from, w, dst + y * width * 3, width * 3);
			}
}
