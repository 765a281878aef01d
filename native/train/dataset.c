#include "train/dataset.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/file_list.h"
#include "train/pairs.h"

/* Streams of random numbers (random_seeded's keys) of the validation split: no training run draws from them. */
enum { VALIDATION_SEED = 0x7a11da7e, VALIDATION_LIMIT = 64, VALIDATION_PER_PICTURE = 2 };
enum { CANDIDATES = 4 };

struct photo {
	struct picture sharp;
	struct picture blurred; /* pixels NULL: not a pair */
};

struct dataset {
	struct dataset_options options;
	struct photo *photos; /* sharp ones for training, then those kept for validation, then pairs */
	size_t sharp_count, validation_count, pair_count, skipped;
};

/* ---- opening ---- */

static enum deblur_status read_rgb(const char *path, struct picture *out) {
	struct picture picture = {0};
	const enum deblur_status status = picture_read(path, &picture);
	if (status) return status;
	if (picture.channels == 4) { /* alpha says nothing about sharpness: drop it, in place */
		for (size_t i = 0; i < picture.width * picture.height; i++)
			memmove(picture.pixels + 3 * i, picture.pixels + 4 * i, 3);
		picture.channels = 3;
	}
	*out = picture;
	return DEBLUR_OK;
}

struct job {
	char *sharp_path, *blur_path; /* owned; blur_path NULL: not a pair */
	enum deblur_status status;
	struct photo photo;
	bool validation;
};

struct job_list {
	struct job *jobs;
	size_t count;
};

static uint64_t hash_name(const char *name) {
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static enum deblur_status add_job(struct job_list *list, char *sharp_path, char *blur_path, bool validation) {
	struct job *grown = sharp_path ? realloc(list->jobs, (list->count + 1) * sizeof *grown) : NULL;
	if (!grown) {
		free(sharp_path);
		free(blur_path);
		return DEBLUR_OUT_OF_MEMORY;
	}
	list->jobs = grown;
	list->jobs[list->count++] =
		(struct job){.sharp_path = sharp_path, .blur_path = blur_path, .validation = validation};
	return DEBLUR_OK;
}

static enum deblur_status list_sharp(const struct dataset_options *o, struct job_list *list) {
	struct file_list files = {0};
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < o->sharp_dir_count && !status; i++) status = file_list_add(&files, o->sharp_dirs[i]);
	for (size_t i = 0; i < files.count && !status; i++) {
		const uint64_t hash = hash_name(file_list_name(files.paths[i]));
		status = add_job(list, strdup(files.paths[i]), NULL, o->validation_every && hash % o->validation_every == 0);
	}
	file_list_release(&files);
	return status;
}

static enum deblur_status list_pairs(const char *folder, struct job_list *list) {
	struct file_list files = {0};
	enum deblur_status status = file_list_add(&files, folder);
	for (size_t i = 0; i < files.count && !status; i++) {
		char *twin = NULL;
		status = pairs_twin(folder, files.paths[i], &twin);
		if (twin) status = add_job(list, strdup(files.paths[i]), twin, false);
	}
	file_list_release(&files);
	return status;
}

static bool large_enough(const struct picture *p, size_t side) {
	return p->width >= side && p->height >= side;
}

static void run_job(const struct dataset_options *o, struct job *job) {
	struct photo *photo = &job->photo;
	job->status = read_rgb(job->sharp_path, &photo->sharp);
	if (!job->status && job->blur_path) job->status = read_rgb(job->blur_path, &photo->blurred);
	if (job->status) return;
	const size_t inner = job->validation ? (size_t)DATASET_VALIDATION_CROP_PX : o->crop_px;
	const size_t side = job->blur_path ? inner : degrade_least_side(inner);
	const bool twins =
		!job->blur_path || (photo->sharp.width == photo->blurred.width && photo->sharp.height == photo->blurred.height);
	if (!twins || !large_enough(&photo->sharp, side)) job->status = DEBLUR_BAD_ARGUMENT;
}

static void tell_skipped(const struct job *job, FILE *log) {
	if (log)
		fprintf(log, "skipped %s: %s\n", job->sharp_path,
				job->status == DEBLUR_BAD_ARGUMENT ? "too small for a crop, or not of its twin's size"
												   : deblur_status_message(job->status));
}

/* Moves what was read into the dataset, one class after the other. */
static enum deblur_status collect(struct dataset *d, struct job_list *list, FILE *log) {
	d->photos = calloc(list->count + 1, sizeof *d->photos);
	if (!d->photos) return DEBLUR_OUT_OF_MEMORY;
	size_t next = 0, *counts[3] = {&d->sharp_count, &d->validation_count, &d->pair_count};
	for (int class = 0; class < 3; class ++)
		for (size_t i = 0; i < list->count; i++) {
			struct job *job = &list->jobs[i];
			if (class != (job->blur_path ? 2 : job->validation)) continue;
			if (job->status) {
				d->skipped++;
				tell_skipped(job, log);
				continue;
			}
			d->photos[next++] = job->photo;
			job->photo = (struct photo){0};
			++*counts[class];
		}
	return d->sharp_count + d->pair_count ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT;
}

enum deblur_status dataset_open(const struct dataset_options *options, struct dataset **out, char **skipped_log) {
	struct job_list list = {0};
	struct dataset *d = calloc(1, sizeof *d);
	if (!d) return DEBLUR_OUT_OF_MEMORY;
	d->options = *options;
	enum deblur_status status = options->crop_px && options->crop_px % 8 == 0 ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT;
	if (!status) status = list_sharp(options, &list);
	for (size_t i = 0; i < options->pair_dir_count && !status; i++) status = list_pairs(options->pair_dirs[i], &list);
	if (!status) {
#pragma omp parallel for schedule(dynamic)
		for (size_t i = 0; i < list.count; i++) run_job(options, &list.jobs[i]);
		size_t log_bytes = 0;
		FILE *log = skipped_log ? open_memstream(skipped_log, &log_bytes) : NULL;
		status = collect(d, &list, log);
		if (log) fclose(log);
	}
	const int reason = errno;
	for (size_t i = 0; i < list.count; i++) {
		free(list.jobs[i].sharp_path);
		free(list.jobs[i].blur_path);
		picture_release(&list.jobs[i].photo.sharp);
		picture_release(&list.jobs[i].photo.blurred);
	}
	free(list.jobs);
	errno = reason;
	if (status)
		dataset_close(d);
	else
		*out = d;
	return status;
}

void dataset_close(struct dataset *d) {
	if (!d) return;
	for (size_t i = 0; d->photos && i < d->sharp_count + d->validation_count + d->pair_count; i++) {
		picture_release(&d->photos[i].sharp);
		picture_release(&d->photos[i].blurred);
	}
	free(d->photos);
	free(d);
}

size_t dataset_picture_count(const struct dataset *d) {
	return d->sharp_count + d->pair_count;
}
size_t dataset_skipped_count(const struct dataset *d) {
	return d->skipped;
}

/* ---- crops ---- */

struct region {
	size_t x, y, width, height;
};

static struct region draw_region(const struct picture *p, size_t width, size_t height, struct random *random) {
	return (struct region){random_below(random, (uint32_t)(p->width - width + 1)),
						   random_below(random, (uint32_t)(p->height - height + 1)), width, height};
}

/* Mean squared difference of green neighbours on a coarse grid: how much there is to see. */
static double gradient_energy(const struct picture *p, struct region r) {
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
static struct region choose_region(const struct picture *p, size_t width, size_t height, struct random *random) {
	struct region best = {0};
	double best_energy = -1;
	for (int i = 0; i < CANDIDATES; i++) {
		const struct region r = draw_region(p, width, height, random);
		const double energy = gradient_energy(p, r);
		if (energy > best_energy) best = r, best_energy = energy;
	}
	return best;
}

static enum deblur_status cut(const struct picture *p, struct region r, struct picture *out) {
	const enum deblur_status status = picture_create(r.width, r.height, 3, out);
	for (size_t y = 0; !status && y < r.height; y++)
		memcpy(out->pixels + y * r.width * 3, p->pixels + ((r.y + y) * p->width + r.x) * 3, r.width * 3);
	return status;
}

/* One of the eight ways to lay a square on itself. */
static enum deblur_status turn(struct picture *p, uint32_t way) {
	struct picture turned = {0};
	const size_t n = p->width;
	const enum deblur_status status = picture_create(n, n, 3, &turned);
	if (status) return status;
	for (size_t y = 0; y < n; y++)
		for (size_t x = 0; x < n; x++) {
			const size_t a = way & 1 ? n - 1 - x : x, b = way & 2 ? n - 1 - y : y;
			memcpy(turned.pixels + (y * n + x) * 3, p->pixels + (way & 4 ? a * n + b : b * n + a) * 3, 3);
		}
	picture_release(p);
	*p = turned;
	return DEBLUR_OK;
}

/* How much larger than the crop the region is that it is squashed from; at most what the photograph has. */
static size_t draw_extent(size_t side, size_t available, double low, double high, struct random *random) {
	const double most = fmin(high, (double)available / (double)side);
	return (size_t)((double)side * (most > low ? random_between(random, low, most) : 1));
}

/* A square of `side` pixels, sharp to the pixel more often than photographs are, because some of them are squashed. */
static enum deblur_status sharp_square(const struct picture *p, const struct recipe *recipe, size_t side,
									   struct random *random, struct picture *out) {
	size_t width = side, height = side;
	if (random_uniform(random) < recipe->squashed) {
		const double high = recipe->squash.high;
		width = draw_extent(side, p->width, recipe->squash.low, high, random);
		const double ratio = (double)width / (double)side;
		height = draw_extent(side, p->height, fmax(1, ratio * 0.7), fmin(high, ratio * 1.3), random);
	}
	struct picture region = {0};
	enum deblur_status status = cut(p, choose_region(p, width, height, random), &region);
	if (!status && (width != side || height != side))
		status = picture_resize_bicubic(&region, side, side, out);
	else if (!status) {
		*out = region;
		return DEBLUR_OK;
	}
	picture_release(&region);
	return status;
}

static void to_floats(const struct picture *p, float *out) {
	for (size_t i = 0; i < p->width * p->height * 3; i++) out[i] = (float)p->pixels[i] / 255;
}

/* ---- samples ---- */

static enum deblur_status synthetic_sample(const struct dataset *d, const struct picture *photo, size_t crop,
										   enum degrade_variant variant, struct random *random,
										   struct dataset_sample *sample) {
	const struct recipe *recipe = &d->options.recipe;
	struct degrade_plan plan;
	struct picture sharp = {0}, degraded = {0}, target = {0};
	degrade_draw(recipe, variant, random, &plan);
	degrade_fit(&plan, crop, photo->width < photo->height ? photo->width : photo->height);
	enum deblur_status status = sharp_square(photo, recipe, degrade_side(&plan, crop), random, &sharp);
	if (!status) status = turn(&sharp, random_below(random, 8));
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

static enum deblur_status pair_sample(const struct photo *pair, size_t crop, struct random *random,
									  struct dataset_sample *sample) {
	const struct region region = choose_region(&pair->sharp, crop, crop, random);
	const uint32_t way = random_below(random, 8);
	struct picture sharp = {0}, blurred = {0};
	enum deblur_status status = cut(&pair->sharp, region, &sharp);
	if (!status) status = cut(&pair->blurred, region, &blurred);
	if (!status) status = turn(&sharp, way);
	if (!status) status = turn(&blurred, way);
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

enum deblur_status dataset_sample(const struct dataset *d, size_t crop_px, uint64_t seed, uint64_t step, uint32_t index,
								  struct dataset_sample *sample) {
	if (!crop_px || crop_px % 8 || crop_px > d->options.crop_px) return DEBLUR_BAD_ARGUMENT;
	struct random random = random_seeded(seed, step, index);
	const bool from_pair = d->pair_count && (!d->sharp_count || random_uniform(&random) < d->options.pair_share);
	if (from_pair) {
		const size_t i = d->sharp_count + d->validation_count + random_below(&random, (uint32_t)d->pair_count);
		return pair_sample(&d->photos[i], crop_px, &random, sample);
	}
	const struct photo *photo = &d->photos[random_below(&random, (uint32_t)d->sharp_count)];
	return synthetic_sample(d, &photo->sharp, crop_px, DEGRADE_ANY, &random, sample);
}

void dataset_to_pixels(const float *numbers, size_t crop_px, uint8_t *pixels) {
	for (size_t i = 0; i < crop_px * crop_px * 3; i++)
		pixels[i] = (uint8_t)(fminf(fmaxf(numbers[i], 0), 1) * 255 + 0.5f);
}

size_t dataset_validation_count(const struct dataset *d) {
	const size_t count = d->validation_count * VALIDATION_PER_PICTURE;
	return count < VALIDATION_LIMIT ? count : VALIDATION_LIMIT;
}

enum deblur_status dataset_validation_sample(const struct dataset *d, uint32_t index, struct dataset_sample *sample) {
	if (index >= dataset_validation_count(d)) return DEBLUR_BAD_ARGUMENT;
	struct random random = random_seeded(VALIDATION_SEED, index, 0);
	const struct photo *photo = &d->photos[d->sharp_count + index % d->validation_count];
	enum degrade_variant variants[DEGRADE_VARIANT_COUNT];
	const size_t count = degrade_variants(&d->options.recipe, variants);
	return synthetic_sample(d, &photo->sharp, DATASET_VALIDATION_CROP_PX, variants[index % count], &random, sample);
}
