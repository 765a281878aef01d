/* exports.c - deblur.h for JavaScript: plain numbers and addresses, and nothing that knows what a convolution is.
 *
 * web/lib/wasm.js is the other half. Memory is the module's own; JavaScript allocates, fills and frees it through
 * module_allocate and module_free. A blur is struct deblur_blur as it lies in memory: 28 floats in the order of
 * deblur.h. Statuses are enum deblur_status. */
#include <emscripten/emscripten.h>
#include <stdlib.h>

#include "deblur.h"

_Static_assert(sizeof(struct deblur_blur) == 28 * sizeof(float), "web/lib/blur.js reads a blur as 28 floats");

_Static_assert(sizeof(struct deblur_blur_map) == 4 * (6 + 28 * DEBLUR_MAP_MOST_CELLS),
			   "web/lib/wasm.js reads a map as six integers and 64 blurs");

#define EXPORT(name) __attribute__((export_name(#name)))

static struct deblur_image rgba(uint8_t *pixels, size_t width, size_t height) {
	return (struct deblur_image){pixels, width, height, width * 4, 4};
}

EXPORT(module_allocate) void *module_allocate(size_t bytes) {
	return malloc(bytes);
}

EXPORT(module_free) void module_free(void *memory) {
	free(memory);
}

EXPORT(module_message) const char *module_message(int status) {
	return deblur_status_message((enum deblur_status)status);
}

EXPORT(module_open) int module_open(const void *bytes, size_t size, struct deblur_model **out) {
	return deblur_model_open(bytes, size, out);
}

EXPORT(module_close) void module_close(struct deblur_model *model) {
	deblur_model_destroy(model);
}

static struct deblur_model_info info_of(const struct deblur_model *model) {
	struct deblur_model_info info;
	deblur_model_info(model, &info);
	return info;
}

EXPORT(module_provenance) const char *module_provenance(const struct deblur_model *model) {
	return info_of(model).provenance;
}

/* A caller that cuts the picture itself needs to know how: see deblur_model_info.grid_px. */
EXPORT(module_alignment) size_t module_alignment(const struct deblur_model *model) {
	return info_of(model).grid_px;
}

EXPORT(module_halo) size_t module_halo(const struct deblur_model *model) {
	return info_of(model).halo_px;
}

EXPORT(module_halo_x) size_t module_halo_x(const struct deblur_model *model) {
	return info_of(model).halo_x_px;
}

EXPORT(module_fill_transparent) int module_fill_transparent(uint8_t *pixels, size_t width, size_t height) {
	const struct deblur_image image = rgba(pixels, width, height);
	return deblur_fill_transparent(&image);
}

EXPORT(module_estimate)
int module_estimate(const struct deblur_model *model, uint8_t *pixels, size_t width, size_t height,
					struct deblur_blur *out, struct deblur_blur_map *map) {
	const struct deblur_image image = rgba(pixels, width, height);
	const enum deblur_status status = deblur_estimate(model, &image, out);
	return status ? status : deblur_estimate_map(model, &image, out, map);
}

EXPORT(module_describe)
int module_describe(int kind, float size_px, float angle_deg, const struct deblur_blur *rest, struct deblur_blur *out) {
	return deblur_blur_describe((enum deblur_blur_kind)kind, size_px, angle_deg, rest, out);
}

/* JavaScript's: how much of the part is done. A worker hears nothing while it computes, so there is no answer. */
__attribute__((import_module("env"), import_name("progress"))) void module_progress(size_t done_px);

static bool tell_progress(void *user, size_t done, size_t total) {
	(void)user;
	(void)total;
	module_progress(done);
	return true;
}

EXPORT(module_size) float module_size(const struct deblur_blur *blur) {
	return deblur_blur_size_px(blur);
}

/* One part of the picture: between parts a worker hears whether it is to stop. */
EXPORT(module_restore)
int module_restore(const struct deblur_model *model, uint8_t *pixels, uint8_t *result, size_t width, size_t height,
				   const struct deblur_blur *blur, const struct deblur_blur_map *map, float strength, size_t part_x,
				   size_t part_y, size_t part_width, size_t part_height) {
	const struct deblur_image from = rgba(pixels, width, height), to = rgba(result, width, height);
	const struct deblur_restore_options options = {.strength = strength,
												   .region = {part_x, part_y, part_width, part_height},
												   .progress = tell_progress,
												   .map = map};
	return deblur_restore(model, &from, blur, &options, &to);
}
