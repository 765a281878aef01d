/* stage_blur.c - the blur itself, and what is true of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "degrade/stage.h"

static const double pi = 3.14159265358979323846;

/* ---- drawing ---- */

/* A kernel of the variant, `ratio` times as large as the recipe's range says. */
static void draw_psf(const struct recipe *r, enum degrade_variant variant, double ratio, struct random *random,
					 struct psf *psf) {
	const double angle = random_between(random, 0, 180);
	switch (variant) {
	case DEGRADE_GAUSSIAN: {
		const double sigma = ratio * draw_log_from(r->gaussian_sigma_px, random);
		const double across = draw_chance(r->gaussian_stretched, random) ? draw_from(r->gaussian_ratio, random) : 1;
		psf_gaussian(psf, sigma, sigma * across, angle);
		break;
	}
	case DEGRADE_SHAKE:
		psf_shake(psf, ratio * draw_log_from(r->shake_spread_px, random), random);
		break;
	case DEGRADE_MOTION:
		psf_motion(psf, ratio * draw_log_from(r->motion_length_px, random), angle);
		break;
	case DEGRADE_DEFOCUS: {
		const double radius = ratio * draw_log_from(r->defocus_radius_px, random);
		const int blades = draw_chance(r->defocus_polygon, random) ? 5 + (int)random_below(random, 4) : 0;
		psf_defocus(psf, radius, blades, angle);
		break;
	}
	default:
		psf_identity(psf);
	}
}

/* What a variant draws its size from; a recipe without a chance for it may have left that out. */
static struct range size_of(const struct recipe *r, enum degrade_variant variant) {
	const struct range sizes[DEGRADE_VARIANT_COUNT] = {
		{1, 1}, r->gaussian_sigma_px, r->shake_spread_px, r->motion_length_px, r->defocus_radius_px, {1, 1}};
	return sizes[variant];
}

static void add_lens(const struct recipe *r, struct random *random, struct psf *psf, struct psf *other) {
	struct psf lens;
	const double sigma = draw_log_from(r->composite_sigma_px, random);
	psf_gaussian(&lens, sigma, sigma, 0);
	psf_compose(psf, &lens);
	psf_compose(other, &lens);
}

void stage_blur_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan) {
	if (size_of(recipe, plan->variant).low <= 0) plan->variant = DEGRADE_NONE;
	if (plan->variant == DEGRADE_SOFTWARE) {
		plan->published = draw_chance(recipe->software_published, random) || recipe->software_sigma_px.low <= 0;
		plan->software_sigma = plan->published ? 1.5 : draw_log_from(recipe->software_sigma_px, random);
		plan->whole = plan->published || draw_chance(recipe->software_whole, random);
		return;
	}
	/* The other end's kernel is the same one, larger or smaller: both are drawn from equal streams. */
	struct random again = random_seeded(random_bits(random), 0, 0), once_more = again;
	const bool blurred = plan->variant != DEGRADE_NONE;
	plan->varying = blurred && draw_chance(recipe->varying, random);
	draw_psf(recipe, plan->variant, 1, &again, &plan->psf);
	if (plan->varying) {
		plan->varying_angle = random_between(random, 0, 360);
		draw_psf(recipe, plan->variant, draw_log_from(recipe->varying_ratio, random), &once_more, &plan->other);
	} else {
		plan->other = plan->psf;
	}
	if (blurred && draw_chance(recipe->composite, random)) add_lens(recipe, random, &plan->psf, &plan->other);
}

/* ---- doing ---- */

static enum deblur_status cut_target(struct sample *sample) {
	struct picture inner = {0};
	const enum deblur_status status = picture_inner(&sample->target, DEGRADE_MARGIN_PX, &inner);
	if (status) return status;
	picture_release(&sample->target);
	sample->target = inner;
	return DEBLUR_OK;
}

static enum deblur_status blur_by_software(const struct degrade_plan *plan, struct sample *sample) {
	struct picture blurred = {0};
	enum deblur_status status = plan->whole ? cut_target(sample) : DEBLUR_OK;
	if (!status) status = picture_gaussian_blur_pillow(&sample->target, plan->software_sigma, &blurred);
	if (!status) status = picture_inner(&blurred, plan->whole ? 0 : DEGRADE_MARGIN_PX, &sample->degraded);
	picture_release(&blurred);
	if (!status && !plan->whole) status = cut_target(sample);
	if (!status)
		status = deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, (float)plan->software_sigma, 0, NULL, &sample->truth);
	sample->truth.in_srgb = 1;
	return status;
}

/* 0 at one side of a square of `side` pixels, 1 at the other, rising evenly in the plan's direction. */
static double share_of_other(const struct degrade_plan *plan, size_t side, size_t x, size_t y) {
	const double cosine = cos(plan->varying_angle * pi / 180), sine = sin(plan->varying_angle * pi / 180);
	const double middle = ((double)side - 1) / 2, reach = (fabs(cosine) + fabs(sine)) * fmax(middle, 1);
	return 0.5 + 0.5 * (((double)x - middle) * cosine + ((double)y - middle) * sine) / reach;
}

static void mix(const struct degrade_plan *plan, const float *other, size_t side, float *light) {
	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++) {
			const float share = (float)share_of_other(plan, side, x, y);
			for (size_t i = (y * side + x) * 3; i < (y * side + x) * 3 + 3; i++)
				light[i] += share * (other[i] - light[i]);
		}
}

static enum deblur_status blur_light(const struct degrade_plan *plan, struct sample *sample) {
	const size_t side = sample->target.width - 2 * (size_t)DEGRADE_MARGIN_PX, count = side * side * 3;
	float *blurred = malloc(count * sizeof *blurred), *other = plan->varying ? malloc(count * sizeof *other) : NULL;
	if (!blurred || (plan->varying && !other)) {
		free(blurred);
		free(other);
		return DEBLUR_OUT_OF_MEMORY;
	}
	psf_convolve(&plan->psf, sample->light, side, side, DEGRADE_MARGIN_PX, blurred);
	if (plan->varying) {
		psf_convolve(&plan->other, sample->light, side, side, DEGRADE_MARGIN_PX, other);
		mix(plan, other, side, blurred);
	}
	free(other);
	free(sample->light);
	sample->light = blurred;
	return cut_target(sample);
}

static enum deblur_blur_kind kind_of(enum degrade_variant variant) {
	static const enum deblur_blur_kind kinds[DEGRADE_VARIANT_COUNT] = {DEBLUR_BLUR_NONE,    DEBLUR_BLUR_GAUSSIAN,
																	   DEBLUR_BLUR_SHAKE,   DEBLUR_BLUR_MOTION,
																	   DEBLUR_BLUR_DEFOCUS, DEBLUR_BLUR_GAUSSIAN};
	return kinds[variant];
}

/* A blur that varies is described by its mean over the picture: each end's kernel counts half. */
static void describe(const struct degrade_plan *plan, struct deblur_blur *truth) {
	struct psf mean = plan->psf;
	for (int y = 0; y < PSF_SIDE; y++)
		for (int x = 0; x < PSF_SIDE; x++)
			mean.weights[y][x] = 0.5f * (plan->psf.weights[y][x] + plan->other.weights[y][x]);
	truth->kind[kind_of(plan->variant)] = 1;
	psf_measure(&mean, truth);
}

enum deblur_status stage_blur(const struct degrade_plan *plan, struct sample *sample) {
	if (plan->variant == DEGRADE_SOFTWARE) return blur_by_software(plan, sample);
	describe(plan, &sample->truth);
	return blur_light(plan, sample);
}
