#include "deblur.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "core/executor.h"
#include "core/image.h"
#include "core/model_file.h"
#include "core/networks.h"
#include "core/restore_tiles.h"
#include "core/sha256.h"
#include "core/size.h"
#include "core/spectrum.h"

enum { ESTIMATE_CROP_PX = 192, ESTIMATE_MAX_CROPS = 16, MAX_TILE_PX = 65536 };

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

struct crop {
	size_t x, y;
	double energy;
};

/* Keeps the busiest crops, in falling order. */
static size_t keep_busiest(struct crop *kept, size_t count, struct crop crop) {
	size_t at = count < ESTIMATE_MAX_CROPS ? count++ : ESTIMATE_MAX_CROPS - 1;
	if (at == ESTIMATE_MAX_CROPS - 1 && count == ESTIMATE_MAX_CROPS && kept[at].energy >= crop.energy) return count;
	for (; at > 0 && kept[at - 1].energy < crop.energy; at--) kept[at] = kept[at - 1];
	kept[at] = crop;
	return count;
}

/* Places from 0 to size - length, so that all of it is covered with as little overlap as can be; twice as close where a
 * crop may do better to avoid what is transparent. */
static size_t place_count(size_t size, size_t length, bool close) {
	const size_t count = (size + length - 1) / length;
	return close ? 2 * count - 1 : count;
}
static size_t place(size_t size, size_t length, size_t index, size_t count) {
	return count > 1 ? (size_t)((uint64_t)(size - length) * index / (count - 1)) : 0;
}

/* How much a crop has to say. What fills transparent parts was never blurred, so that a crop with some of them counts
 * far less than one without. */
static double crop_energy(const struct deblur_image *picture, size_t x, size_t y, size_t width, size_t height) {
	return image_gradient_energy(picture, x, y, width, height) *
		   pow(image_opaque_share(picture, x, y, width, height), 16);
}

static size_t choose_crops(const struct deblur_image *picture, size_t width, size_t height, struct crop *kept) {
	size_t count = 0;
	for (size_t i = 0; i < ESTIMATE_MAX_CROPS; i++) kept[i] = (struct crop){0, 0, -1};
	const bool close = image_opaque_share(picture, 0, 0, picture->width, picture->height) < 1;
	const size_t rows = place_count(picture->height, height, close);
	const size_t columns = place_count(picture->width, width, close);
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < columns; j++) {
			const size_t x = place(picture->width, width, j, columns), y = place(picture->height, height, i, rows);
			count = keep_busiest(kept, count, (struct crop){x, y, crop_energy(picture, x, y, width, height)});
		}
	for (size_t i = 1; i < count && close; i++) /* beside one without transparent parts it says nothing */
		if (kept[i].energy < 1e-3 * kept[0].energy) kept[i].energy = 0;
	return count;
}

/* Gives the estimator one crop to see. */
static struct map show(struct executor *executor, const struct deblur_image *picture, const struct crop *crop,
					   size_t width, size_t height, size_t alignment) {
	const struct deblur_image part = {picture->pixels + crop->y * picture->stride + crop->x * (size_t)picture->channels,
									  width, height, picture->stride, picture->channels};
	const struct map input = executor_input(executor, round_up(height, alignment), round_up(width, alignment));
	image_to_map(&part, 0, 0, &input);
	return input;
}

/* Tells it the spectrum of all crops together: one alone has too few windows for the scene to average out. */
static enum deblur_status tell_spectrum(const struct graph *estimator, struct executor *executor,
										const struct deblur_image *picture, const struct crop *crops, size_t count,
										size_t width, size_t height, size_t alignment) {
	struct spectrum *spectrum = spectrum_create();
	if (!spectrum) return DEBLUR_OUT_OF_MEMORY;
	for (size_t c = 0; c < count && (!c || crops[c].energy > 0); c++) { /* not what is flat or transparent */
		const struct map crop = show(executor, picture, &crops[c], width, height, alignment);
		spectrum_add(spectrum, crop.data, crop.row_stride, width, height);
	}
	float numbers[SPECTRUM_COUNT];
	spectrum_describe(spectrum, numbers);
	spectrum_destroy(spectrum);
	float told[SPECTRUM_COUNT];
	networks_tell_spectrum(estimator, numbers, told);
	executor_set_condition(executor, told);
	return DEBLUR_OK;
}

/* The mean over the crops, each counting as much as there is to see in it: a clear sky is neither sharp nor blurred. */
static enum deblur_status estimate_raw(const struct graph *estimator, const struct deblur_image *picture,
									   float raw[BLUR_RAW_COUNT]) {
	const size_t width = least(picture->width, ESTIMATE_CROP_PX), height = least(picture->height, ESTIMATE_CROP_PX);
	const size_t alignment = graph_alignment_px(estimator);
	struct crop crops[ESTIMATE_MAX_CROPS];
	const size_t count = choose_crops(picture, width, height, crops);
	struct executor *executor = NULL;
	enum deblur_status status = executor_create(estimator, kernels_best(),
												&(struct executor_size){.height = height, .width = width}, &executor);
	if (!status && estimator->condition >= 0)
		status = tell_spectrum(estimator, executor, picture, crops, count, width, height, alignment);
	if (status) {
		executor_destroy(executor);
		return status;
	}
	const size_t said = estimator->tensors[estimator->output].channels; /* an older one gives no hints */
	double sums[BLUR_RAW_COUNT] = {0}, weights = 0;
	for (size_t c = 0; c < count; c++) {
		const double weight = crops[c].energy + 1e-3; /* all may be flat */
		show(executor, picture, &crops[c], width, height, alignment);
		executor_run(executor);
		const float *found = executor_output_vector(executor);
		for (size_t i = 0; i < said; i++) sums[i] += weight * (double)found[i];
		weights += weight;
	}
	for (int i = 0; i < BLUR_RAW_COUNT; i++) raw[i] = (float)(sums[i] / weights);
	executor_destroy(executor);
	return DEBLUR_OK;
}

enum deblur_status deblur_estimate(const struct deblur_model *model, const struct deblur_image *picture,
								   struct deblur_blur *out) {
	if (!model || !image_is_valid(picture) || !out) return DEBLUR_BAD_ARGUMENT;
	if (!model->file.estimator) return DEBLUR_NO_ESTIMATOR;
	float raw[BLUR_RAW_COUNT];
	const enum deblur_status status = estimate_raw(model->file.estimator, picture, raw);
	if (!status) blur_from_raw(raw, out);
	return status;
}

/* ---- restoring ---- */

static bool options_are_valid(const struct deblur_restore_options *o) {
	return o->strength >= 0 && o->strength <= 1 && o->thread_count >= 0 && o->thread_count <= 1024 &&
		   o->tile_px <= MAX_TILE_PX;
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

enum deblur_status deblur_restore(const struct deblur_model *model, const struct deblur_image *picture,
								  const struct deblur_blur *blur, const struct deblur_restore_options *options,
								  const struct deblur_image *result) {
	const struct deblur_restore_options defaults = {.strength = 1};
	if (!options) options = &defaults;
	if (!model || !image_is_valid(picture) || !image_is_valid(result) || !same_shape(picture, result) ||
		!options_are_valid(options) || !region_is_valid(options, picture, graph_alignment_px(model->file.restorer)) ||
		(blur && !blur_is_valid(blur)))
		return DEBLUR_BAD_ARGUMENT;
	struct deblur_blur found;
	struct deblur_image copy = *picture;
	enum deblur_status status = DEBLUR_OK;
	if (!blur && model->file.restorer->condition >= 0) {
		status = deblur_estimate(model, picture, &found);
		if (status) return status;
		blur = &found;
	}
	const bool copied = overlap(picture, result);
	if (copied) status = copy_pixels(picture, &copy);
	if (status) return status;
	float condition[BLUR_CONDITION_COUNT] = {0};
	if (blur) blur_to_condition(blur, condition);
	status = restore_tiles(model->file.restorer, condition, &copy, options, result);
	if (copied) free(copy.pixels);
	return status;
}
