#include "core/tile.h"

#include "core/size.h"

struct tiling tiling_make(size_t width, size_t height, struct rectangle region, size_t alignment, size_t halo,
						  size_t tile_width, size_t tile_height) {
	struct tiling t = {.width = width, .height = height, .region = region, .alignment = alignment, .halo = halo};
	t.tile_width = least(round_up(tile_width, alignment), round_up(region.width, alignment));
	t.tile_height = least(round_up(tile_height, alignment), round_up(region.height, alignment));
	t.columns = (region.width + t.tile_width - 1) / t.tile_width;
	t.rows = (region.height + t.tile_height - 1) / t.tile_height;
	return t;
}

size_t tiling_count(const struct tiling *t) {
	return t->columns * t->rows;
}

struct rectangle tiling_inner(const struct tiling *t, size_t index) {
	const size_t x = index % t->columns * t->tile_width, y = index / t->columns * t->tile_height;
	return (struct rectangle){t->region.x + x, t->region.y + y, least(t->tile_width, t->region.width - x),
							  least(t->tile_height, t->region.height - y)};
}

/* From `low` to `high` with the halo on both sides, within 0..size rounded up. */
static void widen(const struct tiling *t, size_t low, size_t high, size_t size, size_t *start, size_t *length) {
	*start = low > t->halo ? low - t->halo : 0;
	*length = least(round_up(high, t->alignment) + t->halo, round_up(size, t->alignment)) - *start;
}

struct rectangle tiling_outer(const struct tiling *t, size_t index) {
	const struct rectangle inner = tiling_inner(t, index);
	struct rectangle r;
	widen(t, inner.x, inner.x + inner.width, t->width, &r.x, &r.width);
	widen(t, inner.y, inner.y + inner.height, t->height, &r.y, &r.height);
	return r;
}

struct rectangle tiling_largest(const struct tiling *t) {
	return (struct rectangle){0, 0, least(t->tile_width + 2 * t->halo, round_up(t->width, t->alignment)),
							  least(t->tile_height + 2 * t->halo, round_up(t->height, t->alignment))};
}
