/* train_options.h - the options of a training run, as tables and as what the trainer takes: `teacher`, `distill` and
 * `ablate` share them. */
#ifndef TOOLS_TRAIN_OPTIONS_H
#define TOOLS_TRAIN_OPTIONS_H

#include "tools/options.h"
#include "tools/train_data.h"
#include "train/trainer.h"

/* Reads the command's options into *o, but for command, commit and stop; false after a message. Texts are the command
 * line's, and what it names as data is kept in *data (zeroed before), which has to be released in any case, after the
 * run. Sets the number of OpenMP's threads. */
bool train_read_options(const struct command *command, bool distill, struct trainer_options *o,
						struct train_data *data);

#define TRAIN_RUN_OPTIONS                                                                                              \
	TRAIN_DATA_OPTIONS,                                                                                                \
		TRAIN_PAIR_OPTIONS, {"--degrade", "PRESET|FILE", "protocol, photo (default), or a recipe; see degrade --show", \
							 OPTION_ONE,  NULL,          0},                                                           \
		{"--out", "M.dbm", "the model; M.dbm.ckpt and M.dbm.log.jsonl lie beside it", OPTION_ONE, NULL, 0},            \
		{"--minutes", "N", "train for so long", OPTION_ONE, NULL, 0},                                                  \
		{"--steps", "N", "or for so many steps (default: 10000); only these repeat exactly", OPTION_ONE, NULL, 0},     \
		{"--resume", NULL, "go on from M.dbm.ckpt; all other options as before", OPTION_FLAG, NULL, 0},                \
		{"--seed", "N", "of all random numbers (default: 1)", OPTION_ONE, NULL, 0},                                    \
		{"--threads", "N", "default: one per CPU", OPTION_ONE, NULL, 0},                                               \
		{"--from",                                                                                                     \
		 "M.dbm",                                                                                                      \
		 "a model to begin with, or to grow out of if it is smaller; a --teacher's estimator goes before its",         \
		 OPTION_ONE,                                                                                                   \
		 NULL,                                                                                                         \
		 0},                                                                                                           \
		{"--network", "NAME", "teacher, student, student-upper, student-fast, student-scaled or published",            \
		 OPTION_ONE,  NULL,   0},                                                                                      \
		{"--batch",                                                                                                    \
		 "N",                                                                                                          \
		 "samples per step, of each process under mpirun (default: 8); fewer where --crop grows, as many pixels",      \
		 OPTION_ONE,                                                                                                   \
		 NULL,                                                                                                         \
		 0},                                                                                                           \
		{"--crop",   "PX[:X],...", "sides of samples, multiples of 16, and their shares of the run (default: 128)",    \
		 OPTION_ONE, NULL,         0},                                                                                 \
		{"--loss",   "TERM:W,...", "charbonnier, decibel, gradient, fft and weights (default: charbonnier:1)",         \
		 OPTION_ONE, NULL,         0},                                                                                 \
		{"--context",                                                                                                  \
		 "PX",                                                                                                         \
		 "side of the samples that the estimator sees; the restorer learns from a part of each, as large as --crop "   \
		 "(default: as --crop)",                                                                                       \
		 OPTION_ONE,                                                                                                   \
		 NULL,                                                                                                         \
		 0},                                                                                                           \
		{"--register",                                                                                                 \
		 "PX",                                                                                                         \
		 "twins of pairs may lie up to so many pixels aside: they count where the restored picture has them, whole "   \
		 "pixels, at most 8 (default: 0)",                                                                             \
		 OPTION_ONE,                                                                                                   \
		 NULL,                                                                                                         \
		 0},                                                                                                           \
		{"--rate", "X", "learning rate at its peak (default: 0.001)", OPTION_ONE, NULL, 0},                            \
		{"--told-estimate", "X",  "share of the samples whose blur is told as estimated (default: 0.5)",               \
		 OPTION_ONE,        NULL, 0},                                                                                  \
		{"--estimator-first", "X",  "share of the run in which only the estimator learns (default: 0.2)",              \
		 OPTION_ONE,          NULL, 0},                                                                                \
		{"--joint",                                                                                                    \
		 "W",                                                                                                          \
		 "the estimator goes on learning with the restorer: from what its estimates do to the picture, and from the "  \
		 "truth with this weight, about 0.003 (default: 0, it stays as it is)",                                        \
		 OPTION_ONE,                                                                                                   \
		 NULL,                                                                                                         \
		 0},                                                                                                           \
		{"--estimator-crop", "PX", "side of its samples then (default: twice the first --crop)", OPTION_ONE, NULL, 0}, \
		{"--reparam", "LIST", "branches of 3x3 kernels while they learn: 1x1,identity,squeeze (default: none)",        \
		 OPTION_ONE,  NULL,   0},                                                                                      \
		{"--precision", "P", "auto (default), f32 or bf16", OPTION_ONE, NULL, 0},                                      \
		{"--validate-every", "N", "steps (default: 2000)", OPTION_ONE, NULL, 0},                                       \
		{"--checkpoint-every", "N",  "steps (default: every five minutes); the last three are kept",                   \
		 OPTION_ONE,           NULL, 0},                                                                               \
	{                                                                                                                  \
		"--quiet", NULL, "no progress bar", OPTION_FLAG, NULL, 0                                                       \
	}

#define TRAIN_DISTILL_OPTIONS                                                                                          \
	{"--teacher", "M.dbm", "the model to learn from", OPTION_ONE, NULL, 0},                                            \
		{"--teacher-weight", "X", "of the teacher's output beside the truth (default: 0.5)", OPTION_ONE, NULL, 0},     \
		{"--unlabelled", "X",  "share of the samples of which only the teacher's output is known (default: 0)",        \
		 OPTION_ONE,     NULL, 0},                                                                                     \
		{"--turned", "X",  "share of the samples that the teacher sees turned or mirrored (default: 0)",               \
		 OPTION_ONE, NULL, 0},                                                                                         \
		{"--features", "X",  "weight of the projected bottleneck against the teacher's (default: 0)",                  \
		 OPTION_ONE,   NULL, 0},                                                                                       \
	{                                                                                                                  \
		"--no-teacher", NULL, "the twin to compare with: all the same, but it learns from the truth alone",            \
			OPTION_FLAG, NULL, 0                                                                                       \
	}

#endif
