/* test_memory.c - memory that runs out, at every single allocation: the call says so, leaks nothing, leaves its output
 * alone, and works the next time. Linked with --wrap, so that allocations of our own objects come here first. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "deblur.h"
#include "picture/file.h"
#include "picture/picture.h"
#include "small_model.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* threads allocate, too */
static long until_failure = -1;                           /* negative: none */
static long blocks;
static bool failed;

static bool may_allocate(void) {
	pthread_mutex_lock(&mutex);
	const bool fails = until_failure == 0;
	if (until_failure >= 0) until_failure--;
	failed |= fails;
	pthread_mutex_unlock(&mutex);
	return !fails;
}

static void *counted(void *memory, long by) {
	pthread_mutex_lock(&mutex);
	if (memory) blocks += by;
	pthread_mutex_unlock(&mutex);
	return memory;
}

void *__wrap_malloc(size_t size) {
	return may_allocate() ? counted(__real_malloc(size), 1) : NULL;
}
void *__wrap_calloc(size_t count, size_t size) {
	return may_allocate() ? counted(__real_calloc(count, size), 1) : NULL;
}
void *__wrap_realloc(void *old, size_t size) {
	void *memory = may_allocate() ? __real_realloc(old, size) : NULL;
	return old ? memory : counted(memory, 1);
}
void __wrap_free(void *memory) {
	counted(memory, -1);
	__real_free(memory);
}

/* ---- what is tried ---- */

static uint8_t *model_bytes, *png, *jpeg;
static size_t model_size, png_size, jpeg_size;
static struct deblur_model *model;
static struct picture photo;
enum { NOISE_WIDTH = 288, NOISE_HEIGHT = 64 };
static uint8_t noise[NOISE_WIDTH * NOISE_HEIGHT * 3];

/* Each gives a status, and frees what it made if it worked. */
static enum deblur_status open_model(void) {
	struct deblur_model *other = NULL;
	const enum deblur_status status = deblur_model_open(model_bytes, model_size, &other);
	CHECK(!status == !!other, "a model came of status %d", status);
	deblur_model_destroy(other);
	return status;
}

static enum deblur_status estimate(void) {
	struct deblur_image image = picture_view(&photo);
	struct deblur_blur blur = {.spread_px = -1};
	const enum deblur_status status = deblur_estimate(model, &image, &blur);
	CHECK(!status == (blur.spread_px >= 0), "an estimate came of status %d", status);
	return status;
}

/* Noise that is large enough for cells, so told that they may differ. */
static enum deblur_status estimate_places(void) {
	const struct deblur_image image = {noise, NOISE_WIDTH, NOISE_HEIGHT, 3 * NOISE_WIDTH, 3};
	struct deblur_blur whole = {.jpeg_quality = 100, .spread_px = 2};
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) whole.kind[i] = i == DEBLUR_BLUR_GAUSSIAN ? 0.4f : 0.15f;
	struct deblur_blur_map map = {.x = -7};
	const enum deblur_status status = deblur_estimate_map(model, &image, &whole, &map);
	CHECK(status ? map.x == -7 : map.columns == 2, "a map of %u columns came of status %d", map.columns, status);
	return status;
}

static enum deblur_status restore(int threads, size_t tile_px) {
	const struct deblur_restore_options options = {.strength = 1, .thread_count = threads, .tile_px = tile_px};
	struct deblur_image image = picture_view(&photo), result = image;
	struct deblur_blur blur;
	uint8_t *pixels = __real_malloc(image.stride * image.height), *wanted = __real_malloc(image.stride * image.height);
	deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, 2, 0, NULL, &blur);
	result.pixels = pixels;
	const enum deblur_status status = deblur_restore(model, &image, &blur, &options, &result);
	if (!status) { /* perhaps with fewer threads, but the same picture */
		until_failure = -1;
		result.pixels = wanted;
		CHECK(!deblur_restore(model, &image, &blur, NULL, &result), "again");
		CHECK(!memcmp(pixels, wanted, image.stride * image.height), "another picture");
	}
	__real_free(pixels);
	__real_free(wanted);
	return status;
}
static enum deblur_status restore_alone(void) {
	return restore(1, 0);
}
static enum deblur_status restore_with_threads(void) {
	return restore(3, 32);
}

static enum deblur_status restore_from_place_to_place(void) {
	struct deblur_image image = picture_view(&photo), result = image;
	struct deblur_blur_map map = {
		.width = (uint32_t)photo.width, .height = (uint32_t)photo.height, .columns = 2, .rows = 1};
	deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, 2, 0, NULL, &map.blurs[0]);
	deblur_blur_describe(DEBLUR_BLUR_MOTION, 9, 0, NULL, &map.blurs[1]);
	const struct deblur_restore_options options = {.strength = 1, .thread_count = 1, .map = &map};
	result.pixels = __real_malloc(image.stride * image.height);
	const enum deblur_status status = deblur_restore(model, &image, NULL, &options, &result);
	__real_free(result.pixels);
	return status;
}

static enum deblur_status restore_in_place(void) {
	struct picture copy = {0};
	enum deblur_status status = picture_create(photo.width, photo.height, photo.channels, &copy);
	const struct deblur_image image = picture_view(&copy);
	if (!status) status = deblur_restore(model, &image, NULL, NULL, &image);
	picture_release(&copy);
	return status;
}

static enum deblur_status write_model(void) {
	struct model_file file = {0};
	uint8_t *bytes = NULL;
	size_t size;
	enum deblur_status status = model_file_read(model_bytes, model_size, &file);
	if (!status) status = model_file_write(&file, MODEL_FILE_FLOAT16, &bytes, &size);
	model_file_release(&file);
	free(bytes);
	return status;
}

static enum deblur_status decode(const uint8_t *bytes, size_t size) {
	struct picture picture = {0};
	const enum deblur_status status = picture_decode(bytes, size, &picture);
	CHECK(!status == !!picture.pixels, "a picture came of status %d", status);
	picture_release(&picture);
	return status;
}

static enum deblur_status decode_png(void) {
	return decode(png, png_size);
}
static enum deblur_status decode_jpeg(void) {
	return decode(jpeg, jpeg_size);
}

static enum deblur_status blur_and_squash(void) {
	struct picture blurred = {0}, squashed = {0};
	enum deblur_status status = picture_gaussian_blur_pillow(&photo, 1.5, &blurred);
	if (!status) status = picture_resize_bicubic(&blurred, 31, 17, &squashed);
	picture_release(&blurred);
	picture_release(&squashed);
	return status;
}

static void try_all(enum deblur_status (*work)(void)) {
	for (long n = 0; n < 20000; n++) {
		const long before = blocks;
		failed = false;
		until_failure = n;
		const enum deblur_status status = work();
		until_failure = -1;
		CHECK(blocks == before, "allocation %ld failed: %ld blocks leaked", n, blocks - before);
		CHECK(status == DEBLUR_OK || (failed && status == DEBLUR_OUT_OF_MEMORY), "allocation %ld failed: %s", n,
			  deblur_status_message(status));
		if (!failed) return;
	}
	CHECK(false, "it never ends");
}

static void opening_survives(void) {
	try_all(open_model);
}
static void estimating_survives(void) {
	try_all(estimate);
	try_all(estimate_places);
}
static void restoring_survives(void) {
	try_all(restore_alone);
	try_all(restore_in_place);
	try_all(restore_from_place_to_place);
}
static void threads_survive(void) {
	try_all(restore_with_threads);
}
static void writing_a_model_survives(void) {
	try_all(write_model);
}
static void decoding_survives(void) {
	try_all(decode_png);
	try_all(decode_jpeg);
}
static void pillow_survives(void) {
	try_all(blur_and_squash);
}

int main(void) {
	if (small_model(3, 0.1, true, MODEL_FILE_FLOAT16, &model_bytes, &model_size) ||
		deblur_model_open(model_bytes, model_size, &model) || file_read("tests/golden/a.png", &png, &png_size) ||
		picture_decode(png, png_size, &photo) || picture_encode_jpeg(&photo, 90, &jpeg, &jpeg_size))
		return 1;
	unsigned seed = 5;
	for (size_t i = 0; i < sizeof noise; i++) {
		seed = seed * 1664525u + 1013904223u;
		noise[i] = (uint8_t)(seed >> (24 + i / 3 % NOISE_WIDTH / 144)); /* half as bright on one side */
	}
	RUN(opening_survives);
	RUN(writing_a_model_survives);
	RUN(estimating_survives);
	RUN(restoring_survives);
	RUN(threads_survive);
	RUN(decoding_survives);
	RUN(pillow_survives);
	deblur_model_destroy(model);
	picture_release(&photo);
	free(model_bytes);
	free(png);
	free(jpeg);
	return check_summary();
}
