/* tile.h - how a picture is cut into tiles. A tile is restored with a halo around it, as far as its pixels look; where
 * the picture ends, the halo ends, so that every tile meets exactly the borders that the whole picture has, and tiled
 * equals untiled bit for bit. */
#ifndef TILE_H
#define TILE_H

#include <stdbool.h>
#include <stddef.h>

struct rectangle {
	size_t x, y, width, height;
};

struct tiling {
	size_t width, height;           /* of the picture */
	struct rectangle region;        /* that is cut into tiles; its corner is aligned */
	size_t alignment, halo;         /* of the net, in pixels */
	size_t tile_width, tile_height; /* multiples of the alignment */
	size_t columns, rows;
};

/* tile_width and tile_height are rounded up to the alignment and cut to the region's size. */
struct tiling tiling_make(size_t width, size_t height, struct rectangle region, size_t alignment, size_t halo,
						  size_t tile_width, size_t tile_height);
size_t tiling_count(const struct tiling *tiling);
/* The pixels that tile `index` gives: inside the region. */
struct rectangle tiling_inner(const struct tiling *tiling, size_t index);
/* What the net is run on for it: aligned, and possibly beyond the picture's right and lower edge up to the alignment.
 */
struct rectangle tiling_outer(const struct tiling *tiling, size_t index);
/* At least as large as every outer rectangle. */
struct rectangle tiling_largest(const struct tiling *tiling);

#endif
