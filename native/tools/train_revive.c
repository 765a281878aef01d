/* train_revive.c - `deblur-train revive`: a model whose dead channels begin anew. */
#include <stdio.h>
#include <stdlib.h>

#include "picture/file.h"
#include "tools/common.h"
#include "tools/train_commands.h"
#include "tools/train_sensitivity.h"
#include "train/revive.h"

static void tell(void *graph, const char *op, size_t dead, size_t channels) {
	printf("%-9s %-16s %zu of %zu channels were dead\n", ((const struct graph *)graph)->name, op, dead, channels);
}

/* How many began anew. */
static size_t revive_both(struct model_file *model, const struct sensitivity *sensitivity, uint64_t seed) {
	struct random random = random_seeded(seed, 0, 0);
	size_t dead = revive(model->restorer, sensitivity->restorer, &random, tell, model->restorer);
	if (sensitivity->estimator)
		dead += revive(model->estimator, sensitivity->estimator, &random, tell, model->estimator);
	return dead;
}

static int revive_model(const struct command *command, const char *from, const char *to,
						const struct train_sensitivity *wanted) {
	uint8_t *bytes = NULL;
	size_t before = 0, size = 0;
	struct model_file model = {0};
	struct sensitivity sensitivity = {0};
	int code = EXIT_FAILURE;
	if (train_read_model(command, from, &model, &before) &&
		train_sensitivity_measure(command, wanted, &model, &sensitivity)) {
		char line[64];
		const size_t dead = revive_both(&model, &sensitivity, wanted->options.seed);
		snprintf(line, sizeof line, "revived: %zu channels\n", dead);
		enum deblur_status status = train_add_provenance(&model, line) ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
		if (!status) status = model_file_write(&model, MODEL_FILE_FLOAT32, &bytes, &size);
		if (!status) status = file_write(to, bytes, size);
		if (status)
			common_fail(command, to, status);
		else
			printf("%s: %zu channels begin anew; it restores such samples as before, and learns --from here\n", to,
				   dead);
		code = status ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	free(bytes);
	sensitivity_release(&sensitivity);
	model_file_release(&model);
	return code;
}

int train_revive(int argc, char **argv) {
	struct option table[] = {TRAIN_SENSITIVITY_OPTIONS, {0}};
	struct command command = {.name = "deblur-train revive",
							  .summary = "Writes a model that restores alike, in which channels that do nothing any "
										 "more begin anew: to train it --from there.",
							  .operands = "M.dbm OUT.dbm",
							  .options = table};
	struct train_sensitivity wanted = {0};
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		code = EXIT_USAGE;
		if (command.count != 2)
			fprintf(stderr, "%s: a model and a file to write are needed: M.dbm OUT.dbm\n", command.name);
		else if (train_sensitivity_read(&command, &wanted))
			code = revive_model(&command, command.values[0], command.values[1], &wanted);
	}
	train_sensitivity_release(&wanted);
	options_release(&command);
	return code;
}
