/* train_run.c - `deblur-train teacher` and `deblur-train distill`: the command line of a training run. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/train_commands.h"
#include "tools/train_options.h"

static atomic_bool stop_wanted;

static void *wait_for_signals(void *signals) {
	for (int number; !sigwait(signals, &number);) stop_wanted = true;
	return NULL;
}

/* One thread takes the signals, and those that compute take none, so this comes before there are any others: oneDNN's
 * kernels (2.6, dnnl_sgemm with AVX-512) keep data so far below the stack's end that a handler's frame overwrites it.
 */
static bool catch_signals(void) {
	static sigset_t signals;
	pthread_t thread;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1); /* which mpirun hands on, and leaves time for */
	if (pthread_sigmask(SIG_BLOCK, &signals, NULL) || pthread_create(&thread, NULL, wait_for_signals, &signals))
		return false;
	return !pthread_detach(thread);
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

const char *train_command_line(int argc, char **argv, char *text, size_t size) {
	struct line line = {text, 0, size};
	add_text(&line, "deblur-train");
	for (int i = 0; i < argc; i++) {
		add_char(&line, ' ');
		add_word(&line, argv[i]);
	}
	return text;
}

static void tell_failure(const struct command *command, const struct trainer_options *o, enum deblur_status status,
						 const struct trainer_result *result) {
	char who[64] = "";
	if (parallel_size(o->parallel) > 1)
		snprintf(who, sizeof who, "process %zu of %zu: ", parallel_rank(o->parallel) + 1, parallel_size(o->parallel));
	fprintf(stderr, "%s: %s%s\n", command->name, who, *result->reason ? result->reason : deblur_status_message(status));
}

static int report(const struct command *command, const struct trainer_options *o, enum deblur_status status,
				  const struct trainer_result *result) {
	const int code = status == DEBLUR_CANCELLED ? 130 : status != DEBLUR_OK;
	if (result->told_elsewhere) return code;
	if (status == DEBLUR_CANCELLED)
		fprintf(stderr, "%s: stopped at step %llu; go on with the same options and --resume\n", command->name,
				(unsigned long long)result->steps);
	else if (status)
		tell_failure(command, o, status, result);
	else if (result->psnr_out_db > 0)
		printf("%s: %llu steps, validation %.2f -> %.2f dB\n", o->out_path, (unsigned long long)result->steps,
			   result->psnr_in_db, result->psnr_out_db);
	return code;
}

/* As one of several processes, where mpirun has started it as such. */
static int train_together(const struct command *command, struct trainer_options *o, int argc, char **argv) {
	struct trainer_result result;
	char line[2048];
	size_t length = 0;
	if (!catch_signals()) {
		fprintf(stderr, "%s: there is no thread left to wait for signals\n", command->name);
		return EXIT_FAILURE;
	}
	if (parallel_join(&o->parallel)) {
		fprintf(stderr,
				"%s: mpirun has started this as one of several processes, but it was built without MPI: install "
				"libopenmpi-dev and openmpi-bin, and make it anew\n",
				command->name);
		return EXIT_FAILURE;
	}
	if (parallel_size(o->parallel) > 1)
		length = (size_t)snprintf(line, sizeof line, "mpirun -n %zu ", parallel_size(o->parallel));
	train_command_line(argc, argv, line + length, sizeof line - length);
	o->command = line;
	o->commit = DEBLUR_COMMIT;
	o->stop = &stop_wanted;
	const int code = report(command, o, trainer_run(o, &result), &result);
	fflush(stdout);
	parallel_leave(o->parallel);
	return code;
}

static int train(struct command *command, int argc, char **argv, bool distill) {
	int code = EXIT_USAGE;
	struct trainer_options o;
	struct train_data data = {0};
	if (options_parse(command, argc, argv, &code)) {
		code = EXIT_USAGE;
		if (train_read_options(command, distill, &o, &data)) code = train_together(command, &o, argc, argv);
	}
	train_data_release(&data);
	options_release(command);
	return code;
}

int train_teacher(int argc, char **argv) {
	struct option options[] = {TRAIN_RUN_OPTIONS, {0}};
	struct command command = {.name = "deblur-train teacher",
							  .summary = "Trains a large net and its blur estimator from sharp photographs.",
							  .options = options};
	return train(&command, argc, argv, false);
}

int train_distill(int argc, char **argv) {
	struct option options[] = {TRAIN_RUN_OPTIONS, TRAIN_DISTILL_OPTIONS, {0}};
	struct command command = {.name = "deblur-train distill",
							  .summary = "Trains a small net from the truth and from a teacher's outputs.",
							  .options = options};
	return train(&command, argc, argv, true);
}
