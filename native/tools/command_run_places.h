/* command_run_places.h - where the results of `deblur run` go: decided and checked before the first picture is read, so
 * that nobody waits for minutes to learn that a folder is missing, and no result replaces a picture.
 *
 *     struct places places = {0};
 *     if (places_plan(&command, "out", &places)) ... places.out[i] is for command.values[i] ...
 *     places_release(&places);
 */
#ifndef TOOLS_COMMAND_RUN_PLACES_H
#define TOOLS_COMMAND_RUN_PLACES_H

#include "tools/options.h"

struct places {
	char **out; /* one for each operand of the command; owned */
	size_t count;
};

/* `out` is a folder that exists or, for a single picture, a .png or .jpg file; NULL is refused like everything else
 * that makes no sense. False after a message. */
bool places_plan(const struct command *command, const char *out, struct places *places);
void places_release(struct places *places); /* zeroed is fine */

#endif
