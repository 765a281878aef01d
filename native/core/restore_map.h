/* restore_map.h - restores a picture whose blur differs from place to place: cell after cell, each with a margin, over
 * which it goes over into its neighbours. */
#ifndef RESTORE_MAP_H
#define RESTORE_MAP_H

#include "core/graph.h"
#include "deblur.h"

/* Arguments as deblur_restore has checked them, options->map too; src and dst do not overlap. Takes twelve bytes for
 * each pixel of a row of cells. CANCELLED, OUT_OF_MEMORY. */
enum deblur_status restore_map(const struct graph *restorer, const struct deblur_image *src,
							   const struct deblur_restore_options *options, const struct deblur_image *dst);

#endif
