/* command_info.c - `deblur info`: what a model is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common.h"

static void print_json(const struct deblur_model_info *info, const char *ops) {
	printf(
		"{\n  \"sha256\": \"%s\",\n  \"parameters\": %zu,\n  \"restorer_macs_per_pixel\": %.1f,\n"
		"  \"estimator_macs_per_pixel\": %.1f,\n  \"halo_px\": %zu,\n  \"has_estimator\": %s,\n  \"is_adaptive\": %s,\n"
		"  \"provenance\": ",
		info->sha256, info->parameter_count, info->restorer_macs_per_pixel, info->estimator_macs_per_pixel,
		info->halo_px, info->has_estimator ? "true" : "false", info->is_adaptive ? "true" : "false");
	common_print_json_string(info->provenance);
	printf(",\n  \"ops\": ");
	common_print_json_string(ops);
	printf("\n}\n");
}

static void print_text(const struct deblur_model_info *info, const char *ops) {
	printf("sha256: %s\nparameters: %zu\nmultiply-adds per pixel: %.0f to restore, %.0f to estimate\n"
		   "looks %zu px far\n%s%s\n\n%s",
		   info->sha256, info->parameter_count, info->restorer_macs_per_pixel, info->estimator_macs_per_pixel,
		   info->halo_px, info->has_estimator ? "estimates the blur; " : "",
		   info->is_adaptive ? "its restorer is told the blur" : "blind", info->provenance);
	printf("\n%s", ops);
}

static bool describe(const struct command *command, const struct deblur_model *model, bool json) {
	struct deblur_model_info info;
	deblur_model_info(model, &info);
	const size_t size = deblur_model_list_ops(model, NULL, 0) + 1;
	char *ops = malloc(size);
	if (!ops) return common_fail(command, "", DEBLUR_OUT_OF_MEMORY), false;
	deblur_model_list_ops(model, ops, size);
	if (json)
		print_json(&info, ops);
	else
		print_text(&info, ops);
	free(ops);
	return true;
}

static int inform(const struct command *command) {
	if (command->count > 1) return fprintf(stderr, "%s: one model at a time\n", command->name), EXIT_USAGE;
	/* As an operand or by --model: both are natural. */
	struct deblur_model *model = common_open_model(command, command->count ? command->values[0] : NULL);
	const bool fine = model && describe(command, model, option_given(command, "--json"));
	deblur_model_destroy(model);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_info(int argc, char **argv) {
	struct option options[] = {COMMON_MODEL_OPTION, {"--json", NULL, "as JSON", OPTION_FLAG, NULL, 0}, {0}};
	struct command command = {
		"deblur info", "Says what a model is: size, cost, ops, provenance.", "[M.dbm]", options, NULL, 0};
	int code;
	if (options_parse(&command, argc, argv, &code)) code = inform(&command);
	options_release(&command);
	return code;
}
