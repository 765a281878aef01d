/* image.h - between the caller's 8-bit pixels and the nets' floats. */
#ifndef IMAGE_H
#define IMAGE_H

#include "deblur.h"
#include "kernels/kernels.h"

/* True if width, height, stride, channels and pixels make sense together. */
bool image_is_valid(const struct deblur_image *image);

/* Reads the rectangle at (x, y) of map->height by map->width pixels as value / 255; beyond the right and lower edge the
 * last pixels are repeated. x and y are inside. */
void image_to_map(const struct deblur_image *image, size_t x, size_t y, const struct map *map);

/* Writes round(clamp(src + strength * (restored - src))) at (x, y); alpha is src's. width and height: of what is
 * written. restored begins at (x, y), too. src and dst may be the same pixels. */
void image_from_map(const struct map *restored, const struct deblur_image *src, float strength, size_t x, size_t y,
					size_t width, size_t height, const struct deblur_image *dst);

/* Several restorations of one part of a picture, which weights that add up to 1 make one. */
struct image_sums {
	float *data; /* [rows][width][3], 0..255; begins at (x, y) of the picture */
	size_t x, y, width;
	const float *across, *down; /* [width], [rows]: the weight of the one that is being added */
};

/* As image_from_map, but adds it, weighed, to sums. */
void image_add_map(const struct map *restored, const struct deblur_image *src, float strength, size_t x, size_t y,
				   size_t width, size_t height, const struct image_sums *sums);

/* Writes the first `height` rows of sums where they belong; alpha is src's. */
void image_from_sums(const struct image_sums *sums, size_t height, const struct deblur_image *src,
					 const struct deblur_image *dst);

/* How much of the rectangle is not wholly transparent, 0..1, seen on a coarse grid; 1 where there is no alpha. */
double image_opaque_share(const struct deblur_image *image, size_t x, size_t y, size_t width, size_t height);

/* Mean squared difference of green neighbours on a coarse grid of the rectangle; transparent pixels count as flat. */
double image_gradient_energy(const struct deblur_image *image, size_t x, size_t y, size_t width, size_t height);

#endif
