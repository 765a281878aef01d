#include "degrade/degrade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "degrade/stage.h"

/* ---- drawing ---- */

double draw_from(struct range range, struct random *random) {
	return random_between(random, range.low, range.high);
}

double draw_log_from(struct range range, struct random *random) {
	return exp(random_between(random, log(range.low), log(range.high)));
}

static void chances_of(const struct recipe *r, double chances[DEGRADE_VARIANT_COUNT]) {
	const double all[DEGRADE_VARIANT_COUNT] = {r->none, r->gaussian, r->shake, r->motion, r->defocus, r->software};
	memcpy(chances, all, sizeof all);
}

size_t degrade_variants(const struct recipe *recipe, enum degrade_variant variants[DEGRADE_VARIANT_COUNT]) {
	double chances[DEGRADE_VARIANT_COUNT];
	size_t count = 0;
	chances_of(recipe, chances);
	for (int v = 0; v < DEGRADE_VARIANT_COUNT; v++)
		if (chances[v] > 0) variants[count++] = (enum degrade_variant)v;
	if (!count) variants[count++] = DEGRADE_NONE; /* as draw_variant */
	return count;
}

static enum degrade_variant draw_variant(const struct recipe *r, struct random *random) {
	double chances[DEGRADE_VARIANT_COUNT], sum = 0;
	chances_of(r, chances);
	for (int v = 0; v < DEGRADE_VARIANT_COUNT; v++) sum += chances[v];
	double left = random_uniform(random) * sum;
	for (int v = 0; v < DEGRADE_VARIANT_COUNT; v++)
		if ((left -= chances[v]) < 0) return (enum degrade_variant)v;
	return DEGRADE_NONE;
}

/* A stage's numbers come from a stream of its own: what one draws does not change what the next one does. */
typedef void draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);

static draw *const draws[] = {stage_blur_draw,  stage_response_draw, stage_exposure_draw,
							  stage_noise_draw, stage_resize_draw,   stage_jpeg_draw};

void degrade_draw(const struct recipe *recipe, enum degrade_variant variant, struct random *random,
				  struct degrade_plan *plan) {
	*plan = (struct degrade_plan){.response_gamma = 1, .brightness = 1, .highlight_boost = 1, .shrink = 1};
	const enum degrade_variant drawn = draw_variant(recipe, random);
	const uint64_t seed = random_bits(random);
	plan->variant = variant == DEGRADE_ANY ? drawn : variant;
	for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
		struct random stream = random_seeded(seed, i, 0);
		draws[i](recipe, &stream, plan);
		if (plan->published) return;
	}
}

/* The size before shrinking. */
static size_t photographed(const struct degrade_plan *plan, size_t crop) {
	return (size_t)ceil((double)crop / plan->shrink - 1e-9); /* degrade_fit divides, and must come out even */
}

size_t degrade_side(const struct degrade_plan *plan, size_t crop) {
	return degrade_least_side(photographed(plan, crop));
}

void degrade_fit(struct degrade_plan *plan, size_t crop, size_t most) {
	const size_t room = most - 2 * (size_t)DEGRADE_MARGIN_PX;
	if (photographed(plan, crop) > room) plan->shrink = (double)crop / (double)room;
}

/* ---- doing ---- */

static stage *const stages[] = {stage_light,  stage_exposure, stage_blur, stage_noise,
								stage_values, stage_resize,   stage_jpeg};

enum deblur_status picture_inner(const struct picture *in, size_t margin, struct picture *out) {
	const enum deblur_status status = picture_create(in->width - 2 * margin, in->height - 2 * margin, 3, out);
	for (size_t y = 0; !status && y < out->height; y++)
		memcpy(out->pixels + y * out->width * 3, in->pixels + ((y + margin) * in->width + margin) * 3, out->width * 3);
	return status;
}

enum deblur_status degrade_apply(const struct degrade_plan *plan, const struct picture *sharp, size_t crop,
								 struct picture *degraded, struct picture *target, struct deblur_blur *truth) {
	const size_t side = degrade_side(plan, crop);
	if (sharp->channels != 3 || sharp->width != side || sharp->height != side) return DEBLUR_BAD_ARGUMENT;
	struct sample sample = {.crop = crop, .truth = {.jpeg_quality = 100}};
	enum deblur_status status = picture_inner(sharp, 0, &sample.target);
	for (size_t i = 0; i < sizeof stages / sizeof *stages && !status; i++) status = stages[i](plan, &sample);
	free(sample.light);
	if (status) {
		picture_release(&sample.degraded);
		picture_release(&sample.target);
		return status;
	}
	*degraded = sample.degraded;
	*target = sample.target;
	*truth = sample.truth;
	return DEBLUR_OK;
}
