#include "data/crop.h"

#include <math.h>
#include <string.h>

#include "data/turn.h"

enum { CANDIDATES = 4 };

static struct crop_region draw_region(const struct picture *p, size_t width, size_t height, struct random *random) {
	return (struct crop_region){random_below(random, (uint32_t)(p->width - width + 1)),
								random_below(random, (uint32_t)(p->height - height + 1)), width, height};
}

/* Mean squared difference of green neighbours on a coarse grid: how much there is to see. */
static double gradient_energy(const struct picture *p, struct crop_region r) {
	enum { STEP = 3 };
	const size_t row = p->width * 3;
	double sum = 0;
	size_t count = 0;
	for (size_t y = r.y; y + 1 < r.y + r.height; y += STEP)
		for (size_t x = r.x; x + 1 < r.x + r.width; x += STEP, count++) {
			const uint8_t *at = p->pixels + y * row + x * 3 + 1;
			const int dx = at[3] - at[0], dy = at[row] - at[0];
			sum += dx * dx + dy * dy;
		}
	return count ? sum / (double)count : 0;
}

/* The best of a few: shallow depth of field is real blur, and must not be taught as sharp. */
struct crop_region crop_choose(const struct picture *p, size_t width, size_t height, struct random *random) {
	struct crop_region best = {0};
	double best_energy = -1;
	for (int i = 0; i < CANDIDATES; i++) {
		const struct crop_region r = draw_region(p, width, height, random);
		const double energy = gradient_energy(p, r);
		if (energy > best_energy) best = r, best_energy = energy;
	}
	return best;
}

enum deblur_status crop_cut(const struct picture *p, struct crop_region r, struct picture *out) {
	const enum deblur_status status = picture_create(r.width, r.height, 3, out);
	for (size_t y = 0; !status && y < r.height; y++)
		memcpy(out->pixels + y * r.width * 3, p->pixels + ((r.y + y) * p->width + r.x) * 3, r.width * 3);
	return status;
}

enum deblur_status crop_turn(struct picture *p, uint32_t way) {
	struct picture turned = {0};
	const size_t n = p->width;
	const enum deblur_status status = picture_create(n, n, 3, &turned);
	if (status) return status;
	for (size_t y = 0; y < n; y++)
		for (size_t x = 0; x < n; x++)
			memcpy(turned.pixels + (y * n + x) * 3, p->pixels + turn_source(n, way, x, y) * 3, 3);
	picture_release(p);
	*p = turned;
	return DEBLUR_OK;
}

/* How much larger than the crop the region is that it is squashed from; at most what the photograph has. */
static size_t draw_extent(size_t side, size_t available, double low, double high, struct random *random) {
	const double most = fmin(high, (double)available / (double)side);
	return (size_t)((double)side * (most > low ? random_between(random, low, most) : 1));
}

enum deblur_status crop_square(const struct picture *p, const struct recipe *recipe, size_t side, struct random *random,
							   struct picture *out) {
	size_t width = side, height = side;
	if (random_uniform(random) < recipe->squashed) {
		const double high = recipe->squash.high;
		width = draw_extent(side, p->width, recipe->squash.low, high, random);
		const double ratio = (double)width / (double)side;
		height = draw_extent(side, p->height, fmax(1, ratio * 0.7), fmin(high, ratio * 1.3), random);
	}
	struct picture region = {0};
	enum deblur_status status = crop_cut(p, crop_choose(p, width, height, random), &region);
	if (!status && (width != side || height != side))
		status = picture_resize_bicubic(&region, side, side, out);
	else if (!status) {
		*out = region;
		return DEBLUR_OK;
	}
	picture_release(&region);
	return status;
}
