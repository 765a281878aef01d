/* Registration (picture/registration.h): places that are known are found, and twins go there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "picture/picture.h"
#include "picture/registration.h"

enum { SIDE = 96, COUNT = SIDE * SIDE * 3, MOST = 6 };

static float photograph[256 * 256 * 3], picture[COUNT], twin[COUNT];

static void read_photograph(void) {
	struct picture p = {0};
	CHECK(!picture_read("tests/golden/a.resize256.png", &p) && p.width == 256 && p.height == 256 && p.channels == 3,
		  "a.png");
	for (size_t i = 0; i < sizeof photograph / sizeof *photograph; i++) photograph[i] = (float)p.pixels[i] / 255;
	picture_release(&p);
}

/* A part of the photograph. */
static void cut(size_t left, size_t top, float *part) {
	for (size_t y = 0; y < SIDE; y++)
		memcpy(part + y * SIDE * 3, photograph + ((top + y) * 256 + left) * 3, SIDE * 3 * sizeof *part);
}

static struct translation find(enum registration_step step) {
	return registration_find(picture, twin, SIDE, SIDE, MOST, step);
}

static void whole_pixels_are_found(void) {
	cut(80, 80, twin);
	for (int y = -MOST; y <= MOST; y += 3)
		for (int x = -MOST; x <= MOST; x += 2) {
			cut((size_t)(80 - x), (size_t)(80 - y), picture);
			const struct translation at = find(REGISTRATION_WHOLE), finer = find(REGISTRATION_QUARTERS);
			CHECK(at.x == 4 * x && at.y == 4 * y, "%d, %d instead of %d, %d", at.x, at.y, 4 * x, 4 * y);
			CHECK(finer.x == at.x && finer.y == at.y, "%d, %d beside it", finer.x, finer.y);
			CHECK(registration_error(picture, twin, SIDE, SIDE, MOST, at) < 1e-12, "nothing else has changed");
		}
}

/* Halves are means of two neighbours; what such a softer picture has at a quarter was not tried. */
static void halves_are_found(void) {
	cut(80, 80, twin);
	cut(79, 80, picture);
	for (size_t i = 0; i < COUNT - 3; i++) picture[i] = 0.5f * (picture[i] + picture[i + 3]);
	const struct translation at = find(REGISTRATION_QUARTERS);
	CHECK(at.x == 2 && at.y == 0, "%d, %d", at.x, at.y);
}

/* Also where the picture is noisy, and brighter than its twin. */
static void noise_does_not_hide_it(void) {
	cut(80, 80, twin);
	cut(83, 76, picture);
	unsigned seed = 7;
	for (size_t i = 0; i < COUNT; i++) {
		seed = seed * 1664525u + 1013904223u;
		picture[i] = picture[i] * 1.1f + ((float)(seed >> 8) / 16777216.0f - 0.5f) * 0.2f;
	}
	const struct translation at = find(REGISTRATION_WHOLE);
	CHECK(at.x == -12 && at.y == 16, "%d, %d", at.x, at.y);
}

/* Numbers that no picture has, odd sizes, and places between all pixels: against the formula, in double. */
static double keys(double t) {
	t = fabs(t);
	return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}
static void errors_follow_the_formula(void) {
	enum { WIDTH = 53, HEIGHT = 21 };
	cut(40, 60, picture);
	cut(90, 20, twin);
	picture[1000] = -40;
	picture[1500] = 1e3f;
	const int most = 5, margin = (int)registration_margin(5);
	for (int qy = -20; qy <= 20; qy += 3)
		for (int qx = -20; qx <= 20; qx += 5) {
			double sum = 0, count = 0;
			for (int y = margin; y < HEIGHT - margin; y++)
				for (int x = margin; x < WIDTH - margin; x++)
					for (int c = 0; c < 3; c++) {
						double value = 0;
						for (int j = y - margin; j <= y + margin; j++)
							for (int i = x - margin; i <= x + margin; i++)
								value += keys(x + qx / 4.0 - i) * keys(y + qy / 4.0 - j) *
										 (double)picture[(j * WIDTH + i) * 3 + c];
						value -= (double)twin[(y * WIDTH + x) * 3 + c];
						sum += value * value;
						count++;
					}
			const double got =
				registration_error(picture, twin, WIDTH, HEIGHT, (size_t)most, (struct translation){qx, qy});
			CHECK(fabs(got - sum / count) <= 1e-5 * (sum / count), "%d, %d: %g, not %g", qx, qy, got, sum / count);
		}
}

static void what_has_nothing_but_margin_stays(void) {
	cut(80, 80, twin);
	cut(81, 80, picture);
	const struct translation at = registration_find(picture, twin, 16, 96, MOST, REGISTRATION_QUARTERS);
	CHECK(!at.x && !at.y, "%d, %d", at.x, at.y);
	memset(picture, 0, sizeof picture);
	memset(twin, 0, sizeof twin);
	const struct translation flat = find(REGISTRATION_QUARTERS);
	CHECK(!flat.x && !flat.y, "everywhere alike: %d, %d", flat.x, flat.y);
}

static void twins_move_to_their_pictures(void) {
	for (int y = -3; y <= 3; y += 3)
		for (int x = -2; x <= 2; x++) {
			cut(80, 80, twin);
			cut((size_t)(80 - x), (size_t)(80 - y), picture);
			registration_move(picture, twin, SIDE, SIDE, (struct translation){4 * x, 4 * y});
			CHECK(!memcmp(picture, twin, sizeof twin), "%d, %d: what has a twin is it, what has none the picture", x,
				  y);
		}
	cut(80, 80, twin);
	cut(20, 20, picture);
	registration_move(picture, twin, SIDE, SIDE, (struct translation){4, 0});
	CHECK(!memcmp(twin, picture, 3 * sizeof *twin), "the picture's where there was no twin");
	CHECK(!memcmp(twin + 3, photograph + (80 * 256 + 80) * 3, 3 * sizeof *twin), "the twin's where there was");
}

static void psnr_is_of_the_best_place(void) {
	struct picture p = {0}, moved = {0};
	CHECK(!picture_read("tests/golden/a.resize256.png", &p) && !picture_create(256, 256, 4, &moved), "two pictures");
	for (size_t y = 0; y < 256; y++)
		for (size_t x = 0; x < 256; x++)
			for (size_t c = 0; c < 3; c++)
				moved.pixels[(y * 256 + x) * 4 + c] = p.pixels[(y * 256 + (x > 5 ? x - 5 : 0)) * 3 + c];
	double plain, registered, near;
	CHECK(!picture_psnr_db(&moved, &p, &plain) && !picture_psnr_registered_db(&moved, &p, 8, &registered) &&
			  !picture_psnr_registered_db(&moved, &p, 2, &near),
		  "three figures");
	CHECK(plain < 30 && registered > 100 && near > plain && near < 40, "%g, %g, %g", plain, registered, near);
	struct picture tiny = {0}, other = {0};
	CHECK(!picture_create(9, 7, 3, &tiny) && !picture_create(9, 8, 3, &other), "tiny ones");
	tiny.pixels[0] = 255;
	CHECK(!picture_psnr_registered_db(&tiny, &tiny, 8, &registered) && registered > 100, "%g", registered);
	CHECK(picture_psnr_registered_db(&tiny, &other, 8, &registered) == DEBLUR_BAD_ARGUMENT, "sizes differ");
	picture_release(&p);
	picture_release(&moved);
	picture_release(&tiny);
	picture_release(&other);
}

int main(void) {
	read_photograph();
	RUN(whole_pixels_are_found);
	RUN(halves_are_found);
	RUN(noise_does_not_hide_it);
	RUN(errors_follow_the_formula);
	RUN(what_has_nothing_but_margin_stays);
	RUN(twins_move_to_their_pictures);
	RUN(psnr_is_of_the_best_place);
	return check_summary();
}
