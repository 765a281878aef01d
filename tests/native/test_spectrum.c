/* test_spectrum.c - what the power spectrum says of gratings, edges and sizes that are known. */
#include "core/spectrum.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "degrade/random.h"

enum { SIDE = 160, PER_MEAN = SPECTRUM_ANGLES * SPECTRUM_RADII };

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
static size_t loudest(const float *numbers) {
	size_t best = 0;
	for (size_t i = 1; i < PER_MEAN; i++)
		if (numbers[i] > numbers[best]) best = i;
	return best;
}

static void a_grating_is_found_where_it_is(void) {
	for (size_t angle = 0; angle < SPECTRUM_ANGLES; angle++)
		for (size_t radius = 4; radius < SPECTRUM_RADII - 1; radius += 5) {
			const double cycles = 1.5 + 29.5 * (double)radius / (SPECTRUM_RADII - 1);
			float *pixels = grating(cycles, 180.0 * (double)angle / SPECTRUM_ANGLES), numbers[SPECTRUM_COUNT];
			CHECK(spectrum_of(pixels, SIDE * 3, SIDE, SIDE, numbers), "out of memory");
			for (size_t mean = 0; mean < SPECTRUM_MEANS; mean++) {
				const size_t found = loudest(numbers + mean * PER_MEAN);
				CHECK(found / SPECTRUM_RADII == angle && labs((long)(found % SPECTRUM_RADII) - (long)radius) <= 1,
					  "angle %zu radius %zu: found %zu %zu", angle, radius, found / SPECTRUM_RADII,
					  found % SPECTRUM_RADII);
			}
			free(pixels);
		}
}

/* White noise of deviation d has the power d^2 times the sum of the window's squares, 3/8 N per axis, everywhere. */
static void white_noise_has_its_power(void) {
	const double deviation = 0.05, squares = pow(SPECTRUM_WINDOW_PX * 3 / 8.0, 2);
	float *pixels = noise(640, 640, 0.5, deviation), numbers[SPECTRUM_COUNT];
	spectrum_of(pixels, 640 * 3, 640, 640, numbers);
	for (size_t radius = 2; radius < SPECTRUM_RADII; radius++) {
		double mean = 0;
		for (size_t angle = 0; angle < SPECTRUM_ANGLES; angle++)
			mean += (double)numbers[angle * SPECTRUM_RADII + radius] / SPECTRUM_ANGLES;
		const double falls = 3.6 * log((1.5 + 29.5 * (double)radius / (SPECTRUM_RADII - 1)) / 1.5);
		const double wanted = log(deviation * deviation * squares), found = 2 * mean + 6.6 - falls;
		CHECK(fabs(found - wanted) < 0.08, "radius %zu: %g, not %g", radius, found, wanted);
	}
	free(pixels);
}

/* The two windows that go through one transform are kept apart, and parts add up to the whole. */
static void parts_make_the_whole(void) {
	const size_t width = 96, height = 128; /* 2 x 3 windows */
	float *pixels = noise(width, height, 0.5, 0.1), whole[SPECTRUM_COUNT], parts[SPECTRUM_COUNT];
	for (size_t i = 0; i < width * height; i++)
		if (i % width < 40) set_grey(pixels, i, 0.3); /* unlike each other */
	spectrum_of(pixels, width * 3, width, height, whole);
	struct spectrum *s = spectrum_create();
	for (size_t y = 0; y < 3; y++)
		for (size_t x = 0; x < 2; x++)
			spectrum_add(s, pixels + (y * width + x) * SPECTRUM_STEP_PX * 3, width * 3, SPECTRUM_WINDOW_PX,
						 SPECTRUM_WINDOW_PX);
	spectrum_describe(s, parts);
	spectrum_destroy(s);
	for (size_t i = 0; i < SPECTRUM_COUNT; i++)
		CHECK(fabsf(whole[i] - parts[i]) < 1e-3f, "number %zu: %g, not %g", i, (double)parts[i], (double)whole[i]);
	free(pixels);
}

static void flat_windows_do_not_count(void) {
	float *busy = noise(SPECTRUM_WINDOW_PX, SPECTRUM_WINDOW_PX, 0.5, 0.1), *flat = new_pixels(256, 256);
	float alone[SPECTRUM_COUNT], within[SPECTRUM_COUNT];
	spectrum_of(busy, SPECTRUM_WINDOW_PX * 3, SPECTRUM_WINDOW_PX, SPECTRUM_WINDOW_PX, alone);
	struct spectrum *s = spectrum_create();
	spectrum_add(s, busy, SPECTRUM_WINDOW_PX * 3, SPECTRUM_WINDOW_PX, SPECTRUM_WINDOW_PX);
	spectrum_add(s, flat, 256 * 3, 256, 256);
	spectrum_describe(s, within);
	spectrum_destroy(s);
	for (size_t i = 0; i < SPECTRUM_COUNT; i++)
		CHECK(fabsf(alone[i] - within[i]) < 1e-3f, "number %zu: %g, not %g", i, (double)within[i], (double)alone[i]);
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
