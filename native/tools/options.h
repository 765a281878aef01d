/* options.h - the command lines of both programs: each command is a table of options, from which its --help is printed.
 *
 *     struct option options[] = {{"--json", NULL, "as JSON", OPTION_FLAG, NULL, 0}, {0}};
 *     struct command command = {"deblur info", "Says what a model is.", "MODEL", options, NULL, 0};
 *     int code;
 *     if (options_parse(&command, argc, argv, &code)) code = info(&command);
 *     options_release(&command);
 *     return code;
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { EXIT_USAGE = 2 };

enum option_arity { OPTION_FLAG, OPTION_ONE, OPTION_MANY };

struct option {
	const char *name;     /* "--model", or "-o"; NULL ends the table */
	const char *argument; /* what --help calls it; NULL for a flag */
	const char *help;
	enum option_arity arity; /* MANY takes every word up to the next option, and may be repeated */
	char **values;           /* of the command line; filled by options_parse */
	size_t count;
};

struct command {
	const char *name, *summary;
	const char *operands; /* what --help calls them; NULL: none are taken */
	struct option *options;
	char **values; /* operands */
	size_t count;
};

/* False: *code is the exit status (0 after --help; EXIT_USAGE after a message that says what was wrong). Values point
 * into argv; the arrays are released by options_release, also after false. */
bool options_parse(struct command *command, int argc, char **argv, int *code);
void options_release(struct command *command);

/* What a command does not have in its table was not given either: commands may share what reads their options. */
bool option_given(const struct command *command, const char *name);
const char *option_value(const struct command *command, const char *name, const char *otherwise);
const struct option *option_find(const struct command *command, const char *name);

/* A number in low..high, or `otherwise` where the option is not given. False after a message. */
bool option_number(const struct command *command, const char *name, double low, double high, double otherwise,
				   double *out);

/* One of "word:weight,word:weight"; the weight is 1 where none is given. */
struct option_weight {
	char word[32];
	double weight; /* at least 0 */
};

/* The option's list, or `otherwise` as one; false after a message: more than `room`, no word, not a weight, twice. */
bool option_weights(const struct command *command, const char *name, const char *otherwise, struct option_weight *out,
					size_t room, size_t *count);

#endif
