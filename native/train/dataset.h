/* dataset.h - photographs in memory, and the training samples cut from them.
 *
 * A sample is a pure function of (dataset, seed, step, index): the data cursor of a run is its step number, and
 * resuming is exact. Reading a sample is thread-safe. */
#ifndef DATASET_H
#define DATASET_H

#include "degrade/degrade.h"

struct dataset;

/* One training sample as the nets want it. */
struct dataset_sample {
	float *degraded;          /* [crop][crop][3], 0..1 sRGB, borrowed from the caller */
	float *sharp;             /* [crop][crop][3] */
	struct deblur_blur truth; /* of a pair: unknown (see has_truth) */
	bool has_truth;
};

struct dataset_options {
	const char *const *sharp_dirs; /* folders of sharp photographs, searched recursively */
	size_t sharp_dir_count;
	const char *const *pair_dirs; /* folders of sharp pictures and their blurred twins (pairs.h) */
	size_t pair_dir_count;
	double pair_share;       /* part of the samples that comes from pairs, 0..1, if there are any */
	struct recipe recipe;    /* what sharp photographs suffer */
	size_t crop_px;          /* side of the largest sample that will be drawn, a multiple of 8 */
	size_t validation_every; /* every n-th photograph (by the hash of its name) is kept for validation; 0: none */
};

/* Decodes everything once. Files that cannot be read are counted, and named on *skipped_log if it is not NULL
 * (malloc'ed text, one line each). IO: a folder cannot be read (errno); BAD_ARGUMENT: no usable picture. */
enum deblur_status dataset_open(const struct dataset_options *options, struct dataset **out, char **skipped_log);
void dataset_close(struct dataset *dataset);
size_t dataset_picture_count(const struct dataset *dataset);
size_t dataset_skipped_count(const struct dataset *dataset);

/* Crops of crop_px, a multiple of 8 and at most the options', are chosen by gradient energy, flipped and rotated,
 * degraded. OUT_OF_MEMORY, BAD_ARGUMENT. */
enum deblur_status dataset_sample(const struct dataset *dataset, size_t crop_px, uint64_t seed, uint64_t step,
								  uint32_t index, struct dataset_sample *sample);

/* 8-bit pixels of a sample's numbers, [crop][crop][3]; what is beyond 0..1 is clipped. */
void dataset_to_pixels(const float *numbers, size_t crop_px, uint8_t *pixels);

/* Validation sample `index` (0 <= index < dataset_validation_count): crops of 256 x 256 of the photographs kept apart,
 * always the same. The kinds of blur that the recipe makes take turns. */
enum { DATASET_VALIDATION_CROP_PX = 256 };
size_t dataset_validation_count(const struct dataset *dataset);
enum deblur_status dataset_validation_sample(const struct dataset *dataset, uint32_t index,
											 struct dataset_sample *sample);

#endif
