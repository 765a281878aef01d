/* stage_resize.c - many pictures are made smaller before anybody looks at them. Blur shrinks with them, and noise is
 * averaged away. */
#include "degrade/stage.h"

void stage_resize_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan) {
	if (draw_chance(recipe->shrunk, random)) plan->shrink = draw_from(recipe->shrink, random);
}

static enum deblur_status shrink(struct picture *picture, size_t side) {
	struct picture small = {0};
	const enum deblur_status status = picture_resize_bicubic(picture, side, side, &small);
	if (status) return status;
	picture_release(picture);
	*picture = small;
	return DEBLUR_OK;
}

enum deblur_status stage_resize(const struct degrade_plan *plan, struct sample *sample) {
	(void)plan; /* the sizes say it, and after rounding */
	if (sample->target.width == sample->crop) return DEBLUR_OK;
	const float factor = (float)sample->crop / (float)sample->target.width;
	enum deblur_status status = shrink(&sample->target, sample->crop);
	if (!status) status = shrink(&sample->degraded, sample->crop);
	sample->truth.spread_px *= factor;
	/* A mean over 1 / factor^2 pixels has so much less variance. */
	sample->truth.read_noise *= factor;
	sample->truth.shot_noise *= factor * factor;
	return status;
}
