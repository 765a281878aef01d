/* test_dataset.c - which photographs a data set has, how they are mixed, and that memory changes no sample. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "data/dataset.h"
#include "data/pairs.h"
#include "data/photo_cache.h"
#include "picture/picture.h"

enum { CROP = 32, NUMBERS = CROP * CROP * 3, SIDE = 96 };

/* ---- files ---- */

static char root[64];

/* A path below the test's own folder, whose folders are made. One at a time. */
static const char *at(const char *name) {
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", root, name);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(path, 0777);
		*slash = '/';
	}
	return path;
}

/* Not by file_write, which waits for the disk. */
static void write_bytes(const char *name, const void *bytes, size_t size) {
	FILE *file = fopen(at(name), "wb");
	const bool fine = file && fwrite(bytes, 1, size, file) == size;
	CHECK(file && !fclose(file) && fine, "%s", name);
}

/* One colour everywhere: a sample tells where it comes from. */
static void paint(const char *name, uint8_t level, size_t side) {
	struct picture picture = {0};
	uint8_t *bytes = NULL;
	size_t size = 0;
	CHECK(!picture_create(side, side, 3, &picture), "memory");
	memset(picture.pixels, level, side * side * 3);
	CHECK(!picture_encode_png(&picture, &bytes, &size), "%s", name);
	write_bytes(name, bytes, size);
	free(bytes);
	picture_release(&picture);
}

static void write_text(const char *name, const char *text) {
	write_bytes(name, text, strlen(text));
}

/* ---- data sets ---- */

static struct recipe preset(const char *name) {
	struct recipe recipe;
	char text[64], complaint[160] = "";
	snprintf(text, sizeof text, "preset = %s\n", name);
	CHECK(recipe_parse(text, &recipe, complaint, sizeof complaint), "%s", complaint);
	return recipe;
}

static struct dataset_options options_of(const struct dataset_source *sharp, size_t sharp_count,
										 const struct dataset_source *pairs, size_t pairs_count) {
	return (struct dataset_options){.sharp = sharp,
									.sharp_count = sharp_count,
									.pairs = pairs,
									.pairs_count = pairs_count,
									.pair_share = sharp_count ? 0.5 : 1,
									.recipe = preset("photo"),
									.crop_px = CROP,
									.memory_bytes = SIZE_MAX};
}

static struct dataset *open_well(const struct dataset_options *o, char **log) {
	struct dataset *d = NULL;
	const enum deblur_status status = dataset_open(o, &d, log);
	CHECK(!status, "%s", deblur_status_message(status));
	return d;
}

/* Levels (0..255) of the sharp and the blurred half of a sample of painted pairs. */
struct levels {
	int sharp, blurred;
};

static struct levels draw_levels(const struct dataset *d, uint64_t step) {
	static float x[NUMBERS], y[NUMBERS];
	struct dataset_sample sample = {.degraded = x, .sharp = y};
	CHECK(!dataset_sample(d, CROP, 2, step, 0, &sample), "step %llu", (unsigned long long)step);
	return (struct levels){(int)lroundf(y[0] * 255), (int)lroundf(x[0] * 255)};
}

/* How many of 1000 samples have this sharp level. */
static int count_level(const struct dataset *d, int level) {
	int count = 0;
	for (uint64_t step = 0; step < 1000; step++) count += draw_levels(d, step).sharp == level;
	return count;
}

/* ---- opening ---- */

static void data_sets_are_read_and_sampled(void) {
	struct dataset_source golden = {.path = "tests/golden"}, nowhere = {.path = "tests/nowhere"};
	struct dataset_options o = options_of(&nowhere, 1, NULL, 0);
	struct dataset *d = NULL;
	char *log = NULL;
	o.crop_px = 64;
	CHECK(dataset_open(&o, &d, &log) == DEBLUR_IO && errno == ENOENT, "a folder that is not there");
	CHECK(log && strstr(log, "tests/nowhere cannot be read: No such file"), "%s", log ? log : "no log");
	free(log);
	o.sharp = &golden;
	o.crop_px = 60;
	CHECK(dataset_open(&o, &d, NULL) == DEBLUR_BAD_ARGUMENT, "a crop that is no multiple of 8");
	o.crop_px = 64;
	d = open_well(&o, NULL);
	CHECK(dataset_picture_count(d) == 21 && dataset_skipped_count(d) == 0, "%zu pictures, %zu skipped",
		  dataset_picture_count(d), dataset_skipped_count(d));
	static float x[2][64 * 64 * 3], y[2][64 * 64 * 3];
	struct dataset_sample first = {.degraded = x[0], .sharp = y[0]}, again = {.degraded = x[1], .sharp = y[1]};
	CHECK(dataset_sample(d, 72, 9, 0, 3, &first) == DEBLUR_BAD_ARGUMENT, "a sample larger than was announced");
	for (uint64_t step = 0; step < 12; step++) {
		CHECK(!dataset_sample(d, 64, 9, step, 3, &first) && !dataset_sample(d, 64, 9, step, 3, &again), "sample");
		CHECK(!memcmp(x[0], x[1], sizeof x[0]) && !memcmp(y[0], y[1], sizeof y[0]), "step %llu is not repeatable",
			  (unsigned long long)step);
	}
	dataset_close(d);
}

static void what_cannot_be_used_is_skipped_and_named(void) {
	struct dataset_source source = {.path = root};
	struct dataset_options o = options_of(&source, 1, NULL, 0);
	char *log = NULL;
	paint("photos/a/fine.png", 10, SIDE + 128);
	paint("photos/small.png", 20, 8);
	write_text("photos/none.jpg", "this is no picture");
	write_text("photos/empty.png", "");
	struct dataset *d = open_well(&o, &log);
	CHECK(dataset_picture_count(d) == 1 && dataset_skipped_count(d) == 3, "%zu and %zu", dataset_picture_count(d),
		  dataset_skipped_count(d));
	CHECK(strstr(log, "photos/small.png: too small") && strstr(log, "photos/none.jpg: ") &&
			  strstr(log, "photos/empty.png: "),
		  "%s", log);
	dataset_close(d);
	free(log);
	remove(at("photos/a/fine.png"));
	CHECK(dataset_open(&o, &d, &log) == DEBLUR_BAD_ARGUMENT && strstr(log, "small.png"), "nothing left");
	free(log);
}

/* ---- validation ---- */

static void validation_is_of_the_kinds_that_the_recipe_makes(void) {
	enum { COUNT = DATASET_VALIDATION_CROP_PX * DATASET_VALIDATION_CROP_PX * 3 };
	static float degraded[COUNT], sharp[COUNT];
	const struct {
		struct recipe recipe;
		size_t kinds; /* that the descriptor tells apart */
	} cases[] = {{preset("protocol"), 1},
				 {preset("photo"), DEBLUR_BLUR_KIND_COUNT},
				 {{.shake = 1, .motion = 1, .shake_spread_px = {1, 2}, .motion_length_px = {5, 9}}, 2}};
	const struct dataset_source source = {.path = root};
	for (int i = 0; i < 8; i++) {
		char name[32];
		snprintf(name, sizeof name, "kept/%d.png", i);
		paint(name, (uint8_t)(20 * i), degrade_least_side(DATASET_VALIDATION_CROP_PX));
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dataset_options o = options_of(&source, 1, NULL, 0);
		o.recipe = cases[i].recipe;
		o.validation_every = 2;
		size_t seen[DEBLUR_BLUR_KIND_COUNT] = {0}, kinds = 0;
		struct dataset *d = open_well(&o, NULL);
		CHECK(dataset_validation_count(d) >= 6, "%zu samples", dataset_validation_count(d));
		for (uint32_t v = 0; v < 6; v++) {
			struct dataset_sample sample = {.degraded = degraded, .sharp = sharp};
			CHECK(!dataset_validation_sample(d, v, &sample), "sample %u", v);
			kinds += !seen[deblur_blur_kind(&sample.truth)]++;
		}
		CHECK(kinds == cases[i].kinds, "recipe %zu: %zu kinds", i, kinds);
		CHECK(i || seen[DEBLUR_BLUR_GAUSSIAN] == 6, "the protocol blurs every picture, not %zu",
			  seen[DEBLUR_BLUR_GAUSSIAN]);
		dataset_close(d);
	}
}

/* ---- memory ---- */

/* Every sample of some steps, by several threads at once. */
static float *draw_all(const struct dataset *d, size_t count) {
	float *all = malloc(count * 2 * NUMBERS * sizeof *all);
	int failed = 0;
	if (!all) abort();
#pragma omp parallel for schedule(dynamic) num_threads(4) reduction(| : failed)
	for (size_t i = 0; i < count; i++) {
		float *at_sample = all + i * 2 * NUMBERS;
		struct dataset_sample sample = {.degraded = at_sample, .sharp = at_sample + NUMBERS};
		if (dataset_sample(d, CROP, 3, i / 4, (uint32_t)(i % 4), &sample)) failed = 1;
	}
	CHECK(!failed, "a sample failed");
	return all;
}

static void memory_changes_no_sample(void) {
	enum { COUNT = 240, ALL = COUNT * 2 * NUMBERS };
	struct dataset_source sharp = {.path = "tests/golden"}, pairs = {.path = root};
	for (int i = 0; i < 3; i++) {
		char sharp_name[32], blurred_name[32];
		snprintf(sharp_name, sizeof sharp_name, "twins/sharp/%d.png", i);
		snprintf(blurred_name, sizeof blurred_name, "twins/blur/%d.png", i);
		paint(sharp_name, (uint8_t)(10 * i), SIDE);
		paint(blurred_name, (uint8_t)(10 * i + 5), SIDE);
	}
	struct dataset_options o = options_of(&sharp, 1, &pairs, 1);
	o.validation_every = 3;
	struct dataset *roomy = open_well(&o, NULL);
	float *wanted = draw_all(roomy, COUNT);
	static const size_t budgets[] = {1, 100000, 1000000};
	for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
		o.memory_bytes = budgets[i];
		struct dataset *tight = open_well(&o, NULL);
		float *found = draw_all(tight, COUNT);
		CHECK(!memcmp(found, wanted, ALL * sizeof *found), "other samples with %zu bytes", budgets[i]);
		free(found);
		dataset_close(tight);
	}
	free(wanted);
	dataset_close(roomy);
}

static void use(struct photo_cache *cache, size_t id) {
	const struct picture *picture;
	CHECK(!photo_cache_borrow(cache, id, &picture) && picture->width == SIDE, "picture %zu", id);
	photo_cache_give_back(cache, id);
}

static void the_budget_holds_and_the_last_used_stay(void) {
	enum { BYTES = SIDE * SIDE * 3 };
	struct photo_cache *cache = NULL;
	size_t ids[3];
	CHECK(!photo_cache_create(2 * BYTES, &cache), "memory");
	for (int i = 0; i < 3; i++) {
		char name[32];
		snprintf(name, sizeof name, "cache/%d.png", i);
		paint(name, (uint8_t)i, SIDE);
		CHECK(!photo_cache_add(cache, at(name), &ids[i]), "memory");
	}
	for (int round = 0; round < 3; round++) use(cache, ids[0]), use(cache, ids[1]);
	CHECK(photo_cache_decoded(cache) == 2 && photo_cache_bytes(cache) == 2 * BYTES, "decoded %zu times",
		  photo_cache_decoded(cache));
	use(cache, ids[0]);
	use(cache, ids[2]); /* puts out 1, which was used longer ago than 0 */
	CHECK(photo_cache_bytes(cache) == 2 * BYTES, "%zu bytes", photo_cache_bytes(cache));
	use(cache, ids[0]);
	CHECK(photo_cache_decoded(cache) == 3, "0 was decoded again");
	use(cache, ids[1]);
	CHECK(photo_cache_decoded(cache) == 4, "1 was not decoded again");
	const struct picture *kept[3];
	for (int i = 0; i < 3; i++) CHECK(!photo_cache_borrow(cache, ids[i], &kept[i]), "picture %d", i);
	CHECK(photo_cache_bytes(cache) == 3 * BYTES, "what is borrowed stays");
	for (int i = 0; i < 3; i++) CHECK(kept[i]->pixels[0] == i, "picture %d has level %d", i, kept[i]->pixels[0]);
	for (int i = 0; i < 3; i++) photo_cache_give_back(cache, ids[i]);
	CHECK(photo_cache_bytes(cache) == 2 * BYTES, "%zu bytes", photo_cache_bytes(cache));
	photo_cache_destroy(cache);
}

static void a_file_that_changes_later_is_told(void) {
	struct dataset_source pairs = {.path = root};
	struct dataset_options o = options_of(NULL, 0, &pairs, 1);
	static float x[NUMBERS], y[NUMBERS];
	struct dataset_sample sample = {.degraded = x, .sharp = y};
	o.memory_bytes = 1;
	for (int gone = 0; gone < 2; gone++) {
		paint("later/sharp/1.png", 40, SIDE);
		paint("later/blur/1.png", 50, SIDE);
		struct dataset *d = open_well(&o, NULL);
		CHECK(draw_levels(d, 0).blurred == 50 && !*dataset_trouble(d), "%s", dataset_trouble(d));
		if (gone)
			remove(at("later/blur/1.png"));
		else
			paint("later/blur/1.png", 50, SIDE - 8);
		const enum deblur_status status = dataset_sample(d, CROP, 1, 1, 0, &sample);
		CHECK(status == (gone ? DEBLUR_IO : DEBLUR_PICTURE_DAMAGED), "status %d", (int)status);
		CHECK(strstr(dataset_trouble(d), "later/blur/1.png has changed"), "%s", dataset_trouble(d));
		dataset_close(d);
	}
}

/* ---- mixing ---- */

static void weights_are_shares_and_files_count_without(void) {
	char names[2][256];
	for (int i = 0; i < 3; i++) {
		char sharp[32], blurred[32];
		snprintf(sharp, sizeof sharp, "many/sharp/%d.png", i);
		snprintf(blurred, sizeof blurred, "many/blur/%d.png", i);
		paint(sharp, 100, SIDE);
		paint(blurred, 101, SIDE);
	}
	paint("one/sharp/1.png", 200, SIDE);
	paint("one/blur/1.png", 201, SIDE);
	snprintf(names[0], sizeof names[0], "%s", at("many"));
	snprintf(names[1], sizeof names[1], "%s", at("one"));
	struct dataset_source pairs[] = {{.path = names[0]}, {.path = names[1]}};
	const struct dataset_options o = options_of(NULL, 0, pairs, 2);
	static const struct {
		double many, one;
		int wanted; /* of 1000 samples, from `many` */
	} cases[] = {{0, 0, 750}, {1, 1, 500}, {0.2, 0, 167}, {1, 3, 250}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pairs[0].weight = cases[i].many;
		pairs[1].weight = cases[i].one;
		struct dataset *d = open_well(&o, NULL);
		const int found = count_level(d, 100);
		CHECK(abs(found - cases[i].wanted) < 45, "case %zu: %d of 1000 samples", i, found);
		CHECK(count_level(d, 200) == 1000 - found, "case %zu: samples of neither", i);
		dataset_close(d);
	}
	char *log = NULL;
	at("empty/x");
	snprintf(names[1], sizeof names[1], "%s/empty", root);
	struct dataset *d = open_well(&o, &log);
	CHECK(count_level(d, 100) == 1000 && strstr(log, "nothing of ") && strstr(log, "/empty can be used"), "%s", log);
	dataset_close(d);
	free(log);
}

static void check_mix(const struct dataset_options *o, const char *wanted) {
	char *found = dataset_mix(o);
	CHECK(found && !strcmp(found, wanted), "\"%s\", not \"%s\"", found ? found : "none", wanted);
	free(found);
}

static void what_is_drawn_is_told_unless_it_is_as_ever(void) {
	struct dataset_source sharp[] = {{.path = "a"}, {.path = "b"}}, pairs = {.path = "c"};
	struct dataset_options o = options_of(sharp, 2, &pairs, 1);
	o.pair_share = DATASET_PAIR_SHARE_PERCENT / 100.0;
	check_mix(&o, "");
	sharp[1].weight = 0.25;
	check_mix(&o, "sharp 1 0.25\n");
	pairs.weight = 2;
	o.pair_share = 0.5;
	o.blur_variant = "gamma";
	check_mix(&o, "sharp 1 0.25\npairs 2\npair share 0.5\nvariant gamma\n");
	o.pairs_count = 0;
	check_mix(&o, "sharp 1 0.25\n");
}

/* ---- layouts ---- */

static void twins_are_found_in_every_layout(void) {
	const char *const cases[][3] = {
		{"d/sharp/7.png", "blur", "d/blur/7.png"},
		{"d/train/GOPR1/sharp/000047.png", "blur", "d/train/GOPR1/blur/000047.png"},
		{"d/train/GOPR1/sharp/47.png", "blur_gamma", "d/train/GOPR1/blur_gamma/47.png"},
		{"d/train_sharp/003/00000012.png", "blur", "d/train_blur/003/00000012.png"},
		{"d/train_sharp/003/12.png", "blur_comp", "d/train_blur_comp/003/12.png"},
		{"d/scene001/gt/gt_3.png", "blur", "d/scene001/blur/blur_3.png"},
		{"d/gt", "blur", "d/blur"},
		{"d/gt/gt/gt/gt", "blurredverymuch", "d/blurredverymuch/blurredverymuch/blurredverymuch/blurredverymuch"},
		{"d/blur/7.png", "blur", NULL},
		{"d/blur_gamma/7.png", "blur", NULL},
		{"d/sharper/eight_gts.png", "blur", NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *twin = NULL;
		const char *wanted = cases[i][2];
		CHECK(!pairs_twin("d", cases[i][0], cases[i][1], &twin), "out of memory");
		CHECK(wanted ? twin && !strcmp(twin, wanted) : !twin, "%s: %s", cases[i][0], twin ? twin : "none");
		free(twin);
	}
	char *twin = NULL;
	CHECK(!pairs_twin("my/sharp/set", "my/sharp/set/sharp/1.png", "blur", &twin) &&
			  !strcmp(twin, "my/sharp/set/blur/1.png"),
		  "the folder's own name: %s", twin ? twin : "none");
	free(twin);
}

static void lines_of_lists_stay_in_their_folder(void) {
	static const struct {
		const char *line, *sharp, *blurred; /* NULL, "": an empty line; NULL, NULL: refused */
	} cases[] = {{"a/gt_1.png a/blur_1.png ", "d/a/gt_1.png", "d/a/blur_1.png"},
				 {"\ta.png\tb.png kernel.png\r", "d/a.png", "d/b.png"},
				 {"..a/b.. c..d", "d/..a/b..", "d/c..d"},
				 {"  \r", NULL, ""},
				 {"alone.png", NULL, NULL},
				 {"/etc/a.png b.png", NULL, NULL},
				 {"a.png ../b.png", NULL, NULL},
				 {"a/../../b.png c.png", NULL, NULL},
				 {"a/.. c.png", NULL, NULL},
				 {".. c.png", NULL, NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *sharp = NULL, *blurred = NULL;
		const char *line = cases[i].line;
		const enum deblur_status status = pairs_read_line("d", line, line + strlen(line), &sharp, &blurred);
		CHECK(status == (cases[i].sharp || cases[i].blurred ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT), "\"%s\": %d", line,
			  (int)status);
		if (cases[i].sharp)
			CHECK(sharp && !strcmp(sharp, cases[i].sharp) && !strcmp(blurred, cases[i].blurred), "\"%s\": %s, %s", line,
				  sharp ? sharp : "none", blurred ? blurred : "none");
		else
			CHECK(!sharp && !blurred, "\"%s\" gives paths", line);
		free(sharp);
		free(blurred);
	}
}

static void paint_gopro(void) {
	static const char *const parts[] = {"train", "test"};
	for (int i = 0; i < 2; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s/GOPR1/sharp/1.png", parts[i]);
		paint(name, (uint8_t)(10 + i), SIDE);
		snprintf(name, sizeof name, "%s/GOPR1/blur/1.png", parts[i]);
		paint(name, (uint8_t)(20 + i), SIDE);
		snprintf(name, sizeof name, "%s/GOPR1/blur_gamma/1.png", parts[i]);
		paint(name, (uint8_t)(30 + i), SIDE);
	}
}

static void test_parts_are_left_out_unless_they_are_named(void) {
	char named[256], *log = NULL;
	struct dataset_source source = {.path = root};
	struct dataset_options o = options_of(NULL, 0, &source, 1);
	paint_gopro();
	struct dataset *d = open_well(&o, &log);
	CHECK(dataset_picture_count(d) == 1 && draw_levels(d, 0).sharp == 10, "%zu pairs", dataset_picture_count(d));
	CHECK(strstr(log, "left out ") && strstr(log, "/test: by its name there to test with"), "%s", log);
	dataset_close(d);
	free(log);
	snprintf(named, sizeof named, "%s/test", root);
	source.path = named;
	d = open_well(&o, &log);
	CHECK(dataset_picture_count(d) == 1 && draw_levels(d, 0).sharp == 11 && !*log, "%s", log);
	dataset_close(d);
	free(log);
}

static void sharp_folders_leave_out_what_is_blurred(void) {
	char *log = NULL;
	struct dataset_source source = {.path = root};
	struct dataset_options o = options_of(&source, 1, NULL, 0);
	paint("DIV2K_train_HR/1.png", 10, 2 * SIDE);
	paint("DIV2K_valid_HR/2.png", 20, 2 * SIDE);
	paint("val_sharp/000/3.png", 30, 2 * SIDE);
	paint("train_blur/000/4.png", 40, 2 * SIDE);
	paint("latest/attest.png", 50, 2 * SIDE); /* no words of their own */
	struct dataset *d = open_well(&o, &log);
	CHECK(dataset_picture_count(d) == 2, "%zu photographs: %s", dataset_picture_count(d), log);
	CHECK(strstr(log, "/DIV2K_valid_HR: by its name there to test") && strstr(log, "/val_sharp: by its name there") &&
			  strstr(log, "/train_blur: by its name not sharp"),
		  "%s", log);
	dataset_close(d);
	free(log);
}

static void gopro_has_two_blurs(void) {
	char *log = NULL;
	struct dataset_source source = {.path = root};
	struct dataset_options o = options_of(NULL, 0, &source, 1);
	paint_gopro();
	struct dataset *d = open_well(&o, NULL);
	CHECK(draw_levels(d, 0).blurred == 20, "level %d", draw_levels(d, 0).blurred);
	dataset_close(d);
	o.blur_variant = "gamma";
	d = open_well(&o, NULL);
	CHECK(draw_levels(d, 0).blurred == 30, "level %d", draw_levels(d, 0).blurred);
	dataset_close(d);
	paint("train/GOPR2/sharp/1.png", 10, SIDE);
	paint("train/GOPR2/blur/1.png", 20, SIDE);
	d = open_well(&o, &log);
	CHECK(dataset_picture_count(d) == 2 && strstr(log, "1 pairs in ") && strstr(log, "have no blur_gamma: their blur"),
		  "%s", log);
	dataset_close(d);
	free(log);
	o.blur_variant = "gama";
	CHECK(dataset_open(&o, &d, &log) == DEBLUR_BAD_ARGUMENT && strstr(log, "no blur_gama, and none has"), "%s", log);
	free(log);
}

static void realblur_is_what_its_training_lists_say(void) {
	char list[256], *log = NULL;
	struct dataset_source source = {.path = root};
	struct dataset_options o = options_of(NULL, 0, &source, 1);
	for (int scene = 1; scene <= 3; scene++) {
		char name[64];
		snprintf(name, sizeof name, "RealBlur/J/scene%d/gt/gt_1.png", scene);
		paint(name, (uint8_t)(10 * scene), SIDE);
		snprintf(name, sizeof name, "RealBlur/J/scene%d/blur/blur_1.png", scene);
		paint(name, (uint8_t)(10 * scene + 1), SIDE);
	}
	write_text("RealBlur/RealBlur_J_test_list.txt", "J/scene1/gt/gt_1.png J/scene1/blur/blur_1.png \n");
	write_text("RealBlur/RealBlur_J_train_list.txt", "J/scene2/gt/gt_1.png J/scene2/blur/blur_1.png \n"
													 "\n../outside.png J/scene2/blur/blur_1.png\n"
													 "J/scene9/gt/gt_1.png J/scene9/blur/blur_1.png");
	paint("other/sharp/1.png", 90, SIDE);
	paint("other/blur/1.png", 91, SIDE);
	struct dataset *d = open_well(&o, &log);
	CHECK(dataset_picture_count(d) == 2 && dataset_skipped_count(d) == 1, "%zu pairs, %s", dataset_picture_count(d),
		  log);
	CHECK(count_level(d, 20) + count_level(d, 90) == 1000, "others than the list's and the other folder's");
	CHECK(strstr(log, "left out a line of a list in ") && strstr(log, "scene9/gt/gt_1.png: No such file"), "%s", log);
	dataset_close(d);
	free(log);
	snprintf(list, sizeof list, "%s", at("RealBlur/RealBlur_J_test_list.txt")); /* named, it counts */
	source.path = list;
	d = open_well(&o, NULL);
	CHECK(dataset_picture_count(d) == 1 && draw_levels(d, 0).blurred == 11, "%zu pairs", dataset_picture_count(d));
	dataset_close(d);
}

/* ---- each in a folder of its own ---- */

static void in_new_folder(void (*test)(void)) {
	char command[96];
	snprintf(root, sizeof root, "/tmp/test_dataset.XXXXXX");
	if (!mkdtemp(root)) abort();
	test();
	snprintf(command, sizeof command, "rm -r %s", root);
	CHECK(!system(command), "%s stays behind", root);
}

#define RUN_IN_FOLDER(test)                                                                                            \
	do {                                                                                                               \
		const char *name = #test;                                                                                      \
		const int before = check_failures;                                                                             \
		check_case = name;                                                                                             \
		in_new_folder(test);                                                                                           \
		printf("%s %s\n", check_failures == before ? "ok  " : "FAIL", name);                                           \
	} while (0)

int main(void) {
	RUN(data_sets_are_read_and_sampled);
	RUN_IN_FOLDER(what_cannot_be_used_is_skipped_and_named);
	RUN_IN_FOLDER(validation_is_of_the_kinds_that_the_recipe_makes);
	RUN_IN_FOLDER(memory_changes_no_sample);
	RUN_IN_FOLDER(the_budget_holds_and_the_last_used_stay);
	RUN_IN_FOLDER(a_file_that_changes_later_is_told);
	RUN_IN_FOLDER(weights_are_shares_and_files_count_without);
	RUN(what_is_drawn_is_told_unless_it_is_as_ever);
	RUN(twins_are_found_in_every_layout);
	RUN(lines_of_lists_stay_in_their_folder);
	RUN_IN_FOLDER(test_parts_are_left_out_unless_they_are_named);
	RUN_IN_FOLDER(sharp_folders_leave_out_what_is_blurred);
	RUN_IN_FOLDER(gopro_has_two_blurs);
	RUN_IN_FOLDER(realblur_is_what_its_training_lists_say);
	return check_summary();
}
