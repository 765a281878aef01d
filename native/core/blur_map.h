/* blur_map.h - blur that differs from place to place (deblur_blur_map): finding it, and where it counts.
 *
 * Each cell of a grid has an estimate of its own. It sees less than one of the whole picture, and so it errs more:
 * it counts only in part, and only where cells differ by more than estimates of one and the same blur do. */
#ifndef BLUR_MAP_H
#define BLUR_MAP_H

#include <stdbool.h>

#include "core/graph.h"
#include "deblur.h"

/* From one cell to the next over twice so many pixels. */
enum { BLUR_MAP_FADE_PX = 32 };

bool blur_map_is_valid(const struct deblur_blur_map *map);

/* See deblur_estimate_map. */
enum deblur_status blur_map_estimate(const struct graph *estimator, const struct deblur_image *picture,
									 const struct deblur_blur *whole, struct deblur_blur_map *out);

/* Where cell `index` of `count` along one side of the grid begins, in pixels of the picture; `count` ends the last. */
int64_t blur_map_edge(int32_t start, uint32_t length, uint32_t count, uint32_t index);

/* Its weight at a pixel, 0..1; the weights of all cells add up to 1. The first and the last go on without end. */
float blur_map_weight(int32_t start, uint32_t length, uint32_t count, uint32_t index, size_t pixel);

#endif
