#include "picture/picture.h"

#include <stdlib.h>

void picture_release(struct picture *picture) {
	free(picture->pixels);
	*picture = (struct picture){0};
}

enum deblur_status picture_create(size_t width, size_t height, int channels, struct picture *out) {
	if (!width || !height || (channels != 3 && channels != 4)) return DEBLUR_BAD_ARGUMENT;
	if (width > PICTURE_MAX_PIXELS / height) return DEBLUR_PICTURE_TOO_LARGE;
	const struct picture black = {calloc(width * height, (size_t)channels), width, height, channels};
	if (!black.pixels) return DEBLUR_OUT_OF_MEMORY;
	*out = black;
	return DEBLUR_OK;
}

struct deblur_image picture_view(const struct picture *picture) {
	return (struct deblur_image){picture->pixels, picture->width, picture->height,
								 picture->width * (size_t)picture->channels, picture->channels};
}
