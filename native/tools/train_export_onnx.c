/* train_export_onnx.c - `deblur-train export-onnx`: our weights, for other programs to run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "picture/file.h"
#include "tools/common.h"
#include "tools/train_commands.h"
#include "train/fixed_graph.h"
#include "train/onnx.h"

static int export_graph(const struct command *command, const struct graph *graph, const char *provenance,
						const char *path) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = onnx_write(graph, provenance, &bytes, &size);
	if (!status) status = file_write(path, bytes, size);
	free(bytes);
	if (status) return common_fail(command, path, status), EXIT_FAILURE;
	printf("%s: %s, %zu parameters, sizes in multiples of %zu pixels\n", path, graph->name,
		   graph_parameter_total(graph), graph_alignment_px(graph));
	return EXIT_SUCCESS;
}

/* Puts the net that is told this blur for good in the restorer's place. */
static bool fix_blur(const struct command *command, const struct common_blur *wanted, const char *path,
					 struct model_file *model) {
	if (model->restorer->condition < 0)
		return fprintf(stderr, "%s: %s is not told the blur: leave --blur out\n", command->name, path), false;
	struct deblur_blur blur;
	float condition[BLUR_CONDITION_COUNT];
	struct graph *fixed = NULL;
	enum deblur_status status = deblur_blur_describe(wanted->kind, wanted->size_px, wanted->angle_deg, NULL, &blur);
	if (!status) {
		blur_to_condition(&blur, condition);
		status = fixed_graph_create(model->restorer, condition, &fixed);
	}
	if (status) return common_fail(command, path, status), false;
	graph_destroy(model->restorer);
	model->restorer = fixed;
	return true;
}

static int export_model(const struct command *command, const char *from, const char *to, const char *estimator_to,
						const struct common_blur *blur) {
	size_t size = 0;
	struct model_file model = {0};
	if (!train_read_model(command, from, &model, &size)) return EXIT_FAILURE;
	if (estimator_to && !model.estimator) {
		model_file_release(&model);
		return common_fail(command, from, DEBLUR_NO_ESTIMATOR), EXIT_FAILURE;
	}
	int code = EXIT_FAILURE;
	if (blur->estimate || fix_blur(command, blur, from, &model))
		code = export_graph(command, model.restorer, model.provenance, to);
	if (!code && estimator_to) code = export_graph(command, model.estimator, model.provenance, estimator_to);
	model_file_release(&model);
	return code;
}

int train_export_onnx(int argc, char **argv) {
	struct option table[] = {
		{"--estimator", "OUT.onnx", "the blur estimator, too, as a file of its own", OPTION_ONE, NULL, 0},
		{"--blur", "KIND:SIZE",
		 "for pictures of this blur alone, which is not told then: a plain net, with mixed kernels mixed", OPTION_ONE,
		 NULL, 0},
		{0}};
	struct command command = {.name = "deblur-train export-onnx",
							  .summary =
								  "Writes a model's restorer as ONNX: picture (batch, 3, height, width; sRGB 0..1)\n"
								  "and the blur that it is told (core/blur.h) in, the restored picture out.",
							  .operands = "M.dbm OUT.onnx",
							  .options = table};
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		code = EXIT_USAGE;
		struct common_blur blur;
		if (command.count != 2)
			fprintf(stderr, "%s: a model and a file to write are needed: M.dbm OUT.onnx\n", command.name);
		else if (common_read_blur(&command, &blur))
			code = export_model(&command, command.values[0], command.values[1],
								option_value(&command, "--estimator", NULL), &blur);
	}
	options_release(&command);
	return code;
}
