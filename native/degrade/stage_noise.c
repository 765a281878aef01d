/* stage_noise.c - the sensor: photons arrive at random, electronics add their own noise, what is too bright is clipped
 * (the Poisson-Gaussian model of Foi et al. 2008, its Poisson part as a Gaussian of the same variance). Through a Bayer
 * mosaic each pixel sees one colour, and the others come from its neighbours: noise then has a grain. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "degrade/stage.h"

void stage_noise_draw(const struct recipe *recipe, struct random *random, struct degrade_plan *plan) {
	plan->noise = random_seeded(random_bits(random), 0, 0);
	if (!draw_chance(recipe->noise, random)) return;
	plan->read_noise = draw_log_from(recipe->read_noise, random);
	const double much = random_uniform(random);
	plan->shot_noise = recipe->shot_noise.low + (recipe->shot_noise.high - recipe->shot_noise.low) * much * much * much;
	plan->bayer = draw_chance(recipe->bayer, random);
}

static void add_noise(const struct degrade_plan *plan, float *light, size_t count) {
	struct random random = plan->noise;
	for (size_t i = 0; i < count; i++) {
		const double variance = plan->read_noise * plan->read_noise + plan->shot_noise * fmax((double)light[i], 0);
		light[i] = fminf(light[i] + (float)(sqrt(variance) * random_normal(&random)), 1);
	}
}

/* Red, green, green, blue. */
static size_t colour_at(size_t x, size_t y) {
	return x % 2 + y % 2;
}

/* The mean of the nearest pixels that saw colour c: itself, two or four; fewer at the border. */
static float from_neighbours(const float *light, size_t width, size_t height, size_t x, size_t y, size_t c) {
	float sum = 0;
	int count = 0, nearest = 9;
	for (int dy = -1; dy <= 1; dy++)
		for (int dx = -1; dx <= 1; dx++) {
			const size_t nx = x + (size_t)dx, ny = y + (size_t)dy; /* wraps to something too large */
			const int distance = dx * dx + dy * dy;
			if (nx >= width || ny >= height || colour_at(nx, ny) != c || distance > nearest) continue;
			if (distance < nearest) {
				sum = 0;
				count = 0;
			}
			nearest = distance;
			sum += light[(ny * width + nx) * 3 + c];
			count++;
		}
	return count ? sum / (float)count : light[(y * width + x) * 3 + c];
}

static enum deblur_status demosaic(struct sample *sample) {
	const size_t width = sample->target.width, height = sample->target.height;
	float *whole = malloc(width * height * 3 * sizeof *whole);
	if (!whole) return DEBLUR_OUT_OF_MEMORY;
	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++)
			for (size_t c = 0; c < 3; c++)
				whole[(y * width + x) * 3 + c] = from_neighbours(sample->light, width, height, x, y, c);
	free(sample->light);
	sample->light = whole;
	return DEBLUR_OK;
}

enum deblur_status stage_noise(const struct degrade_plan *plan, struct sample *sample) {
	if (!sample->light || plan->read_noise <= 0) return DEBLUR_OK;
	add_noise(plan, sample->light, sample->target.width * sample->target.height * 3);
	sample->truth.read_noise = (float)plan->read_noise;
	sample->truth.shot_noise = (float)plan->shot_noise;
	return plan->bayer ? demosaic(sample) : DEBLUR_OK;
}
