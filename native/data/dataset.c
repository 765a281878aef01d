#include "data/dataset.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/crop.h"
#include "data/photo_cache.h"
#include "data/photo_list.h"
#include "picture/file_list.h"

/* Streams of random numbers (random_seeded's keys) of the validation split: no training run draws from them. */
enum { VALIDATION_SEED = 0x7a11da7e, VALIDATION_LIMIT = 64, VALIDATION_PER_PICTURE = 2 };

/* In the cache; for what is not a pair, both are the same. */
struct photo {
	size_t sharp, blurred;
};

/* The photographs of one source, which lie beside each other. */
struct share {
	size_t first, count;
	double weight;
};

enum kind { SHARP, VALIDATION, PAIR, KIND_COUNT };

/* The photographs of one kind. */
struct pool {
	size_t first, count;
	struct share *shares;
	size_t share_count;
	double weight; /* of all shares; 0: each photograph counts alike */
};

struct dataset {
	struct dataset_options options;
	struct photo_cache *cache;
	struct photo *photos;
	struct pool pools[KIND_COUNT];
	size_t skipped;
};

/* ---- opening ---- */

/* A photograph that is looked at. */
struct job {
	const struct photo_list_item *item;
	enum kind kind;
	struct photo photo;
	enum deblur_status status;
	int reason; /* errno, after IO */
};

struct opening {
	struct photo_list sharp, pairs;
	struct job *jobs;
	size_t count;
	FILE *log;
};

static size_t memory_of(const struct dataset_options *o) {
	const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	if (o->memory_bytes) return o->memory_bytes;
	if (pages <= 0 || page <= 0) return SIZE_MAX;
	return (size_t)pages / 2 / (o->memory_sharers ? o->memory_sharers : 1) * (size_t)page;
}

static uint64_t hash_name(const char *name) {
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static enum deblur_status tell_unreadable(enum deblur_status status, const char *path, FILE *log) {
	const int reason = errno;
	if (status == DEBLUR_IO && log) fprintf(log, "%s cannot be read: %s\n", path, strerror(reason));
	errno = reason;
	return status;
}

static enum deblur_status list_photos(const struct dataset_options *o, struct opening *opening) {
	enum deblur_status status = DEBLUR_OK;
	FILE *log = opening->log;
	for (size_t i = 0; i < o->sharp_count && !status; i++) {
		const char *path = o->sharp[i].path;
		status = tell_unreadable(photo_list_add_sharp(&opening->sharp, path, i, log), path, log);
	}
	for (size_t i = 0; i < o->pairs_count && !status; i++) {
		const char *path = o->pairs[i].path;
		status = tell_unreadable(photo_list_add_pairs(&opening->pairs, path, o->blur_variant, i, log), path, log);
	}
	return status;
}

static enum kind kind_of(const struct photo_list_item *item, size_t validation_every) {
	if (item->blurred) return PAIR;
	return validation_every && hash_name(file_list_name(item->sharp)) % validation_every == 0 ? VALIDATION : SHARP;
}

static enum deblur_status make_jobs(const struct dataset *d, struct opening *opening) {
	opening->count = opening->sharp.count + opening->pairs.count;
	opening->jobs = calloc(opening->count + 1, sizeof *opening->jobs);
	enum deblur_status status = opening->jobs ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < opening->count && !status; i++) {
		struct job *job = &opening->jobs[i];
		const size_t pair = i - opening->sharp.count;
		job->item = i < opening->sharp.count ? &opening->sharp.items[i] : &opening->pairs.items[pair];
		job->kind = kind_of(job->item, d->options.validation_every);
		status = photo_cache_add(d->cache, job->item->sharp, &job->photo.sharp);
		job->photo.blurred = job->photo.sharp;
		if (!status && job->kind == PAIR) status = photo_cache_add(d->cache, job->item->blurred, &job->photo.blurred);
	}
	return status;
}

static enum deblur_status measure(struct photo_cache *cache, size_t id, size_t *width, size_t *height) {
	const struct picture *picture;
	const enum deblur_status status = photo_cache_borrow(cache, id, &picture);
	if (status) return status;
	*width = picture->width;
	*height = picture->height;
	photo_cache_give_back(cache, id);
	return DEBLUR_OK;
}

static void run_job(const struct dataset *d, struct job *job) {
	const size_t crop = job->kind == VALIDATION ? (size_t)DATASET_VALIDATION_CROP_PX : d->options.crop_px;
	const size_t side = job->kind == PAIR ? crop : degrade_least_side(crop);
	size_t width = 0, height = 0, twin_width = 0, twin_height = 0;
	job->status = measure(d->cache, job->photo.sharp, &width, &height);
	if (!job->status) job->status = measure(d->cache, job->photo.blurred, &twin_width, &twin_height);
	job->reason = errno;
	if (!job->status && (width < side || height < side || width != twin_width || height != twin_height))
		job->status = DEBLUR_BAD_ARGUMENT;
}

static void tell_skipped(const struct job *job, FILE *log) {
	const char *why = job->status == DEBLUR_BAD_ARGUMENT ? "too small for a crop, or not of its twin's size"
					  : job->status == DEBLUR_IO         ? strerror(job->reason)
														 : deblur_status_message(job->status);
	if (log) fprintf(log, "skipped %s: %s\n", job->item->sharp, why);
}

/* The good ones of a kind, source by source. */
static void fill_pool(struct dataset *d, struct pool *pool, enum kind kind, const struct opening *opening) {
	for (size_t i = 0; i < opening->count; i++) {
		const struct job *job = &opening->jobs[i];
		if (job->kind != kind) continue;
		if (job->status) {
			d->skipped++;
			tell_skipped(job, opening->log);
			continue;
		}
		d->photos[pool->first + pool->count] = job->photo;
		struct share *share = &pool->shares[job->item->source];
		if (!share->count++) share->first = pool->first + pool->count;
		pool->count++;
	}
}

static bool is_weighted(const struct dataset_source *sources, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (sources[i].weight > 0) return true;
	return false;
}

static double weight_of(const struct dataset_source *source) {
	return source->weight > 0 ? source->weight : 1;
}

/* A source of which nothing can be used has no share, and whoever gave it one is told. */
static void weigh(struct pool *pool, const struct dataset_source *sources, FILE *log) {
	const bool weighted = is_weighted(sources, pool->share_count);
	for (size_t i = 0; i < pool->share_count; i++) {
		struct share *share = &pool->shares[i];
		if (!share->count && log) fprintf(log, "nothing of %s can be used\n", sources[i].path);
		if (!weighted || !share->count) continue;
		share->weight = weight_of(&sources[i]);
		pool->weight += share->weight;
	}
}

static enum deblur_status collect(struct dataset *d, const struct opening *opening) {
	const struct dataset_options *o = &d->options;
	const struct dataset_source *sources[KIND_COUNT] = {o->sharp, o->sharp, o->pairs};
	const size_t counts[KIND_COUNT] = {o->sharp_count, o->sharp_count, o->pairs_count};
	d->photos = calloc(opening->count + 1, sizeof *d->photos);
	size_t first = 0;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct pool *pool = &d->pools[kind];
		*pool = (struct pool){.first = first, .share_count = counts[kind]};
		pool->shares = calloc(counts[kind] + 1, sizeof *pool->shares);
		if (!d->photos || !pool->shares) return DEBLUR_OUT_OF_MEMORY;
		fill_pool(d, pool, (enum kind)kind, opening);
		if (kind != VALIDATION) weigh(pool, sources[kind], opening->log);
		first += pool->count;
	}
	return d->pools[SHARP].count + d->pools[PAIR].count ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT;
}

static enum deblur_status open_photos(struct dataset *d, struct opening *opening) {
	const struct dataset_options *o = &d->options;
	if (!o->crop_px || o->crop_px % 8) return DEBLUR_BAD_ARGUMENT;
	enum deblur_status status = photo_cache_create(memory_of(o), &d->cache);
	if (!status) status = list_photos(o, opening);
	if (!status) status = make_jobs(d, opening);
	if (status) return status;
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < opening->count; i++) run_job(d, &opening->jobs[i]);
	return collect(d, opening);
}

enum deblur_status dataset_open(const struct dataset_options *options, struct dataset **out, char **log) {
	struct opening opening = {0};
	size_t log_bytes = 0;
	struct dataset *d = calloc(1, sizeof *d);
	if (!d) return DEBLUR_OUT_OF_MEMORY;
	d->options = *options;
	opening.log = log ? open_memstream(log, &log_bytes) : NULL;
	const enum deblur_status status = open_photos(d, &opening);
	const int reason = errno;
	if (opening.log) fclose(opening.log);
	photo_list_release(&opening.sharp);
	photo_list_release(&opening.pairs);
	free(opening.jobs);
	if (status)
		dataset_close(d);
	else
		*out = d;
	errno = reason;
	return status;
}

void dataset_close(struct dataset *d) {
	if (!d) return;
	photo_cache_destroy(d->cache);
	for (int kind = 0; kind < KIND_COUNT; kind++) free(d->pools[kind].shares);
	free(d->photos);
	free(d);
}

size_t dataset_picture_count(const struct dataset *d) {
	return d->pools[SHARP].count + d->pools[PAIR].count;
}
size_t dataset_skipped_count(const struct dataset *d) {
	return d->skipped;
}
const char *dataset_trouble(const struct dataset *d) {
	return photo_cache_trouble(d->cache);
}

/* ---- which photographs are drawn ---- */

static void write_weights(FILE *text, const char *kind, const struct dataset_source *sources, size_t count) {
	if (!is_weighted(sources, count)) return;
	fprintf(text, "%s", kind);
	for (size_t i = 0; i < count; i++) fprintf(text, " %.9g", weight_of(&sources[i]));
	fprintf(text, "\n");
}

char *dataset_mix(const struct dataset_options *o) {
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = open_memstream(&text, &bytes);
	if (!file) return NULL;
	write_weights(file, "sharp", o->sharp, o->sharp_count);
	write_weights(file, "pairs", o->pairs, o->pairs_count);
	if (o->pairs_count && o->pair_share != DATASET_PAIR_SHARE_PERCENT / 100.0)
		fprintf(file, "pair share %.9g\n", o->pair_share);
	if (o->pairs_count && o->blur_variant) fprintf(file, "variant %s\n", o->blur_variant);
	if (!fclose(file)) return text;
	free(text);
	return NULL;
}

static const struct photo *draw_photo(const struct dataset *d, const struct pool *pool, struct random *random) {
	if (!(pool->weight > 0)) return &d->photos[pool->first + random_below(random, (uint32_t)pool->count)];
	double at = random_uniform(random) * pool->weight;
	const struct share *share = pool->shares;
	for (size_t i = 0; i < pool->share_count && at >= 0; i++) {
		if (!pool->shares[i].count) continue;
		share = &pool->shares[i]; /* by rounding, none may be found: then it is the last */
		at -= share->weight;
	}
	return &d->photos[share->first + random_below(random, (uint32_t)share->count)];
}

/* ---- samples ---- */

static void to_floats(const struct picture *p, float *out) {
	for (size_t i = 0; i < p->width * p->height * 3; i++) out[i] = (float)p->pixels[i] / 255;
}

static enum deblur_status degrade_crop(const struct recipe *recipe, const struct picture *photo, size_t crop,
									   enum degrade_variant variant, struct random *random,
									   struct dataset_sample *sample) {
	struct degrade_plan plan;
	struct picture sharp = {0}, degraded = {0}, target = {0};
	degrade_draw(recipe, variant, random, &plan);
	degrade_fit(&plan, crop, photo->width < photo->height ? photo->width : photo->height);
	enum deblur_status status = crop_square(photo, recipe, degrade_side(&plan, crop), random, &sharp);
	if (!status) status = crop_turn(&sharp, random_below(random, 8));
	if (!status) status = degrade_apply(&plan, &sharp, crop, &degraded, &target, &sample->truth);
	if (!status) {
		to_floats(&degraded, sample->degraded);
		to_floats(&target, sample->sharp);
		sample->has_truth = true;
	}
	picture_release(&sharp);
	picture_release(&degraded);
	picture_release(&target);
	return status;
}

static enum deblur_status synthetic_sample(const struct dataset *d, const struct photo *photo, size_t crop,
										   enum degrade_variant variant, struct random *random,
										   struct dataset_sample *sample) {
	const struct picture *picture;
	enum deblur_status status = photo_cache_borrow(d->cache, photo->sharp, &picture);
	if (status) return status;
	status = degrade_crop(&d->options.recipe, picture, crop, variant, random, sample);
	photo_cache_give_back(d->cache, photo->sharp);
	return status;
}

static enum deblur_status pair_crop(const struct picture *sharp_photo, const struct picture *blurred_photo, size_t crop,
									struct random *random, struct dataset_sample *sample) {
	const struct crop_region region = crop_choose(sharp_photo, crop, crop, random);
	const uint32_t way = random_below(random, 8);
	struct picture sharp = {0}, blurred = {0};
	enum deblur_status status = crop_cut(sharp_photo, region, &sharp);
	if (!status) status = crop_cut(blurred_photo, region, &blurred);
	if (!status) status = crop_turn(&sharp, way);
	if (!status) status = crop_turn(&blurred, way);
	if (!status) {
		to_floats(&blurred, sample->degraded);
		to_floats(&sharp, sample->sharp);
		sample->truth = (struct deblur_blur){0};
		sample->has_truth = false;
	}
	picture_release(&sharp);
	picture_release(&blurred);
	return status;
}

static enum deblur_status pair_sample(const struct dataset *d, const struct photo *pair, size_t crop,
									  struct random *random, struct dataset_sample *sample) {
	const struct picture *sharp, *blurred;
	enum deblur_status status = photo_cache_borrow(d->cache, pair->sharp, &sharp);
	if (status) return status;
	status = photo_cache_borrow(d->cache, pair->blurred, &blurred);
	if (!status) {
		status = pair_crop(sharp, blurred, crop, random, sample);
		photo_cache_give_back(d->cache, pair->blurred);
	}
	photo_cache_give_back(d->cache, pair->sharp);
	return status;
}

enum deblur_status dataset_sample(const struct dataset *d, size_t crop_px, uint64_t seed, uint64_t step, uint32_t index,
								  struct dataset_sample *sample) {
	if (!crop_px || crop_px % 8 || crop_px > d->options.crop_px) return DEBLUR_BAD_ARGUMENT;
	const struct pool *sharp = &d->pools[SHARP], *pairs = &d->pools[PAIR];
	struct random random = random_seeded(seed, step, index);
	const bool from_pair = pairs->count && (!sharp->count || random_uniform(&random) < d->options.pair_share);
	if (from_pair) return pair_sample(d, draw_photo(d, pairs, &random), crop_px, &random, sample);
	return synthetic_sample(d, draw_photo(d, sharp, &random), crop_px, DEGRADE_ANY, &random, sample);
}

void dataset_to_pixels(const float *numbers, size_t crop_px, uint8_t *pixels) {
	for (size_t i = 0; i < crop_px * crop_px * 3; i++)
		pixels[i] = (uint8_t)(fminf(fmaxf(numbers[i], 0), 1) * 255 + 0.5f);
}

size_t dataset_validation_count(const struct dataset *d) {
	const size_t count = d->pools[VALIDATION].count * VALIDATION_PER_PICTURE;
	return count < VALIDATION_LIMIT ? count : VALIDATION_LIMIT;
}

enum deblur_status dataset_validation_sample(const struct dataset *d, uint32_t index, struct dataset_sample *sample) {
	if (index >= dataset_validation_count(d)) return DEBLUR_BAD_ARGUMENT;
	const struct pool *pool = &d->pools[VALIDATION];
	struct random random = random_seeded(VALIDATION_SEED, index, 0);
	const struct photo *photo = &d->photos[pool->first + index % pool->count];
	enum degrade_variant variants[DEGRADE_VARIANT_COUNT];
	const size_t count = degrade_variants(&d->options.recipe, variants);
	return synthetic_sample(d, photo, DATASET_VALIDATION_CROP_PX, variants[index % count], &random, sample);
}
