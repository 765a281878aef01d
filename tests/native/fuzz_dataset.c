/* fuzz_dataset.c - a small folder made of anything: files that are no pictures, damaged ones, twins of other sizes,
 * lists that say whatever they like. It is refused with a reason, or every sample of it can be drawn, and again,
 * whatever is in memory. `make fuzz`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"
#include "picture/format.h"
#include "picture_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CROP = 8, NUMBERS = CROP * CROP * 3, VALIDATION_NUMBERS = 256 * 256 * 3, LARGE = 304, SMALL = 24 };
/* The first byte's bits. */
enum { SHARP = 1, PAIRS = 2, GAMMA = 4, TIGHT = 8, LIST = 16, WEIGHTS = 32, SPLIT = 64, BARE = 128 };

static const char *const folders[] = {"",          "/sharp",      "/sharp/deep", "/blur", "/blur_gamma",
									  "/test",     "/test/sharp", "/test/blur",  "/val",  "/scene",
									  "/scene/gt", "/scene/blur"};
static const char *const names[] = {"J_train_list.txt",
									"a.png",
									"b.JPG",
									"sharp/1.png",
									"blur/1.png",
									"blur_gamma/1.png",
									"sharp/2.jpg",
									"blur/2.jpg",
									"sharp/deep/3.png",
									"test/sharp/4.png",
									"test/blur/4.png",
									"val/5.png",
									"scene/gt/gt_1.png",
									"scene/blur/blur_1.png",
									"scene/K_train_list.txt",
									"note.txt"};
enum { FOLDER_COUNT = sizeof folders / sizeof *folders, NAME_COUNT = sizeof names / sizeof *names };

static char root[64];
static struct bytes good[3]; /* a large picture, a small one, a JPEG */

static const char *at(const char *name) {
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static void clear(void) {
	for (int i = 0; i < NAME_COUNT; i++) unlink(at(names[i]));
}

static void end(void) {
	clear();
	for (int i = FOLDER_COUNT; i-- > 0;) rmdir(at(folders[i]));
}

static void make_good(size_t side, bool jpeg, struct bytes *out) {
	struct picture picture = {0};
	if (picture_create(side, side, 3, &picture)) abort();
	for (size_t i = 0; i < side * side * 3; i++) picture.pixels[i] = (uint8_t)(i / 3 % side * 3 + i / side);
	if (jpeg ? picture_encode_jpeg(&picture, 80, &out->data, &out->size)
			 : picture_encode_png(&picture, &out->data, &out->size))
		abort();
	picture_release(&picture);
}

static void begin(void) {
	if (*root) return;
	snprintf(root, sizeof root, "/tmp/fuzz_dataset.%ld", (long)getpid());
	for (int i = 0; i < FOLDER_COUNT; i++)
		if (mkdir(at(folders[i]), 0700)) abort();
	atexit(end);
	make_good(LARGE, false, &good[0]);
	make_good(SMALL, false, &good[1]);
	make_good(SMALL, true, &good[2]);
}

/* ---- files ---- */

struct input {
	const uint8_t *at, *end;
};

static unsigned next(struct input *in) {
	return in->at < in->end ? *in->at++ : 0;
}

/* A good file whose bytes are changed where the input says so; its PNG checksums are right all the same. */
static struct bytes spoil(const struct bytes *file, struct input *changes) {
	struct bytes spoilt = {0};
	bytes_add(&spoilt, file->data, file->size);
	while (changes->end - changes->at >= 3) {
		const size_t where = next(changes) << 8 | next(changes);
		spoilt.data[where % spoilt.size] = (uint8_t)next(changes);
	}
	if (file != &good[2]) png_mend_checksums(spoilt.data, spoilt.size);
	return spoilt;
}

static void write_bytes(const char *name, const struct bytes *file) {
	struct format format;
	/* Large pictures find nothing that small ones do not, and take their time. */
	if (!format_check(file->data, file->size, &format) && format.width > (1 << 20) / format.height) return;
	FILE *to = fopen(at(name), "wb");
	if (!to || (file->size && fwrite(file->data, 1, file->size, to) != file->size) || fclose(to)) abort();
}

/* A photograph and a pair, so that what follows has company. */
static void write_good(void) {
	write_bytes("a.png", &good[0]);
	write_bytes("sharp/1.png", &good[1]);
	write_bytes("blur/1.png", &good[1]);
}

/* Which file, how it is made, how many of the input's bytes it takes. */
static void write_next(struct input *in) {
	const char *name = names[next(in) % NAME_COUNT];
	const unsigned kind = next(in) % 4;
	size_t size = next(in) << 8;
	size |= next(in);
	if (size > (size_t)(in->end - in->at)) size = (size_t)(in->end - in->at);
	struct input part = {in->at, in->at + size};
	in->at += size;
	struct bytes file = {0};
	if (kind < 3)
		file = spoil(&good[kind], &part);
	else
		bytes_add(&file, part.at, size);
	write_bytes(name, &file);
	free(file.data);
}

/* ---- data sets ---- */

static void check_numbers(const float *numbers, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (!(numbers[i] >= 0 && numbers[i] <= 1)) abort();
}

static void draw(const struct dataset *d) {
	static float numbers[4][NUMBERS], large[2][VALIDATION_NUMBERS];
	for (uint64_t step = 0; step < 4; step++) {
		struct dataset_sample first = {.degraded = numbers[0], .sharp = numbers[1]};
		struct dataset_sample again = {.degraded = numbers[2], .sharp = numbers[3]};
		if (dataset_sample(d, CROP, 5, step, 0, &first) || dataset_sample(d, CROP, 5, step, 0, &again)) abort();
		check_numbers(numbers[0], 2 * NUMBERS);
		if (memcmp(numbers[0], numbers[2], 2 * sizeof numbers[0])) abort();
	}
	struct dataset_sample sample = {.degraded = large[0], .sharp = large[1]};
	if (dataset_validation_count(d) && dataset_validation_sample(d, 0, &sample)) abort();
}

static void open_and_draw(unsigned flags) {
	char list[80];
	snprintf(list, sizeof list, "%s/%s", root, names[0]);
	const bool is_list = flags & LIST && !access(list, F_OK);
	const double weight = flags & WEIGHTS ? 0.25 : 0;
	const struct dataset_source sharp = {root, weight}, pairs[] = {{root, weight}, {list, 0}};
	struct dataset_options o = {.sharp = &sharp,
								.sharp_count = flags & SHARP ? 1 : 0,
								.pairs = pairs,
								.pairs_count = flags & PAIRS ? 1 + is_list : 0,
								.blur_variant = flags & GAMMA ? "gamma" : NULL,
								.pair_share = 0.5,
								.crop_px = CROP,
								.validation_every = flags & SPLIT ? 2 : 0,
								.memory_bytes = flags & TIGHT ? 1 : 1 << 20};
	char complaint[160], *log = NULL;
	struct dataset *d = NULL;
	if (!recipe_parse("preset = photo\n", &o.recipe, complaint, sizeof complaint)) abort();
	const enum deblur_status status = dataset_open(&o, &d, &log);
	if (!log || (status && (status != DEBLUR_BAD_ARGUMENT || d))) abort();
	if (!status) {
		if (!dataset_picture_count(d) || (dataset_skipped_count(d) && !strstr(log, "skipped "))) abort();
		draw(d);
		if (*dataset_trouble(d)) abort();
	}
	dataset_close(d);
	free(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	begin();
	struct input in = {data, data + size};
	const unsigned flags = next(&in);
	if (!(flags & BARE)) write_good();
	while (in.at < in.end) write_next(&in);
	open_and_draw(flags);
	clear();
	return 0;
}
