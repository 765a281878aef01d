/* test_deblur.c - the public interface: what it refuses, and that tiles, threads, regions, strides and in-place work
 * change nothing. */
#include "deblur.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/blur.h"
#include "core/sha256.h"
#include "images.h"
#include "small_model.h"

static struct deblur_model *model;
static uint8_t *model_bytes;
static size_t model_size;

static bool make_model(bool with_estimator, uint8_t **bytes, size_t *size) {
	return !small_model(3, 0.1, with_estimator, MODEL_FILE_FLOAT32, bytes, size);
}

static struct deblur_blur some_blur(void) {
	struct deblur_blur blur;
	deblur_blur_describe(DEBLUR_BLUR_MOTION, 7, 30, NULL, &blur);
	return blur;
}

/* ---- refusals ---- */

static void invalid_calls_are_refused(void) {
	struct deblur_image image = make_image(8, 8, 3, 0, 1), bad = image;
	const struct deblur_blur blur = some_blur();
	struct deblur_blur wrong = blur;
	struct deblur_restore_options o = {.strength = 1};
	struct deblur_model *other = NULL;
	CHECK(deblur_model_open(NULL, 4, &other) == DEBLUR_BAD_ARGUMENT, "no bytes");
	CHECK(deblur_model_open("hello, world", 12, &other) == DEBLUR_NOT_A_MODEL && !other, "not a model");
	CHECK(deblur_restore(NULL, &image, &blur, NULL, &image) == DEBLUR_BAD_ARGUMENT, "no model");
	CHECK(deblur_restore(model, NULL, &blur, NULL, &image) == DEBLUR_BAD_ARGUMENT, "no picture");
	bad.width = 0;
	CHECK(deblur_restore(model, &bad, &blur, NULL, &bad) == DEBLUR_BAD_ARGUMENT, "no width");
	bad = image, bad.stride = 23;
	CHECK(deblur_restore(model, &bad, &blur, NULL, &image) == DEBLUR_BAD_ARGUMENT, "stride");
	bad = image, bad.channels = 1;
	CHECK(deblur_restore(model, &bad, &blur, NULL, &bad) == DEBLUR_BAD_ARGUMENT, "channels");
	bad = image, bad.height = 4;
	CHECK(deblur_restore(model, &image, &blur, NULL, &bad) == DEBLUR_BAD_ARGUMENT, "sizes differ");
	o.strength = NAN;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "strength NaN");
	o.strength = 1, o.thread_count = -1;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "threads");
	o.thread_count = 1, o.region.x = 2, o.region.width = o.region.height = 2;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "region not aligned");
	o.region.x = 4, o.region.width = 5;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "region outside");
	o.region.x = o.region.width = o.region.height = 0, o.tile_px = SIZE_MAX;
	CHECK(deblur_restore(model, &image, &blur, &o, &image) == DEBLUR_BAD_ARGUMENT, "a tile larger than memory");
	wrong.spread_px = INFINITY;
	CHECK(deblur_restore(model, &image, &wrong, NULL, &image) == DEBLUR_BAD_ARGUMENT, "blur not finite");
	CHECK(deblur_estimate(model, &image, NULL) == DEBLUR_BAD_ARGUMENT, "no place for the estimate");
	CHECK(deblur_blur_describe(DEBLUR_BLUR_MOTION, 60, 0, NULL, &wrong) == DEBLUR_BAD_ARGUMENT, "too long a path");
	CHECK(deblur_blur_describe((enum deblur_blur_kind)9, 1, 0, NULL, &wrong) == DEBLUR_BAD_ARGUMENT, "unknown kind");
	CHECK(deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, NAN, 0, NULL, &wrong) == DEBLUR_BAD_ARGUMENT, "size NaN");
	deblur_model_destroy(NULL);
	free(image.pixels);
}

static void a_model_without_estimator_says_so(void) {
	uint8_t *bytes;
	size_t size;
	struct deblur_model *blind = NULL;
	struct deblur_image image = make_image(16, 16, 3, 0, 1);
	struct deblur_blur blur = some_blur();
	CHECK(make_model(false, &bytes, &size) && !deblur_model_open(bytes, size, &blind), "open");
	CHECK(deblur_estimate(blind, &image, &blur) == DEBLUR_NO_ESTIMATOR, "estimate");
	CHECK(deblur_restore(blind, &image, NULL, NULL, &image) == DEBLUR_NO_ESTIMATOR, "restore, untold");
	CHECK(!deblur_restore(blind, &image, &blur, NULL, &image), "restore, told");
	deblur_model_destroy(blind);
	free(bytes);
	free(image.pixels);
}

/* Every length short of the whole, and every byte changed: a file that is not the file is refused. */
static void damaged_models_are_refused(void) {
	uint8_t *bytes;
	size_t size;
	struct deblur_model *other = NULL;
	if (!make_model(false, &bytes, &size)) return;
	for (size_t length = 0; length < size; length += length < 400 ? 1 : 97)
		CHECK(deblur_model_open(bytes, length, &other) != DEBLUR_OK, "%zu bytes of it were taken for a model", length);
	for (size_t i = 0; i < size; i += i < 1500 ? 1 : 499) {
		bytes[i] ^= 0x55;
		CHECK(deblur_model_open(bytes, size, &other) != DEBLUR_OK, "byte %zu was changed unnoticed", i);
		bytes[i] ^= 0x55;
	}
	CHECK(!other, "a model came of it");
	CHECK(!deblur_model_open(bytes, size, &other), "and yet it is whole");
	deblur_model_destroy(other);
	free(bytes);
}

/* Damage with a valid checksum, as an attacker would make it: refused or read, never a crash. */
static void hostile_models_do_no_harm(void) {
	uint8_t *bytes;
	size_t size, opened = 0;
	if (!make_model(false, &bytes, &size)) return;
	uint8_t *copy = malloc(size);
	struct random random = random_seeded(99, 0, 0);
	for (int round = 0; round < 400; round++) {
		struct deblur_model *other = NULL;
		memcpy(copy, bytes, size);
		for (int change = 0; change < 1 + round % 3; change++)
			copy[12 + random_below(&random, 1800)] = (uint8_t)random_bits(&random);
		sha256(copy, size - SHA256_BYTES, copy + size - SHA256_BYTES);
		if (deblur_model_open(copy, size, &other)) continue;
		struct deblur_image image = make_image(9, 7, 3, 0, 1);
		const struct deblur_blur blur = some_blur();
		deblur_restore(other, &image, &blur, &(struct deblur_restore_options){.strength = 1, .thread_count = 1},
					   &image);
		free(image.pixels);
		deblur_model_destroy(other);
		opened++;
	}
	CHECK(opened > 0 && opened < 400, "%zu of 400 were read", opened);
	free(copy);
	free(bytes);
}

/* ---- sameness ---- */

static struct deblur_image restored(const struct deblur_image *image, const struct deblur_restore_options *o) {
	struct deblur_image out = blank_like(image);
	const struct deblur_blur blur = some_blur();
	const enum deblur_status status = deblur_restore(model, image, &blur, o, &out);
	CHECK(!status, "%zu x %zu: %s", image->width, image->height, deblur_status_message(status));
	return out;
}

static void tiles_and_threads_change_no_bit(void) {
	static const size_t sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {7, 5}, {64, 64}, {97, 61}, {130, 33}};
	static const size_t tiles[] = {4, 12, 32, 64, 100};
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (int reference = 0; reference < 2; reference++) {
			struct deblur_image image = make_image(sizes[s][0], sizes[s][1], 3, 5, s);
			const struct deblur_restore_options whole = {
				.strength = 1, .thread_count = 1, .tile_px = 4096, .reference_kernels = reference};
			struct deblur_image wanted = restored(&image, &whole);
			CHECK(!same_pixels(&image, &wanted) || image.width * image.height < 4, "the model has to change something");
			for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
				if (tiles[t] < 32 && image.width * image.height > 10000)
					continue; /* a halo a tile: slow, and no news */
				for (int threads = 1; threads <= 3; threads += 2) {
					const struct deblur_restore_options o = {
						.strength = 1, .thread_count = threads, .tile_px = tiles[t], .reference_kernels = reference};
					struct deblur_image got = restored(&image, &o);
					CHECK(same_pixels(&wanted, &got), "%zu x %zu, tiles of %zu, %d threads", image.width, image.height,
						  tiles[t], threads);
					free(got.pixels);
				}
			}
			const struct deblur_restore_options automatic = {
				.strength = 1, .thread_count = 4, .reference_kernels = reference};
			struct deblur_image got = restored(&image, &automatic);
			CHECK(same_pixels(&wanted, &got), "%zu x %zu, tiles as chosen", image.width, image.height);
			free(got.pixels);
			free(wanted.pixels);
			free(image.pixels);
		}
}

static void regions_make_up_the_whole(void) {
	struct deblur_image image = make_image(90, 70, 4, 0, 2);
	const struct deblur_restore_options whole = {.strength = 0.7f};
	struct deblur_image wanted = restored(&image, &whole), got = blank_like(&image);
	const struct deblur_blur blur = some_blur();
	for (size_t y = 0; y < 70; y += 28)
		for (size_t x = 0; x < 90; x += 40) {
			struct deblur_restore_options o = whole;
			o.region.x = x, o.region.y = y;
			o.region.width = x + 40 < 90 ? 40 : 90 - x;
			o.region.height = y + 28 < 70 ? 28 : 70 - y;
			CHECK(!deblur_restore(model, &image, &blur, &o, &got), "region");
		}
	CHECK(same_pixels(&wanted, &got), "the parts are not the whole");
	free(image.pixels);
	free(wanted.pixels);
	free(got.pixels);
}

static void kernels_agree_within_one_step(void) {
	struct deblur_image image = make_image(120, 90, 3, 0, 3);
	struct deblur_image fast = restored(&image, &(struct deblur_restore_options){.strength = 1});
	struct deblur_image slow =
		restored(&image, &(struct deblur_restore_options){.strength = 1, .reference_kernels = true});
	int worst = 0;
	for (size_t i = 0; i < image.stride * image.height; i++)
		if (abs(fast.pixels[i] - slow.pixels[i]) > worst) worst = abs(fast.pixels[i] - slow.pixels[i]);
	CHECK(worst <= 1, "they differ by %d", worst);
	free(image.pixels);
	free(fast.pixels);
	free(slow.pixels);
}

static void in_place_is_the_same(void) {
	struct deblur_image image = make_image(150, 100, 3, 7, 4);
	const struct deblur_restore_options o = {.strength = 1, .tile_px = 32, .thread_count = 2};
	struct deblur_image wanted = restored(&image, &o);
	const struct deblur_blur blur = some_blur();
	CHECK(!deblur_restore(model, &image, &blur, &o, &image) && same_pixels(&wanted, &image), "in place");
	free(image.pixels);
	free(wanted.pixels);
}

static void strength_mixes_and_alpha_stays(void) {
	struct deblur_image image = make_image(40, 30, 4, 3, 5);
	struct deblur_image none = restored(&image, &(struct deblur_restore_options){.strength = 0});
	struct deblur_image half = restored(&image, &(struct deblur_restore_options){.strength = 0.5f});
	struct deblur_image full = restored(&image, &(struct deblur_restore_options){.strength = 1});
	CHECK(same_pixels(&image, &none), "strength 0 is the picture itself");
	for (size_t y = 0; y < 30; y++)
		for (size_t i = 0; i < 160; i++) {
			const int a = image.pixels[y * image.stride + i], b = half.pixels[y * image.stride + i],
					  c = full.pixels[y * image.stride + i];
			if (i % 4 == 3)
				CHECK(a == b && a == c, "alpha");
			else if (c > 0 && c < 255)
				CHECK(abs(2 * b - a - c) <= 2, "half is not half way: %d %d %d", a, b, c);
		}
	free(image.pixels);
	free(none.pixels);
	free(half.pixels);
	free(full.pixels);
}

/* ---- progress ---- */

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

static void progress_is_told_and_can_cancel(void) {
	struct deblur_image image = make_image(160, 160, 3, 0, 6), out = blank_like(&image);
	const struct deblur_blur blur = some_blur();
	for (int threads = 1; threads <= 3; threads++) {
		struct watcher w = {.monotonic = true};
		struct deblur_restore_options o = {
			.strength = 1, .tile_px = 40, .thread_count = threads, .progress = watch, .user = &w};
		CHECK(!deblur_restore(model, &image, &blur, &o, &out), "restore");
		CHECK(w.monotonic && w.last == 160 * 160 && w.total == 160 * 160, "%d threads: %zu of %zu", threads, w.last,
			  w.total);
		w = (struct watcher){.monotonic = true, .stop_after = 1};
		CHECK(deblur_restore(model, &image, &blur, &o, &out) == DEBLUR_CANCELLED, "%d threads: cancel", threads);
	}
	struct watcher w = {.monotonic = true};
	const struct deblur_restore_options one_tile = {.strength = 1, .thread_count = 1, .progress = watch, .user = &w};
	CHECK(!deblur_restore(model, &image, &blur, &one_tile, &out), "restore");
	CHECK(w.monotonic && w.calls > 10 && w.last == 160 * 160, "one tile: told %zu times, last %zu", w.calls, w.last);
	CHECK(w.calls <= 65, "told %zu times: who hears it each time does not work meanwhile", w.calls);
	w = (struct watcher){.monotonic = true, .stop_after = 3};
	CHECK(deblur_restore(model, &image, &blur, &one_tile, &out) == DEBLUR_CANCELLED, "cancel within a tile");
	CHECK(w.calls == 3, "told %zu times", w.calls);
	free(image.pixels);
	free(out.pixels);
}

/* ---- estimating ---- */

static void estimates_are_valid_for_any_size(void) {
	static const size_t sizes[][2] = {{1, 1}, {1, 5000}, {3, 2}, {191, 193}, {500, 400}};
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct deblur_image image = make_image(sizes[s][0], sizes[s][1], 4, 0, s);
		struct deblur_blur blur;
		float sum = 0;
		CHECK(!deblur_estimate(model, &image, &blur), "estimate");
		for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) sum += blur.kind[i];
		CHECK(fabsf(sum - 1) < 1e-4f && blur.spread_px >= 0 && blur.spread_px <= 16, "%zu x %zu", image.width,
			  image.height);
		struct deblur_image told = blank_like(&image), untold = blank_like(&image);
		struct deblur_blur_map map;
		const struct deblur_restore_options o = {.strength = 1, .map = &map};
		CHECK(!deblur_estimate_map(model, &image, &blur, &map), "estimate from place to place");
		CHECK(!deblur_restore(model, &image, &blur, &o, &told) && !deblur_restore(model, &image, NULL, NULL, &untold),
			  "restore");
		CHECK(same_pixels(&told, &untold), "untold means told the estimate");
		free(image.pixels);
		free(told.pixels);
		free(untold.pixels);
	}
}

static void described_sizes_come_back(void) {
	static const float sizes[] = {0, 1.5f, 2, 9, 3};
	for (int kind = 1; kind < DEBLUR_BLUR_KIND_COUNT; kind++) {
		struct deblur_blur blur;
		CHECK(!deblur_blur_describe((enum deblur_blur_kind)kind, sizes[kind], -30, NULL, &blur), "describe");
		CHECK(deblur_blur_kind(&blur) == (enum deblur_blur_kind)kind &&
				  fabsf(deblur_blur_size_px(&blur) - sizes[kind]) < 1e-4f,
			  "kind %d: %g", kind, (double)deblur_blur_size_px(&blur));
		CHECK(fabsf(blur.angle_deg - 150) < 1e-3f, "angle %g", (double)blur.angle_deg);
	}
}

static void any_finite_angle_is_brought_home(void) {
	static const float angles[] = {1e30f, -1e30f, 3.4e38f, -1e-30f, 179.99999f, 180, -180, 720};
	for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
		struct deblur_blur blur, again;
		CHECK(!deblur_blur_describe(DEBLUR_BLUR_MOTION, 4, angles[i], NULL, &blur), "%g", (double)angles[i]);
		CHECK(!deblur_blur_describe(DEBLUR_BLUR_SHAKE, 4, 0, &blur, &again), "%g gives %g degrees, which is refused",
			  (double)angles[i], (double)blur.angle_deg);
	}
}

/* Whatever a net says, infinity and NaN too, becomes a blur that the restorer accepts. */
static void any_estimate_is_a_valid_blur(void) {
	static const float wild[] = {INFINITY, -INFINITY, NAN, 3e38f, -3e38f, 1e-40f, 0, 100};
	enum { WILD = sizeof wild / sizeof *wild };
	struct random random = random_seeded(17, 0, 0);
	for (int round = 0; round < 2000; round++) {
		float raw[BLUR_RAW_COUNT], condition[BLUR_CONDITION_COUNT];
		struct deblur_blur blur;
		for (int i = 0; i < BLUR_RAW_COUNT; i++)
			raw[i] = round < WILD || random_below(&random, 2)
						 ? wild[round < WILD ? round : (int)random_below(&random, WILD)]
						 : (float)random_normal(&random);
		blur_from_raw(raw, &blur);
		CHECK(blur_is_valid(&blur), "round %d", round);
		blur_to_condition(&blur, condition);
		for (int i = 0; i < BLUR_CONDITION_COUNT; i++) CHECK(isfinite(condition[i]), "round %d, number %d", round, i);
	}
}

/* What is beside the subject, flat or transparent, says nothing of its blur. */
static void flat_and_transparent_parts_do_not_count(void) {
	struct deblur_image subject = make_image(192, 192, 4, 0, 3), framed = make_image(576, 384, 4, 0, 4);
	struct deblur_blur alone, within;
	for (size_t i = 0; i < 192 * 192; i++) subject.pixels[4 * i + 3] = 255;
	for (size_t i = 0; i < 576 * 384; i++) framed.pixels[4 * i + 3] = 0;
	for (size_t y = 0; y < 192; y++)
		memcpy(framed.pixels + y * framed.stride, subject.pixels + y * subject.stride, 768);
	CHECK(!deblur_estimate(model, &subject, &alone) && !deblur_estimate(model, &framed, &within), "estimate");
	CHECK(fabsf(alone.spread_px - within.spread_px) <= 0.01f * alone.spread_px, "%g px alone, %g px within",
		  (double)alone.spread_px, (double)within.spread_px);
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++)
		CHECK(fabsf(alone.kind[i] - within.kind[i]) <= 0.01f * alone.kind[i], "kind %d: %g alone, %g within", i,
			  (double)alone.kind[i], (double)within.kind[i]);
	free(subject.pixels);
	free(framed.pixels);
}

/* A disk of one colour, and black that is not seen. */
static void what_is_transparent_gets_the_colours_beside_it(void) {
	static const size_t sizes[][2] = {{1, 1}, {2, 1}, {1, 9}, {7, 5}, {64, 64}, {131, 77}};
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct deblur_image image = make_image(sizes[s][0], sizes[s][1], 4, 3, 5);
		const size_t middle_x = image.width / 2, middle_y = image.height / 3, reach = image.width / 4 + 1;
		for (size_t y = 0; y < image.height; y++)
			for (size_t x = 0; x < image.width; x++) {
				const long dx = (long)x - (long)middle_x, dy = (long)y - (long)middle_y;
				const bool seen = dx * dx + dy * dy <= (long)(reach * reach);
				memcpy(image.pixels + y * image.stride + 4 * x, seen ? "\xc8\x50\x0a\x80" : "\0\0\0\0", 4);
			}
		CHECK(!deblur_fill_transparent(&image), "filling");
		for (size_t y = 0; y < image.height; y++)
			for (size_t x = 0; x < image.width; x++) {
				const uint8_t *p = image.pixels + y * image.stride + 4 * x;
				const long dx = (long)x - (long)middle_x, dy = (long)y - (long)middle_y;
				CHECK(p[0] == 200 && p[1] == 80 && p[2] == 10, "%zu x %zu: colour at %zu, %zu", image.width,
					  image.height, x, y);
				CHECK(p[3] == (dx * dx + dy * dy <= (long)(reach * reach) ? 128 : 0), "alpha at %zu, %zu", x, y);
			}
		free(image.pixels);
	}
}

static void what_is_seen_and_what_nobody_knows_stay_as_they_are(void) {
	struct deblur_image image = make_image(50, 31, 4, 3, 6), hidden = make_image(50, 31, 4, 3, 6);
	for (size_t y = 0; y < 31; y++)
		for (size_t x = 0; x < 50; x++) {
			image.pixels[y * image.stride + 4 * x + 3] = (x * 7 + y) % 3 ? 1 : 0;
			hidden.pixels[y * hidden.stride + 4 * x + 3] = 0;
		}
	uint8_t before[31 * 50 * 4];
	for (size_t y = 0; y < 31; y++) memcpy(before + y * 200, image.pixels + y * image.stride, 200);
	CHECK(!deblur_fill_transparent(&image) && !deblur_fill_transparent(&hidden), "filling");
	for (size_t y = 0; y < 31; y++)
		for (size_t x = 0; x < 50; x++) {
			const uint8_t *was = before + y * 200 + 4 * x, *is = image.pixels + y * image.stride + 4 * x;
			CHECK(was[3] == is[3] && (!was[3] || !memcmp(was, is, 4)), "%zu, %zu", x, y);
		}
	free(image.pixels);
	free(hidden.pixels);
	struct deblur_image opaque = make_image(9, 9, 3, 0, 7), copy = make_image(9, 9, 3, 0, 7);
	CHECK(!deblur_fill_transparent(&opaque) && same_pixels(&opaque, &copy), "without alpha");
	free(opaque.pixels);
	free(copy.pixels);
	CHECK(deblur_fill_transparent(NULL) == DEBLUR_BAD_ARGUMENT, "no picture");
}

static void the_published_net_is_as_published(void) {
	struct graph *graph = networks_restorer("published");
	CHECK(graph_parameter_total(graph) == 1290883, "%zu parameters", graph_parameter_total(graph));
	CHECK(fabs(graph_macs_per_pixel(graph) - 325000) < 1000, "%g", graph_macs_per_pixel(graph));
	CHECK(graph_halo_px(graph) == 20, "halo %zu", graph_halo_px(graph));
	graph_destroy(graph);
	CHECK(!networks_restorer("nonsense"), "an unknown name");
}

int main(void) {
	if (!make_model(true, &model_bytes, &model_size) || deblur_model_open(model_bytes, model_size, &model)) return 1;
	RUN(invalid_calls_are_refused);
	RUN(a_model_without_estimator_says_so);
	RUN(damaged_models_are_refused);
	RUN(hostile_models_do_no_harm);
	RUN(the_published_net_is_as_published);
	RUN(tiles_and_threads_change_no_bit);
	RUN(regions_make_up_the_whole);
	RUN(kernels_agree_within_one_step);
	RUN(in_place_is_the_same);
	RUN(strength_mixes_and_alpha_stays);
	RUN(progress_is_told_and_can_cancel);
	RUN(estimates_are_valid_for_any_size);
	RUN(described_sizes_come_back);
	RUN(any_finite_angle_is_brought_home);
	RUN(any_estimate_is_a_valid_blur);
	RUN(flat_and_transparent_parts_do_not_count);
	RUN(what_is_transparent_gets_the_colours_beside_it);
	RUN(what_is_seen_and_what_nobody_knows_stay_as_they_are);
	deblur_model_destroy(model);
	free(model_bytes);
	return check_summary();
}
