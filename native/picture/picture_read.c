#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/file.h"
#include "picture/format.h"
#include "picture/picture.h"
#include "picture/stb.h"

/* Where pixel (x, y) of the upright picture lies in the stored one, for each EXIF orientation. */
static size_t stored_index(int orientation, size_t width, size_t height, size_t x, size_t y) {
	const size_t right = width - 1, bottom = height - 1; /* of the stored picture */
	switch (orientation) {
	case 2:
		return y * width + (right - x);
	case 3:
		return (bottom - y) * width + (right - x);
	case 4:
		return (bottom - y) * width + x;
	case 5:
		return x * width + y;
	case 6:
		return (bottom - x) * width + y;
	case 7:
		return (bottom - x) * width + (right - y);
	case 8:
		return x * width + (right - y);
	default:
		return y * width + x;
	}
}

static enum deblur_status upright(const uint8_t *stored, size_t width, size_t height, int channels, int orientation,
								  struct picture *out) {
	const bool turned = orientation >= 5;
	const enum deblur_status status = picture_create(turned ? height : width, turned ? width : height, channels, out);
	if (status) return status;
	const size_t bytes = (size_t)channels;
	for (size_t y = 0; y < out->height; y++)
		for (size_t x = 0; x < out->width; x++)
			memcpy(out->pixels + (y * out->width + x) * bytes,
				   stored + stored_index(orientation, width, height, x, y) * bytes, bytes);
	return DEBLUR_OK;
}

/* stb_image drops the low byte of 16-bit samples, which darkens a picture by half a step on average. */
static stbi_uc *load(const void *bytes, int size, int *width, int *height, int channels) {
	int stored;
	if (!stbi_is_16_bit_from_memory(bytes, size))
		return stbi_load_from_memory(bytes, size, width, height, &stored, channels);
	stbi_us *samples = stbi_load_16_from_memory(bytes, size, width, height, &stored, channels);
	if (!samples) return NULL;
	stbi_uc *rounded = (stbi_uc *)samples; /* in place: each byte is written after its sample was read */
	for (size_t i = 0; i < (size_t)*width * (size_t)*height * (size_t)channels; i++)
		rounded[i] = (stbi_uc)((samples[i] + 128u) / 257);
	return rounded;
}

enum deblur_status picture_decode(const void *bytes, size_t size, struct picture *out) {
	struct format format;
	if (size > INT_MAX) return DEBLUR_PICTURE_TOO_LARGE;
	enum deblur_status status = format_check(bytes, size, &format);
	if (status) return status;
	int width, height, stored_channels;
	if (!stbi_info_from_memory(bytes, (int)size, &width, &height, &stored_channels))
		return stb_lacked_memory() ? DEBLUR_OUT_OF_MEMORY : DEBLUR_PICTURE_DAMAGED;
	const int channels = stored_channels == 2 || stored_channels == 4 || format.has_colour_key ? 4 : 3;
	stbi_uc *pixels = load(bytes, (int)size, &width, &height, channels);
	const bool lacked_memory = stb_lacked_memory();
	if (!pixels) return lacked_memory ? DEBLUR_OUT_OF_MEMORY : DEBLUR_PICTURE_DAMAGED;
	status = (size_t)width == format.width && (size_t)height == format.height ? DEBLUR_OK : DEBLUR_PICTURE_DAMAGED;
	if (!status && format.orientation == 1) { /* large pictures had better not be there twice */
		*out = (struct picture){pixels, format.width, format.height, channels};
		return DEBLUR_OK;
	}
	if (!status) status = upright(pixels, format.width, format.height, channels, format.orientation, out);
	stbi_image_free(pixels);
	return status;
}

enum deblur_status picture_read(const char *path, struct picture *out) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = picture_decode(bytes, size, out);
	free(bytes);
	return status;
}
