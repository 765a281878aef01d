/* stage_exposure.c - light beyond white. A sensor clips what the lens has already blurred, so a lamp's trail is as wide
 * as the lamp is bright; a file only says that it was white. */
#include "degrade/stage.h"

enum { WHITE = 250 }; /* values from here on may have been clipped */

void stage_exposure_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan) {
	if (draw_chance(recipe->brightened, random)) plan->brightness = draw_from(recipe->brightness, random);
	if (draw_chance(recipe->highlights, random)) plan->highlight_boost = draw_log_from(recipe->highlight_boost, random);
}

/* The target is brightened and clipped, too: nothing can bring back what burnt out. */
static void brighten(const struct degrade_plan *plan, struct sample *sample, size_t count) {
	for (size_t i = 0; i < count; i++) {
		sample->light[i] *= (float)plan->brightness;
		sample->target.pixels[i] = response_from_light(plan, sample->light[i]);
	}
}

/* Channel by channel: what was not clipped is known, and a colour that changed could not be told from the target's. */
static void boost_whites(const struct degrade_plan *plan, struct sample *sample, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (sample->target.pixels[i] >= WHITE) sample->light[i] *= (float)plan->highlight_boost;
}

enum deblur_status stage_exposure(const struct degrade_plan *plan, struct sample *sample) {
	const size_t count = sample->target.width * sample->target.height * 3;
	if (!sample->light) return DEBLUR_OK;
	if (plan->brightness < 1 || plan->brightness > 1) brighten(plan, sample, count);
	if (plan->highlight_boost > 1) boost_whites(plan, sample, count);
	return DEBLUR_OK;
}
