/* make_test_model.c - writes a small model with random weights, adaptive and with an estimator, for tests that need
 * some model and no quality.
 *
 *     build/tests/make_test_model OUT.dbm [SEED] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model_file.h"
#include "core/networks.h"
#include "picture/file.h"
#include "train/initialise.h"

static void fill(struct graph_parameter *parameter, double deviation, struct random *random) {
	for (size_t i = 0; i < parameter->count; i++) parameter->values[i] = (float)(deviation * random_normal(random));
}

static struct graph *small_restorer(struct random *random) {
	const struct networks_unet size = {
		.level_count = 2, .widths = {8, 12}, .encoder_blocks = {1, 1}, .decoder_blocks = {1}, .condition_width = 8};
	struct graph *graph = networks_unet(&size);
	if (!graph) return NULL;
	initialise(graph, random);
	/* What starts at zero for training would hide whether it is computed at all. */
	for (size_t i = 0; i < graph->parameter_count; i++) {
		const char *name = graph->parameters[i].name;
		if (!strcmp(name, "head.weight")) fill(&graph->parameters[i], 0.02, random);
		if (strstr(name, ".scale.weight") || strstr(name, ".shift.weight")) fill(&graph->parameters[i], 0.1, random);
	}
	return graph;
}

int main(int argc, char **argv) {
	if (argc < 2) return fprintf(stderr, "usage: make_test_model OUT.dbm [SEED]\n"), 2;
	struct random random = random_seeded(argc > 2 ? (uint64_t)atoll(argv[2]) : 1, 0, 0);
	struct model_file model = {.provenance = "made-by: make_test_model\nnote: random weights, for tests\n",
							   .restorer = small_restorer(&random),
							   .estimator = networks_estimator()};
	if (!model.restorer || !model.estimator) return 1;
	initialise(model.estimator, &random);
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = model_file_write(&model, MODEL_FILE_FLOAT16, &bytes, &size);
	if (!status) status = file_write(argv[1], bytes, size);
	if (status) fprintf(stderr, "%s: %s\n", argv[1], deblur_status_message(status));
	free(bytes);
	graph_destroy(model.restorer);
	graph_destroy(model.estimator);
	return status != DEBLUR_OK;
}
