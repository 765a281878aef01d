/* crop_schedule.h - samples that grow while a net learns: small ones teach the most of it sooner, large ones show it
 * the context that it will have (Zamir et al. 2022). The batch follows, so that a step costs about the same throughout.
 */
#ifndef TRAIN_CROP_SCHEDULE_H
#define TRAIN_CROP_SCHEDULE_H

#include <stddef.h>

enum { CROP_STAGES_AT_MOST = 8 };

struct crop_schedule {
	struct {
		size_t px;    /* side of a sample */
		double share; /* of the run, relative to the others' */
	} stages[CROP_STAGES_AT_MOST];
	size_t count; /* at least 1 */
};

/* The stage of a run that has come to `progress`, 0..1. */
size_t crop_schedule_at(const struct crop_schedule *schedule, double progress);

/* Samples per step: `batch` in the first stage, then as many as have about as many pixels, at least 1. */
size_t crop_schedule_batch(const struct crop_schedule *schedule, size_t stage, size_t batch);

size_t crop_schedule_largest_px(const struct crop_schedule *schedule);

#endif
