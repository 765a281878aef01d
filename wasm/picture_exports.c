/* picture_exports.c - picture.h for JavaScript: files become pixels and the other way round without a canvas, so that
 * neither its limits nor its colour management nor noise against tracking touches them. web/lib/wasm.js is the other
 * half; see exports.c. A picture is struct picture as it lies in memory. */
#include "picture/picture.h"

_Static_assert(sizeof(struct picture) == 16, "web/lib/wasm.js reads a picture as four 32-bit numbers");

#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(module_decode) int module_decode(const void *bytes, size_t size, struct picture *out) {
	return picture_decode(bytes, size, out);
}

EXPORT(module_create_picture)
int module_create_picture(size_t width, size_t height, int channels, struct picture *out) {
	return picture_create(width, height, channels, out);
}

EXPORT(module_release_picture) void module_release_picture(struct picture *picture) {
	picture_release(picture);
}

EXPORT(module_estimate_picture)
int module_estimate_picture(const struct deblur_model *model, const struct picture *picture, struct deblur_blur *out,
							struct deblur_blur_map *map) {
	const struct deblur_image view = picture_view(picture);
	const enum deblur_status status = deblur_estimate(model, &view, out);
	return status ? status : deblur_estimate_map(model, &view, out, map);
}

EXPORT(module_encode_jpeg)
int module_encode_jpeg(const struct picture *picture, int quality, uint8_t **bytes, size_t *size) {
	return picture_encode_jpeg(picture, quality, bytes, size);
}
