/* tile.h - how a picture is cut into tiles. A tile is restored with as much of the picture around it as its pixels look
 * at; where the picture ends that ends, too, so that every tile meets exactly the borders that the whole picture has,
 * and tiled equals untiled bit for bit. */
#ifndef TILE_H
#define TILE_H

#include "core/graph.h"

struct rectangle {
	size_t x, y, width, height;
};

struct tiling {
	size_t width, height;           /* of the picture */
	struct rectangle region;        /* that is cut into tiles; its corner is aligned */
	size_t alignment;               /* of the net, in pixels */
	struct graph_cut cut;           /* how far tiles look */
	size_t tile_width, tile_height; /* multiples of the alignment */
	size_t columns, rows;
};

/* tile_width and tile_height are rounded up to the alignment and cut to the region's size. */
struct tiling tiling_make(size_t width, size_t height, struct rectangle region, const struct graph *graph,
						  size_t tile_width, size_t tile_height);
size_t tiling_count(const struct tiling *tiling);
/* The pixels that tile `index` gives: inside the region. */
struct rectangle tiling_inner(const struct tiling *tiling, size_t index);
/* What the net is run on for it: all rows of the picture, of which executor_run_rows takes those that it needs; columns
 * from a multiple of the cut's grid on, and possibly beyond the picture's right edge up to the alignment. */
struct rectangle tiling_outer(const struct tiling *tiling, size_t index);
/* At least as large as every outer rectangle. */
struct rectangle tiling_largest(const struct tiling *tiling);

#endif
