/* train_quantise.c - `deblur-train quantise`: a model in a smaller file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quantise.h"
#include "picture/file.h"
#include "tools/common.h"
#include "tools/train_commands.h"
#include "tools/train_sensitivity.h"
#include "train/rounding.h"

/* What is asked for. */
struct order {
	double bits;   /* of each weight; */
	bool measured; /* in the mean, more where they matter more */
};

/* The model's own words, and how it is stored. */
static bool add_provenance(struct model_file *model, const struct order *order) {
	enum { LINE_BYTES = 64 };
	const size_t length = strlen(model->provenance);
	char *text = realloc(model->provenance, length + LINE_BYTES);
	if (!text) return false;
	model->provenance = text;
	snprintf(text + length, LINE_BYTES, "stored: int8, %g bits%s\n", order->bits,
			 order->measured ? " in the mean" : "");
	return true;
}

static bool share_out_bits(const struct command *command, struct model_file *model, double bits) {
	struct sensitivity sensitivity = {0};
	if (!train_measure_sensitivity(command, model, &sensitivity)) return false;
	const double lost_db = rounding_apply(model, &sensitivity, bits);
	sensitivity_release(&sensitivity);
	printf("a sample loses about %.3f dB\n", lost_db);
	return true;
}

static int quantise(const struct command *command, const char *from, const char *to, const struct order *order) {
	uint8_t *bytes = NULL;
	size_t before = 0, size = 0;
	struct model_file model = {0};
	if (!train_read_model(command, from, &model, &before)) return EXIT_FAILURE;
	if (order->measured && !share_out_bits(command, &model, order->bits)) {
		model_file_release(&model);
		return EXIT_FAILURE;
	}
	const int row_bits = order->measured ? QUANTISE_MAX_BITS : (int)order->bits;
	enum deblur_status status = add_provenance(&model, order)
									? model_file_write_quantised(&model, row_bits, &bytes, &size)
									: DEBLUR_OUT_OF_MEMORY;
	if (!status) status = file_write(to, bytes, size);
	free(bytes);
	model_file_release(&model);
	if (status) return common_fail(command, to, status), EXIT_FAILURE;
	printf("%s: %zu bytes, %zu before\n", to, size, before);
	return EXIT_SUCCESS;
}

/* False after a message. */
static bool read_order(const struct command *command, struct order *order) {
	const double least = option_given(command, "--data") ? 1 : QUANTISE_MIN_BITS;
	*order = (struct order){.measured = option_given(command, "--data")};
	for (const char *const *name = (const char *const[]){"--degrade", "--samples", "--crop", "--seed", NULL}; *name;
		 name++)
		if (option_given(command, *name) && !order->measured)
			return fprintf(stderr, "%s: %s is about the photographs of --data, which is missing\n", command->name,
						   *name),
				   false;
	if (!option_number(command, "--bits", least, QUANTISE_MAX_BITS, order->measured ? 4 : 8, &order->bits))
		return false;
	if (order->measured || order->bits == floor(order->bits)) return true;
	fprintf(stderr, "%s: --bits %g: only with --data may rows have different bits, and so a fraction in the mean\n",
			command->name, order->bits);
	return false;
}

int train_quantise(int argc, char **argv) {
	struct option table[] = {{"--bits", "N",
							  "of each weight: 3 to 8 (default: 8), or with --data their mean once the file is "
							  "compressed, 1 to 8 (default: 4). With fewer, the file compresses to less",
							  OPTION_ONE, NULL, 0},
							 TRAIN_SENSITIVITY_OPTIONS,
							 {0}};
	/* The default of other commands does not hold here. */
	for (struct option *option = table; option->name; option++)
		if (!strcmp(option->name, "--data"))
			option->help =
				"folders of sharp photographs, from which it learns which weights matter: those get more bits";
	struct command command = {.name = "deblur-train quantise",
							  .summary = "Writes a model with its weights as int8, a scale for each row.",
							  .operands = "M.dbm OUT.dbm",
							  .options = table};
	struct order order;
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		code = EXIT_USAGE;
		if (command.count != 2)
			fprintf(stderr, "%s: a model and a file to write are needed: M.dbm OUT.dbm\n", command.name);
		else if (read_order(&command, &order))
			code = quantise(&command, command.values[0], command.values[1], &order);
	}
	options_release(&command);
	return code;
}
