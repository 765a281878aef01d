#include "train/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "core/sha256.h"
#include "picture/file.h"

static const char magic[8] = "DBCKPT1\n";
enum { DIGEST_BYTES = 32, ARRAYS_PER_PARAMETER = 4 };

/* The arrays of one parameter, in the file's order. */
static void arrays_of(const struct optimizer *o, size_t parameter, float *arrays[ARRAYS_PER_PARAMETER]) {
	arrays[0] = o->parameters[parameter].values;
	arrays[1] = o->mean[parameter];
	arrays[2] = o->square[parameter];
	arrays[3] = o->ema[parameter];
}

static size_t file_bytes(const struct checkpoint *c) {
	size_t bytes = sizeof magic + 4 + strlen(c->recipe) + 3 * 8 + DIGEST_BYTES;
	for (size_t i = 0; i < c->optimizer_count; i++) {
		bytes += 8;
		for (size_t p = 0; p < c->optimizers[i]->parameter_count; p++)
			bytes += ARRAYS_PER_PARAMETER * sizeof(float) * c->optimizers[i]->parameters[p].count;
	}
	return bytes;
}

static uint8_t *put(uint8_t *at, const void *from, size_t bytes) {
	memcpy(at, from, bytes);
	return at + bytes;
}

static const uint8_t *get(const uint8_t *at, void *to, size_t bytes) {
	memcpy(to, at, bytes);
	return at + bytes;
}

enum deblur_status checkpoint_pack(const struct checkpoint *c, uint8_t **out, size_t *out_size) {
	const size_t size = file_bytes(c);
	const uint32_t recipe_bytes = (uint32_t)strlen(c->recipe);
	uint8_t *bytes = malloc(size), *at = bytes;
	if (!bytes) return DEBLUR_OUT_OF_MEMORY;
	at = put(at, magic, sizeof magic);
	at = put(at, &recipe_bytes, 4);
	at = put(at, c->recipe, recipe_bytes);
	at = put(at, &c->step, 8);
	at = put(at, &c->seconds, 8);
	at = put(at, &c->best_psnr_db, 8);
	for (size_t i = 0; i < c->optimizer_count; i++) {
		at = put(at, &c->optimizers[i]->step, 8);
		for (size_t p = 0; p < c->optimizers[i]->parameter_count; p++) {
			float *arrays[ARRAYS_PER_PARAMETER];
			arrays_of(c->optimizers[i], p, arrays);
			for (int a = 0; a < ARRAYS_PER_PARAMETER; a++)
				at = put(at, arrays[a], c->optimizers[i]->parameters[p].count * sizeof(float));
		}
	}
	sha256(bytes, size - DIGEST_BYTES, at);
	*out = bytes;
	*out_size = size;
	return DEBLUR_OK;
}

enum deblur_status checkpoint_save(const char *path, const struct checkpoint *c) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = checkpoint_pack(c, &bytes, &size);
	if (!status) status = file_write(path, bytes, size);
	free(bytes);
	return status;
}

static bool is_whole(const uint8_t *bytes, size_t size) {
	if (size < sizeof magic + 4 + DIGEST_BYTES || memcmp(bytes, magic, sizeof magic)) return false;
	uint8_t digest[DIGEST_BYTES];
	sha256(bytes, size - DIGEST_BYTES, digest);
	return !memcmp(digest, bytes + size - DIGEST_BYTES, DIGEST_BYTES);
}

static bool same_recipe(const uint8_t *bytes, size_t size, const struct checkpoint *c) {
	uint32_t recipe_bytes;
	memcpy(&recipe_bytes, bytes + sizeof magic, 4);
	return size == file_bytes(c) && recipe_bytes == strlen(c->recipe) &&
		   !memcmp(bytes + sizeof magic + 4, c->recipe, recipe_bytes);
}

enum deblur_status checkpoint_unpack(const uint8_t *bytes, size_t size, struct checkpoint *c) {
	if (!is_whole(bytes, size)) return DEBLUR_MODEL_DAMAGED;
	if (!same_recipe(bytes, size, c)) return DEBLUR_BAD_ARGUMENT;
	const uint8_t *at = bytes + sizeof magic + 4 + strlen(c->recipe);
	at = get(at, &c->step, 8);
	at = get(at, &c->seconds, 8);
	at = get(at, &c->best_psnr_db, 8);
	for (size_t i = 0; i < c->optimizer_count; i++) {
		at = get(at, &c->optimizers[i]->step, 8);
		for (size_t p = 0; p < c->optimizers[i]->parameter_count; p++) {
			float *arrays[ARRAYS_PER_PARAMETER];
			arrays_of(c->optimizers[i], p, arrays);
			for (int a = 0; a < ARRAYS_PER_PARAMETER; a++)
				at = get(at, arrays[a], c->optimizers[i]->parameters[p].count * sizeof(float));
		}
	}
	return DEBLUR_OK;
}

enum deblur_status checkpoint_load(const char *path, struct checkpoint *c) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = checkpoint_unpack(bytes, size, c);
	free(bytes);
	return status;
}
