/* fuzz_checkpoint.c - anything at all as a checkpoint, with its checksum set right so that the rest is reached:
 * refused, with everything as it was, or taken whole. `make fuzz`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/sha256.h"
#include "picture/file.h"
#include "train/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct graph *make_graph(void) {
	struct graph *graph = graph_create("restorer");
	const int picture = graph_input_map(graph, "picture", 3);
	const int x = graph_conv2d(graph, picture, "head", 3, 1, 1, ACTIVATION_NONE);
	graph_set_output(graph, graph_add(graph, picture, x, "restored"));
	return graph;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct graph *graph;
	static struct optimizer *optimizer;
	static char path[64];
	if (!graph) {
		graph = make_graph();
		if (optimizer_create(graph->parameters, graph->parameter_count, &optimizer_defaults, &optimizer)) abort();
		snprintf(path, sizeof path, "/tmp/fuzz_checkpoint.%ld", (long)getpid());
	}
	uint8_t *bytes = malloc(size + SHA256_BYTES);
	if (!bytes) return 0;
	memcpy(bytes, data, size);
	sha256(bytes, size, bytes + size);
	struct checkpoint checkpoint = {
		.recipe = "a run\n", .step = 7, .optimizers = {optimizer}, .optimizer_count = 1, .best_psnr_db = -1};
	graph->parameters[0].values[0] = 42;
	if (!file_write(path, bytes, size + SHA256_BYTES) && checkpoint_load(path, &checkpoint) &&
		(checkpoint.step != 7 || graph->parameters[0].values[0] < 42))
		abort();
	unlink(path);
	free(bytes);
	return 0;
}
