/* crop.h - the parts of photographs that training looks at: where there is something to see, turned and mirrored. Each
 * function draws its random numbers in an order that is part of what a seed means. OUT_OF_MEMORY. */
#ifndef CROP_H
#define CROP_H

#include "degrade/random.h"
#include "degrade/recipe.h"
#include "picture/picture.h"

struct crop_region {
	size_t x, y, width, height;
};

/* One of this size, which the picture has to have, chosen by gradient energy. */
struct crop_region crop_choose(const struct picture *p, size_t width, size_t height, struct random *random);

/* RGB only. out is created. */
enum deblur_status crop_cut(const struct picture *p, struct crop_region r, struct picture *out);

/* A square in place, in one of the eight ways (0..7) to lay it on itself. */
enum deblur_status crop_turn(struct picture *p, uint32_t way);

/* A square of `side` pixels, sharp to the pixel more often than photographs are, because some of them are squashed. */
enum deblur_status crop_square(const struct picture *p, const struct recipe *recipe, size_t side, struct random *random,
							   struct picture *out);

#endif
