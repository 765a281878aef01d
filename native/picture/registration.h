/* registration.h - where a picture lies beside its twin.
 *
 * A kernel that is moved blurs alike and leaves its picture elsewhere, so that no restorer can know where the sharp
 * twin lies: cameras and benchmarks put it some pixels aside. Comparing the two as they are measures that, not
 * sharpness; hence blind deconvolution is compared after registration (A. Levin et al., "Understanding and evaluating
 * blind deconvolution algorithms", CVPR 2009; R. Koehler et al., "Recording and playback of camera shake", ECCV 2012),
 * and a loss that is told the best of several places has the same effect in training (M. Deudon et al., HighRes-net,
 * 2020).
 *
 * Pictures here are floats, [height][width][3], 0..1. Everything is thread-safe. */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include <stddef.h>

/* Where the picture has what the twin has at 0, 0; in quarters of a pixel. */
struct translation {
	int x, y;
};

enum registration_step { REGISTRATION_WHOLE = 4, REGISTRATION_QUARTERS = 1 };

/* Pixels at each edge that do not count when places up to `most_px` away are compared. */
static inline size_t registration_margin(size_t most_px) {
	return most_px + 2; /* a cubic interpolation looks as far */
}

/* Mean square of the difference, over all but the margin. Between pixels the picture is interpolated by Keys's cubic
 * convolution, a = -1/2 (IEEE Trans. ASSP 29, 1981). At most most_px away; both sides are longer than two margins. */
double registration_error(const float *picture, const float *twin, size_t width, size_t height, size_t most_px,
						  struct translation at);

/* Where that error is least: whole pixels up to most_px in each direction, then, with QUARTERS, halves and quarters
 * around the best. 0, 0 where nothing is better, or where the picture has nothing but margin. */
struct translation registration_find(const float *picture, const float *twin, size_t width, size_t height,
									 size_t most_px, enum registration_step step);

/* Moves the twin to where the picture has it: by whole pixels, and what then has no twin takes the picture's own value,
 * so that nothing is said of it. */
void registration_move(const float *picture, float *twin, size_t width, size_t height, struct translation by);

#endif
