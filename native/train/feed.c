#include "train/feed.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/spectrum.h"

struct feed {
	const struct dataset *dataset;
	uint64_t seed;
	struct feed_order order; /* count 0: none */
	struct feed_batch batch;
	atomic_size_t begun; /* samples that somebody has taken on, or more */
	atomic_int failed;   /* the worst status */
};

enum deblur_status feed_create(const struct dataset *dataset, uint64_t seed, size_t samples, size_t numbers,
							   struct feed **out) {
	struct feed *feed = calloc(1, sizeof *feed);
	if (!feed) return DEBLUR_OUT_OF_MEMORY;
	feed->dataset = dataset;
	feed->seed = seed;
	feed->batch = (struct feed_batch){.pictures = malloc(numbers * sizeof(float)),
									  .sharp = malloc(numbers * sizeof(float)),
									  .spectra = malloc(samples * SPECTRUM_COUNT * sizeof(float)),
									  .truths = calloc(samples, sizeof(struct deblur_blur)),
									  .has_truth = calloc(samples, sizeof(bool))};
	const struct feed_batch *b = &feed->batch;
	if (!b->pictures || !b->sharp || !b->spectra || !b->truths || !b->has_truth) {
		feed_destroy(feed);
		return DEBLUR_OUT_OF_MEMORY;
	}
	*out = feed;
	return DEBLUR_OK;
}

void feed_destroy(struct feed *feed) {
	if (!feed) return;
	free(feed->batch.pictures);
	free(feed->batch.sharp);
	free(feed->batch.spectra);
	free(feed->batch.truths);
	free(feed->batch.has_truth);
	free(feed);
}

void feed_begin(struct feed *feed, const struct feed_order *order) {
	feed->order = *order;
	feed->failed = DEBLUR_OK;
	feed->begun = 0;
}

static enum deblur_status make_sample(struct feed *feed, size_t i) {
	const struct feed_order *o = &feed->order;
	struct feed_batch *b = &feed->batch;
	const size_t crop = o->crop_px, count = crop * crop * 3;
	struct dataset_sample sample = {.degraded = b->pictures + i * count, .sharp = b->sharp + i * count};
	const enum deblur_status status =
		dataset_sample(feed->dataset, crop, feed->seed, o->step, o->first + (uint32_t)i, &sample);
	if (status) return status;
	b->truths[i] = sample.truth;
	b->has_truth[i] = sample.has_truth;
	const bool seen = spectrum_of(sample.degraded, crop * 3, crop, crop, b->spectra + i * SPECTRUM_COUNT);
	return seen ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

void feed_work(void *context) {
	struct feed *feed = context;
	for (size_t i; (i = atomic_fetch_add(&feed->begun, 1)) < feed->order.count;) {
		const int status = (int)make_sample(feed, i);
		for (int worst = feed->failed; status > worst;)
			if (atomic_compare_exchange_weak(&feed->failed, &worst, status)) break;
	}
}

static bool same_order(const struct feed_order *a, const struct feed_order *b) {
	return a->step == b->step && a->first == b->first && a->count == b->count && a->crop_px == b->crop_px;
}

enum deblur_status feed_take(struct feed *feed, const struct feed_order *order, struct feed_batch **out) {
	if (!same_order(&feed->order, order)) feed_begin(feed, order);
#pragma omp parallel if (feed->begun < feed->order.count)
	feed_work(feed);
	*out = &feed->batch;
	return (enum deblur_status)feed->failed;
}
