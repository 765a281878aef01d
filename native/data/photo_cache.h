/* photo_cache.h - decoded photographs within a memory budget: each is decoded once and kept while there is room; then
 * those that were used longest ago make room, and are decoded again when they are needed. What a picture looks like
 * never depends on what was kept.
 *
 *     size_t id;
 *     status = photo_cache_add(cache, "a.png", &id);
 *     const struct picture *photo;
 *     status = photo_cache_borrow(cache, id, &photo);
 *     ...
 *     photo_cache_give_back(cache, id);
 *
 * Everything but adding and destroying may be called from several threads at once. */
#ifndef PHOTO_CACHE_H
#define PHOTO_CACHE_H

#include "picture/picture.h"

struct photo_cache;

/* Pictures that are borrowed stay, whatever the budget: it may be exceeded by as many as there are threads, twins
 * twice. OUT_OF_MEMORY. */
enum deblur_status photo_cache_create(size_t budget_bytes, struct photo_cache **out);
void photo_cache_destroy(struct photo_cache *cache); /* NULL is fine; nothing may be borrowed */

/* Nothing is read yet. The path is copied. OUT_OF_MEMORY. */
enum deblur_status photo_cache_add(struct photo_cache *cache, const char *path, size_t *id);

/* RGB pixels, the cache's own until they are given back: alpha is dropped. As picture_read; PICTURE_DAMAGED, too, if
 * the picture is of another size than it was when it was decoded first. After a failure nothing is to be given back. */
enum deblur_status photo_cache_borrow(struct photo_cache *cache, size_t id, const struct picture **out);
void photo_cache_give_back(struct photo_cache *cache, size_t id);

/* The first picture that could not be decoded again after it had been once, and why, in words; "": none. Lives as long
 * as the cache. */
const char *photo_cache_trouble(struct photo_cache *cache);

/* Bytes of pixels that are in memory now, and how often a file was decoded: for tests. */
size_t photo_cache_bytes(struct photo_cache *cache);
size_t photo_cache_decoded(struct photo_cache *cache);

#endif
