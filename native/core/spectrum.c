#include "core/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/fft.h"
#include "core/size.h"

enum mean { LOG_OF_MEAN, MEAN_OF_LOG };

/* Windows of one size, and what is said of them. Frequencies are in cycles per window. */
struct scale {
	size_t window, step, angles, radii;
	enum mean first_mean; /* the others follow */
	double highest;       /* radius */
};

static const struct scale scales[] = {
	{SPECTRUM_WINDOW_PX, SPECTRUM_STEP_PX, SPECTRUM_ANGLES, SPECTRUM_RADII, LOG_OF_MEAN, SPECTRUM_WINDOW_PX / 2 - 1},
	{SPECTRUM_WIDE_WINDOW_PX, SPECTRUM_WIDE_STEP_PX, SPECTRUM_WIDE_ANGLES, SPECTRUM_WIDE_RADII, MEAN_OF_LOG,
	 SPECTRUM_WIDE_WINDOW_PX / 4}};
enum {
	SCALES = sizeof scales / sizeof *scales,
	LARGEST = SPECTRUM_WIDE_WINDOW_PX,
	SUBANGLES = 5,
	MOST_RADII = SPECTRUM_RADII > SPECTRUM_WIDE_RADII ? SPECTRUM_RADII : SPECTRUM_WIDE_RADII
};

static const double pi = 3.14159265358979323846;
/* About what the rounding to 8 bits gives: below, there is nothing to see. */
static const double floor_power = 1e-5;
static const double lowest = 1.5; /* radius: below is shading */

/* What has been seen through windows of one size. The spectrum of real numbers is even: columns 0..window / 2 hold all
 * of it. */
struct seen {
	const struct scale *scale;
	double *power, *log_power; /* [window][window / 2 + 1]: weighted sums over windows */
	double weights;
	struct fft *fft;
	float hann[LARGEST];
};

struct spectrum {
	struct seen seen[SCALES];
	float real[LARGEST * LARGEST], imag[LARGEST * LARGEST]; /* two windows at once, in place */
	float turned[LARGEST * LARGEST];                        /* room for a transposition */
	float powers[2][LARGEST * (LARGEST / 2 + 1)];           /* of the two windows */
};

static size_t columns_of(const struct scale *scale) {
	return scale->window / 2 + 1;
}

static bool begin(struct seen *seen, const struct scale *scale) {
	const size_t window = scale->window, count = window * columns_of(scale);
	seen->scale = scale;
	seen->fft = fft_create(window);
	seen->power = calloc(count, sizeof *seen->power);
	seen->log_power = calloc(count, sizeof *seen->log_power);
	for (size_t i = 0; i < window; i++)
		seen->hann[i] = (float)(0.5 - 0.5 * cos(2 * pi * ((double)i + 0.5) / (double)window));
	return seen->fft && seen->power && seen->log_power;
}

struct spectrum *spectrum_create(void) {
	struct spectrum *s = calloc(1, sizeof *s);
	bool begun = s;
	for (size_t i = 0; begun && i < SCALES; i++) begun = begin(&s->seen[i], &scales[i]);
	if (begun) return s;
	spectrum_destroy(s);
	return NULL;
}

void spectrum_destroy(struct spectrum *s) {
	if (!s) return;
	for (size_t i = 0; i < SCALES; i++) {
		fft_destroy(s->seen[i].fft);
		free(s->seen[i].power);
		free(s->seen[i].log_power);
	}
	free(s);
}

/* ---- windows ---- */

struct part {
	const float *pixels;
	size_t row_stride, width, height;
};

/* Brightness without its mean, under a Hann window. */
static void cut_window(const struct seen *seen, const struct part *part, size_t left, size_t top, float *window) {
	const size_t side = seen->scale->window;
	float sum = 0;
	for (size_t y = 0; y < side; y++) {
		const float *row = part->pixels + mirrored((long)(top + y), part->height) * part->row_stride;
		for (size_t x = 0; x < side; x++) {
			const float *rgb = row + 3 * mirrored((long)(left + x), part->width);
			window[y * side + x] = 0.25f * rgb[0] + 0.5f * rgb[1] + 0.25f * rgb[2];
			sum += window[y * side + x];
		}
	}
	const float mean = sum / (float)(side * side);
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			window[y * side + x] = (window[y * side + x] - mean) * seen->hann[y] * seen->hann[x];
}

/* Afterwards rows and columns are exchanged. */
static void transform(struct spectrum *s, const struct seen *seen) {
	const size_t side = seen->scale->window, bytes = side * side * sizeof(float);
	fft_columns(seen->fft, s->real, s->imag, side);
	fft_transpose(s->real, side, side, s->turned);
	memcpy(s->real, s->turned, bytes);
	fft_transpose(s->imag, side, side, s->turned);
	memcpy(s->imag, s->turned, bytes);
	fft_columns(seen->fft, s->real, s->imag, side);
}

/* How much is to be seen in a window: the root of its power at middle and high frequencies, without its shading and
 * without the corners. */
static double weight_of(const struct scale *scale, const float *power) {
	const double least_radius = (double)scale->window * 3 / 64, most_radius = (double)scale->window / 2;
	double sum = 0;
	for (size_t y = 0; y < scale->window; y++)
		for (size_t x = 0; x < columns_of(scale); x++) {
			const double ky = (double)least(y, scale->window - y), kx = (double)x, square = kx * kx + ky * ky;
			if (square > least_radius * least_radius && square < most_radius * most_radius)
				sum += (double)power[y * columns_of(scale) + x];
		}
	return sqrt(2 * sum) + 1e-6; /* all windows may be flat */
}

static void add_window(struct seen *seen, const float *power) {
	const size_t count = seen->scale->window * columns_of(seen->scale);
	const double weight = weight_of(seen->scale, power);
	for (size_t i = 0; i < count; i++) {
		seen->power[i] += weight * (double)power[i];
		seen->log_power[i] += weight * (double)logf(power[i] + (float)floor_power);
	}
	seen->weights += weight;
}

/* Two real windows a, b went through as a + ib = c; then A(k) = (C(k) + C*(-k)) / 2 and B(k) = (C(k) - C*(-k)) / 2i. */
static void powers_of_both(struct spectrum *s, const struct scale *scale) {
	const size_t side = scale->window, columns = columns_of(scale);
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < columns; x++) {
			const size_t here = y * side + x, opposite = (side - y) % side * side + (side - x) % side;
			const float real = s->real[here], imag = s->imag[here];
			const float other_real = s->real[opposite], other_imag = s->imag[opposite];
			const float ar = real + other_real, ai = imag - other_imag, br = imag + other_imag, bi = other_real - real;
			s->powers[0][y * columns + x] = 0.25f * (ar * ar + ai * ai);
			s->powers[1][y * columns + x] = 0.25f * (br * br + bi * bi);
		}
}

static size_t windows_along(const struct scale *scale, size_t size) {
	return size < scale->window ? 1 : (size - scale->window) / scale->step + 1;
}

static void see(struct spectrum *s, struct seen *seen, const struct part *part) {
	const struct scale *scale = seen->scale;
	const size_t columns = windows_along(scale, part->width), count = columns * windows_along(scale, part->height);
	for (size_t i = 0; i < count; i += 2) {
		const bool both = i + 1 < count;
		cut_window(seen, part, i % columns * scale->step, i / columns * scale->step, s->real);
		if (both)
			cut_window(seen, part, (i + 1) % columns * scale->step, (i + 1) / columns * scale->step, s->imag);
		else
			memset(s->imag, 0, sizeof s->imag);
		transform(s, seen);
		powers_of_both(s, scale);
		add_window(seen, s->powers[0]);
		if (both) add_window(seen, s->powers[1]);
	}
}

void spectrum_add(struct spectrum *s, const float *pixels, size_t row_stride, size_t width, size_t height) {
	const struct part part = {pixels, row_stride, width, height};
	for (size_t i = 0; i < SCALES; i++) see(s, &s->seen[i], &part);
}

/* ---- the description ---- */

/* Rows and columns were exchanged by the transform: the first index is the frequency along x. Both may be negative. */
static double log_at(const struct seen *seen, enum mean mean, int kx, int ky) {
	const size_t side = seen->scale->window;
	const size_t row = (size_t)((ky < 0 ? -kx : kx) + (int)side) % side;
	const size_t i = row * columns_of(seen->scale) + (size_t)abs(ky);
	return mean == LOG_OF_MEAN ? log(seen->power[i] / seen->weights + floor_power) : seen->log_power[i] / seen->weights;
}

static double log_between(const struct seen *seen, enum mean mean, double kx, double ky) {
	const double left = floor(kx), top = floor(ky), u = kx - left, v = ky - top;
	const int x = (int)left, y = (int)top;
	return (1 - v) * ((1 - u) * log_at(seen, mean, x, y) + u * log_at(seen, mean, x + 1, y)) +
		   v * ((1 - u) * log_at(seen, mean, x, y + 1) + u * log_at(seen, mean, x + 1, y + 1));
}

static double radius_of(const struct scale *scale, size_t i) {
	return lowest + (scale->highest - lowest) * (double)i / (double)(scale->radii - 1);
}

/* At each radius, the mean over an arc as wide as the step from angle to angle. */
static void logs_on_arcs(const struct seen *seen, enum mean mean, size_t angle, double logs[MOST_RADII]) {
	const struct scale *scale = seen->scale;
	for (size_t i = 0; i < scale->radii; i++) logs[i] = 0;
	for (int sub = 0; sub < SUBANGLES; sub++) {
		const double turn = ((double)angle + (double)(sub - SUBANGLES / 2) / SUBANGLES) * pi / (double)scale->angles;
		const double cosine = cos(turn), sine = sin(turn);
		for (size_t i = 0; i < scale->radii; i++) {
			const double radius = radius_of(scale, i);
			logs[i] += log_between(seen, mean, radius * cosine, radius * sine) / SUBANGLES;
		}
	}
}

/* Photographs lose power with about frequency^-2, and blurs add to it: what these have as a mean is taken away, so that
 * the numbers lie around 0. Wider windows gather more power. */
static double usual_log(const struct scale *scale, double radius) {
	const double windows = (double)scale->window / SPECTRUM_WINDOW_PX;
	return 6.6 + 2 * log(windows) - 3.6 * log(radius / (lowest * windows));
}

void spectrum_describe(const struct spectrum *s, float numbers[SPECTRUM_COUNT]) {
	for (const struct seen *seen = s->seen; seen < s->seen + SCALES; seen++) {
		const struct scale *scale = seen->scale;
		for (int mean = (int)scale->first_mean; mean <= MEAN_OF_LOG; mean++)
			for (size_t angle = 0; angle < scale->angles; angle++) {
				double logs[MOST_RADII];
				logs_on_arcs(seen, (enum mean)mean, angle, logs);
				for (size_t i = 0; i < scale->radii; i++)
					*numbers++ = (float)((logs[i] - usual_log(scale, radius_of(scale, i))) / 2);
			}
	}
}

bool spectrum_of(const float *pixels, size_t row_stride, size_t width, size_t height, float numbers[SPECTRUM_COUNT]) {
	struct spectrum *s = spectrum_create();
	if (!s) return false;
	spectrum_add(s, pixels, row_stride, width, height);
	spectrum_describe(s, numbers);
	spectrum_destroy(s);
	return true;
}

void spectrum_by_angle(const float numbers[SPECTRUM_COUNT], float turned[SPECTRUM_COUNT]) {
	enum { WIDE = SPECTRUM_WIDE_ANGLES / SPECTRUM_ANGLES, OF_WIDE = WIDE * SPECTRUM_WIDE_RADII };
	for (size_t angle = 0; angle < SPECTRUM_ANGLES; angle++) {
		for (size_t mean = 0; mean < SPECTRUM_MEANS; mean++, turned += SPECTRUM_RADII)
			memcpy(turned, numbers + (mean * SPECTRUM_ANGLES + angle) * SPECTRUM_RADII,
				   SPECTRUM_RADII * sizeof *turned);
		memcpy(turned, numbers + SPECTRUM_NARROW_COUNT + angle * OF_WIDE, OF_WIDE * sizeof *turned);
		turned += OF_WIDE;
	}
}
