/* metrics.h - how near two pictures are, or how sharp one is: the figures of `deblur eval`, by name. */
#ifndef TOOLS_METRICS_H
#define TOOLS_METRICS_H

#include "picture/picture.h"

enum { METRIC_PSNR, METRIC_SSIM, METRIC_BASIC_COUNT, METRIC_COUNT = 9 };

struct metric {
	const char *name, *unit; /* of JSON's keys: NAME_in UNIT, NAME_out UNIT */
	int decimals;
};

extern const struct metric metrics[METRIC_COUNT];

/* The first `count` of them, of a picture against the truth. PSNR is at most 100 dB: means are of decibels, and JSON
 * has no infinity. BAD_ARGUMENT: sizes differ, or smaller than a window; OUT_OF_MEMORY. */
enum deblur_status metrics_measure(const struct picture *picture, const struct picture *truth, size_t count,
								   double values[METRIC_COUNT]);

#endif
