/* train_quantise.c - `deblur-train quantise`: a model in a smaller file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quantise.h"
#include "picture/file.h"
#include "tools/common.h"
#include "tools/train_commands.h"

enum { DEFAULT_BITS = 8 };

/* The model's own words, and how it is stored. */
static bool add_provenance(struct model_file *model, int bits) {
	enum { LINE_BYTES = 32 };
	const size_t length = strlen(model->provenance);
	char *text = realloc(model->provenance, length + LINE_BYTES);
	if (!text) return false;
	model->provenance = text;
	snprintf(text + length, LINE_BYTES, "stored: int8, %d bits\n", bits);
	return true;
}

static int quantise(const struct command *command, const char *from, const char *to, int bits) {
	uint8_t *bytes = NULL;
	size_t before = 0, size = 0;
	struct model_file model = {0};
	if (!train_read_model(command, from, &model, &before)) return EXIT_FAILURE;
	enum deblur_status status =
		add_provenance(&model, bits) ? model_file_write_quantised(&model, bits, &bytes, &size) : DEBLUR_OUT_OF_MEMORY;
	if (!status) status = file_write(to, bytes, size);
	free(bytes);
	model_file_release(&model);
	if (status) return common_fail(command, to, status), EXIT_FAILURE;
	printf("%s: %zu bytes, %zu before\n", to, size, before);
	return EXIT_SUCCESS;
}

int train_quantise(int argc, char **argv) {
	struct option table[] = {{"--bits", "N",
							  "of each weight, 3 to 8 (default: 8): with fewer, the file compresses to less",
							  OPTION_ONE, NULL, 0},
							 {0}};
	struct command command = {.name = "deblur-train quantise",
							  .summary = "Writes a model with its weights as int8, a scale for each row.",
							  .operands = "M.dbm OUT.dbm",
							  .options = table};
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		char *end = NULL;
		const char *text = option_value(&command, "--bits", NULL);
		const long bits = text ? strtol(text, &end, 10) : DEFAULT_BITS;
		code = EXIT_USAGE;
		if (command.count != 2)
			fprintf(stderr, "%s: a model and a file to write are needed: M.dbm OUT.dbm\n", command.name);
		else if ((end && (*end || end == text)) || bits < QUANTISE_MIN_BITS || bits > QUANTISE_MAX_BITS)
			fprintf(stderr, "%s: --bits %s is not a number from %d to %d\n", command.name, text, QUANTISE_MIN_BITS,
					QUANTISE_MAX_BITS);
		else
			code = quantise(&command, command.values[0], command.values[1], (int)bits);
	}
	options_release(&command);
	return code;
}
