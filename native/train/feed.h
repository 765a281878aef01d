/* feed.h - batches of training samples, made ahead of time by whoever has nothing else to do.
 *
 *     feed_begin(feed, &order);        // before a step's backward pass
 *     net_on_idle(net, feed_work, feed);
 *     ...
 *     status = feed_take(feed, &order, &batch);   // at the beginning of the next step
 *
 * Samples are pure functions of their order (dataset.h), so that it changes nothing but the time who makes them and
 * when; also if another batch is taken than was begun. */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "data/dataset.h"

/* Samples first .. first + count - 1 of a step. */
struct feed_order {
	uint64_t step;
	uint32_t first;
	size_t count, crop_px;
};

/* Borrowed from the feed until the next feed_begin; the caller may write there. */
struct feed_batch {
	float *pictures; /* [count][crop][crop][3] degraded */
	float *sharp;    /* [count][crop][crop][3] */
	float *spectra;  /* [count][SPECTRUM_COUNT] of the pictures (core/spectrum.h) */
	struct deblur_blur *truths;
	bool *has_truth;
};

struct feed;
/* For batches of at most so many samples, and of so many numbers in their pictures. OUT_OF_MEMORY. The dataset has to
 * outlive the feed. */
enum deblur_status feed_create(const struct dataset *dataset, uint64_t seed, size_t samples, size_t numbers,
							   struct feed **out);
void feed_destroy(struct feed *feed);

/* Begins a batch in place of the last one; nobody may be at work. */
void feed_begin(struct feed *feed, const struct feed_order *order);
/* Makes samples of it until there are none left to begin. By any number of threads at once; a struct feed *. */
void feed_work(void *feed);
/* The batch, whose rest all threads make now. As dataset_sample if one of them failed. */
enum deblur_status feed_take(struct feed *feed, const struct feed_order *order, struct feed_batch **out);

#endif
