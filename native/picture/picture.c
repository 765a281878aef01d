#include "picture/picture.h"

#include <stdlib.h>

void picture_release(struct picture *picture) {
	free(picture->pixels);
	*picture = (struct picture){0};
}

enum deblur_status picture_create(size_t width, size_t height, int channels, struct picture *out) {
	if (!width || !height || (channels != 3 && channels != 4)) return DEBLUR_BAD_ARGUMENT;
	if (width > PICTURE_MAX_PIXELS / height) return DEBLUR_PICTURE_TOO_LARGE;
	uint8_t *pixels = calloc(width * height, (size_t)channels);
	if (!pixels) return DEBLUR_OUT_OF_MEMORY;
	*out = (struct picture){pixels, width, height, channels};
	return DEBLUR_OK;
}

struct deblur_image picture_view(const struct picture *picture) {
	return (struct deblur_image){picture->pixels, picture->width, picture->height,
								 picture->width * (size_t)picture->channels, picture->channels};
}
