/* train_export_onnx.c - `deblur-train export-onnx`: our weights, for other programs to run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/file.h"
#include "tools/common.h"
#include "tools/train_commands.h"
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

static int export_model(const struct command *command, const char *from, const char *to, const char *estimator_to) {
	size_t size = 0;
	struct model_file model = {0};
	if (!train_read_model(command, from, &model, &size)) return EXIT_FAILURE;
	if (estimator_to && !model.estimator) {
		model_file_release(&model);
		return common_fail(command, from, DEBLUR_NO_ESTIMATOR), EXIT_FAILURE;
	}
	int code = export_graph(command, model.restorer, model.provenance, to);
	if (!code && estimator_to) code = export_graph(command, model.estimator, model.provenance, estimator_to);
	model_file_release(&model);
	return code;
}

int train_export_onnx(int argc, char **argv) {
	struct option table[] = {
		{"--estimator", "OUT.onnx", "the blur estimator, too, as a file of its own", OPTION_ONE, NULL, 0}, {0}};
	struct command command = {.name = "deblur-train export-onnx",
							  .summary =
								  "Writes a model's restorer as ONNX: picture (batch, 3, height, width; sRGB 0..1)\n"
								  "and the blur that it is told (core/blur.h) in, the restored picture out.",
							  .operands = "M.dbm OUT.onnx",
							  .options = table};
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		code = EXIT_USAGE;
		if (command.count == 2)
			code = export_model(&command, command.values[0], command.values[1],
								option_value(&command, "--estimator", NULL));
		else
			fprintf(stderr, "%s: a model and a file to write are needed: M.dbm OUT.onnx\n", command.name);
	}
	options_release(&command);
	return code;
}
