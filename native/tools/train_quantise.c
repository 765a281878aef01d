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
	struct train_sensitivity wanted;
};

/* Sets how it is stored. False after a message. */
static bool round_rows(const struct command *command, struct model_file *model, const struct order *order, char *stored,
					   size_t size) {
	snprintf(stored, size, "stored: int8, %g bits\n", order->bits);
	if (!order->measured) return true;
	struct sensitivity sensitivity = {0};
	if (!train_sensitivity_measure(command, &order->wanted, model, &sensitivity)) return false;
	const struct rounding rounding = rounding_apply(model, &sensitivity, order->bits);
	sensitivity_release(&sensitivity);
	snprintf(stored, size, "stored: int8, %.2f bits in the mean\n", rounding.bits);
	printf("%.2f bits in the mean: a sample loses about %.3f dB\n", rounding.bits, rounding.lost_db);
	return true;
}

static int quantise(const struct command *command, const char *from, const char *to, const struct order *order) {
	uint8_t *bytes = NULL;
	size_t before = 0, size = 0;
	struct model_file model = {0};
	char stored[64];
	int code = EXIT_FAILURE;
	if (train_read_model(command, from, &model, &before) && round_rows(command, &model, order, stored, sizeof stored)) {
		const int row_bits = order->measured ? QUANTISE_MAX_BITS : (int)order->bits;
		enum deblur_status status = train_add_provenance(&model, stored)
										? model_file_write_quantised(&model, row_bits, &bytes, &size)
										: DEBLUR_OUT_OF_MEMORY;
		if (!status) status = file_write(to, bytes, size);
		if (status)
			common_fail(command, to, status);
		else
			printf("%s: %zu bytes, %zu before\n", to, size, before);
		code = status ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	free(bytes);
	model_file_release(&model);
	return code;
}

/* False after a message. */
static bool read_order(const struct command *command, struct order *order) {
	static const char *const of_data[] = {"--memory-mb", "--degrade", "--samples", "--crop", "--seed"};
	order->measured = option_given(command, "--data");
	for (size_t i = 0; i < sizeof of_data / sizeof *of_data; i++)
		if (option_given(command, of_data[i]) && !order->measured) {
			fprintf(stderr, "%s: %s is about the photographs of --data, which is missing\n", command->name, of_data[i]);
			return false;
		}
	const double least = order->measured ? 2 : QUANTISE_MIN_BITS, otherwise = order->measured ? 4 : 8;
	if (!option_number(command, "--bits", least, QUANTISE_MAX_BITS, otherwise, &order->bits)) return false;
	if (order->measured) return train_sensitivity_read(command, &order->wanted);
	if (order->bits == floor(order->bits)) return true;
	fprintf(stderr, "%s: --bits %g: only with --data may rows have different bits, and so a fraction in the mean\n",
			command->name, order->bits);
	return false;
}

int train_quantise(int argc, char **argv) {
	struct option table[] = {{"--bits", "N",
							  "of each weight: 3 to 8 (default: 8), or with --data their mean once the file is "
							  "compressed, 2 to 8 (default: 4). With fewer, the file compresses to less",
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
	struct order order = {0};
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		code = EXIT_USAGE;
		if (command.count != 2)
			fprintf(stderr, "%s: a model and a file to write are needed: M.dbm OUT.dbm\n", command.name);
		else if (read_order(&command, &order))
			code = quantise(&command, command.values[0], command.values[1], &order);
	}
	train_sensitivity_release(&order.wanted);
	options_release(&command);
	return code;
}
