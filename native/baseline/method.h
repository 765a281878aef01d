/* method.h - what the methods share: a picture as floats, and the kernel that a descriptor is about. */
#ifndef METHOD_H
#define METHOD_H

#include "baseline/baseline.h"
#include "degrade/psf.h"

/* RGB in 0..1, [height][width][3], owned. */
struct pixels {
	float *values;
	size_t width, height;
};

bool pixels_create(size_t width, size_t height, struct pixels *out); /* false: out of memory */
void pixels_release(struct pixels *pixels);                          /* zeroed is fine */

/* Between a picture and pixels of its size: sRGB values / 255, or linear light. */
void pixels_read(const struct picture *picture, bool in_light, const struct pixels *pixels);
void pixels_write(const struct pixels *pixels, bool in_light, const struct picture *picture);

/* out = pixels * psf, mirrored beyond the borders. Others of the same size. False: out of memory. */
bool pixels_convolve(const struct pixels *pixels, const struct psf *psf, const struct pixels *out);

/* The kernel that a descriptor is about: its kind's shape with its moments. */
void psf_of_blur(const struct deblur_blur *blur, struct psf *psf);

typedef enum deblur_status method(const struct picture *in, const struct deblur_blur *blur, const struct picture *out);
method unsharp_restore, wiener_restore, polyblur_restore;

#endif
