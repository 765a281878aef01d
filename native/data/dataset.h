/* dataset.h - photographs, and the training samples cut from them.
 *
 * A sample is a pure function of (dataset, seed, step, index): the data cursor of a run is its step number, and
 * resuming is exact. How much of the dataset is in memory changes nothing but the time. Reading a sample is
 * thread-safe. */
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

/* A folder of photographs, searched recursively. */
struct dataset_source {
	const char *path;
	double weight; /* of its samples beside the others' of its kind, however many files it has; 0: 1, and if no source
					  of this kind has a weight, each counts as many as it has photographs */
};

struct dataset_options {
	const struct dataset_source *sharp; /* photographs; folders below these that are called blur are left out */
	size_t sharp_count;
	const struct dataset_source *pairs; /* sharp pictures and their blurred twins (pairs.h), or a list of such */
	size_t pairs_count;
	const char *blur_variant; /* of twins that come in several: "gamma" for blur_gamma; NULL: blur */
	double pair_share;        /* part of the samples that comes from pairs, 0..1, if there are any */
	struct recipe recipe;     /* what sharp photographs suffer */
	size_t crop_px;           /* side of the largest sample that will be drawn, a multiple of 8 */
	size_t validation_every;  /* every n-th photograph (by the hash of its name) is kept for validation; 0: none */
	size_t memory_bytes;      /* for decoded photographs (photo_cache.h); 0: half of what the machine has, */
	size_t memory_sharers;    /* as one of so many processes that do the same on it; 0: 1 */
};

/* Decodes everything once, and keeps what there is memory for: what cannot be decoded, is too small or lacks its twin
 * is known before the first step. Such files are counted, and named on *log if that is not NULL, as are folders that
 * are left out because they are there to test with (photo_list.h): malloc'ed text, one line each, also after a failure.
 * IO: a folder cannot be read (errno); BAD_ARGUMENT: no usable picture, or none with the variant (the log says which).
 * The sources have to stay until it is closed. */
enum deblur_status dataset_open(const struct dataset_options *options, struct dataset **out, char **log);
void dataset_close(struct dataset *dataset);
size_t dataset_picture_count(const struct dataset *dataset);
size_t dataset_skipped_count(const struct dataset *dataset);

/* What, beside the photographs, decides which of them are drawn: weights, the share and the variant of pairs, as text
 * (malloc'ed); "" for the defaults, NULL if memory ran out. A run goes on only if it has not changed. */
char *dataset_mix(const struct dataset_options *options);
enum { DATASET_PAIR_SHARE_PERCENT = 15 }; /* the default */

/* Crops of crop_px, a multiple of 8 and at most the options', are chosen by gradient energy, flipped and rotated,
 * degraded. OUT_OF_MEMORY, BAD_ARGUMENT. As photo_cache_borrow if a photograph had to be decoded again and is not what
 * it was: dataset_trouble says which. */
enum deblur_status dataset_sample(const struct dataset *dataset, size_t crop_px, uint64_t seed, uint64_t step,
								  uint32_t index, struct dataset_sample *sample);

/* What became of a file since the dataset was opened, in words; "": nothing that was noticed. */
const char *dataset_trouble(const struct dataset *dataset);

/* 8-bit pixels of a sample's numbers, [crop][crop][3]; what is beyond 0..1 is clipped. */
void dataset_to_pixels(const float *numbers, size_t crop_px, uint8_t *pixels);

/* Validation sample `index` (0 <= index < dataset_validation_count): crops of 256 x 256 of the photographs kept apart,
 * always the same. The kinds of blur that the recipe makes take turns. */
enum { DATASET_VALIDATION_CROP_PX = 256 };
size_t dataset_validation_count(const struct dataset *dataset);
enum deblur_status dataset_validation_sample(const struct dataset *dataset, uint32_t index,
											 struct dataset_sample *sample);

#endif
