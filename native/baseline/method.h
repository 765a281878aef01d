/* method.h - what the methods share: planes of one channel, floats in 0..1, with mirrored surroundings. */
#ifndef METHOD_H
#define METHOD_H

#include "baseline/baseline.h"
#include "degrade/psf.h"

/* [height][width], owned. */
struct plane {
	float *values;
	size_t width, height;
};

bool plane_create(size_t width, size_t height, struct plane *out); /* false: out of memory */
void plane_release(struct plane *plane);                           /* zeroed is fine */

/* Between a picture's channel and a plane of its size: 8-bit sRGB values / 255, or linear light. */
void plane_from_channel(const struct picture *picture, size_t channel, bool in_light, const struct plane *plane);
void plane_to_channel(const struct plane *plane, size_t channel, bool in_light, const struct picture *picture);

/* out = plane * psf; beyond its borders the plane is mirrored. Different planes of one size. False: out
 * of memory. */
bool plane_convolve(const struct plane *plane, const struct psf *psf, const struct plane *out);

/* 0 1 2 2 1 0 0 1 ...: the index inside 0..size-1 that i, which may be negative, is a mirror image of. */
size_t mirrored(long i, size_t size);

/* The kernel that a descriptor is about: its kind's shape with its moments. */
void psf_of_blur(const struct deblur_blur *blur, struct psf *psf);

typedef enum deblur_status method(const struct picture *in, const struct deblur_blur *blur, const struct picture *out);
method unsharp_restore, wiener_restore, polyblur_restore;

#endif
