/* test_spectrum.c - what the power spectrum says of gratings, edges and sizes that are known. */
#include "core/spectrum.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "degrade/random.h"

enum { SIDE = 160 };

/* Both sizes of windows, and where their numbers are. */
struct scale {
	size_t window, step, angles, radii, means, first;
	double highest; /* radius, in cycles per window */
};
static const struct scale scales[] = {
	{SPECTRUM_WINDOW_PX, SPECTRUM_STEP_PX, SPECTRUM_ANGLES, SPECTRUM_RADII, SPECTRUM_MEANS, 0, 31},
	{SPECTRUM_WIDE_WINDOW_PX, SPECTRUM_WIDE_STEP_PX, SPECTRUM_WIDE_ANGLES, SPECTRUM_WIDE_RADII, 1,
	 SPECTRUM_NARROW_COUNT, 32}};
enum { SCALES = sizeof scales / sizeof *scales };

static size_t numbers_of(const struct scale *scale) {
	return scale->means * scale->angles * scale->radii;
}

static double radius_at(const struct scale *scale, size_t i) {
	return 1.5 + (scale->highest - 1.5) * (double)i / (double)(scale->radii - 1);
}

static const double pi = 3.14159265358979323846;

static float *new_pixels(size_t width, size_t height) {
	return calloc(width * height * 3, sizeof(float));
}

static void set_grey(float *pixels, size_t i, double value) {
	for (int c = 0; c < 3; c++) pixels[3 * i + (size_t)c] = (float)value;
}

static float *noise(size_t width, size_t height, double middle, double deviation) {
	struct random random = random_seeded(7, 0, 0);
	float *pixels = new_pixels(width, height);
	for (size_t i = 0; i < width * height; i++) set_grey(pixels, i, middle + deviation * random_normal(&random));
	return pixels;
}

/* Lines that follow each other along `angle_deg` (0: to the right, 90: down), so many per window. */
static float *grating(double cycles, double angle_deg) {
	float *pixels = new_pixels(SIDE, SIDE);
	const double kx = cycles * cos(angle_deg * pi / 180), ky = cycles * sin(angle_deg * pi / 180);
	for (size_t y = 0; y < SIDE; y++)
		for (size_t x = 0; x < SIDE; x++)
			set_grey(pixels, y * SIDE + x,
					 0.5 + 0.2 * cos(2 * pi * (kx * (double)x + ky * (double)y) / SPECTRUM_WINDOW_PX));
	return pixels;
}

/* Without what photographs lose as a mean, which the description takes away. */
static size_t loudest(const float *numbers, size_t count) {
	size_t best = 0;
	for (size_t i = 1; i < count; i++)
		if (numbers[i] > numbers[best]) best = i;
	return best;
}

static void look_for_grating(const struct scale *scale, size_t angle, size_t radius) {
	const double cycles = radius_at(scale, radius) * SPECTRUM_WINDOW_PX / (double)scale->window;
	float *pixels = grating(cycles, 180.0 * (double)angle / (double)scale->angles), numbers[SPECTRUM_COUNT];
	CHECK(spectrum_of(pixels, SIDE * 3, SIDE, SIDE, numbers), "out of memory");
	for (size_t mean = 0; mean < scale->means; mean++) {
		const size_t count = scale->angles * scale->radii;
		const size_t found = loudest(numbers + scale->first + mean * count, count);
		CHECK(found / scale->radii == angle && labs((long)(found % scale->radii) - (long)radius) <= 1,
			  "window %zu angle %zu radius %zu: found %zu %zu", scale->window, angle, radius, found / scale->radii,
			  found % scale->radii);
	}
	free(pixels);
}

static void a_grating_is_found_where_it_is(void) {
	for (const struct scale *scale = scales; scale < scales + SCALES; scale++)
		for (size_t angle = 0; angle < scale->angles; angle++)
			for (size_t radius = 4; radius < scale->radii - 1; radius += 5) look_for_grating(scale, angle, radius);
}

/* White noise of deviation d has the power d^2 times the sum of the window's squares, 3/8 N per axis, everywhere. */
static void white_noise_has_its_power(void) {
	const double deviation = 0.05;
	float *pixels = noise(640, 640, 0.5, deviation), numbers[SPECTRUM_COUNT];
	spectrum_of(pixels, 640 * 3, 640, 640, numbers);
	for (const struct scale *scale = scales; scale < scales + SCALES; scale++) {
		const double windows = (double)scale->window / SPECTRUM_WINDOW_PX;
		const double wanted = log(deviation * deviation * pow((double)scale->window * 3 / 8, 2));
		/* The mean of a logarithm is less than the logarithm of the mean: by Euler's constant for noise. */
		const double log_of_mean = scale->means == 2 ? wanted : wanted - 0.5772;
		for (size_t radius = 2; radius < scale->radii; radius++) {
			double mean = 0;
			for (size_t angle = 0; angle < scale->angles; angle++)
				mean += (double)numbers[scale->first + angle * scale->radii + radius] / (double)scale->angles;
			const double falls = 3.6 * log(radius_at(scale, radius) / (1.5 * windows));
			const double found = 2 * mean + 6.6 + 2 * log(windows) - falls;
			CHECK(fabs(found - log_of_mean) < 0.08, "window %zu radius %zu: %g, not %g", scale->window, radius, found,
				  log_of_mean);
		}
	}
	free(pixels);
}

static void check_same(const struct scale *scale, const float *one, const float *other) {
	for (size_t i = scale->first; i < scale->first + numbers_of(scale); i++)
		CHECK(fabsf(one[i] - other[i]) < 1e-3f, "number %zu: %g, not %g", i, (double)one[i], (double)other[i]);
}

/* The two windows that go through one transform are kept apart, and parts add up to the whole. */
static void parts_make_the_whole(void) {
	for (const struct scale *scale = scales; scale < scales + SCALES; scale++) {
		const size_t width = scale->window + scale->step, height = width + scale->step; /* 2 x 3 windows */
		float *pixels = noise(width, height, 0.5, 0.1), whole[SPECTRUM_COUNT], parts[SPECTRUM_COUNT];
		for (size_t i = 0; i < width * height; i++)
			if (i % width < 40) set_grey(pixels, i, 0.3); /* unlike each other */
		spectrum_of(pixels, width * 3, width, height, whole);
		struct spectrum *s = spectrum_create();
		for (size_t y = 0; y < 3; y++)
			for (size_t x = 0; x < 2; x++)
				spectrum_add(s, pixels + (y * width + x) * scale->step * 3, width * 3, scale->window, scale->window);
		spectrum_describe(s, parts);
		spectrum_destroy(s);
		check_same(scale, parts, whole);
		free(pixels);
	}
}

static void flat_windows_do_not_count(void) {
	enum { BUSY = SPECTRUM_WIDE_WINDOW_PX };
	float *busy = noise(BUSY, BUSY, 0.5, 0.1), *flat = new_pixels(256, 256);
	float alone[SPECTRUM_COUNT], within[SPECTRUM_COUNT];
	spectrum_of(busy, BUSY * 3, BUSY, BUSY, alone);
	struct spectrum *s = spectrum_create();
	spectrum_add(s, busy, BUSY * 3, BUSY, BUSY);
	spectrum_add(s, flat, 256 * 3, 256, 256);
	spectrum_describe(s, within);
	spectrum_destroy(s);
	for (const struct scale *scale = scales; scale < scales + SCALES; scale++) check_same(scale, within, alone);
	free(busy);
	free(flat);
}

static void any_size_is_described(void) {
	const size_t sizes[][2] = {{1, 1}, {1, 5000}, {63, 2}, {64, 65}, {5, 640}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		float *pixels = noise(sizes[i][0], sizes[i][1], 0.5, 0.2), numbers[SPECTRUM_COUNT];
		CHECK(spectrum_of(pixels, sizes[i][0] * 3, sizes[i][0], sizes[i][1], numbers), "out of memory");
		for (size_t j = 0; j < SPECTRUM_COUNT; j++)
			CHECK(fabsf(numbers[j]) < 20, "%zu x %zu: number %zu is %g", sizes[i][0], sizes[i][1], j,
				  (double)numbers[j]);
		free(pixels);
	}
}

int main(void) {
	RUN(a_grating_is_found_where_it_is);
	RUN(white_noise_has_its_power);
	RUN(parts_make_the_whole);
	RUN(flat_windows_do_not_count);
	RUN(any_size_is_described);
	return check_summary();
}
