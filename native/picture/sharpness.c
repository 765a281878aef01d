/* sharpness.c - how much of the differences between neighbours a strong low-pass takes away: much of them in a sharp
 * picture, little in a blurred one (Crete, Dolmiere, Ladret, Nicolas 2007). */
#include <stdlib.h>

#include "picture/picture.h"

enum { TAPS = 9 };

enum deblur_status picture_luma(const struct picture *in, struct picture *out) {
	const enum deblur_status status = picture_create(in->width, in->height, 3, out);
	for (size_t i = 0; !status && i < in->width * in->height; i++) {
		const uint8_t *rgb = in->pixels + i * (size_t)in->channels;
		const unsigned luma = (299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2] + 500u) / 1000u;
		for (size_t c = 0; c < 3; c++) out->pixels[3 * i + c] = (uint8_t)luma;
	}
	return status;
}

/* One row or column of a grey picture, `step` bytes from pixel to pixel. */
struct line {
	const uint8_t *first;
	size_t step, count;
};

static double pixel(const struct line *line, size_t i) {
	return line->first[i * line->step];
}

/* The mean of the taps around i that are on the line. */
static double softened(const struct line *line, size_t i) {
	const size_t from = i < TAPS / 2 ? 0 : i - TAPS / 2,
				 to = i + TAPS / 2 < line->count ? i + TAPS / 2 : line->count - 1;
	double sum = 0;
	for (size_t j = from; j <= to; j++) sum += pixel(line, j);
	return sum / (double)(to - from + 1);
}

static double difference(double a, double b) {
	return a > b ? a - b : b - a;
}

/* Adds the differences of neighbours, and what of them the low-pass takes away. */
static void add_line(const struct line *line, double *differences, double *lost) {
	double before = softened(line, 0);
	for (size_t i = 1; i < line->count; i++) {
		const double now = softened(line, i);
		const double sharp = difference(pixel(line, i), pixel(line, i - 1)), soft = difference(now, before);
		*differences += sharp;
		if (sharp > soft) *lost += sharp - soft;
		before = now;
	}
}

/* Along rows or along columns; a flat picture has nothing to lose. */
static double share_lost(const struct picture *grey, bool along_rows) {
	const size_t lines = along_rows ? grey->height : grey->width, row = grey->width * 3;
	double differences = 0, lost = 0;
	for (size_t i = 0; i < lines; i++) {
		const struct line line = along_rows ? (struct line){grey->pixels + i * row, 3, grey->width}
											: (struct line){grey->pixels + i * 3, row, grey->height};
		add_line(&line, &differences, &lost);
	}
	return differences > 0 ? lost / differences : 0;
}

enum deblur_status picture_sharpness(const struct picture *picture, double *out) {
	struct picture grey = {0};
	if (picture->width < 3 || picture->height < 3) return DEBLUR_BAD_ARGUMENT;
	const enum deblur_status status = picture_luma(picture, &grey);
	if (status) return status;
	/* The blurrier direction is the one that people notice. */
	const double across = share_lost(&grey, true), down = share_lost(&grey, false);
	*out = across < down ? across : down;
	picture_release(&grey);
	return DEBLUR_OK;
}
