/* train_sensitivity.h - commands that look at what a model makes of samples before they change its weights.
 *
 *     struct option options[] = {TRAIN_SENSITIVITY_OPTIONS, {0}};
 *     struct sensitivity sensitivity = {0};
 *     if (train_measure_sensitivity(&command, &model, &sensitivity)) ...
 *     sensitivity_release(&sensitivity);
 */
#ifndef TOOLS_TRAIN_SENSITIVITY_H
#define TOOLS_TRAIN_SENSITIVITY_H

#include "tools/options.h"
#include "tools/train_data.h"
#include "train/sensitivity.h"

/* False after a message. */
bool train_measure_sensitivity(const struct command *command, const struct model_file *model, struct sensitivity *out);

#define TRAIN_SENSITIVITY_OPTIONS                                                                                      \
	TRAIN_DATA_OPTIONS, {"--degrade", "PRESET|FILE", "protocol, photo (default), or a recipe", OPTION_ONE, NULL, 0},   \
		{"--samples", "N", "how many are looked at (default: 64)", OPTION_ONE, NULL, 0},                               \
		{"--crop", "PX", "side of a sample, a multiple of 16 (default: 256)", OPTION_ONE, NULL, 0}, {                  \
		"--seed", "N", "of all random numbers (default: 1)", OPTION_ONE, NULL, 0                                       \
	}

#endif
