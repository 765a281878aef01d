#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "picture/file.h"
#include "picture/picture.h"
#include "picture/stb.h"

struct buffer {
	uint8_t *bytes;
	size_t size, room;
	bool failed;
};

static void append(void *user, void *data, int count) {
	struct buffer *b = user;
	if (b->failed || count <= 0) return;
	if (b->size + (size_t)count > b->room) {
		const size_t room = (b->size + (size_t)count) * 2;
		uint8_t *grown = realloc(b->bytes, room);
		if (!grown) {
			b->failed = true;
			return;
		}
		b->bytes = grown;
		b->room = room;
	}
	memcpy(b->bytes + b->size, data, (size_t)count);
	b->size += (size_t)count;
}

/* JPEG has no alpha: what shows through is white. */
static enum deblur_status over_white(const struct picture *in, struct picture *out) {
	const enum deblur_status status = picture_create(in->width, in->height, 3, out);
	for (size_t i = 0; !status && i < in->width * in->height; i++) {
		const unsigned alpha = in->pixels[4 * i + 3];
		for (size_t c = 0; c < 3; c++)
			out->pixels[3 * i + c] = (uint8_t)((in->pixels[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
	}
	return status;
}

static enum deblur_status take(struct buffer *b, int written, uint8_t **bytes, size_t *size) {
	if (!written || b->failed) {
		free(b->bytes);
		return DEBLUR_OUT_OF_MEMORY;
	}
	*bytes = b->bytes;
	*size = b->size;
	return DEBLUR_OK;
}

enum deblur_status picture_encode_jpeg(const struct picture *picture, int quality, uint8_t **bytes, size_t *size) {
	if (quality < 1 || quality > 100) return DEBLUR_BAD_ARGUMENT;
	if (picture->width > 65535 || picture->height > 65535) return DEBLUR_PICTURE_TOO_LARGE; /* JPEG has 16 bits */
	struct picture flat = *picture;
	struct buffer b = {0};
	if (picture->channels == 4) {
		const enum deblur_status status = over_white(picture, &flat);
		if (status) return status;
	}
	const int written = stbi_write_jpg_to_func(append, &b, (int)flat.width, (int)flat.height, 3, flat.pixels, quality);
	if (picture->channels == 4) picture_release(&flat);
	return take(&b, written, bytes, size);
}

enum deblur_status picture_encode_png(const struct picture *p, uint8_t **bytes, size_t *size) {
	struct buffer b = {0};
	if (p->width * p->height > INT_MAX / 5) return DEBLUR_PICTURE_TOO_LARGE; /* the writer counts in int */
	const int written = stbi_write_png_to_func(append, &b, (int)p->width, (int)p->height, p->channels, p->pixels,
											   (int)p->width * p->channels);
	return take(&b, written, bytes, size);
}

enum deblur_status picture_write(const char *path, const struct picture *picture, int jpeg_quality) {
	const char *extension = strrchr(path, '.');
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = DEBLUR_BAD_ARGUMENT;
	if (extension && !strcasecmp(extension, ".png")) status = picture_encode_png(picture, &bytes, &size);
	if (extension && (!strcasecmp(extension, ".jpg") || !strcasecmp(extension, ".jpeg")))
		status = picture_encode_jpeg(picture, jpeg_quality, &bytes, &size);
	if (!status) status = file_write(path, bytes, size);
	free(bytes);
	return status;
}
