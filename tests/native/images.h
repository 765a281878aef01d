/* images.h - pictures for tests: waves and noise. */
#ifndef TESTS_IMAGES_H
#define TESTS_IMAGES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "deblur.h"
#include "degrade/random.h"

static inline struct deblur_image make_image(size_t width, size_t height, int channels, size_t slack, uint64_t seed) {
	struct random random = random_seeded(seed, width, height);
	struct deblur_image image = {NULL, width, height, width * (size_t)channels + slack, channels};
	image.pixels = malloc(image.stride * height);
	for (size_t i = 0; i < image.stride * height; i++)
		image.pixels[i] = (uint8_t)(128 + 60 * sin((double)i * 0.05) + random_between(&random, -40, 40));
	return image;
}

static inline bool same_pixels(const struct deblur_image *a, const struct deblur_image *b) {
	for (size_t y = 0; y < a->height; y++)
		if (memcmp(a->pixels + y * a->stride, b->pixels + y * b->stride, a->width * (size_t)a->channels)) return false;
	return true;
}

static inline struct deblur_image blank_like(const struct deblur_image *image) {
	struct deblur_image blank = *image;
	blank.pixels = calloc(image->stride, image->height);
	return blank;
}

#endif
