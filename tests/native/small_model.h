/* small_model.h - a model with random weights, adaptive and of two levels, so that tiles have an alignment of 4 and a
 * halo of some width: for tests that need some model and no quality. */
#ifndef SMALL_MODEL_H
#define SMALL_MODEL_H

#include <string.h>

#include "core/model_file.h"
#include "core/networks.h"
#include "train/initialise.h"

static inline void small_model_fill(struct graph *graph, const char *name, double deviation, struct random *random) {
	for (size_t i = 0; i < graph->parameter_count; i++)
		if (strstr(graph->parameters[i].name, name))
			for (size_t j = 0; j < graph->parameters[i].count; j++)
				graph->parameters[i].values[j] = (float)(deviation * random_normal(random));
}

/* *bytes: malloc'ed. head: how strongly it changes a picture, about. */
static inline enum deblur_status small_model(uint64_t seed, double head, bool with_estimator, enum model_file_type type,
											 uint8_t **bytes, size_t *size) {
	const struct networks_unet shape = {.level_count = 2,
										.widths = {9, 12},
										.ranks = {14, 0}, /* kernels that are mixed above, plain ones below */
										.encoder_blocks = {1, 1},
										.decoder_blocks = {1},
										.condition_width = 8};
	struct random random = random_seeded(seed, 0, 0);
	struct model_file file = {.provenance = "made-by: make_test_model\nnote: random weights, for tests\n",
							  .restorer = networks_unet(&shape),
							  .estimator = with_estimator ? networks_estimator() : NULL};
	enum deblur_status status = DEBLUR_OUT_OF_MEMORY;
	if (file.restorer && (file.estimator || !with_estimator)) {
		initialise(file.restorer, &random);
		/* What starts at zero for training would hide whether it is computed at all. */
		small_model_fill(file.restorer, "head", head, &random);
		small_model_fill(file.restorer, ".scale", 0.1, &random);
		small_model_fill(file.restorer, ".gate", 0.1, &random);
		small_model_fill(file.restorer, ".shift", 0.1, &random);
		if (file.estimator) {
			initialise(file.estimator, &random);
			/* Some blur, so that an answer clamped to none does not hide what was found. */
			for (size_t i = 0; i < file.estimator->parameter_count; i++)
				if (!strcmp(file.estimator->parameters[i].name, "found.bias"))
					file.estimator->parameters[i].values[DEBLUR_BLUR_KIND_COUNT] = 1;
		}
		status = model_file_write(&file, type, bytes, size);
	}
	graph_destroy(file.restorer);
	graph_destroy(file.estimator);
	return status;
}

#endif
