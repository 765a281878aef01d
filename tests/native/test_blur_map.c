/* test_blur_map.c - blur that differs from place to place: how it is restored, and what becomes of hostile maps. What
 * is found in photographs is in tests/blur-map.test.js. */
#include "core/blur_map.h"

#include "check.h"
#include "images.h"
#include "small_model.h"

static struct deblur_model *model;

static struct deblur_blur motion(float length_px, float angle_deg) {
	struct deblur_blur blur;
	deblur_blur_describe(DEBLUR_BLUR_MOTION, length_px, angle_deg, NULL, &blur);
	return blur;
}

static struct deblur_blur_map make_map(const struct deblur_image *image, uint32_t columns, uint32_t rows,
									   float difference_px) {
	struct deblur_blur_map map = {
		.width = (uint32_t)image->width, .height = (uint32_t)image->height, .columns = columns, .rows = rows};
	for (uint32_t i = 0; i < columns * rows; i++) map.blurs[i] = motion(4 + difference_px * (float)i, 20);
	return map;
}

static struct deblur_image restored(const struct deblur_image *image, const struct deblur_blur *blur,
									const struct deblur_restore_options *options) {
	struct deblur_image out = blank_like(image);
	const enum deblur_status status = deblur_restore(model, image, blur, options, &out);
	CHECK(!status, "%zu x %zu: %s", image->width, image->height, deblur_status_message(status));
	return out;
}

static int worst_difference(const struct deblur_image *a, const struct deblur_image *b) {
	int worst = 0;
	for (size_t y = 0; y < a->height; y++)
		for (size_t i = 0; i < a->width * (size_t)a->channels; i++) {
			const int difference = abs(a->pixels[y * a->stride + i] - b->pixels[y * b->stride + i]);
			if (difference > worst) worst = difference;
		}
	return worst;
}

static void weights_add_up_to_one(void) {
	static const uint32_t counts[] = {1, 2, 3, 8};
	for (size_t i = 0; i < 4; i++)
		for (size_t pixel = 0; pixel < 700; pixel += 3) {
			float sum = 0;
			for (uint32_t index = 0; index < counts[i]; index++) {
				const float weight = blur_map_weight(-50, 640, counts[i], index, pixel);
				CHECK(weight >= 0 && weight <= 1, "cell %u at %zu: %g", index, pixel, (double)weight);
				sum += weight;
			}
			CHECK(fabsf(sum - 1) < 1e-6f, "%u cells at %zu: %g", counts[i], pixel, (double)sum);
		}
}

static void cells_of_one_blur_are_that_blur(void) {
	struct deblur_image image = make_image(200, 150, 4, 3, 1);
	const struct deblur_blur_map map = make_map(&image, 2, 3, 0);
	struct deblur_image wanted = restored(&image, &map.blurs[0], NULL);
	struct deblur_image got = restored(&image, NULL, &(struct deblur_restore_options){.strength = 1, .map = &map});
	CHECK(worst_difference(&wanted, &got) <= 1, "they differ by %d", worst_difference(&wanted, &got));
	CHECK(!same_pixels(&image, &got), "the model has to change something");
	free(image.pixels);
	free(wanted.pixels);
	free(got.pixels);
}

/* Far from its neighbours a cell is restored as if all were like it; where two meet, one goes over into the other. */
static void each_cell_counts_where_it_is(void) {
	struct deblur_image image = make_image(256, 64, 3, 0, 2);
	const struct deblur_blur_map map = make_map(&image, 2, 1, 20);
	struct deblur_image both = restored(&image, NULL, &(struct deblur_restore_options){.strength = 1, .map = &map});
	struct deblur_image sides[] = {restored(&image, &map.blurs[0], NULL), restored(&image, &map.blurs[1], NULL)};
	CHECK(worst_difference(&sides[0], &sides[1]) > 4, "the blur has to make a difference: %d",
		  worst_difference(&sides[0], &sides[1]));
	for (size_t y = 0; y < 64; y++)
		for (size_t i = 0; i < 768; i++) {
			const int got = both.pixels[y * both.stride + i], left = sides[0].pixels[y * both.stride + i],
					  right = sides[1].pixels[y * both.stride + i], x = (int)i / 3;
			if (x < 128 - BLUR_MAP_FADE_PX) CHECK(got == left, "left at %d: %d, not %d", x, got, left);
			if (x >= 128 + BLUR_MAP_FADE_PX) CHECK(got == right, "right at %d: %d, not %d", x, got, right);
			CHECK(got >= (left < right ? left : right) - 1 && got <= (left < right ? right : left) + 1,
				  "between at %d: %d, between %d and %d", x, got, left, right);
		}
	free(image.pixels);
	free(both.pixels);
	free(sides[0].pixels);
	free(sides[1].pixels);
}

static void tiles_threads_and_regions_change_no_bit(void) {
	struct deblur_image image = make_image(230, 170, 4, 5, 3);
	const struct deblur_blur_map map = make_map(&image, 3, 2, 4);
	const struct deblur_restore_options whole = {.strength = 0.8f, .thread_count = 1, .map = &map};
	struct deblur_image wanted = restored(&image, NULL, &whole), got = blank_like(&image);
	for (int threads = 1; threads <= 3; threads += 2) {
		struct deblur_restore_options o = whole;
		o.thread_count = threads;
		o.tile_px = 64;
		struct deblur_image tiled = restored(&image, NULL, &o);
		CHECK(same_pixels(&wanted, &tiled), "tiles, %d threads", threads);
		free(tiled.pixels);
	}
	for (size_t y = 0; y < 170; y += 40)
		for (size_t x = 0; x < 230; x += 100) {
			struct deblur_restore_options o = whole;
			o.region.x = x, o.region.y = y;
			o.region.width = x + 100 < 230 ? 100 : 230 - x;
			o.region.height = y + 40 < 170 ? 40 : 170 - y;
			CHECK(!deblur_restore(model, &image, NULL, &o, &got), "region");
		}
	CHECK(same_pixels(&wanted, &got), "the regions are not the whole");
	CHECK(!deblur_restore(model, &image, NULL, &whole, &image) && same_pixels(&wanted, &image), "in place");
	free(image.pixels);
	free(wanted.pixels);
	free(got.pixels);
}

/* As workers do it: a part with all that its pixels look at, and a grid whose corner is outside of it. */
static void a_part_as_a_picture_of_its_own_is_the_same(void) {
	struct deblur_image image = make_image(400, 300, 3, 0, 4);
	struct deblur_model_info info;
	deblur_model_info(model, &info);
	struct deblur_blur_map map = make_map(&image, 2, 2, 6);
	struct deblur_restore_options o = {.strength = 1, .map = &map};
	struct deblur_image wanted = restored(&image, NULL, &o);
	const size_t x = (100 + info.halo_x_px) / info.grid_px * info.grid_px, left = x - info.halo_x_px,
				 y = (100 + info.halo_px) / info.alignment_px * info.alignment_px, top = y - info.halo_px;
	struct deblur_image part = {image.pixels + top * image.stride + 3 * left, 400 - left, 300 - top, image.stride, 3};
	map.x = -(int32_t)left;
	map.y = -(int32_t)top;
	o.region.x = x - left, o.region.y = y - top;
	o.region.width = 400 - x, o.region.height = 300 - y;
	struct deblur_image got = restored(&part, NULL, &o);
	for (size_t row = y; row < 300; row++)
		CHECK(!memcmp(wanted.pixels + row * wanted.stride + 3 * x,
					  got.pixels + (row - top) * got.stride + 3 * (x - left), 3 * (400 - x)),
			  "row %zu differs", row);
	free(image.pixels);
	free(wanted.pixels);
	free(got.pixels);
}

static void hostile_maps_are_refused_or_harmless(void) {
	struct deblur_image image = make_image(100, 80, 3, 0, 5);
	const struct deblur_blur_map good = make_map(&image, 2, 2, 0);
	struct deblur_blur_map bad = good;
	struct deblur_restore_options o = {.strength = 1, .map = &bad};
	const struct deblur_blur blur = motion(5, 0);
	bad.columns = 9, bad.rows = 8;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "too many cells");
	bad.columns = 0x10001, bad.rows = 0x10000;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "more than numbers hold");
	bad = good;
	bad.rows = 0;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "no rows");
	bad = good;
	bad.width = 0;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "no width");
	bad = good;
	bad.blurs[3].spread_px = NAN;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "a blur that is none");
	struct deblur_image wanted = restored(&image, &good.blurs[0], NULL);
	static const int32_t corners[] = {INT32_MIN, -1000, -99, 99, 1000, INT32_MAX};
	static const uint32_t sizes[] = {1, 2, 150, UINT32_MAX};
	for (size_t c = 0; c < 6; c++)
		for (size_t s = 0; s < 4; s++) {
			bad = good;
			bad.x = corners[c], bad.y = corners[5 - c], bad.width = sizes[s], bad.height = sizes[3 - s];
			struct deblur_image out = restored(&image, NULL, &o);
			CHECK(worst_difference(&wanted, &out) <= 1, "a grid at %d of %u px: cells of one blur are not that blur",
				  bad.x, bad.width);
			free(out.pixels);
		}
	free(wanted.pixels);
	free(image.pixels);
}

struct watcher {
	size_t calls, last, total, stop_after;
	bool monotonic;
};

static bool watch(void *user, size_t done, size_t total) {
	struct watcher *w = user;
	w->monotonic = w->monotonic && done > w->last && done <= total;
	w->last = done;
	w->total = total;
	return ++w->calls != w->stop_after;
}

static void progress_is_of_the_picture(void) {
	struct deblur_image image = make_image(300, 300, 3, 0, 6);
	const struct deblur_blur_map map = make_map(&image, 3, 3, 1);
	struct watcher w = {.monotonic = true};
	struct deblur_restore_options o = {.strength = 1, .thread_count = 2, .map = &map, .progress = watch, .user = &w};
	struct deblur_image out = restored(&image, NULL, &o);
	CHECK(w.monotonic && w.last == 300 * 300 && w.total == 300 * 300, "%zu of %zu", w.last, w.total);
	CHECK(w.calls > 10 && w.calls <= 65, "told %zu times", w.calls);
	w = (struct watcher){.monotonic = true, .stop_after = 5};
	CHECK(deblur_restore(model, &image, NULL, &o, &out) == DEBLUR_CANCELLED && w.calls == 5, "told %zu times", w.calls);
	free(image.pixels);
	free(out.pixels);
}

/* Cells of the map that the model finds in noise of which the right half is so much fainter, beside a blur of these
 * probabilities. */
static uint32_t cells_found(size_t width, size_t height, int fainter, float none, float gaussian) {
	struct deblur_image image = make_image(width, height, 3, 0, 8);
	struct deblur_blur whole = motion(5, 0);
	struct deblur_blur_map map = {.columns = 99, .rows = 99};
	for (size_t y = 0; y < height; y++)
		for (size_t i = width / 2 * 3; i < width * 3; i++)
			image.pixels[y * image.stride + i] = (uint8_t)(image.pixels[y * image.stride + i] / fainter);
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) whole.kind[i] = (1 - none - gaussian) / 3;
	whole.kind[DEBLUR_BLUR_NONE] = none;
	whole.kind[DEBLUR_BLUR_GAUSSIAN] = gaussian;
	CHECK(!deblur_estimate_map(model, &image, &whole, &map), "%zu x %zu", width, height);
	free(image.pixels);
	return map.columns * map.rows;
}

static void what_is_small_or_sharp_has_no_map(void) {
	CHECK(cells_found(500, 300, 4, 0.2f, 0.3f) == 6, "%u cells", cells_found(500, 300, 4, 0.2f, 0.3f));
	CHECK(cells_found(288, 200, 4, 0.2f, 0.3f) == 2, "just large enough");
	CHECK(!cells_found(287, 200, 4, 0.2f, 0.3f), "too small");
	CHECK(!cells_found(500, 300, 4, 0.3f, 0.2f), "most likely sharp");
	CHECK(cells_found(500, 300, 1, 0.2f, 0.3f) == 6 && !cells_found(500, 300, 1, 0, 1),
		  "what differs a little counts only where the kind is not certain");
}

static void what_cannot_be_looked_at_leaves_all_as_it_was(void) {
	struct deblur_image image = make_image(300, 300, 3, 0, 8);
	struct deblur_blur_map map = {.columns = 77};
	CHECK(deblur_estimate_map(model, &image, NULL, &map) == DEBLUR_BAD_ARGUMENT && map.columns == 77, "no blur");
	image.width = 0;
	const struct deblur_blur blur = motion(5, 0);
	CHECK(deblur_estimate_map(model, &image, &blur, &map) == DEBLUR_BAD_ARGUMENT && map.columns == 77, "no picture");
	free(image.pixels);
}

int main(void) {
	uint8_t *bytes;
	size_t size;
	if (small_model(3, 0.1, true, MODEL_FILE_FLOAT32, &bytes, &size) || deblur_model_open(bytes, size, &model))
		return 1;
	RUN(weights_add_up_to_one);
	RUN(cells_of_one_blur_are_that_blur);
	RUN(each_cell_counts_where_it_is);
	RUN(tiles_threads_and_regions_change_no_bit);
	RUN(a_part_as_a_picture_of_its_own_is_the_same);
	RUN(hostile_maps_are_refused_or_harmless);
	RUN(progress_is_of_the_picture);
	RUN(what_is_small_or_sharp_has_no_map);
	RUN(what_cannot_be_looked_at_leaves_all_as_it_was);
	deblur_model_destroy(model);
	free(bytes);
	return check_summary();
}
