#include "core/tile.h"

#include "core/size.h"

struct tiling tiling_make(size_t width, size_t height, struct rectangle region, const struct graph *graph,
						  size_t tile_width, size_t tile_height) {
	const size_t alignment = graph_alignment_px(graph);
	struct tiling t = {
		.width = width, .height = height, .region = region, .alignment = alignment, .cut = graph_cut(graph)};
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

struct rectangle tiling_outer(const struct tiling *t, size_t index) {
	const struct rectangle inner = tiling_inner(t, index);
	const size_t before = inner.x > t->cut.halo_x_px ? inner.x - t->cut.halo_x_px : 0;
	const size_t x = before / t->cut.grid_px * t->cut.grid_px;
	const size_t end = round_up(inner.x + inner.width, t->cut.grid_px) + t->cut.halo_x_px;
	return (struct rectangle){x, 0, least(end, round_up(t->width, t->alignment)) - x,
							  round_up(t->height, t->alignment)};
}

struct rectangle tiling_largest(const struct tiling *t) {
	const size_t width = t->tile_width + 2 * (t->cut.halo_x_px + t->cut.grid_px);
	return (struct rectangle){0, 0, least(width, round_up(t->width, t->alignment)), round_up(t->height, t->alignment)};
}
