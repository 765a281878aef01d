/* recipe.h - what training samples suffer, as text: chances and ranges, one `key = value` or `key = low .. high` a
 * line.
 *
 *     # soft pictures from a telephone
 *     preset = photo
 *     jpeg = 1
 *     jpeg-quality = 40 .. 80
 *
 * `preset` comes first, if at all, and everything begins as it says; otherwise all is zero. `#` begins a comment. What
 * each key means stands beside its field; `deblur-train degrade --show` prints a whole recipe. */
#ifndef RECIPE_H
#define RECIPE_H

#include <stdbool.h>
#include <stddef.h>

struct range {
	double low, high;
};

struct recipe {
	/* How often each kind of blur, relative to the others. Software blurs sRGB values, everything else light. */
	double none, gaussian, shake, motion, defocus, software;
	struct range gaussian_sigma_px, shake_spread_px, motion_length_px, defocus_radius_px, software_sigma_px;
	/* The rest are chances, 0..1, with what is drawn then. */
	double gaussian_stretched; /* the shorter axis is gaussian_ratio of the longer */
	struct range gaussian_ratio;
	double defocus_polygon;    /* 5 to 8 blades instead of a disk */
	double software_published; /* of software: radius 1.5 of a whole picture and nothing else, as published */
	double software_whole;     /* of the other: the picture is whole too, and not cut out of what was blurred */
	double composite;          /* a small Gaussian on top: the lens's own softness */
	struct range composite_sigma_px;
	double varying; /* another blur of the same kind at the picture's other end, varying_ratio as large */
	struct range varying_ratio;
	double response; /* the camera's curve is sRGB's with another exponent: response_gamma times as large */
	struct range response_gamma;
	double brightened; /* exposure times brightness: more burns out */
	struct range brightness;
	double highlights; /* what is white was highlight_boost times as bright, and blurs as that */
	struct range highlight_boost;
	double noise;
	struct range read_noise; /* standard deviation, of white */
	struct range shot_noise; /* variance per light; mostly small */
	double bayer;            /* of noise: one colour per pixel, the others from their neighbours */
	double shrunk;           /* the finished picture is made smaller */
	struct range shrink;
	double jpeg;
	struct range jpeg_quality; /* mostly high */
	double squashed;           /* sharp pictures come from a larger region, squash times as wide and high */
	struct range squash;
};

/* NULL: there is no such preset. protocol: the published one. photo: the realistic mix. */
const char *recipe_preset(const char *name);

/* Reads a recipe. False: *complaint (at most `room` bytes) says what is wrong in which line. */
bool recipe_parse(const char *text, struct recipe *out, char *complaint, size_t room);

/* All keys, as recipe_parse reads them; two recipes are the same if their texts are. malloc'ed; NULL: out of memory. */
char *recipe_text(const struct recipe *recipe);

#endif
