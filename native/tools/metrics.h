/* metrics.h - how near two pictures are, or how sharp one is: the figures of `deblur eval`, by name. */
#ifndef TOOLS_METRICS_H
#define TOOLS_METRICS_H

#include "picture/picture.h"

enum { METRIC_PSNR, METRIC_SSIM, METRIC_BASIC_COUNT, METRIC_COUNT = 10 };

struct metric {
	const char *name, *unit; /* of JSON's keys: NAME_in UNIT, NAME_out UNIT */
	int decimals;
};

extern const struct metric metrics[METRIC_COUNT];

/* How far a picture may lie beside its twin where that is not to count: psnr_registered. Recorded camera shakes, moved
 * as they are in their files, leave it as much as 7 pixels away. */
enum { METRIC_REGISTERED_PX = 8 };

/* The first `count` of them, of a picture against the truth. PSNR is at most 100 dB: means are of decibels, and JSON
 * has no infinity. BAD_ARGUMENT: sizes differ, or smaller than a window; OUT_OF_MEMORY. */
enum deblur_status metrics_measure(const struct picture *picture, const struct picture *truth, size_t count,
								   double values[METRIC_COUNT]);

#endif
