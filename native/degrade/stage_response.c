/* stage_response.c - from the file's values to light and back. A camera's curve is not quite sRGB's: its exponent is
 * drawn, so that a net does not learn that light can be known exactly. */
#include <math.h>
#include <stdlib.h>

#include "degrade/srgb.h"
#include "degrade/stage.h"

void stage_response_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan) {
	if (draw_chance(recipe->response, random)) plan->response_gamma = draw_log_from(recipe->response_gamma, random);
}

static bool is_srgb(const struct degrade_plan *plan) {
	return plan->response_gamma <= 1 && plan->response_gamma >= 1;
}

float response_to_light(const struct degrade_plan *plan, uint8_t value) {
	const float light = srgb_to_linear(value);
	return is_srgb(plan) ? light : powf(light, (float)plan->response_gamma);
}

uint8_t response_from_light(const struct degrade_plan *plan, float light) {
	if (is_srgb(plan) || !(light > 0)) return srgb_from_linear(light);
	return srgb_from_linear(powf(light, (float)(1 / plan->response_gamma)));
}

enum deblur_status stage_light(const struct degrade_plan *plan, struct sample *sample) {
	if (plan->variant == DEGRADE_SOFTWARE) return DEBLUR_OK; /* a program blurs what is in the file */
	const size_t count = sample->target.width * sample->target.height * 3;
	float table[256];
	for (int v = 0; v < 256; v++) table[v] = response_to_light(plan, (uint8_t)v);
	sample->light = malloc(count * sizeof *sample->light);
	if (!sample->light) return DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < count; i++) sample->light[i] = table[sample->target.pixels[i]];
	return DEBLUR_OK;
}

enum deblur_status stage_values(const struct degrade_plan *plan, struct sample *sample) {
	if (!sample->light) return DEBLUR_OK;
	const size_t width = sample->target.width, height = sample->target.height;
	const enum deblur_status status = picture_create(width, height, 3, &sample->degraded);
	if (status) return status;
	for (size_t i = 0; i < width * height * 3; i++)
		sample->degraded.pixels[i] = response_from_light(plan, sample->light[i]);
	free(sample->light);
	sample->light = NULL;
	return DEBLUR_OK;
}
