/* degrade.h - makes a blurred, noisy photograph out of a sharp one as a recipe says, and knows exactly what it did.
 *
 *     struct degrade_plan plan;
 *     degrade_draw(&recipe, DEGRADE_ANY, random, &plan);
 *     degrade_fit(&plan, crop, most);                          // the photograph has no more than `most` pixels to give
 *     cut a sharp square of degrade_side(&plan, crop) pixels;
 *     status = degrade_apply(&plan, &sharp, crop, &degraded, &target, &truth);
 *
 * A plan is drawn before anything is cut, because how much of a photograph is needed follows from it. Plans are plain
 * values; everything here is thread-safe. */
#ifndef DEGRADE_H
#define DEGRADE_H

#include "degrade/psf.h"
#include "degrade/random.h"
#include "degrade/recipe.h"
#include "picture/picture.h"

/* How many pixels around a crop a degradation may need, so that the crop's border is blurred with real neighbours. */
enum { DEGRADE_MARGIN_PX = PSF_MAX_RADIUS };

/* What is done to a sample; DEGRADE_ANY draws one with the recipe's own chances. A test set asks for one. */
enum degrade_variant {
	DEGRADE_ANY = -1,
	DEGRADE_NONE,
	DEGRADE_GAUSSIAN,
	DEGRADE_SHAKE,
	DEGRADE_MOTION,
	DEGRADE_DEFOCUS,
	DEGRADE_SOFTWARE, /* Pillow's Gaussian, on sRGB values */
	DEGRADE_VARIANT_COUNT
};

/* One sample's fate. Neutral values, where a stage has nothing to do, stand in brackets. */
struct degrade_plan {
	enum degrade_variant variant;
	bool published;                /* nothing but software blur, as published */
	double software_sigma;         /* px */
	bool whole;                    /* software saw nothing beyond the crop, and repeated its edges */
	struct psf psf, other;         /* light's blur at one end of the picture, and at the other */
	bool varying;                  /* false: the first everywhere */
	double varying_angle;          /* degrees: where the other end lies */
	double response_gamma;         /* [1] */
	double brightness;             /* [1] */
	double highlight_boost;        /* [1] */
	double read_noise, shot_noise; /* [0] */
	bool bayer;
	struct random noise; /* the stream of its random numbers */
	double shrink;       /* [1] the result's size over what was photographed */
	int jpeg_quality;    /* [0]: never compressed */
};

/* A variant that the recipe has no sizes for (its chance is 0) becomes DEGRADE_NONE. */
void degrade_draw(const struct recipe *recipe, enum degrade_variant variant, struct random *random,
				  struct degrade_plan *plan);

/* Those that the recipe ever makes, in their order; returns how many, at least one. */
size_t degrade_variants(const struct recipe *recipe, enum degrade_variant variants[DEGRADE_VARIANT_COUNT]);

/* The side of the sharp square that a result of crop pixels needs, margins included. */
size_t degrade_side(const struct degrade_plan *plan, size_t crop);
/* The same for a plan that shrinks nothing: the least that a photograph has to have. */
static inline size_t degrade_least_side(size_t crop) {
	return crop + 2 * (size_t)DEGRADE_MARGIN_PX;
}
/* Shrinks less, until degrade_side is at most `most`, which is at least degrade_least_side(crop). */
void degrade_fit(struct degrade_plan *plan, size_t crop, size_t most);

/* `sharp`: an RGB square of degrade_side(plan, crop) pixels. Gives the crop degraded and sharp, both crop x crop, and
 * the truth about the blur in pixels of the result. The outputs are created; release them. OUT_OF_MEMORY; BAD_ARGUMENT:
 * another size. */
enum deblur_status degrade_apply(const struct degrade_plan *plan, const struct picture *sharp, size_t crop,
								 struct picture *degraded, struct picture *target, struct deblur_blur *truth);

#endif
