#include "core/blur.h"

#include <math.h>

/* ---- a person's units ----
 * Second moments: a Gaussian of deviation s has s^2 along each axis; a uniform path of length L has L^2 / 12 along it;
 * a uniform disk of radius r has r^2 / 4 along each axis. The spread is the root of their sum over both axes. */
static float spread_per_unit(enum deblur_blur_kind kind) {
	switch (kind) {
	case DEBLUR_BLUR_GAUSSIAN:
		return 1.41421356f;
	case DEBLUR_BLUR_MOTION:
		return 0.28867513f;
	case DEBLUR_BLUR_DEFOCUS:
		return 0.70710678f;
	default:
		return 1.0f;
	}
}

enum deblur_status deblur_blur_describe(enum deblur_blur_kind kind, float size_px, float angle_deg,
										const struct deblur_blur *rest, struct deblur_blur *out) {
	if ((unsigned)kind >= DEBLUR_BLUR_KIND_COUNT || !out || (rest && !blur_is_valid(rest))) return DEBLUR_BAD_ARGUMENT;
	struct deblur_blur blur = {.jpeg_quality = 100};
	if (rest) blur = *rest;
	if (kind == DEBLUR_BLUR_NONE) size_px = angle_deg = 0;
	if (!isfinite(size_px) || size_px < 0 || !isfinite(angle_deg)) return DEBLUR_BAD_ARGUMENT;
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) blur.kind[i] = i == (int)kind;
	blur.spread_px = size_px * spread_per_unit(kind);
	if (blur.spread_px > BLUR_MAX_SPREAD_PX) return DEBLUR_BAD_ARGUMENT;
	/* A hand's path is rarely straight: 0.6 is about the mean of simulated trajectories. */
	blur.anisotropy = kind == DEBLUR_BLUR_MOTION ? 1.0f : kind == DEBLUR_BLUR_SHAKE ? 0.6f : 0.0f;
	const float turned = fmodf(angle_deg, 180); /* exact, however often it goes around */
	blur.angle_deg = turned < 0 ? turned + 180 : turned;
	if (kind != DEBLUR_BLUR_GAUSSIAN) blur.in_srgb = 0; /* only software blurs sRGB values */
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++) blur.hints[i] = 0;
	*out = blur;
	return DEBLUR_OK;
}

enum deblur_blur_kind deblur_blur_kind(const struct deblur_blur *blur) {
	int best = 0;
	for (int i = 1; i < DEBLUR_BLUR_KIND_COUNT; i++)
		if (blur->kind[i] > blur->kind[best]) best = i;
	return (enum deblur_blur_kind)best;
}

float deblur_blur_size_px(const struct deblur_blur *blur) {
	return blur->spread_px / spread_per_unit(deblur_blur_kind(blur));
}

const char *deblur_blur_kind_name(enum deblur_blur_kind kind) {
	static const char *const names[] = {"none", "gaussian", "shake", "motion", "defocus"};
	return (unsigned)kind < DEBLUR_BLUR_KIND_COUNT ? names[kind] : "unknown";
}

/* ---- as the nets see it ---- */

static float clamp(float x, float low, float high) {
	/* NaN fails both comparisons of fminf and fmaxf and gives `low`. */
	return fminf(fmaxf(x, low), high);
}

bool blur_is_valid(const struct deblur_blur *blur) {
	float sum = 0;
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++)
		if (!(fabsf(blur->hints[i]) <= BLUR_MAX_HINT)) return false;
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) {
		if (!(blur->kind[i] >= 0 && blur->kind[i] <= 1)) return false;
		sum += blur->kind[i];
	}
	return fabsf(sum - 1) < 1e-3f && blur->spread_px >= 0 && blur->spread_px <= BLUR_MAX_SPREAD_PX &&
		   blur->anisotropy >= 0 && blur->anisotropy <= 1 && blur->angle_deg >= 0 && blur->angle_deg <= 180 &&
		   blur->read_noise >= 0 && blur->read_noise <= 0.1f && blur->shot_noise >= 0 && blur->shot_noise <= 0.02f &&
		   blur->jpeg_quality >= 1 && blur->jpeg_quality <= 100 && blur->in_srgb >= 0 && blur->in_srgb <= 1;
}

/* The shared scales. Noise spans decades and is seen as its square root; 8-bit rounding hides what is below. */
enum { SCALED_COS, SCALED_SIN, SCALED_READ, SCALED_SHOT, SCALED_JPEG, SCALED_COUNT };

static void scale(const struct deblur_blur *blur, float scaled[SCALED_COUNT]) {
	const float twice = clamp(blur->angle_deg, 0, 180) * 0.034906585f, anisotropy = clamp(blur->anisotropy, 0, 1);
	scaled[SCALED_COS] = anisotropy * cosf(twice);
	scaled[SCALED_SIN] = anisotropy * sinf(twice);
	scaled[SCALED_READ] = sqrtf(clamp(blur->read_noise, 0, 0.1f)) * 6;
	scaled[SCALED_SHOT] = sqrtf(clamp(blur->shot_noise, 0, 0.02f)) * 12;
	scaled[SCALED_JPEG] = (100 - clamp(blur->jpeg_quality, 1, 100)) / 50;
}

void blur_to_condition(const struct deblur_blur *blur, float condition[BLUR_CONDITION_COUNT]) {
	float scaled[SCALED_COUNT];
	scale(blur, scaled);
	const float spread = clamp(blur->spread_px, 0, BLUR_MAX_SPREAD_PX) / 4;
	float *next = condition;
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) *next++ = clamp(blur->kind[i], 0, 1);
	*next++ = spread;
	*next++ = spread * spread;
	for (int i = 0; i < SCALED_COUNT; i++) *next++ = scaled[i];
	*next++ = clamp(blur->in_srgb, 0, 1);
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++) *next++ = clamp(blur->hints[i], -BLUR_MAX_HINT, BLUR_MAX_HINT);
}

void blur_to_raw(const struct deblur_blur *blur, float raw[BLUR_RAW_COUNT]) {
	float *next = raw;
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) *next++ = blur->kind[i];
	*next++ = logf(1 + clamp(blur->spread_px, 0, BLUR_MAX_SPREAD_PX));
	scale(blur, next);
	next += SCALED_COUNT;
	*next++ = blur->in_srgb;
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++) *next++ = blur->hints[i];
}

void blur_set_shape(float log_spread, float cosine, float sine, struct deblur_blur *blur) {
	const float x = clamp(cosine, -2, 2), y = clamp(sine, -2, 2);
	const float angle = atan2f(y, x) * 28.6478898f; /* half of it, in degrees */
	blur->spread_px = clamp(expf(clamp(log_spread, 0, 4)) - 1, 0, BLUR_MAX_SPREAD_PX);
	blur->anisotropy = clamp(hypotf(x, y), 0, 1);
	blur->angle_deg = clamp(angle < 0 ? angle + 180 : angle, 0, 180);
}

void blur_from_raw(const float raw[BLUR_RAW_COUNT], struct deblur_blur *blur) {
	float logits[DEBLUR_BLUR_KIND_COUNT], largest = -1e4f, sum = 0;
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) {
		logits[i] = clamp(raw[i], -1e4f, 1e4f); /* a damaged or diverged net may say anything, infinity and NaN too */
		largest = fmaxf(largest, logits[i]);
	}
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) sum += blur->kind[i] = expf(logits[i] - largest);
	for (int i = 0; i < DEBLUR_BLUR_KIND_COUNT; i++) blur->kind[i] /= sum;
	const float *scaled = raw + 6;
	blur_set_shape(raw[5], scaled[SCALED_COS], scaled[SCALED_SIN], blur);
	const float read = clamp(scaled[SCALED_READ], 0, 1.9f) / 6, shot = clamp(scaled[SCALED_SHOT], 0, 1.7f) / 12;
	blur->read_noise = clamp(read * read, 0, 0.1f);
	blur->shot_noise = clamp(shot * shot, 0, 0.02f);
	blur->jpeg_quality = clamp(100 - 50 * clamp(scaled[SCALED_JPEG], 0, 2), 1, 100);
	blur->in_srgb = 1 / (1 + expf(-clamp(scaled[SCALED_COUNT], -30, 30)));
	const float *hints = raw + BLUR_PLAIN_RAW_COUNT;
	for (int i = 0; i < DEBLUR_BLUR_HINT_COUNT; i++) blur->hints[i] = clamp(hints[i], -BLUR_MAX_HINT, BLUR_MAX_HINT);
}
