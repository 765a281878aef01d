/* format.h - walks a file's own structure before any decoder sees it. stb_image is forgiving: it gives grey for the
 * missing half of a JPEG and never reads a PNG's checksums. What it would forgive is refused here. */
#ifndef PICTURE_FORMAT_H
#define PICTURE_FORMAT_H

#include "deblur.h"

struct format {
	size_t width, height; /* as stored, before orientation */
	int orientation;      /* EXIF, 1..8; 1 where there is none */
	bool has_colour_key;  /* a PNG's tRNS: stb_image announces no alpha for it, but gives one if asked */
	/* After PICTURE_UNSUPPORTED: what the file is, for a message: "a GIF", "a CMYK JPEG". Static storage, never NULL
	 * then. */
	const char *unsupported;
};

/* NOT_A_PICTURE, PICTURE_DAMAGED, PICTURE_UNSUPPORTED, PICTURE_TOO_LARGE; reads nothing beyond `size` and allocates
 * nothing. */
enum deblur_status format_check(const uint8_t *bytes, size_t size, struct format *out);

/* The orientation tag of an EXIF block ("II*\0" or "MM\0*" onwards, CIPA DC-008), 1 if there is none that makes sense.
 */
int format_exif_orientation(const uint8_t *tiff, size_t size);

#endif
