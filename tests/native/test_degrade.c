/* test_degrade.c - blur against the formulas of its moments, linear light, noise statistics, and that a seed decides
 * everything. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "train/dataset.h"
#include "train/psf.h"
#include "train/srgb.h"

static double sum_of(const struct psf *psf) {
	double sum = 0;
	for (int i = 0; i < PSF_SIDE * PSF_SIDE; i++) sum += (double)psf->weights[i / PSF_SIDE][i % PSF_SIDE];
	return sum;
}

static void check_psf(const struct psf *psf, double spread, double anisotropy, double tolerance, const char *what) {
	struct deblur_blur b;
	psf_measure(psf, &b);
	CHECK(fabs(sum_of(psf) - 1) < 1e-5, "%s: the weights sum to %g", what, sum_of(psf));
	CHECK(fabs((double)b.spread_px - spread) < tolerance * spread + 0.02, "%s: spread %g, not %g", what,
		  (double)b.spread_px, spread);
	CHECK(fabs((double)b.anisotropy - anisotropy) < 0.06, "%s: anisotropy %g, not %g", what, (double)b.anisotropy,
		  anisotropy);
}

static void point_spreads_have_the_moments_of_their_formulas(void) {
	struct psf psf;
	psf_identity(&psf);
	check_psf(&psf, 0, 0, 0, "identity");
	for (double s = 0.8; s < 5; s += 0.7) {
		psf_gaussian(&psf, s, s, 0);
		check_psf(&psf, sqrt(2 * s * s + 1 / 6.0), 0, 0.03, "Gaussian"); /* a pixel's own width adds a sixth */
		psf_defocus(&psf, 1.5 * s, 0, 0);
		check_psf(&psf, sqrt(2.25 * s * s / 2 + 1 / 6.0), 0, 0.03, "disk");
		psf_motion(&psf, 4 * s, 0);
		check_psf(&psf, sqrt(16 * s * s / 12 + 0.17), 1, 0.08, "motion along a row");
	}
	psf_gaussian(&psf, 3, 1.5, 0);
	check_psf(&psf, sqrt(9 + 2.25), (9 - 2.25) / (9 + 2.25), 0.04, "anisotropic Gaussian");
}

static void angles_are_counter_clockwise_as_seen(void) {
	for (double angle = 10; angle < 180; angle += 33) {
		struct psf psf;
		struct deblur_blur b;
		psf_motion(&psf, 15, angle);
		psf_measure(&psf, &b);
		CHECK(fabs((double)b.angle_deg - angle) < 2, "%g degrees measured as %g", angle, (double)b.angle_deg);
	}
	struct psf psf;
	psf_motion(&psf, 11, 45); /* rises to the right: light above and right of the middle, none above and left */
	CHECK(psf.weights[PSF_MAX_RADIUS - 3][PSF_MAX_RADIUS + 3] > 0 &&
			  psf.weights[PSF_MAX_RADIUS - 3][PSF_MAX_RADIUS - 3] <= 0,
		  "45 degrees");
}

static void shakes_are_centred_and_as_wide_as_asked(void) {
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct random random = random_seeded(seed, 0, 0);
		struct psf psf;
		struct deblur_blur b;
		double x = 0, y = 0;
		psf_shake(&psf, 3, &random);
		psf_measure(&psf, &b);
		for (int i = 0; i < PSF_SIDE * PSF_SIDE; i++) {
			x += (double)psf.weights[i / PSF_SIDE][i % PSF_SIDE] * (i % PSF_SIDE - PSF_MAX_RADIUS);
			y += (double)psf.weights[i / PSF_SIDE][i % PSF_SIDE] * (i / PSF_SIDE - PSF_MAX_RADIUS);
		}
		CHECK(fabs(x) < 0.1 && fabs(y) < 0.1, "seed %llu: centroid (%g, %g)", (unsigned long long)seed, x, y);
		CHECK(fabs((double)b.spread_px - 3) < 0.2, "seed %llu: spread %g", (unsigned long long)seed,
			  (double)b.spread_px);
	}
}

static void convolution_moves_light_the_right_way(void) {
	enum { N = 5, MARGIN = 2, WIDE = N + 2 * MARGIN };
	float src[WIDE * WIDE * 3] = {0}, dst[N * N * 3];
	struct psf psf;
	memset(&psf, 0, sizeof psf);
	psf.weights[PSF_MAX_RADIUS][PSF_MAX_RADIUS + 1] = 1; /* light goes one pixel to the right */
	psf.radius = 1;
	src[((2 + MARGIN) * WIDE + 2 + MARGIN) * 3] = 1;
	psf_convolve(&psf, src, N, N, MARGIN, dst);
	CHECK(dst[(2 * N + 3) * 3] == 1 && dst[(2 * N + 2) * 3] == 0, "it went elsewhere");
}

static void srgb_round_trips_and_is_not_linear(void) {
	for (int v = 0; v < 256; v++) CHECK(srgb_from_linear(srgb_to_linear((uint8_t)v)) == v, "%d", v);
	CHECK(fabsf(srgb_to_linear(128) - 0.21586f) < 1e-4f, "128 is %g", (double)srgb_to_linear(128));
	CHECK(srgb_from_linear(-1) == 0 && srgb_from_linear(2) == 255 && srgb_from_linear(NAN) == 0, "outside");
}

static struct picture edge(size_t side) {
	struct picture p = {0};
	if (picture_create(side, side, 3, &p)) exit(1);
	for (size_t i = 0; i < side * side * 3; i++) p.pixels[i] = i / 3 % side < side / 2 ? 40 : 220;
	return p;
}

static void degrading_depends_on_the_seed_alone(void) {
	struct picture sharp = edge(64 + 2 * DEGRADE_MARGIN_PX);
	for (int variant = 0; variant < DEGRADE_VARIANT_COUNT; variant++) {
		struct picture degraded[3] = {{0}}, target[3] = {{0}};
		struct deblur_blur truth[3];
		for (int i = 0; i < 3; i++) {
			struct random random = random_seeded(4 + (i == 2), 1, 2);
			CHECK(!degrade_sample(DEGRADE_PHOTO, (enum degrade_variant)variant, &sharp, &random, &degraded[i],
								  &target[i], &truth[i]),
				  "degrade");
			CHECK(degraded[i].width == 64 && target[i].height == 64, "sizes");
		}
		CHECK(!memcmp(degraded[0].pixels, degraded[1].pixels, 64 * 64 * 3) &&
				  !memcmp(&truth[0], &truth[1], sizeof truth[0]),
			  "variant %d: the same seed, another picture", variant);
		CHECK(memcmp(&truth[0], &truth[2], sizeof truth[0]) || variant == DEGRADE_SRGB_GAUSSIAN,
			  "variant %d: another seed, the same blur", variant);
		CHECK((truth[0].spread_px > 0) == (variant != DEGRADE_NONE), "variant %d: spread %g", variant,
			  (double)truth[0].spread_px);
		for (int i = 0; i < 3; i++) {
			picture_release(&degraded[i]);
			picture_release(&target[i]);
		}
	}
	picture_release(&sharp);
}

/* The protocol is Pillow's blur of radius 1.5 of the squashed picture, and nothing else. */
static void the_protocol_is_as_published(void) {
	struct picture sharp = edge(40 + 2 * DEGRADE_MARGIN_PX), blurred = {0}, degraded = {0}, target = {0};
	struct deblur_blur truth;
	struct random random = random_seeded(1, 2, 3);
	CHECK(!picture_gaussian_blur_pillow(&sharp, 1.5, &blurred), "blur");
	CHECK(!degrade_sample(DEGRADE_PROTOCOL, DEGRADE_ANY, &sharp, &random, &degraded, &target, &truth), "degrade");
	size_t different = 0;
	for (size_t y = 0; y < 40; y++)
		different +=
			memcmp(degraded.pixels + y * 120,
				   blurred.pixels + ((y + DEGRADE_MARGIN_PX) * blurred.width + DEGRADE_MARGIN_PX) * 3, 120) != 0;
	CHECK(!different, "%zu rows differ", different);
	CHECK(truth.in_srgb == 1 && fabsf(deblur_blur_size_px(&truth) - 1.5f) < 1e-5f, "truth");
	picture_release(&sharp);
	picture_release(&blurred);
	picture_release(&degraded);
	picture_release(&target);
}

static void random_numbers_are_what_they_say(void) {
	struct random a = random_seeded(1, 2, 3), b = random_seeded(1, 2, 3), c = random_seeded(1, 2, 4);
	CHECK(random_bits(&a) == random_bits(&b) && random_bits(&a) != random_bits(&c), "seeds");
	double sum = 0, squares = 0;
	for (int i = 0; i < 100000; i++) {
		const double x = random_normal(&a);
		sum += x;
		squares += x * x;
		CHECK(random_below(&b, 7) < 7, "below");
	}
	CHECK(fabs(sum / 1e5) < 0.02 && fabs(squares / 1e5 - 1) < 0.03, "mean %g, variance %g", sum / 1e5, squares / 1e5);
}

static void data_sets_are_read_and_sampled(void) {
	static const char *const folders[] = {"tests/golden"}, *const nowhere[] = {"tests/nowhere"};
	struct dataset_options o = {.sharp_dirs = nowhere, .sharp_dir_count = 1, .preset = DEGRADE_PHOTO, .crop_px = 64};
	struct dataset *d = NULL;
	CHECK(dataset_open(&o, &d, NULL) == DEBLUR_IO, "a folder that is not there");
	o.sharp_dirs = folders;
	o.crop_px = 60;
	CHECK(dataset_open(&o, &d, NULL) == DEBLUR_BAD_ARGUMENT, "a crop that is no multiple of 8");
	o.crop_px = 64;
	CHECK(!dataset_open(&o, &d, NULL), "open");
	CHECK(dataset_picture_count(d) == 21 && dataset_skipped_count(d) == 0, "%zu pictures, %zu skipped",
		  dataset_picture_count(d), dataset_skipped_count(d));
	static float x[2][64 * 64 * 3], y[2][64 * 64 * 3];
	struct dataset_sample first = {.degraded = x[0], .sharp = y[0]}, again = {.degraded = x[1], .sharp = y[1]};
	CHECK(dataset_sample(d, 72, 9, 0, 3, &first) == DEBLUR_BAD_ARGUMENT, "a sample larger than was announced");
	for (uint64_t step = 0; step < 12; step++) {
		CHECK(!dataset_sample(d, 64, 9, step, 3, &first) && !dataset_sample(d, 64, 9, step, 3, &again), "sample");
		CHECK(!memcmp(x[0], x[1], sizeof x[0]) && !memcmp(y[0], y[1], sizeof y[0]), "step %llu is not repeatable",
			  (unsigned long long)step);
	}
	dataset_close(d);
}

int main(void) {
	RUN(random_numbers_are_what_they_say);
	RUN(point_spreads_have_the_moments_of_their_formulas);
	RUN(angles_are_counter_clockwise_as_seen);
	RUN(shakes_are_centred_and_as_wide_as_asked);
	RUN(convolution_moves_light_the_right_way);
	RUN(srgb_round_trips_and_is_not_linear);
	RUN(degrading_depends_on_the_seed_alone);
	RUN(the_protocol_is_as_published);
	RUN(data_sets_are_read_and_sampled);
	return check_summary();
}
