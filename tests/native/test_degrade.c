/* test_degrade.c - recipes, each stage against its formula, and that a seed decides everything. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "degrade/psf.h"
#include "degrade/srgb.h"
#include "degrade/stage.h"

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

/* Something else beyond every pixel. */
static struct picture chequered(size_t side) {
	struct picture p = edge(side);
	for (size_t i = 0; i < side * side * 3; i++) p.pixels[i] = (i / 3 % side / 3 + i / 3 / side / 5) % 2 ? 40 : 220;
	return p;
}

static struct recipe preset(const char *name) {
	struct recipe recipe;
	char complaint[200];
	const bool read = recipe_parse(recipe_preset(name), &recipe, complaint, sizeof complaint);
	CHECK(read, "%s: %s", name, read ? "" : complaint);
	return recipe;
}

/* ---- recipes ---- */

static void recipes_come_back_from_their_text(void) {
	const char *const sources[] = {recipe_preset("photo"), recipe_preset("protocol"),
								   "preset = photo # and more noise\n\n  noise=1\nread-noise = 0.02\n",
								   "none = 1\nsquashed = 0.25\nsquash = 1 .. 2\r\n"};
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct recipe first, second;
		char complaint[200] = "";
		CHECK(recipe_parse(sources[i], &first, complaint, sizeof complaint), "%s", complaint);
		char *text = recipe_text(&first);
		CHECK(recipe_parse(text, &second, complaint, sizeof complaint), "%s", complaint);
		CHECK(!memcmp(&first, &second, sizeof first), "recipe %zu came back as another", i);
		free(text);
	}
	struct recipe changed;
	char complaint[200];
	CHECK(recipe_parse(sources[2], &changed, complaint, sizeof complaint) && changed.noise >= 1 &&
			  changed.read_noise.high <= 0.02 && changed.motion > 0.1,
		  "a preset with a change");
}

static void bad_recipes_are_told_why(void) {
	const char *const bad[][2] = {
		{"rain = 1", "line 1: rain: is not a key"},
		{"none = 1\nnoise = 2", "line 2: noise: has to be from 0 to 1"},
		{"none = 1\n\n\njpeg = lots", "line 4: lots: is not a number"},
		{"none = nan", "is not a number"},
		{"none = 0.5 .. 1", "is not a number"},
		{"none = 1 1", "is not a number"},
		{"none", "is not `key = value`"},
		{"motion = 1", "motion-length-px is missing"},
		{"motion = 1\nmotion-length-px = 9 .. 3", "the smaller one"},
		{"motion = 1\nmotion-length-px = 9 ..", "is not a number"},
		{"motion = 1\nmotion-length-px = 9 .. 300", "has to be from 1 to 46"},
		{"none = 1\npreset = photo", "comes before everything else"},
		{"preset = nonsense", "there is no such preset"},
		{"", "no kind of blur has a chance"},
		{"noise = 0", "no kind of blur has a chance"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct recipe recipe;
		char complaint[200] = "";
		CHECK(!recipe_parse(bad[i][0], &recipe, complaint, sizeof complaint), "\"%s\" was read", bad[i][0]);
		CHECK(strstr(complaint, bad[i][1]), "\"%s\": %s", bad[i][0], complaint);
	}
	char long_line[600], complaint[200];
	struct recipe recipe;
	memset(long_line, 'x', sizeof long_line - 1);
	long_line[sizeof long_line - 1] = 0;
	CHECK(!recipe_parse(long_line, &recipe, complaint, sizeof complaint), "a long line was read");
}

/* ---- the whole ---- */

struct result {
	struct picture degraded, target;
	struct deblur_blur truth;
};

static struct result degrade_that(struct picture sharp, const struct degrade_plan *plan, size_t crop) {
	struct result r = {0};
	CHECK(!degrade_apply(plan, &sharp, crop, &r.degraded, &r.target, &r.truth), "degrade");
	CHECK(r.degraded.width == crop && r.target.height == crop, "sizes");
	picture_release(&sharp);
	return r;
}

static struct result degrade(const struct degrade_plan *plan, size_t crop) {
	return degrade_that(edge(degrade_side(plan, crop)), plan, crop);
}

static void release_result(struct result *r) {
	picture_release(&r->degraded);
	picture_release(&r->target);
}

static void degrading_depends_on_the_seed_alone(void) {
	const struct recipe recipe = preset("photo");
	for (int variant = 0; variant < DEGRADE_VARIANT_COUNT; variant++)
		for (uint64_t seed = 0; seed < 12; seed++) {
			struct result r[3];
			for (int i = 0; i < 3; i++) {
				struct random random = random_seeded(seed + (i == 2) * 100, 1, 2);
				struct degrade_plan plan;
				degrade_draw(&recipe, (enum degrade_variant)variant, &random, &plan);
				r[i] = degrade(&plan, 64);
			}
			CHECK(!memcmp(r[0].degraded.pixels, r[1].degraded.pixels, 64 * 64 * 3) &&
					  !memcmp(r[0].target.pixels, r[1].target.pixels, 64 * 64 * 3) &&
					  !memcmp(&r[0].truth, &r[1].truth, sizeof r[0].truth),
				  "variant %d: the same seed, another picture", variant);
			CHECK(memcmp(&r[0].truth, &r[2].truth, sizeof r[0].truth) || variant == DEGRADE_SOFTWARE ||
					  variant == DEGRADE_NONE,
				  "variant %d: another seed, the same blur", variant);
			CHECK((r[0].truth.spread_px > 0) == (variant != DEGRADE_NONE), "variant %d: spread %g", variant,
				  (double)r[0].truth.spread_px);
			for (int i = 0; i < 3; i++) release_result(&r[i]);
		}
}

/* What one stage draws is not moved by another's being left out. */
static void stages_draw_from_streams_of_their_own(void) {
	struct recipe recipe = preset("photo"), silent = recipe;
	silent.noise = silent.response = silent.composite = silent.varying = 0;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct random first = random_seeded(seed, 0, 0), second = first;
		struct degrade_plan with, without;
		degrade_draw(&recipe, DEGRADE_MOTION, &first, &with);
		degrade_draw(&silent, DEGRADE_MOTION, &second, &without);
		CHECK(with.jpeg_quality == without.jpeg_quality && !memcmp(&with.shrink, &without.shrink, sizeof with.shrink) &&
				  !memcmp(&with.brightness, &without.brightness, sizeof with.brightness),
			  "seed %llu", (unsigned long long)seed);
	}
}

/* Whether a sample of `crop` pixels is what Pillow's blur makes of the inner square that reaches `more` pixels beyond
 * it. */
static bool is_blurred_with(const struct result *result, double sigma, size_t crop, size_t more) {
	struct picture sharp = chequered(degrade_least_side(crop)), square = {0}, blurred = {0}, expected = {0};
	CHECK(!picture_inner(&sharp, DEGRADE_MARGIN_PX - more, &square) &&
			  !picture_gaussian_blur_pillow(&square, sigma, &blurred) && !picture_inner(&blurred, more, &expected),
		  "blur");
	const bool same = !memcmp(result->degraded.pixels, expected.pixels, crop * crop * 3);
	picture_release(&sharp);
	picture_release(&square);
	picture_release(&blurred);
	picture_release(&expected);
	return same;
}

/* The protocol is Pillow's blur of radius 1.5 of the whole squashed picture, and nothing else. */
static void the_protocol_is_as_published(void) {
	const struct recipe recipe = preset("protocol");
	struct random random = random_seeded(1, 2, 3);
	struct degrade_plan plan;
	degrade_draw(&recipe, DEGRADE_ANY, &random, &plan);
	struct result r = degrade_that(chequered(degrade_least_side(40)), &plan, 40);
	CHECK(is_blurred_with(&r, 1.5, 40, 0), "not as published");
	CHECK(!is_blurred_with(&r, 1.5, 40, DEGRADE_MARGIN_PX), "its neighbours would make no difference");
	CHECK(r.truth.in_srgb == 1 && fabsf(deblur_blur_size_px(&r.truth) - 1.5f) < 1e-5f, "truth");
	release_result(&r);
}

/* Some pictures are blurred as a whole, edges repeated, and some are cut out of what was blurred. */
static void software_blurs_the_whole_or_more_than_the_crop(void) {
	struct recipe recipe = {.software = 1, .software_sigma_px = {2, 2}};
	for (int whole = 0; whole < 2; whole++) {
		struct random random = random_seeded(1, 2, 3);
		struct degrade_plan plan;
		recipe.software_whole = whole;
		degrade_draw(&recipe, DEGRADE_ANY, &random, &plan);
		struct result r = degrade_that(chequered(degrade_least_side(40)), &plan, 40);
		CHECK(is_blurred_with(&r, 2, 40, whole ? 0 : DEGRADE_MARGIN_PX), "whole: %d", whole);
		CHECK(r.target.width == 40 && r.target.height == 40, "whole: %d: %zu x %zu", whole, r.target.width,
			  r.target.height);
		release_result(&r);
	}
}

/* ---- stages ---- */

/* A plan that does nothing. */
static struct degrade_plan neutral(void) {
	struct degrade_plan plan = {.response_gamma = 1, .brightness = 1, .highlight_boost = 1, .shrink = 1};
	psf_identity(&plan.psf);
	plan.other = plan.psf;
	return plan;
}

static void nothing_planned_changes_nothing(void) {
	const struct degrade_plan plan = neutral();
	struct result r = degrade(&plan, 48);
	CHECK(!memcmp(r.degraded.pixels, r.target.pixels, 48 * 48 * 3), "something changed");
	CHECK(r.truth.kind[DEBLUR_BLUR_NONE] == 1 && r.truth.spread_px == 0 && r.truth.jpeg_quality == 100, "truth");
	struct picture sharp = edge(50), a, b;
	struct deblur_blur truth;
	CHECK(degrade_apply(&plan, &sharp, 48, &a, &b, &truth) == DEBLUR_BAD_ARGUMENT, "a picture of another size");
	picture_release(&sharp);
	release_result(&r);
}

static void responses_come_back(void) {
	for (double gamma = 0.7; gamma < 1.4; gamma += 0.1) {
		struct degrade_plan plan = neutral();
		plan.response_gamma = gamma;
		for (int v = 0; v < 256; v++)
			CHECK(response_from_light(&plan, response_to_light(&plan, (uint8_t)v)) == v, "gamma %g, value %d", gamma,
				  v);
		CHECK(fabs((double)response_to_light(&plan, 128) - pow(0.2158605, gamma)) < 1e-5, "gamma %g", gamma);
	}
}

/* Light of one grey everywhere, as a sample after its blur. */
static struct sample grey_sample(size_t side, float light) {
	struct sample s = {.crop = side};
	if (picture_create(side, side, 3, &s.target)) exit(1);
	s.light = malloc(side * side * 3 * sizeof *s.light);
	if (!s.light) exit(1);
	for (size_t i = 0; i < side * side * 3; i++) s.light[i] = light;
	return s;
}

static void release_sample(struct sample *s) {
	picture_release(&s->target);
	picture_release(&s->degraded);
	free(s->light);
}

static void exposure_burns_out_and_whites_shine(void) {
	struct degrade_plan plan = neutral();
	struct sample s = grey_sample(2, 0.6f);
	memset(s.target.pixels, 203, 12);
	plan.brightness = 2;
	CHECK(!stage_exposure(&plan, &s), "exposure");
	CHECK(s.light[0] == 1.2f && s.target.pixels[0] == 255, "light %g, target %d", (double)s.light[0],
		  s.target.pixels[0]);
	release_sample(&s);
	s = grey_sample(2, 1);
	memset(s.target.pixels, 255, 12);
	memset(s.target.pixels, 249, 3);
	plan = neutral();
	plan.highlight_boost = 3;
	CHECK(!stage_exposure(&plan, &s), "exposure");
	CHECK(s.light[0] == 1 && s.light[3] == 3 && s.target.pixels[3] == 255, "%g and %g", (double)s.light[0],
		  (double)s.light[3]);
	release_sample(&s);
}

/* Half black, half white: in the middle of a blurred edge is half the light, which is no half of the values. */
static void light_is_blurred_linearly(void) {
	struct degrade_plan plan = neutral();
	plan.variant = DEGRADE_GAUSSIAN;
	psf_gaussian(&plan.psf, 3, 3, 0);
	plan.other = plan.psf;
	struct result r = degrade(&plan, 64);
	const double left = (double)srgb_to_linear(40), right = (double)srgb_to_linear(220);
	const uint8_t *middle = r.degraded.pixels + (10 * 64 + 31) * 3;
	const double mean = ((double)srgb_to_linear(middle[0]) + (double)srgb_to_linear(middle[3])) / 2;
	CHECK(fabs(mean - (left + right) / 2) < 0.01, "%g, not %g", mean, (left + right) / 2);
	CHECK(fabsf(deblur_blur_size_px(&r.truth) - 3) < 0.1f, "truth %g", (double)deblur_blur_size_px(&r.truth));
	release_result(&r);
}

/* How many columns lie between a tenth and nine tenths of an edge's step in a row. */
static int edge_width(const struct picture *p, size_t y) {
	int count = 0;
	for (size_t x = 0; x < p->width; x++) {
		const double light = (double)srgb_to_linear(p->pixels[(y * p->width + x) * 3]);
		const double low = (double)srgb_to_linear(40), high = (double)srgb_to_linear(220);
		count += light > low + 0.1 * (high - low) && light < high - 0.1 * (high - low);
	}
	return count;
}

static void a_varying_blur_varies(void) {
	struct degrade_plan plan = neutral();
	plan.variant = DEGRADE_GAUSSIAN;
	plan.varying = true;
	plan.varying_angle = 90; /* from the first row to the last */
	psf_gaussian(&plan.psf, 1, 1, 0);
	psf_gaussian(&plan.other, 5, 5, 0);
	struct result r = degrade(&plan, 64);
	CHECK(edge_width(&r.degraded, 0) <= 3 && edge_width(&r.degraded, 63) >= 11, "%d and %d columns",
		  edge_width(&r.degraded, 0), edge_width(&r.degraded, 63));
	CHECK(fabsf(r.truth.spread_px - sqrtf(2 * (1 + 25) / 2.0f)) < 0.3f, "truth %g", (double)r.truth.spread_px);
	release_result(&r);
}

static void composed_kernels_add_their_variances(void) {
	struct psf psf, lens;
	psf_motion(&psf, 12, 30);
	psf_gaussian(&lens, 2, 2, 0);
	struct deblur_blur alone, both;
	psf_measure(&psf, &alone);
	psf_compose(&psf, &lens);
	psf_measure(&psf, &both);
	const double wanted = sqrt(pow((double)alone.spread_px, 2) + 2 * 4 + 1 / 6.0);
	CHECK(fabs((double)both.spread_px - wanted) < 0.05, "%g, not %g", (double)both.spread_px, wanted);
	CHECK(fabsf(both.angle_deg - 30) < 1 && both.anisotropy < alone.anisotropy, "direction");
	CHECK(fabs(sum_of(&psf) - 1) < 1e-5, "sum %g", sum_of(&psf));
}

static void noise_has_the_variance_of_its_formula(void) {
	enum { SIDE = 200 };
	for (int level = 1; level < 4; level++) {
		struct degrade_plan plan = neutral();
		plan.read_noise = 0.01;
		plan.shot_noise = 0.002;
		plan.noise = random_seeded((uint64_t)level, 0, 0);
		const double light = 0.2 * level;
		struct sample s = grey_sample(SIDE, (float)light);
		CHECK(!stage_noise(&plan, &s), "noise");
		double mean = 0, variance = 0;
		for (size_t i = 0; i < SIDE * SIDE * 3; i++) mean += (double)s.light[i] / (SIDE * SIDE * 3);
		for (size_t i = 0; i < SIDE * SIDE * 3; i++) variance += pow((double)s.light[i] - mean, 2) / (SIDE * SIDE * 3);
		const double wanted = 1e-4 + 0.002 * light;
		CHECK(fabs(mean - light) < 1e-3 && fabs(variance / wanted - 1) < 0.03, "light %g: mean %g, variance %g, not %g",
			  light, mean, variance, wanted);
		CHECK(fabsf(s.truth.read_noise - 0.01f) < 1e-6f && fabsf(s.truth.shot_noise - 0.002f) < 1e-6f, "truth");
		release_sample(&s);
	}
}

/* What a mosaic leaves of a plane of light is that plane, and its noise is that of means. */
static void a_mosaic_is_filled_in_linearly(void) {
	enum { SIDE = 16 };
	struct degrade_plan plan = neutral();
	plan.read_noise = 1e-7;
	plan.bayer = true;
	struct sample s = grey_sample(SIDE, 0);
	for (size_t i = 0; i < SIDE * SIDE * 3; i++)
		s.light[i] = 0.1f + 0.01f * (float)(i / 3 % SIDE) + 0.02f * (float)(i / 3 / SIDE) + 0.1f * (float)(i % 3);
	float wanted[SIDE * SIDE * 3];
	memcpy(wanted, s.light, sizeof wanted);
	CHECK(!stage_noise(&plan, &s), "noise");
	for (size_t y = 1; y + 1 < SIDE; y++)
		for (size_t i = (y * SIDE + 1) * 3; i < (y * SIDE + SIDE - 1) * 3; i++)
			CHECK(fabsf(s.light[i] - wanted[i]) < 1e-4f, "number %zu: %g, not %g", i, (double)s.light[i],
				  (double)wanted[i]);
	release_sample(&s);
	s = grey_sample(100, 0.5f);
	plan.read_noise = 0.02;
	plan.noise = random_seeded(1, 0, 0);
	CHECK(!stage_noise(&plan, &s), "noise");
	double variance[3] = {0};
	for (size_t i = 0; i < 100 * 100 * 3; i++) variance[i % 3] += pow((double)s.light[i] - 0.5, 2) / 1e4;
	/* Green: half the pixels as seen, half the mean of four. Red: a quarter as seen, half of two, a quarter of four. */
	CHECK(fabs(variance[1] / 4e-4 - 0.625) < 0.06 && fabs(variance[0] / 4e-4 - 0.5625) < 0.06, "variances %g %g",
		  variance[0] / 4e-4, variance[1] / 4e-4);
	release_sample(&s);
}

static void shrinking_shrinks_the_blur(void) {
	struct degrade_plan plan = neutral();
	plan.variant = DEGRADE_GAUSSIAN;
	psf_gaussian(&plan.psf, 3, 3, 0);
	plan.other = plan.psf;
	plan.read_noise = 0.02;
	plan.shrink = 0.5;
	CHECK(degrade_side(&plan, 64) == 128 + 2 * DEGRADE_MARGIN_PX, "side %zu", degrade_side(&plan, 64));
	struct result r = degrade(&plan, 64);
	CHECK(fabsf(deblur_blur_size_px(&r.truth) - 1.5f) < 0.05f && fabsf(r.truth.read_noise - 0.01f) < 1e-6f,
		  "size %g, noise %g", (double)deblur_blur_size_px(&r.truth), (double)r.truth.read_noise);
	release_result(&r);
	for (size_t most = degrade_least_side(64); most < 200; most += 7) { /* a photograph that is not so large */
		struct degrade_plan fitted = plan;
		degrade_fit(&fitted, 64, most);
		CHECK(degrade_side(&fitted, 64) <= most && degrade_side(&fitted, 64) + 1 >= (most < 176 ? most : 176),
			  "%zu of %zu", degrade_side(&fitted, 64), most);
	}
}

static void compression_is_a_jpeg_of_that_quality(void) {
	struct degrade_plan plan = neutral();
	plan.jpeg_quality = 37;
	struct result r = degrade(&plan, 48);
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct picture decoded = {0};
	CHECK(!picture_encode_jpeg(&r.target, 37, &bytes, &size) && !picture_decode(bytes, size, &decoded), "jpeg");
	CHECK(!memcmp(decoded.pixels, r.degraded.pixels, 48 * 48 * 3), "another picture");
	CHECK(r.truth.jpeg_quality == 37, "quality %g", (double)r.truth.jpeg_quality);
	free(bytes);
	picture_release(&decoded);
	release_result(&r);
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

int main(void) {
	RUN(random_numbers_are_what_they_say);
	RUN(point_spreads_have_the_moments_of_their_formulas);
	RUN(angles_are_counter_clockwise_as_seen);
	RUN(shakes_are_centred_and_as_wide_as_asked);
	RUN(convolution_moves_light_the_right_way);
	RUN(srgb_round_trips_and_is_not_linear);
	RUN(recipes_come_back_from_their_text);
	RUN(bad_recipes_are_told_why);
	RUN(degrading_depends_on_the_seed_alone);
	RUN(stages_draw_from_streams_of_their_own);
	RUN(the_protocol_is_as_published);
	RUN(software_blurs_the_whole_or_more_than_the_crop);
	RUN(nothing_planned_changes_nothing);
	RUN(responses_come_back);
	RUN(exposure_burns_out_and_whites_shine);
	RUN(light_is_blurred_linearly);
	RUN(a_varying_blur_varies);
	RUN(composed_kernels_add_their_variances);
	RUN(noise_has_the_variance_of_its_formula);
	RUN(a_mosaic_is_filled_in_linearly);
	RUN(shrinking_shrinks_the_blur);
	RUN(compression_is_a_jpeg_of_that_quality);
	return check_summary();
}
