/* train_data.h - which photographs a command of deblur-train looks at: --data, --pairs and what goes with them.
 *
 *     struct option options[] = {TRAIN_DATA_OPTIONS, TRAIN_PAIR_OPTIONS, {0}};
 *     struct train_data data = {0};
 *     if (train_data_read(&command, &data)) status = dataset_open(&data.options, ...);
 *     train_data_release(&data);
 */
#ifndef TOOLS_TRAIN_DATA_H
#define TOOLS_TRAIN_DATA_H

#include "data/dataset.h"
#include "tools/options.h"

struct train_data {
	struct dataset_options options; /* recipe and crops are the command's to set */
	struct dataset_source *sources; /* owned: the sharp ones, then pairs */
	size_t count;
	bool has_default; /* no --data was given: options name scripts/get-data's folder, which may not be there */
};

/* Pairs stay empty where the command's table lacks TRAIN_PAIR_OPTIONS. False after a message; release it in any case.
 */
bool train_data_read(const struct command *command, struct train_data *out);
bool train_data_is_there(const struct command *command, const struct train_data *data); /* false after a message */
void train_data_release(struct train_data *data);

/* Where scripts/get-data puts a newcomer's photographs. */
extern const char train_data_default[];

#define TRAIN_DATA_OPTIONS                                                                                             \
	{"--data",                                                                                                         \
	 "DIR[=WEIGHT]",                                                                                                   \
	 "folders of sharp photographs (default: data/photos). A weight is a folder's share of the samples, beside 1 for " \
	 "one without; with none at all, files count alike",                                                               \
	 OPTION_MANY,                                                                                                      \
	 NULL,                                                                                                             \
	 0},                                                                                                               \
	{                                                                                                                  \
		"--memory-mb", "N", "for decoded photographs (default: half of what the machine has, for all its processes)",  \
			OPTION_ONE, NULL, 0                                                                                        \
	}

#define TRAIN_PAIR_OPTIONS                                                                                             \
	{"--pairs",                                                                                                        \
	 "DIR[=WEIGHT]",                                                                                                   \
	 "folders of blurred and sharp twins: blur/ and sharp/, or as GoPro, REDS and RealBlur have them; or a list of "   \
	 "pairs",                                                                                                          \
	 OPTION_MANY,                                                                                                      \
	 NULL,                                                                                                             \
	 0},                                                                                                               \
		{"--pair-share", "X", "share of the samples that are pairs (default: 0.15)", OPTION_ONE, NULL, 0}, {           \
		"--blur-variant", "NAME", "of twins that come in several: gamma takes GoPro's blur_gamma (default: blur)",     \
			OPTION_ONE, NULL, 0                                                                                        \
	}

#endif
