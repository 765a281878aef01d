/* train_report_pictures.c - the pictures of a report: what runs make of crops they have not learned from, and what they
 * did learn from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/train_report.h"

enum { CROP = DATASET_VALIDATION_CROP_PX, SAMPLE = 128, SAMPLES = 12 };

/* Buffers for one sample at a time. */
static enum deblur_status open_sample(struct dataset_sample *sample) {
	sample->degraded = malloc((size_t)CROP * CROP * 3 * sizeof(float));
	sample->sharp = malloc((size_t)CROP * CROP * 3 * sizeof(float));
	return sample->degraded && sample->sharp ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

static void close_sample(struct dataset_sample *sample) {
	free(sample->degraded);
	free(sample->sharp);
}

/* Equal pictures have no finite figure: 60 dB is what 8 bits can still tell apart, as in validations. */
static enum deblur_status psnr(const struct picture *a, const struct picture *b, double *out) {
	const enum deblur_status status = picture_psnr_db(a, b, out);
	if (!status) *out = fmin(*out, 60);
	return status;
}

static enum deblur_status restore(const struct report_run *run, const struct report_crop *crop,
								  struct report_output *out) {
	enum deblur_status status = picture_create(CROP, CROP, 3, &out->picture);
	if (status) return status;
	const struct deblur_image from = picture_view(&crop->degraded), to = picture_view(&out->picture);
	status = deblur_estimate(run->model, &from, &out->found);
	if (!status) status = deblur_restore(run->model, &from, &out->found, NULL, &to);
	return status ? status : psnr(&out->picture, &crop->sharp, &out->psnr_db);
}

static enum deblur_status make_crop(const struct report *report, const struct dataset_sample *sample,
									struct report_crop *crop) {
	crop->truth = sample->truth;
	enum deblur_status status = picture_create(CROP, CROP, 3, &crop->degraded);
	if (!status) status = picture_create(CROP, CROP, 3, &crop->sharp);
	if (status) return status;
	dataset_to_pixels(sample->degraded, CROP, crop->degraded.pixels);
	dataset_to_pixels(sample->sharp, CROP, crop->sharp.pixels);
	status = psnr(&crop->degraded, &crop->sharp, &crop->psnr_db);
	for (size_t i = 0; i < report->run_count && !status; i++)
		if (report->runs[i].model) status = restore(&report->runs[i], crop, &crop->outputs[i]);
	return status;
}

static int by_kind(const void *a, const void *b) {
	const struct report_crop *left = a, *right = b;
	return (int)deblur_blur_kind(&left->truth) - (int)deblur_blur_kind(&right->truth);
}

/* The first ones that come are as good as any, and are the same each time. */
static enum deblur_status make_crops(struct report *report, const struct dataset *dataset, size_t per_kind,
									 struct dataset_sample *sample) {
	const size_t count = dataset_validation_count(dataset);
	size_t taken[DEBLUR_BLUR_KIND_COUNT] = {0};
	report->crops = calloc(per_kind * DEBLUR_BLUR_KIND_COUNT, sizeof *report->crops);
	enum deblur_status status = report->crops ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < count && !status; i++) {
		status = dataset_validation_sample(dataset, (uint32_t)i, sample);
		const enum deblur_blur_kind kind = deblur_blur_kind(&sample->truth);
		if (!status && taken[kind]++ < per_kind)
			status = make_crop(report, sample, &report->crops[report->crop_count++]);
	}
	if (!status) qsort(report->crops, report->crop_count, sizeof *report->crops, by_kind);
	return status;
}

static enum deblur_status make_sample(const struct dataset_sample *sample, struct report_sample *out) {
	static const size_t row = 2 * SAMPLE * 3;
	uint8_t pixels[SAMPLE * SAMPLE * 3];
	const enum deblur_status status = picture_create((size_t)2 * SAMPLE, SAMPLE, 3, &out->pair);
	for (int side = 0; side < 2 && !status; side++) {
		dataset_to_pixels(side ? sample->sharp : sample->degraded, SAMPLE, pixels);
		for (size_t y = 0; y < SAMPLE; y++)
			memcpy(out->pair.pixels + y * row + (size_t)side * row / 2, pixels + y * row / 2, row / 2);
	}
	out->truth = sample->truth;
	return status;
}

static enum deblur_status make_samples(struct report *report, const struct dataset *dataset,
									   struct dataset_sample *sample) {
	report->samples = calloc(SAMPLES, sizeof *report->samples);
	enum deblur_status status = report->samples ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (uint32_t i = 0; i < SAMPLES && !status; i++) {
		status = dataset_sample(dataset, SAMPLE, 1, 0, i, sample);
		if (!status) status = make_sample(sample, &report->samples[report->sample_count++]);
	}
	return status;
}

enum deblur_status report_make_pictures(struct report *report, const struct dataset *dataset, size_t per_kind) {
	struct dataset_sample sample = {0};
	enum deblur_status status = open_sample(&sample);
	if (!status) status = make_crops(report, dataset, per_kind, &sample);
	if (!status) status = make_samples(report, dataset, &sample);
	close_sample(&sample);
	return status;
}

void report_release_pictures(struct report *report) {
	for (size_t i = 0; i < report->crop_count; i++) {
		picture_release(&report->crops[i].degraded);
		picture_release(&report->crops[i].sharp);
		for (size_t j = 0; j < report->run_count; j++) picture_release(&report->crops[i].outputs[j].picture);
	}
	for (size_t i = 0; i < report->sample_count; i++) picture_release(&report->samples[i].pair);
	free(report->crops);
	free(report->samples);
}
