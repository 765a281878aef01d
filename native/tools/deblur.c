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

static int run(int argc, char **argv) {
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[0], commands[i].name)) return commands[i].run(argc, argv);
	fprintf(stderr, "deblur: there is no command %s; see deblur --help\n", argv[0]);
	return EXIT_USAGE;
}

int main(int argc, char **argv) {
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	int code = 0;
	if (!strcmp(argv[1], "--version"))
		puts("deblur " DEBLUR_VERSION);
	else if (!strcmp(argv[1], "--help"))
		print_help(stdout);
	else
		code = run(argc - 1, argv + 1);
	if (!fflush(stdout) && !ferror(stdout)) return code;
	fprintf(stderr, "deblur: the answer could not be written; is the disk full?\n");
	return code ? code : 1;
}
