#include "deblur.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "core/blur_map.h"
#include "core/estimate.h"
#include "core/image.h"
#include "core/model_file.h"
#include "core/restore_map.h"
#include "core/restore_tiles.h"
#include "core/sha256.h"

enum { MAX_TILE_PX = 65536 };

struct deblur_model {
	struct model_file file;
	char sha256[2 * SHA256_BYTES + 1];
};

/* ---- models ---- */

enum deblur_status deblur_model_open(const void *bytes, size_t size, struct deblur_model **out) {
	if (!bytes || !out) return DEBLUR_BAD_ARGUMENT;
	struct deblur_model *model = calloc(1, sizeof *model);
	if (!model) return DEBLUR_OUT_OF_MEMORY;
	const enum deblur_status status = model_file_read(bytes, size, &model->file);
	if (status) {
		free(model);
		return status;
	}
	uint8_t digest[SHA256_BYTES];
	sha256(bytes, size, digest);
	sha256_hex(digest, model->sha256);
	*out = model;
	return DEBLUR_OK;
}

void deblur_model_destroy(struct deblur_model *model) {
	if (!model) return;
	model_file_release(&model->file);
	free(model);
}

void deblur_model_info(const struct deblur_model *model, struct deblur_model_info *out) {
	const struct graph *restorer = model->file.restorer, *estimator = model->file.estimator;
	*out = (struct deblur_model_info){.provenance = model->file.provenance,
									  .parameter_count = graph_parameter_total(restorer) +
														 (estimator ? graph_parameter_total(estimator) : 0),
									  .restorer_macs_per_pixel = graph_macs_per_pixel(restorer),
									  .estimator_macs_per_pixel = estimator ? graph_macs_per_pixel(estimator) : 0,
									  .alignment_px = graph_alignment_px(restorer),
									  .halo_px = graph_halo_px(restorer),
									  .grid_px = graph_cut(restorer).grid_px,
									  .halo_x_px = graph_cut(restorer).halo_x_px,
									  .has_estimator = estimator != NULL,
									  .is_adaptive = restorer->condition >= 0};
	memcpy(out->sha256, model->sha256, sizeof out->sha256);
}

/* Appends one line, as much of it as fits; returns its whole length. */
static size_t list_op(const struct graph *graph, const struct graph_op *op, char *text, size_t size) {
	const struct graph_tensor *out = &graph->tensors[op->output];
	const int length = snprintf(text, size, "%-9s %-17s %-24s %4u channels  1/%u\n", graph->name,
								graph_op_kind_name(op->kind), out->name, out->channels, out->downscale);
	return length > 0 ? (size_t)length : 0;
}

size_t deblur_model_list_ops(const struct deblur_model *model, char *text, size_t size) {
	const struct graph *graphs[] = {model->file.restorer, model->file.estimator};
	size_t length = 0;
	if (size) text[0] = 0;
	for (int i = 0; i < 2; i++)
		for (size_t j = 0; graphs[i] && j < graphs[i]->op_count; j++)
			length += list_op(graphs[i], &graphs[i]->ops[j], length < size ? text + length : NULL,
							  length < size ? size - length : 0);
	return length;
}

/* ---- estimating ---- */

enum deblur_status deblur_estimate(const struct deblur_model *model, const struct deblur_image *picture,
								   struct deblur_blur *out) {
	if (!model || !image_is_valid(picture) || !out) return DEBLUR_BAD_ARGUMENT;
	if (!model->file.estimator) return DEBLUR_NO_ESTIMATOR;
	return estimate_blur(model->file.estimator, picture, ESTIMATE_MAX_CROPS, out);
}

enum deblur_status deblur_estimate_map(const struct deblur_model *model, const struct deblur_image *picture,
									   const struct deblur_blur *whole, struct deblur_blur_map *out) {
	if (!model || !image_is_valid(picture) || !whole || !blur_is_valid(whole) || !out) return DEBLUR_BAD_ARGUMENT;
	if (!model->file.estimator) return DEBLUR_NO_ESTIMATOR;
	return blur_map_estimate(model->file.estimator, picture, whole, out);
}

/* ---- restoring ---- */

static bool options_are_valid(const struct deblur_restore_options *o) {
	return o->strength >= 0 && o->strength <= 1 && o->thread_count >= 0 && o->thread_count <= 1024 &&
		   o->tile_px <= MAX_TILE_PX && (!o->map || !o->map->columns || blur_map_is_valid(o->map));
}

/* Zeros stand for the whole picture. */
static bool region_is_valid(const struct deblur_restore_options *o, const struct deblur_image *image,
							size_t alignment) {
	if (!o->region.width && !o->region.height) return !o->region.x && !o->region.y;
	return o->region.width && o->region.height && o->region.x % alignment == 0 && o->region.y % alignment == 0 &&
		   o->region.x < image->width && o->region.y < image->height && o->region.width <= image->width - o->region.x &&
		   o->region.height <= image->height - o->region.y;
}

static bool same_shape(const struct deblur_image *a, const struct deblur_image *b) {
	return a->width == b->width && a->height == b->height && a->channels == b->channels;
}

/* A tile's halo is read after its neighbour may have been written: restoring in place needs the original elsewhere. */
static bool overlap(const struct deblur_image *a, const struct deblur_image *b) {
	const uintptr_t a_first = (uintptr_t)a->pixels, b_first = (uintptr_t)b->pixels;
	return a_first < b_first + b->stride * b->height && b_first < a_first + a->stride * a->height;
}

static enum deblur_status copy_pixels(const struct deblur_image *from, struct deblur_image *to) {
	const size_t row = from->width * (size_t)from->channels;
	*to = *from;
	to->stride = row;
	to->pixels = malloc(row * from->height);
	if (!to->pixels) return DEBLUR_OUT_OF_MEMORY;
	for (size_t y = 0; y < from->height; y++) memcpy(to->pixels + y * row, from->pixels + y * from->stride, row);
	return DEBLUR_OK;
}

/* What the caller does not say. */
struct found {
	struct deblur_blur blur;
	struct deblur_blur_map map;
};

static enum deblur_status find(const struct deblur_model *model, const struct deblur_image *picture,
							   struct found *found) {
	const enum deblur_status status = deblur_estimate(model, picture, &found->blur);
	return status ? status : deblur_estimate_map(model, picture, &found->blur, &found->map);
}

/* src and dst do not overlap. */
static enum deblur_status restore(const struct graph *restorer, const struct deblur_image *src,
								  const struct deblur_blur *blur, const struct deblur_restore_options *options,
								  const struct deblur_image *dst) {
	float condition[BLUR_CONDITION_COUNT] = {0};
	if (restorer->condition >= 0 && options->map && options->map->columns)
		return restore_map(restorer, src, options, dst);
	if (blur) blur_to_condition(blur, condition);
	return restore_tiles(restorer, condition, src, options, &(struct restore_target){.image = dst});
}

enum deblur_status deblur_restore(const struct deblur_model *model, const struct deblur_image *picture,
								  const struct deblur_blur *blur, const struct deblur_restore_options *options,
								  const struct deblur_image *result) {
	struct deblur_restore_options all = {.strength = 1};
	if (options) all = *options;
	if (!model || !image_is_valid(picture) || !image_is_valid(result) || !same_shape(picture, result) ||
		!options_are_valid(&all) || !region_is_valid(&all, picture, graph_alignment_px(model->file.restorer)) ||
		(blur && !blur_is_valid(blur)))
		return DEBLUR_BAD_ARGUMENT;
	struct found found;
	struct deblur_image copy = *picture;
	enum deblur_status status = DEBLUR_OK;
	if (!blur && !(all.map && all.map->columns) && model->file.restorer->condition >= 0) {
		status = find(model, picture, &found);
		if (status) return status;
		blur = &found.blur;
		all.map = &found.map;
	}
	const bool copied = overlap(picture, result);
	if (copied) status = copy_pixels(picture, &copy);
	if (status) return status;
	status = restore(model->file.restorer, &copy, blur, &all, result);
	if (copied) free(copy.pixels);
	return status;
}
