/* stage.h - the steps of degrade_apply, in their order. Each has a file of its own with its half of the plan: drawing
 * it, and doing it. A stage without anything to do returns at once. */
#ifndef STAGE_H
#define STAGE_H

#include "degrade/degrade.h"

/* A sample on its way through the stages. */
struct sample {
	struct picture target;   /* the sharp picture, 8-bit, with margins until the blur has used them */
	struct picture degraded; /* 8-bit; pixels NULL while there is light */
	float *light;            /* linear, 1 is white, [height][width][3] of target's size; owned */
	size_t crop;             /* the final side */
	struct deblur_blur truth;
};

typedef enum deblur_status stage(const struct degrade_plan *plan, struct sample *sample);

stage stage_light;    /* 8-bit target to light, by the camera's response */
stage stage_exposure; /* brighter, and whites as bright as they may have been */
stage stage_blur;     /* in light, or by software on sRGB values; cuts the margins off */
stage stage_noise;    /* photons and electronics, through a colour mosaic or not */
stage stage_values;   /* light to 8-bit degraded, by the same response */
stage stage_resize;   /* smaller, both pictures */
stage stage_jpeg;

void stage_response_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);
void stage_exposure_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);
void stage_blur_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);
void stage_noise_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);
void stage_resize_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);
void stage_jpeg_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan);

/* Between light and 8-bit values by the plan's response; values are rounded and clipped. */
float response_to_light(const struct degrade_plan *plan, uint8_t value);
uint8_t response_from_light(const struct degrade_plan *plan, float light);

/* Ways to draw. */
static inline bool draw_chance(double chance, struct random *random) {
	return random_uniform(random) < chance;
}
double draw_from(struct range range, struct random *random);     /* each value as likely */
double draw_log_from(struct range range, struct random *random); /* each ratio as likely; low > 0 */

/* The inner part without `margin` pixels on every side. */
enum deblur_status picture_inner(const struct picture *in, size_t margin, struct picture *out);

#endif
