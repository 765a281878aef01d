/* run_graph.c - not a test: what our core makes of numbers, for others to compare theirs with.
 *
 *     run_graph M.dbm restorer|estimator HEIGHT WIDTH FOLDER [SIGMA]
 *
 * With SIGMA a restorer is told a Gaussian blur of that deviation in pixels, and otherwise numbers by chance.
 * Writes FOLDER/picture.f32 and output.f32 (maps as [channels][height][width]) and, where the graph has one,
 * condition.f32. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "core/executor.h"
#include "core/model_file.h"
#include "degrade/random.h"
#include "picture/file.h"

static void write_floats(const char *folder, const char *name, const float *values, size_t count) {
	char path[4096];
	snprintf(path, sizeof path, "%s/%s.f32", folder, name);
	if (file_write(path, values, count * sizeof *values)) exit(1);
}

/* [height][width][channels] to [channels][height][width] */
static void write_map(const char *folder, const char *name, const struct map *map) {
	float *planes = malloc(map->channels * map->height * map->width * sizeof *planes), *to = planes;
	if (!planes) exit(1);
	for (size_t c = 0; c < map->channels; c++)
		for (size_t y = 0; y < map->height; y++)
			for (size_t x = 0; x < map->width; x++) *to++ = map->data[y * map->row_stride + x * map->channels + c];
	write_floats(folder, name, planes, (size_t)(to - planes));
	free(planes);
}

static void tell(const struct graph *graph, const char *sigma, float *condition) {
	const size_t count = graph->tensors[graph->condition].channels;
	struct random random = random_seeded(12, 0, 0);
	for (size_t i = 0; i < count; i++) condition[i] = (float)random_uniform(&random);
	if (!sigma) return;
	struct deblur_blur blur;
	float told[BLUR_CONDITION_COUNT];
	if (deblur_blur_describe(DEBLUR_BLUR_GAUSSIAN, strtof(sigma, NULL), 0, NULL, &blur)) exit(1);
	blur_to_condition(&blur, told);
	memcpy(condition, told, count * sizeof *told);
}

static void run(const struct graph *graph, size_t height, size_t width, const char *folder, const char *sigma) {
	struct random random = random_seeded(11, 0, 0);
	struct executor *executor = NULL;
	if (executor_create(graph, kernels_best(), &(struct executor_size){.height = height, .width = width}, &executor))
		exit(1);
	if (graph->condition >= 0) {
		const size_t count = graph->tensors[graph->condition].channels;
		float *condition = malloc(count * sizeof *condition);
		if (!condition) exit(1);
		tell(graph, sigma, condition);
		executor_set_condition(executor, condition);
		write_floats(folder, "condition", condition, count);
		free(condition);
	}
	const struct map picture = executor_input(executor, height, width);
	for (size_t y = 0; y < height; y++)
		for (size_t i = 0; i < width * 3; i++)
			picture.data[y * picture.row_stride + i] = (float)random_uniform(&random);
	write_map(folder, "picture", &picture);
	executor_run(executor);
	if (graph->tensors[graph->output].downscale)
		write_map(folder, "output", executor_output(executor));
	else
		write_floats(folder, "output", executor_output_vector(executor), graph->tensors[graph->output].channels);
	executor_destroy(executor);
}

int main(int argc, char **argv) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct model_file model = {0};
	if (argc < 6 || argc > 7 || file_read(argv[1], &bytes, &size) || model_file_read(bytes, size, &model)) return 1;
	const struct graph *graph = strcmp(argv[2], "estimator") ? model.restorer : model.estimator;
	if (!graph) return 1;
	run(graph, strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), argv[5], argv[6]);
	model_file_release(&model);
	free(bytes);
	return 0;
}
