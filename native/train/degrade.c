#include "train/degrade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/psf.h"
#include "train/srgb.h"

static const char *const preset_names[DEGRADE_PRESET_COUNT] = {"protocol", "photo"};

enum deblur_status degrade_preset_from_name(const char *name, enum degrade_preset *out) {
	for (int i = 0; i < DEGRADE_PRESET_COUNT; i++)
		if (!strcmp(name, preset_names[i])) {
			*out = (enum degrade_preset)i;
			return DEBLUR_OK;
		}
	return DEBLUR_BAD_ARGUMENT;
}

/* ---- drawing ---- */

static double log_uniform(struct random *random, double low, double high) {
	return exp(random_between(random, log(low), log(high)));
}

static enum degrade_variant draw_variant(struct random *random) {
	static const double chances[DEGRADE_VARIANT_COUNT] = {0.18, 0.19, 0.16, 0.17, 0.18, 0.12};
	double left = random_uniform(random);
	for (int v = 0; v < DEGRADE_VARIANT_COUNT; v++)
		if ((left -= chances[v]) < 0) return (enum degrade_variant)v;
	return DEGRADE_NONE;
}

static void draw_psf(enum degrade_variant variant, struct random *random, struct psf *psf) {
	const double angle = random_between(random, 0, 180);
	switch (variant) {
	case DEGRADE_GAUSSIAN: {
		const double sigma = log_uniform(random, 0.4, 4);
		const double ratio = random_uniform(random) < 0.25 ? random_between(random, 0.4, 1) : 1;
		psf_gaussian(psf, sigma, sigma * ratio, angle);
		break;
	}
	case DEGRADE_SHAKE:
		psf_shake(psf, log_uniform(random, 0.7, 6), random);
		break;
	case DEGRADE_MOTION:
		psf_motion(psf, log_uniform(random, 3, 22), angle);
		break;
	case DEGRADE_DEFOCUS:
		psf_defocus(psf, log_uniform(random, 0.8, 7),
					random_uniform(random) < 0.2 ? 5 + (int)random_below(random, 4) : 0, angle);
		break;
	default:
		psf_identity(psf);
	}
}

static enum deblur_blur_kind kind_of(enum degrade_variant variant) {
	static const enum deblur_blur_kind kinds[DEGRADE_VARIANT_COUNT] = {DEBLUR_BLUR_NONE,    DEBLUR_BLUR_GAUSSIAN,
																	   DEBLUR_BLUR_SHAKE,   DEBLUR_BLUR_MOTION,
																	   DEBLUR_BLUR_DEFOCUS, DEBLUR_BLUR_GAUSSIAN};
	return kinds[variant];
}

/* ---- stages ---- */

/* The inner part of a picture with margins. */
static enum deblur_status inner(const struct picture *in, struct picture *out) {
	const size_t margin = DEGRADE_MARGIN_PX;
	const enum deblur_status status = picture_create(in->width - 2 * margin, in->height - 2 * margin, 3, out);
	for (size_t y = 0; !status && y < out->height; y++)
		memcpy(out->pixels + y * out->width * 3, in->pixels + ((y + margin) * in->width + margin) * 3, out->width * 3);
	return status;
}

static void add_noise(float *light, size_t count, double read, double shot, struct random *random) {
	for (size_t i = 0; i < count; i++) {
		const double variance = read * read + shot * fmax((double)light[i], 0);
		light[i] += (float)(sqrt(variance) * random_normal(random));
	}
}

static enum deblur_status through_jpeg(struct picture *picture, int quality) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct picture decoded = {0};
	enum deblur_status status = picture_encode_jpeg(picture, quality, &bytes, &size);
	if (!status) status = picture_decode(bytes, size, &decoded);
	free(bytes);
	if (status) return status;
	picture_release(picture);
	*picture = decoded;
	return DEBLUR_OK;
}

/* Half of the brightened photographs burn out; the target is clipped the same way, since nothing can bring that back.
 */
static double draw_exposure(struct random *random) {
	return random_uniform(random) < 0.2 ? random_between(random, 1, 1.5) : 1;
}

/* Linear light with margins, blurred into the inner size; `sharp` is brightened in place. */
static enum deblur_status blur_linear(struct picture *sharp, double exposure, const struct psf *psf,
									  struct picture *out, double read, double shot, struct random *random) {
	const size_t count = sharp->width * sharp->height * 3, inner_count = out->width * out->height * 3;
	float *light = malloc(count * sizeof *light), *blurred = malloc(inner_count * sizeof *blurred);
	if (!light || !blurred) {
		free(light);
		free(blurred);
		return DEBLUR_OUT_OF_MEMORY;
	}
	for (size_t i = 0; i < count; i++) {
		/* Light beyond white blurs as the light that it is, and is clipped by the sensor afterwards. */
		light[i] = (float)exposure * srgb_to_linear(sharp->pixels[i]);
		if (exposure > 1) sharp->pixels[i] = srgb_from_linear(light[i]);
	}
	psf_convolve(psf, light, out->width, out->height, DEGRADE_MARGIN_PX, blurred);
	if (read > 0 || shot > 0) add_noise(blurred, inner_count, read, shot, random);
	for (size_t i = 0; i < inner_count; i++) out->pixels[i] = srgb_from_linear(blurred[i]);
	free(light);
	free(blurred);
	return DEBLUR_OK;
}

/* ---- presets ---- */

static enum deblur_status pillow_blur(const struct picture *sharp, double radius, struct picture *degraded,
									  struct deblur_blur *truth) {
	struct picture blurred = {0};
	enum deblur_status status = picture_gaussian_blur_pillow(sharp, radius, &blurred);
	if (!status) status = inner(&blurred, degraded);
	picture_release(&blurred);
	if (status) return status;
	status = deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, (float)radius, 0, NULL, truth);
	truth->in_srgb = 1;
	return status;
}

static enum deblur_status photo_blur(enum degrade_variant variant, struct picture *sharp, struct random *random,
									 struct picture *degraded, struct deblur_blur *truth) {
	struct psf psf;
	draw_psf(variant, random, &psf);
	*truth = (struct deblur_blur){.jpeg_quality = 100};
	truth->kind[kind_of(variant)] = 1;
	psf_measure(&psf, truth);
	if (random_uniform(random) < 0.6) {
		truth->read_noise = (float)log_uniform(random, 0.0004, 0.01);
		const double skew = random_uniform(random);
		truth->shot_noise = (float)(0.004 * skew * skew * skew);
	}
	const enum deblur_status status =
		picture_create(sharp->width - 2 * DEGRADE_MARGIN_PX, sharp->height - 2 * DEGRADE_MARGIN_PX, 3, degraded);
	return status ? status
				  : blur_linear(sharp, draw_exposure(random), &psf, degraded, (double)truth->read_noise,
								(double)truth->shot_noise, random);
}

static enum deblur_status photo(enum degrade_variant variant, struct picture *sharp, struct random *random,
								struct picture *degraded, struct deblur_blur *truth) {
	if (variant == DEGRADE_ANY) variant = draw_variant(random);
	const bool as_published = variant == DEGRADE_SRGB_GAUSSIAN && random_uniform(random) < 0.5;
	enum deblur_status status =
		variant == DEGRADE_SRGB_GAUSSIAN
			? pillow_blur(sharp, as_published ? 1.5 : log_uniform(random, 0.5, 3), degraded, truth)
			: photo_blur(variant, sharp, random, degraded, truth);
	if (!status && !as_published && random_uniform(random) < 0.5) {
		const double poorness = random_uniform(random); /* most files are kept at a high quality */
		const int quality = 98 - (int)(48 * poorness * poorness);
		truth->jpeg_quality = (float)quality;
		status = through_jpeg(degraded, quality);
	}
	return status;
}

enum deblur_status degrade_sample(enum degrade_preset preset, enum degrade_variant variant, const struct picture *sharp,
								  struct random *random, struct picture *degraded, struct picture *target,
								  struct deblur_blur *truth) {
	if (sharp->channels != 3 || sharp->width <= 2 * DEGRADE_MARGIN_PX || sharp->height <= 2 * DEGRADE_MARGIN_PX)
		return DEBLUR_BAD_ARGUMENT;
	struct picture source = {0}, blurred = {0}, kept = {0};
	enum deblur_status status = picture_create(sharp->width, sharp->height, 3, &source);
	if (!status) memcpy(source.pixels, sharp->pixels, sharp->width * sharp->height * 3);
	if (!status)
		status = preset == DEGRADE_PROTOCOL ? pillow_blur(&source, 1.5, &blurred, truth)
											: photo(variant, &source, random, &blurred, truth);
	if (!status) status = inner(&source, &kept);
	picture_release(&source);
	if (status) {
		picture_release(&blurred);
		picture_release(&kept);
		return status;
	}
	*degraded = blurred;
	*target = kept;
	return DEBLUR_OK;
}
