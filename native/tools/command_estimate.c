/* command_estimate.c - `deblur estimate`: how pictures are blurred. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common.h"

static bool estimate(const struct command *command, const struct deblur_model *model, const char *path, bool json,
					 bool first) {
	struct picture picture = {0};
	struct common_found found;
	if (!common_read_picture(command, path, &picture)) return false;
	const struct deblur_image image = picture_view(&picture);
	const struct common_blur wanted = {.estimate = true, .uniform = option_given(command, "--uniform")};
	enum deblur_status status = common_find_blur(model, &image, &wanted, &found);
	if (!status && !found.known) status = DEBLUR_NO_ESTIMATOR;
	picture_release(&picture);
	if (status) return common_fail(command, path, status), false;
	if (json) {
		printf("%s\n  {\"file\": ", first ? "" : ",");
		common_print_json_string(path);
		printf(", \"blur\": ");
		common_print_blur_json(&found.blur);
		printf(", \"map\": ");
		common_print_map_json(&found.map);
		printf("}");
	} else {
		char text[256];
		common_describe_found(&found, text, sizeof text);
		printf("%s: %s\n", path, text);
	}
	return true;
}

static int estimate_all(const struct command *command) {
	if (!command->count)
		return fprintf(stderr, "%s: which pictures? see %s --help\n", command->name, command->name), EXIT_USAGE;
	struct deblur_model *model = common_open_model(command, NULL);
	if (!model) return EXIT_FAILURE;
	const bool json = option_given(command, "--json");
	size_t done = 0;
	if (json) printf("[");
	for (size_t i = 0; i < command->count; i++) done += estimate(command, model, command->values[i], json, !done);
	if (json) printf("\n]\n");
	deblur_model_destroy(model);
	return done == command->count ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_estimate(int argc, char **argv) {
	struct option options[] = {
		COMMON_MODEL_OPTION, COMMON_UNIFORM_OPTION, {"--json", NULL, "as JSON", OPTION_FLAG, NULL, 0}, {0}};
	struct command command = {"deblur estimate", "Says how pictures are blurred.", "IN...", options, NULL, 0};
	int code;
	if (options_parse(&command, argc, argv, &code)) code = estimate_all(&command);
	options_release(&command);
	return code;
}
