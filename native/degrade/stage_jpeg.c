/* stage_jpeg.c - what compression leaves. */
#include <stdlib.h>

#include "degrade/stage.h"

/* Most files are kept at a high quality. */
void stage_jpeg_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan) {
	if (!draw_chance(recipe->jpeg, random)) return;
	const double poorness = random_uniform(random), span = recipe->jpeg_quality.high - recipe->jpeg_quality.low;
	plan->jpeg_quality = (int)(recipe->jpeg_quality.high - span * poorness * poorness);
}

enum deblur_status stage_jpeg(const struct degrade_plan *plan, struct sample *sample) {
	if (!plan->jpeg_quality) return DEBLUR_OK;
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct picture decoded = {0};
	enum deblur_status status = picture_encode_jpeg(&sample->degraded, plan->jpeg_quality, &bytes, &size);
	if (!status) status = picture_decode(bytes, size, &decoded);
	free(bytes);
	if (status) return status;
	picture_release(&sample->degraded);
	sample->degraded = decoded;
	sample->truth.jpeg_quality = (float)plan->jpeg_quality;
	return DEBLUR_OK;
}
