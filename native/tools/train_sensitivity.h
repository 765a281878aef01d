/* train_sensitivity.h - commands that look at what a model makes of samples before they change its weights.
 *
 *     struct option options[] = {TRAIN_SENSITIVITY_OPTIONS, {0}};
 *     struct train_sensitivity wanted = {0};
 *     struct sensitivity sensitivity = {0};
 *     if (!train_sensitivity_read(&command, &wanted)) code = EXIT_USAGE;
 *     else if (train_sensitivity_measure(&command, &wanted, &model, &sensitivity)) ...
 *     sensitivity_release(&sensitivity);
 *     train_sensitivity_release(&wanted);
 */
#ifndef TOOLS_TRAIN_SENSITIVITY_H
#define TOOLS_TRAIN_SENSITIVITY_H

#include "tools/options.h"
#include "tools/train_data.h"
#include "train/sensitivity.h"

struct train_sensitivity {
	struct train_data data;
	struct sensitivity_options options;
};

/* Both false after a message. */
bool train_sensitivity_read(const struct command *command, struct train_sensitivity *out);
bool train_sensitivity_measure(const struct command *command, const struct train_sensitivity *wanted,
							   const struct model_file *model, struct sensitivity *out);
void train_sensitivity_release(struct train_sensitivity *wanted);

#define TRAIN_SENSITIVITY_OPTIONS                                                                                      \
	TRAIN_DATA_OPTIONS, {"--degrade", "PRESET|FILE", "protocol, photo (default), or a recipe", OPTION_ONE, NULL, 0},   \
		{"--samples", "N", "how many are looked at (default: 128)", OPTION_ONE, NULL, 0},                              \
		{"--crop", "PX", "side of a sample, a multiple of 16 (default: 256)", OPTION_ONE, NULL, 0}, {                  \
		"--seed", "N", "of all random numbers (default: 1)", OPTION_ONE, NULL, 0                                       \
	}

#endif
