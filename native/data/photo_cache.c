#include "data/photo_cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { ABSENT, DECODING, THERE };

struct entry {
	char *path;
	struct picture picture;      /* pixels NULL unless THERE */
	size_t width, height;        /* when it was decoded first; 0: not yet */
	struct entry *newer, *older; /* in the order of use, while THERE */
	unsigned borrowed;
	enum state state;
};

/* One lock for all: it is held for a look-up, and a sample takes milliseconds. */
struct photo_cache {
	pthread_mutex_t lock;
	pthread_cond_t decoded; /* some entry is DECODING no longer */
	struct entry **entries;
	struct entry *newest, *oldest;
	size_t count, bytes, budget_bytes, decoded_count;
	char trouble[256];
};

enum deblur_status photo_cache_create(size_t budget_bytes, struct photo_cache **out) {
	struct photo_cache *cache = calloc(1, sizeof *cache);
	if (!cache) return DEBLUR_OUT_OF_MEMORY;
	cache->budget_bytes = budget_bytes;
	pthread_mutex_init(&cache->lock, NULL);
	pthread_cond_init(&cache->decoded, NULL);
	*out = cache;
	return DEBLUR_OK;
}

void photo_cache_destroy(struct photo_cache *cache) {
	if (!cache) return;
	for (size_t i = 0; i < cache->count; i++) {
		picture_release(&cache->entries[i]->picture);
		free(cache->entries[i]->path);
		free(cache->entries[i]);
	}
	free(cache->entries);
	pthread_cond_destroy(&cache->decoded);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

enum deblur_status photo_cache_add(struct photo_cache *cache, const char *path, size_t *id) {
	if (!(cache->count & (cache->count - 1))) {
		struct entry **grown = realloc(cache->entries, (cache->count ? cache->count * 2 : 1) * sizeof *grown);
		if (!grown) return DEBLUR_OUT_OF_MEMORY;
		cache->entries = grown;
	}
	struct entry *entry = calloc(1, sizeof *entry);
	if (entry) entry->path = strdup(path);
	if (!entry || !entry->path) {
		free(entry);
		return DEBLUR_OUT_OF_MEMORY;
	}
	*id = cache->count;
	cache->entries[cache->count++] = entry;
	return DEBLUR_OK;
}

/* ---- the order of use ---- */

static void take_out(struct photo_cache *cache, struct entry *entry) {
	*(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void put_first(struct photo_cache *cache, struct entry *entry) {
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static size_t bytes_of(const struct entry *entry) {
	return entry->picture.width * entry->picture.height * (size_t)entry->picture.channels;
}

/* Down to the budget, as far as nobody needs what goes. */
static void make_room(struct photo_cache *cache) {
	for (struct entry *entry = cache->oldest; entry && cache->bytes > cache->budget_bytes;) {
		struct entry *next = entry->newer;
		if (!entry->borrowed) {
			cache->bytes -= bytes_of(entry);
			take_out(cache, entry);
			picture_release(&entry->picture);
			entry->state = ABSENT;
		}
		entry = next;
	}
}

/* ---- borrowing ---- */

static enum deblur_status read_rgb(const char *path, struct picture *out) {
	struct picture picture = {0};
	const enum deblur_status status = picture_read(path, &picture);
	if (status) return status;
	if (picture.channels == 4) { /* alpha says nothing about sharpness: drop it, in place */
		for (size_t i = 0; i < picture.width * picture.height; i++)
			memmove(picture.pixels + 3 * i, picture.pixels + 4 * i, 3);
		picture.channels = 3;
		uint8_t *smaller = realloc(picture.pixels, picture.width * picture.height * 3);
		if (smaller) picture.pixels = smaller;
	}
	*out = picture;
	return DEBLUR_OK;
}

/* Without the lock: others go on meanwhile, and who wants this entry waits for it. */
static enum deblur_status decode(const struct entry *entry, struct picture *out) {
	const enum deblur_status status = read_rgb(entry->path, out);
	if (status || !entry->width || (entry->width == out->width && entry->height == out->height)) return status;
	picture_release(out);
	return DEBLUR_PICTURE_DAMAGED;
}

/* Of a file that was fine before. */
static void note_trouble(struct photo_cache *cache, const struct entry *entry, enum deblur_status status) {
	if (!entry->width || status == DEBLUR_OUT_OF_MEMORY || *cache->trouble) return;
	snprintf(cache->trouble, sizeof cache->trouble, "%.160s has changed since the beginning: %.60s", entry->path,
			 status == DEBLUR_IO ? strerror(errno) : deblur_status_message(status));
}

/* Called with the lock, which is free while the file is read. */
static enum deblur_status load(struct photo_cache *cache, struct entry *entry) {
	struct picture picture = {0};
	entry->state = DECODING;
	pthread_mutex_unlock(&cache->lock);
	const enum deblur_status status = decode(entry, &picture);
	pthread_mutex_lock(&cache->lock);
	cache->decoded_count++;
	entry->state = status ? ABSENT : THERE;
	pthread_cond_broadcast(&cache->decoded);
	if (status) {
		note_trouble(cache, entry, status);
		return status;
	}
	entry->picture = picture;
	entry->width = picture.width;
	entry->height = picture.height;
	cache->bytes += bytes_of(entry);
	put_first(cache, entry);
	return DEBLUR_OK;
}

enum deblur_status photo_cache_borrow(struct photo_cache *cache, size_t id, const struct picture **out) {
	enum deblur_status status = DEBLUR_OK;
	pthread_mutex_lock(&cache->lock);
	struct entry *entry = cache->entries[id];
	while (entry->state == DECODING) pthread_cond_wait(&cache->decoded, &cache->lock);
	if (entry->state == THERE) {
		take_out(cache, entry);
		put_first(cache, entry);
	} else {
		status = load(cache, entry);
	}
	if (!status) {
		entry->borrowed++;
		make_room(cache);
		*out = &entry->picture;
	}
	pthread_mutex_unlock(&cache->lock);
	return status;
}

void photo_cache_give_back(struct photo_cache *cache, size_t id) {
	pthread_mutex_lock(&cache->lock);
	cache->entries[id]->borrowed--;
	make_room(cache);
	pthread_mutex_unlock(&cache->lock);
}

const char *photo_cache_trouble(struct photo_cache *cache) {
	pthread_mutex_lock(&cache->lock); /* what another thread wrote is to be seen */
	pthread_mutex_unlock(&cache->lock);
	return cache->trouble;
}

static size_t read_number(struct photo_cache *cache, const size_t *number) {
	pthread_mutex_lock(&cache->lock);
	const size_t value = *number;
	pthread_mutex_unlock(&cache->lock);
	return value;
}

size_t photo_cache_bytes(struct photo_cache *cache) {
	return read_number(cache, &cache->bytes);
}
size_t photo_cache_decoded(struct photo_cache *cache) {
	return read_number(cache, &cache->decoded_count);
}
