#include "train/validate.h"

#include <math.h>
#include <stdlib.h>

enum { CROP = DATASET_VALIDATION_CROP_PX, NUMBERS = CROP * CROP * 3 };

struct bench {
	struct deblur_model *model;
	struct dataset_sample sample;
	struct picture degraded, sharp;
};

static enum deblur_status validate_one(struct bench *b, const struct dataset *dataset, size_t index,
									   struct validation *sum) {
	struct deblur_blur found;
	double in_db = 0, out_db = 0;
	enum deblur_status status = dataset_validation_sample(dataset, (uint32_t)index, &b->sample);
	if (status) return status;
	dataset_to_pixels(b->sample.degraded, CROP, b->degraded.pixels);
	dataset_to_pixels(b->sample.sharp, CROP, b->sharp.pixels);
	const struct deblur_image image = picture_view(&b->degraded);
	status = picture_psnr_db(&b->degraded, &b->sharp, &in_db);
	if (!status) status = deblur_estimate(b->model, &image, &found);
	if (!status) status = deblur_restore(b->model, &image, &found, NULL, &image);
	if (!status) status = picture_psnr_db(&b->degraded, &b->sharp, &out_db);
	if (status) return status;
	/* A picture that came through unchanged has no finite figure: 60 dB is what 8 bits can still tell apart. */
	in_db = fmin(in_db, 60);
	out_db = fmin(out_db, 60);
	const enum deblur_blur_kind kind = deblur_blur_kind(&b->sample.truth);
	sum->psnr_in_db += in_db;
	sum->psnr_out_db += out_db;
	sum->by_kind[kind].count++;
	sum->by_kind[kind].psnr_in_db += in_db;
	sum->by_kind[kind].psnr_out_db += out_db;
	const float spread = b->sample.truth.spread_px;
	sum->by_kind[kind].size_within_fifth += fabsf(found.spread_px - spread) <= 0.2f * spread;
	return DEBLUR_OK;
}

static void take_means(struct validation *v, size_t count) {
	v->psnr_in_db /= (double)count;
	v->psnr_out_db /= (double)count;
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++) {
		if (!v->by_kind[kind].count) continue;
		v->by_kind[kind].psnr_in_db /= (double)v->by_kind[kind].count;
		v->by_kind[kind].psnr_out_db /= (double)v->by_kind[kind].count;
		v->by_kind[kind].size_within_fifth /= (double)v->by_kind[kind].count;
	}
}

enum deblur_status validate(const uint8_t *bytes, size_t size, const struct dataset *dataset, size_t sample_limit,
							struct validation *out) {
	const size_t available = dataset_validation_count(dataset);
	const size_t count = sample_limit && sample_limit < available ? sample_limit : available;
	if (!count) return DEBLUR_BAD_ARGUMENT;
	struct bench b = {0};
	struct validation sum = {0};
	enum deblur_status status = deblur_model_open(bytes, size, &b.model);
	b.sample.degraded = malloc(NUMBERS * sizeof(float));
	b.sample.sharp = malloc(NUMBERS * sizeof(float));
	if (!status && (!b.sample.degraded || !b.sample.sharp)) status = DEBLUR_OUT_OF_MEMORY;
	if (!status) status = picture_create(CROP, CROP, 3, &b.degraded);
	if (!status) status = picture_create(CROP, CROP, 3, &b.sharp);
	for (size_t i = 0; i < count && !status; i++) status = validate_one(&b, dataset, i * available / count, &sum);
	picture_release(&b.degraded);
	picture_release(&b.sharp);
	free(b.sample.degraded);
	free(b.sample.sharp);
	deblur_model_destroy(b.model);
	if (status) return status;
	take_means(&sum, count);
	*out = sum;
	return DEBLUR_OK;
}
