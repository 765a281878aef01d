/* spectrum.h - what a picture's power spectrum says about its blur, as numbers that an estimator is told.
 *
 * A blur multiplies a picture's spectrum by its own, and no two blurs of one size are alike there: a straight path
 * leaves zeros in parallel lines, a disk in rings, a Gaussian none. In one place of a picture the scene hides them; in
 * the mean over many windows it does not (T. M. Cannon, "Blind deconvolution of spatially invariant image blurs with
 * phase", IEEE Trans. ASSP 24, 1976; the windowed mean is P. D. Welch's, IEEE Trans. AU 15, 1967).
 *
 * Two sizes of windows: narrow ones see all frequencies, of which a picture has many means; wide ones tell the zeros of
 * a long path or a large disk apart, which lie closer together than a narrow window resolves.
 *
 *     struct spectrum *s = spectrum_create();
 *     spectrum_add(s, pixels, row_stride, width, height);   // as many parts of one picture as there are
 *     spectrum_describe(s, numbers);
 *     spectrum_destroy(s);
 *
 * One thread at a time each. */
#ifndef SPECTRUM_H
#define SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SPECTRUM_WINDOW_PX = 64,
	SPECTRUM_STEP_PX = 32, /* between windows: half of one, as a Hann window wants it */
	SPECTRUM_ANGLES = 12,  /* over 180 degrees; the other half of the plane says the same */
	SPECTRUM_RADII = 24,   /* up to half a cycle per pixel */
	SPECTRUM_MEANS = 2,    /* of power, which strong edges lead, and of its logarithm, which shows zeros best */
	SPECTRUM_NARROW_COUNT = SPECTRUM_MEANS * SPECTRUM_ANGLES * SPECTRUM_RADII,
	SPECTRUM_WIDE_WINDOW_PX = 128,
	SPECTRUM_WIDE_STEP_PX = 48, /* so that samples of 176 pixels have four windows */
	SPECTRUM_WIDE_ANGLES = 24,
	SPECTRUM_WIDE_RADII = 24, /* up to a quarter of a cycle per pixel; the mean of the logarithm only */
	SPECTRUM_WIDE_COUNT = SPECTRUM_WIDE_ANGLES * SPECTRUM_WIDE_RADII,
	SPECTRUM_COUNT = SPECTRUM_NARROW_COUNT + SPECTRUM_WIDE_COUNT
};

struct spectrum;

struct spectrum *spectrum_create(void); /* nothing seen yet; NULL: out of memory */
void spectrum_destroy(struct spectrum *spectrum);

/* Adds every window of a part of the picture: RGB, 0..1 sRGB, rows row_stride floats apart. Each counts as much as
 * there is to see in it. A part that is smaller than a window is mirrored at its edges; width and height are at
 * least 1. */
void spectrum_add(struct spectrum *spectrum, const float *pixels, size_t row_stride, size_t width, size_t height);

/* Logarithms of the means, about -2..2 for photographs: of the narrow windows by [mean][angle][radius], then of the
 * wide ones by [angle][radius]. Something must have been added. */
void spectrum_describe(const struct spectrum *spectrum, float numbers[SPECTRUM_COUNT]);

/* The same numbers by direction: of each of SPECTRUM_ANGLES the two means of the narrow windows, then the two
 * directions of the wide ones that lie within it, each by radius. */
void spectrum_by_angle(const float numbers[SPECTRUM_COUNT], float turned[SPECTRUM_COUNT]);

/* All three steps for one part. False: out of memory. */
bool spectrum_of(const float *pixels, size_t row_stride, size_t width, size_t height, float numbers[SPECTRUM_COUNT]);

#endif
