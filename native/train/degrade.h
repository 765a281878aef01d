/* degrade.h - makes a blurred, noisy photograph out of a sharp one, and says exactly what it did. */
#ifndef DEGRADE_H
#define DEGRADE_H

#include "picture/picture.h"
#include "train/random.h"

/* "protocol": the published one (squashed picture, Pillow's Gaussian of radius 1.5 on sRGB values).
 * "photo": the realistic mix: none, Gaussian, shake, motion, defocus in linear light, Gaussian in sRGB values; noise;
 * JPEG. */
enum degrade_preset { DEGRADE_PROTOCOL, DEGRADE_PHOTO, DEGRADE_PRESET_COUNT };
enum deblur_status degrade_preset_from_name(const char *name, enum degrade_preset *out); /* BAD_ARGUMENT if unknown */

/* How many pixels around a crop a degradation may need, so that the crop's border is blurred with real neighbours. */
enum { DEGRADE_MARGIN_PX = 24 };

/* What is done to a sample; DEGRADE_ANY draws one with the preset's own chances. A test set asks for one. */
enum degrade_variant {
	DEGRADE_ANY = -1,
	DEGRADE_NONE,
	DEGRADE_GAUSSIAN,
	DEGRADE_SHAKE,
	DEGRADE_MOTION,
	DEGRADE_DEFOCUS,
	DEGRADE_SRGB_GAUSSIAN, /* Pillow's, on sRGB values */
	DEGRADE_VARIANT_COUNT
};

/* `sharp` is a crop with DEGRADE_MARGIN_PX more on every side (RGB). Gives the crop itself, degraded and sharp, both of
 * the inner size, and the truth about the blur. The outputs are created; release them. variant is ignored by the
 * protocol. OUT_OF_MEMORY, BAD_ARGUMENT. */
enum deblur_status degrade_sample(enum degrade_preset preset, enum degrade_variant variant, const struct picture *sharp,
								  struct random *random, struct picture *degraded, struct picture *target,
								  struct deblur_blur *truth);

#endif
