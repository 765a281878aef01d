/* deblur_train.c - the trainer: `deblur-train COMMAND`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deblur.h"
#include "tools/train_commands.h"

struct subcommand {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
	{"teacher", "train a large net", train_teacher},
	{"distill", "train the small net from the truth and a teacher's outputs", train_distill},
	{"ablate", "train by several recipes for equal steps, and write the table that compares them", train_ablate},
	{"degrade", "write degraded samples and a contact sheet, to look at what nets are trained on", train_degrade},
	{"report", "write a page about runs: curves, pictures before and after, how they were made", train_report},
	{"quantise", "write a model into a smaller file, its weights as int8", train_quantise},
	{"revive", "let channels of a model that never fire any more begin anew", train_revive},
	{"export-onnx", "write a model as ONNX, to run it elsewhere", train_export_onnx},
};
enum { SUBCOMMAND_COUNT = sizeof subcommands / sizeof *subcommands };

static void print_help(FILE *to) {
	fprintf(to, "usage: deblur-train COMMAND [options]\n\nTrains networks that take blur out of photographs.\n\n");
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		fprintf(to, "  %-12s %s\n", subcommands[i].name, subcommands[i].summary);
	fprintf(to, "\n  --version  the version\n  --help     this text; deblur-train COMMAND --help for each\n");
}

/* Threads that wait are to sleep rather than spin: beside other work a run is twice as fast so, and alone no slower
 * (BENCHMARKS.md). OpenMP reads that before main, so the program begins anew; where it cannot, it goes on spinning. */
static void sleep_while_waiting(char **argv) {
	if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return; /* the user's choice, or ours already */
	if (!setenv("OMP_WAIT_POLICY", "passive", 1)) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv) {
	sleep_while_waiting(argv);
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--version")) return puts("deblur-train " DEBLUR_VERSION) < 0;
	if (!strcmp(argv[1], "--help")) return print_help(stdout), 0;
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		if (!strcmp(argv[1], subcommands[i].name)) return subcommands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "deblur-train: there is no command %s; see deblur-train --help\n", argv[1]);
	return 2;
}
