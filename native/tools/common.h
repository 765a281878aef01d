/* common.h - what the commands of `deblur` share: opening models and pictures with messages, and reading --blur. Every
 * function that fails has said why on standard error: what was wrong, with which file, and what to do. */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <stdio.h>

#include "deblur.h"
#include "picture/picture.h"
#include "tools/options.h"

#define COMMON_MODEL_OPTION                                                                                            \
	{                                                                                                                  \
		"--model", "M.dbm", "the model (default: $DEBLUR_MODEL, or weights/student.dbm beside the program)",           \
			OPTION_ONE, NULL, 0                                                                                        \
	}
#define COMMON_BLUR_OPTION                                                                                             \
	{                                                                                                                  \
		"--blur", "BLUR",                                                                                              \
			"auto (default), none, or KIND:SIZE_PX[:ANGLE_DEG]; kinds: gaussian, shake, motion, defocus", OPTION_ONE,  \
			NULL, 0                                                                                                    \
	}

#define COMMON_UNIFORM_OPTION                                                                                          \
	{ "--uniform", NULL, "take the blur for the same everywhere, also where it seems to differ", OPTION_FLAG, NULL, 0 }

/* NULL after a message. path NULL: what --model says, or the default. */
struct deblur_model *common_open_model(const struct command *command, const char *path);
bool common_read_picture(const struct command *command, const char *path, struct picture *out);
void common_fail(const struct command *command, const char *path, enum deblur_status status);

/* What --blur says. */
struct common_blur {
	bool estimate; /* auto */
	bool uniform;  /* whatever is found */
	enum deblur_blur_kind kind;
	float size_px, angle_deg;
};
bool common_read_blur(const struct command *command, struct common_blur *out);

struct common_found {
	bool known; /* false: the model needs none */
	struct deblur_blur blur;
	struct deblur_blur_map map; /* without cells where the blur is the same everywhere */
};

/* The estimate, or what was told with the estimate's noise. */
enum deblur_status common_find_blur(const struct deblur_model *model, const struct deblur_image *image,
									const struct common_blur *wanted, struct common_found *out);

/* "out of focus, radius 2.1 px (87% sure); noise 0.004; JPEG quality about 80" */
void common_describe(const struct deblur_blur *blur, char *text, size_t size);
/* The same, and whether it differs from place to place; nothing if nothing is known. */
void common_describe_found(const struct common_found *found, char *text, size_t size);
void common_print_blur_json(const struct deblur_blur *blur);
/* null without cells */
void common_print_map_json(const struct deblur_blur_map *map);
/* With quotes; control characters and quotes escaped, bytes that are no UTF-8 replaced by U+FFFD. */
void common_write_json_string(FILE *to, const char *text);
void common_print_json_string(const char *text);

/* The commands: argv[0] is the command's name. */
int command_run(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_estimate(int argc, char **argv);
int command_info(int argc, char **argv);

#endif
