/* train_commands.h - the commands of deblur-train. Each takes its own argument list, argv[0] being the command's name,
 * and returns the exit status: 0, 1 for a failure, 2 for wrong usage, 130 if it was interrupted (and left a
 * checkpoint). */
#ifndef TOOLS_TRAIN_COMMANDS_H
#define TOOLS_TRAIN_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model_file.h"
#include "degrade/recipe.h"
#include "tools/options.h"

int train_teacher(int argc, char **argv);
int train_distill(int argc, char **argv);
int train_degrade(int argc, char **argv);
int train_export_onnx(int argc, char **argv);
int train_quantise(int argc, char **argv);
int train_revive(int argc, char **argv);
int train_report(int argc, char **argv);
int train_ablate(int argc, char **argv);

/* What was typed, for the provenance: a shell would do the same again. Returns text, in which what has no room is left
 * out. */
const char *train_command_line(int argc, char **argv, char *text, size_t size);

/* The side of a sample, from option `name`; false after a message. */
bool train_read_crop(const struct command *command, const char *name, size_t fallback, size_t *crop_px);

/* Its bytes were *size; false after a message. The caller releases it. */
bool train_read_model(const struct command *command, const char *path, struct model_file *out, size_t *size);

/* Adds a line to the model's own words, "key: value\n", in place of what they said of how it is stored; false: out of
 * memory. */
bool train_add_provenance(struct model_file *model, const char *line);

/* --degrade: a preset's name, or a file's; false after a message. */
bool train_read_recipe(const struct command *command, struct recipe *recipe);

#endif
