/* deblur.c - the command line: `deblur COMMAND`. */
#include <stdio.h>
#include <string.h>

#include "tools/common.h"

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", "take the blur out of pictures", command_run},
	{"eval", "measure a model on pictures whose sharp twins are known", command_eval},
	{"estimate", "say how pictures are blurred", command_estimate},
	{"info", "say what a model is", command_info},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(FILE *to) {
	fprintf(to, "usage: deblur COMMAND [options]\n\nTakes blur out of photographs, on this machine.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++) fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(to, "\n  --version  the version\n  --help     this text; deblur COMMAND --help for each\n");
}

int main(int argc, char **argv) {
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) return puts("deblur " DEBLUR_VERSION) < 0;
	if (!strcmp(argv[1], "--help")) return print_help(stdout), 0;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[1], commands[i].name)) return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "deblur: there is no command %s; see deblur --help\n", argv[1]);
	return EXIT_USAGE;
}
