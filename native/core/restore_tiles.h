/* restore_tiles.h - runs a restorer over all tiles of a picture, on several threads. */
#ifndef RESTORE_TILES_H
#define RESTORE_TILES_H

#include "core/graph.h"

struct image_sums;

/* Where the result goes: into a picture, or, weighed, into sums of several. One of them is NULL. */
struct restore_target {
	const struct deblur_image *image;
	const struct image_sums *sums;
};

/* Arguments as deblur_restore has checked them; options->map is not looked at; src is not written to. CANCELLED,
 * OUT_OF_MEMORY. */
enum deblur_status restore_tiles(const struct graph *restorer, const float *condition, const struct deblur_image *src,
								 const struct deblur_restore_options *options, const struct restore_target *to);

#endif
