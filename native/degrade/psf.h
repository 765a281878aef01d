/* psf.h - point spread functions: what a point of light becomes. Weights sum to 1 and their centroid is the middle, so
 * that blur does not move the picture. */
#ifndef PSF_H
#define PSF_H

#include "deblur.h"
#include "degrade/random.h"

enum { PSF_MAX_RADIUS = 24, PSF_SIDE = 2 * PSF_MAX_RADIUS + 1 };

struct psf {
	float weights[PSF_SIDE][PSF_SIDE]; /* [y][x], rows downwards */
	int radius;                        /* beyond it all weights are zero */
};

/* Each fills `psf` whole; what would lie beyond PSF_MAX_RADIUS is cut. Angles in degrees, counter-clockwise as seen. */
void psf_identity(struct psf *psf);
void psf_gaussian(struct psf *psf, double sigma_major_px, double sigma_minor_px, double angle_deg);
/* A disk (blades 0) or a regular polygon of 5 or more blades with a circumscribed circle of that radius. */
void psf_defocus(struct psf *psf, double radius_px, int blades, double angle_deg);
void psf_motion(struct psf *psf, double length_px, double angle_deg);
/* A trajectory of a hand-held camera, scaled to the wanted spread: half of them after Boracchi and Foi 2012, a particle
 * with inertia, a pull back to the middle, tremor and now and then a jerk; half of them a few smooth swings of either
 * axis, after Gavant and others 2011. */
void psf_shake(struct psf *psf, double spread_px, struct random *random);

/* psf = psf * other: first one, then the other. */
void psf_compose(struct psf *psf, const struct psf *other);

/* Spread, anisotropy and angle of what the weights really are, into the fields of that name. */
void psf_measure(const struct psf *psf, struct deblur_blur *out);

/* dst = src * psf for RGB rows of floats: src is [height + 2 margin][width + 2 margin][3], dst [height][width][3];
 * margin is at least the radius. */
void psf_convolve(const struct psf *psf, const float *src, size_t width, size_t height, size_t margin, float *dst);

#endif
