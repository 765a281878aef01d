#include "core/estimate.h"

#include <math.h>

#include "core/blur.h"
#include "core/executor.h"
#include "core/image.h"
#include "core/networks.h"
#include "core/size.h"
#include "core/spectrum.h"

struct crop {
	size_t x, y;
	double energy;
};

/* Keeps the busiest crops, `most` of them, in falling order. */
static size_t keep_busiest(struct crop *kept, size_t count, size_t most, struct crop crop) {
	size_t at = count < most ? count++ : most - 1;
	if (at == most - 1 && count == most && kept[at].energy >= crop.energy) return count;
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

/* What fills transparent parts was never blurred, so that a crop with some of them counts far less than one without. */
double estimate_energy(const struct deblur_image *picture, size_t x, size_t y, size_t width, size_t height) {
	return image_gradient_energy(picture, x, y, width, height) *
		   pow(image_opaque_share(picture, x, y, width, height), 16);
}

static size_t choose_crops(const struct deblur_image *picture, size_t width, size_t height, size_t most,
						   struct crop *kept) {
	size_t count = 0;
	for (size_t i = 0; i < most; i++) kept[i] = (struct crop){0, 0, -1};
	const bool close = image_opaque_share(picture, 0, 0, picture->width, picture->height) < 1;
	const size_t rows = place_count(picture->height, height, close);
	const size_t columns = place_count(picture->width, width, close);
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < columns; j++) {
			const size_t x = place(picture->width, width, j, columns), y = place(picture->height, height, i, rows);
			count = keep_busiest(kept, count, most, (struct crop){x, y, estimate_energy(picture, x, y, width, height)});
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
static enum deblur_status estimate_raw(const struct graph *estimator, const struct deblur_image *picture, size_t most,
									   float raw[BLUR_RAW_COUNT]) {
	const size_t width = least(picture->width, ESTIMATE_CROP_PX), height = least(picture->height, ESTIMATE_CROP_PX);
	const size_t alignment = graph_alignment_px(estimator);
	struct crop crops[ESTIMATE_MAX_CROPS];
	const size_t count = choose_crops(picture, width, height, most, crops);
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

enum deblur_status estimate_blur(const struct graph *estimator, const struct deblur_image *picture, size_t most_crops,
								 struct deblur_blur *out) {
	float raw[BLUR_RAW_COUNT];
	const enum deblur_status status = estimate_raw(estimator, picture, most_crops, raw);
	if (!status) blur_from_raw(raw, out);
	return status;
}
