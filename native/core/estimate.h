/* estimate.h - looks at a picture's busiest parts, and says how it is blurred. */
#ifndef ESTIMATE_H
#define ESTIMATE_H

#include "core/graph.h"
#include "deblur.h"

enum { ESTIMATE_CROP_PX = 192, ESTIMATE_MAX_CROPS = 16 };

/* From `most_crops` crops at most, 1..ESTIMATE_MAX_CROPS. OUT_OF_MEMORY. */
enum deblur_status estimate_blur(const struct graph *estimator, const struct deblur_image *picture, size_t most_crops,
								 struct deblur_blur *out);

/* How much a rectangle has to say: 0 where it is flat or transparent. */
double estimate_energy(const struct deblur_image *picture, size_t x, size_t y, size_t width, size_t height);

#endif
