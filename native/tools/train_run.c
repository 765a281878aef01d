/* train_run.c - `deblur-train teacher` and `deblur-train distill`: the command line of a training run. */
#include <errno.h>
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "picture/file.h"
#include "tools/options.h"
#include "tools/train_commands.h"
#include "train/trainer.h"

static volatile sig_atomic_t stop_wanted;

static void want_stop(int signal_number) {
	(void)signal_number;
	stop_wanted = 1;
}

static void catch_signals(void) {
	struct sigaction action = {.sa_handler = want_stop, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* The Makefile asks git. */
#ifndef DEBLUR_COMMIT
#define DEBLUR_COMMIT "unknown"
#endif

/* A command line that is being put together; what has no room is left out. */
struct line {
	char *text;
	size_t length, size;
};

static void add_char(struct line *line, char c) {
	if (line->length + 1 < line->size) line->text[line->length++] = c;
	line->text[line->length] = 0;
}

static void add_text(struct line *line, const char *text) {
	while (*text) add_char(line, *text++);
}

/* Within quotes where a shell would not take it as it is. */
static void add_word(struct line *line, const char *word) {
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%";
	if (*word && !word[strspn(word, plain)]) {
		add_text(line, word);
		return;
	}
	add_char(line, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			add_text(line, "'\\''");
		else
			add_char(line, *word);
	}
	add_char(line, '\'');
}

/* What was typed, for the provenance: a shell would do the same again. */
static const char *join(const char *program, int argc, char **argv, char *text, size_t size) {
	struct line line = {text, 0, size};
	add_text(&line, program);
	for (int i = 0; i < argc; i++) {
		add_char(&line, ' ');
		add_word(&line, argv[i]);
	}
	return text;
}

/* Where a newcomer's photographs are put by scripts/get-data. */
static const char *const default_data[] = {"data/photos"};

static bool read_data_options(const struct command *command, struct trainer_options *o) {
	const struct option *data = option_find(command, "--data"), *pairs = option_find(command, "--pairs");
	struct stat about;
	o->data.sharp_dirs = data->count ? (const char *const *)data->values : default_data;
	o->data.sharp_dir_count = data->count ? data->count : 1;
	o->data.pair_dirs = (const char *const *)pairs->values;
	o->data.pair_dir_count = pairs->count;
	o->data.pair_share = 0.15;
	if (!data->count && stat(default_data[0], &about)) {
		fprintf(stderr, "%s: no --data, and there is no folder %s: run scripts/get-data to fetch free photographs\n",
				command->name, default_data[0]);
		return false;
	}
	return train_read_recipe(command, &o->data.recipe);
}

/* A file's text, malloc'ed. NULL after a message. */
static char *read_recipe_file(const struct command *command, const char *name) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	if (file_read(name, &bytes, &size)) {
		fprintf(stderr, "%s: --degrade %s is neither protocol nor photo, nor a file that can be read: %s\n",
				command->name, name, strerror(errno));
		return NULL;
	}
	if (memchr(bytes, 0, size)) {
		fprintf(stderr, "%s: %s: a recipe is text, and this is not\n", command->name, name);
		free(bytes);
		return NULL;
	}
	char *text = realloc(bytes, size + 1);
	if (!text) {
		free(bytes);
		fprintf(stderr, "%s: out of memory\n", command->name);
		return NULL;
	}
	text[size] = 0;
	return text;
}

bool train_read_recipe(const struct command *command, struct recipe *recipe) {
	const char *name = option_value(command, "--degrade", "photo");
	const char *preset = recipe_preset(name);
	char complaint[256], *text = preset ? NULL : read_recipe_file(command, name);
	if (!preset && !text) return false;
	const bool fine = recipe_parse(preset ? preset : text, recipe, complaint, sizeof complaint);
	if (!fine) fprintf(stderr, "%s: %s: %s\n", command->name, name, complaint);
	free(text);
	return fine;
}

bool train_read_crop(const struct command *command, const char *name, size_t fallback, size_t *crop_px) {
	double crop;
	if (!option_number(command, name, 32, 2048, (double)fallback, &crop)) return false;
	*crop_px = (size_t)crop;
	if (*crop_px % 16 == 0) return true;
	fprintf(stderr, "%s: %s has to be a multiple of 16\n", command->name, name);
	return false;
}

static bool read_numbers(const struct command *command, struct trainer_options *o) {
	double steps, seed, threads, batch, validate, checkpoint;
	const bool fine = option_number(command, "--minutes", 0.01, 1e6, 0, &o->minutes) &&
					  option_number(command, "--steps", 1, 1e9, 10000, &steps) &&
					  option_number(command, "--seed", 0, 1e15, 1, &seed) &&
					  option_number(command, "--threads", 1, 1024, omp_get_num_procs(), &threads) &&
					  option_number(command, "--batch", 1, 256, 8, &batch) &&
					  train_read_crop(command, "--crop", 128, &o->restorer_crop_px) &&
					  train_read_crop(command, "--estimator-crop", 2 * o->restorer_crop_px, &o->estimator_crop_px) &&
					  option_number(command, "--rate", 1e-8, 1, 1e-3, &o->learning_rate) &&
					  option_number(command, "--validate-every", 1, 1e9, 2000, &validate) &&
					  option_number(command, "--checkpoint-every", 1, 1e9, 0, &checkpoint) &&
					  option_number(command, "--told-estimate", 0, 1, 0.5, &o->estimate_share) &&
					  option_number(command, "--estimator-first", 0, 0.9, 0.2, &o->estimator_first);
	if (!fine) return false;
	if (o->minutes > 0 && option_given(command, "--steps")) {
		fprintf(stderr, "%s: --minutes and --steps exclude each other\n", command->name);
		return false;
	}
	o->steps = (uint64_t)steps;
	o->seed = (uint64_t)seed;
	o->batch = (size_t)batch;
	o->data.validation_every = 16;
	o->validate_every = (uint64_t)validate;
	o->checkpoint_every = (uint64_t)checkpoint;
	omp_set_dynamic(0);
	omp_set_num_threads((int)threads);
	return true;
}

static bool read_precision(const struct command *command, struct trainer_options *o) {
	const char *precision = option_value(command, "--precision", "auto");
	if (!strcmp(precision, "auto"))
		o->precision = conv_best_precision();
	else if (!strcmp(precision, "f32"))
		o->precision = CONV_FLOAT32;
	else if (!strcmp(precision, "bf16"))
		o->precision = CONV_BFLOAT16;
	else
		return fprintf(stderr, "%s: --precision is auto, f32 or bf16\n", command->name), false;
	return true;
}

static int report(const struct command *command, const struct trainer_options *o, enum deblur_status status,
				  const struct trainer_result *result) {
	if (status == DEBLUR_CANCELLED) {
		fprintf(stderr, "%s: stopped at step %llu; go on with the same options and --resume\n", command->name,
				(unsigned long long)result->steps);
		return 130;
	}
	if (status) {
		fprintf(stderr, "%s: %s\n", command->name, *result->reason ? result->reason : deblur_status_message(status));
		return 1;
	}
	if (result->psnr_out_db > 0)
		printf("%s: %llu steps, validation %.2f -> %.2f dB\n", o->out_path, (unsigned long long)result->steps,
			   result->psnr_in_db, result->psnr_out_db);
	return 0;
}

static int train(struct command *command, int argc, char **argv, const char *network, bool distill) {
	int code = EXIT_USAGE;
	char line[2048];
	if (!options_parse(command, argc, argv, &code)) {
		options_release(command);
		return code;
	}
	struct trainer_options o = {.network = option_value(command, "--network", network),
								.out_path = option_value(command, "--out", NULL),
								.teacher_path = distill ? option_value(command, "--teacher", NULL) : NULL,
								.from_path = option_value(command, "--from", NULL),
								.resume = option_given(command, "--resume"),
								.quiet = option_given(command, "--quiet"),
								.command = join("deblur-train", argc, argv, line, sizeof line),
								.commit = DEBLUR_COMMIT,
								.stop = &stop_wanted};
	struct trainer_result result;
	if (!o.out_path)
		fprintf(stderr, "%s: --out says where the model goes; it is missing\n", command->name);
	else if (distill && !o.teacher_path)
		fprintf(stderr, "%s: --teacher names the model to learn from; it is missing\n", command->name);
	else if ((!distill || option_number(command, "--teacher-weight", 0, 10, 0.5, &o.teacher_weight)) &&
			 read_data_options(command, &o) && read_numbers(command, &o) && read_precision(command, &o)) {
		catch_signals();
		code = report(command, &o, trainer_run(&o, &result), &result);
	}
	options_release(command);
	return code;
}

#define RUN_OPTIONS                                                                                                      \
	{"--data",    "DIR", "folders of sharp photographs, searched recursively (default: data/photos)",                    \
	 OPTION_MANY, NULL,  0},                                                                                             \
		{"--pairs",                                                                                                      \
		 "DIR",                                                                                                          \
		 "folders of blurred and sharp twins: blur/ and sharp/, or as GoPro, REDS and RealBlur have them",               \
		 OPTION_MANY,                                                                                                    \
		 NULL,                                                                                                           \
		 0},                                                                                                             \
		{"--degrade", "PRESET|FILE", "protocol, photo (default), or a recipe; see degrade --show", OPTION_ONE, NULL, 0}, \
		{"--out", "M.dbm", "the model; M.dbm.ckpt and M.dbm.log.jsonl lie beside it", OPTION_ONE, NULL, 0},              \
		{"--minutes", "N", "train for so long", OPTION_ONE, NULL, 0},                                                    \
		{"--steps", "N", "or for so many steps (default: 10000); only these repeat exactly", OPTION_ONE, NULL, 0},       \
		{"--resume", NULL, "go on from M.dbm.ckpt; all other options as before", OPTION_FLAG, NULL, 0},                  \
		{"--seed", "N", "of all random numbers (default: 1)", OPTION_ONE, NULL, 0},                                      \
		{"--threads", "N", "default: one per CPU", OPTION_ONE, NULL, 0},                                                 \
		{"--from", "M.dbm", "a model to begin with; a --teacher's estimator goes before its", OPTION_ONE, NULL, 0},      \
		{"--network", "NAME", "teacher, student or published", OPTION_ONE, NULL, 0},                                     \
		{"--batch", "N", "samples per step (default: 8)", OPTION_ONE, NULL, 0},                                          \
		{"--crop", "PX", "side of a sample, a multiple of 16 (default: 128)", OPTION_ONE, NULL, 0},                      \
		{"--rate", "X", "learning rate at its peak (default: 0.001)", OPTION_ONE, NULL, 0},                              \
		{"--told-estimate", "X",  "share of the samples whose blur is told as estimated (default: 0.5)",                 \
		 OPTION_ONE,        NULL, 0},                                                                                    \
		{"--estimator-first", "X",  "share of the run in which only the estimator learns (default: 0.2)",                \
		 OPTION_ONE,          NULL, 0},                                                                                  \
		{"--estimator-crop", "PX", "side of its samples then (default: twice --crop)", OPTION_ONE, NULL, 0},             \
		{"--precision", "P", "auto (default), f32 or bf16", OPTION_ONE, NULL, 0},                                        \
		{"--validate-every", "N", "steps (default: 2000)", OPTION_ONE, NULL, 0},                                         \
		{"--checkpoint-every", "N",  "steps (default: every five minutes); the last three are kept",                     \
		 OPTION_ONE,           NULL, 0},                                                                                 \
	{                                                                                                                    \
		"--quiet", NULL, "no progress bar", OPTION_FLAG, NULL, 0                                                         \
	}

int train_teacher(int argc, char **argv) {
	struct option options[] = {RUN_OPTIONS, {0}};
	struct command command = {.name = "deblur-train teacher",
							  .summary = "Trains a large net and its blur estimator from sharp photographs.",
							  .options = options};
	return train(&command, argc, argv, "teacher", false);
}

int train_distill(int argc, char **argv) {
	struct option options[] = {
		RUN_OPTIONS,
		{"--teacher", "M.dbm", "the model to learn from", OPTION_ONE, NULL, 0},
		{"--teacher-weight", "X", "of the teacher's output beside 1 for the truth (default: 0.5)", OPTION_ONE, NULL, 0},
		{0}};
	struct command command = {.name = "deblur-train distill",
							  .summary = "Trains a small net from the truth and from a teacher's outputs.",
							  .options = options};
	return train(&command, argc, argv, "student", true);
}
