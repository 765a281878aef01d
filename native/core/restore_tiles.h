/* restore_tiles.h - runs a restorer over all tiles of a picture, on several threads. */
#ifndef RESTORE_TILES_H
#define RESTORE_TILES_H

#include "core/graph.h"

/* Arguments as deblur_restore has checked them; src and dst do not overlap. CANCELLED, OUT_OF_MEMORY. */
enum deblur_status restore_tiles(const struct graph *restorer, const float *condition, const struct deblur_image *src,
								 const struct deblur_restore_options *options, const struct deblur_image *dst);

#endif
