/* command_run.c - `deblur run`: pictures in, sharper pictures out. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/command_run_places.h"
#include "tools/common.h"

enum { EXIT_INTERRUPTED = 130 }; /* as shells say it: 128 + SIGINT */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
	(void)number;
	interrupted = 1;
}

static double now_s(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- progress ---- */

struct meter {
	const char *name;
	double started;
	bool shown; /* standard error is a terminal */
};

static bool show_progress(void *user, size_t done, size_t total) {
	const struct meter *meter = user;
	const double share = (double)done / (double)total, spent = now_s() - meter->started;
	if (meter->shown)
		fprintf(stderr, "\r\x1b[K%s  %3.0f%%  %.0f s left", meter->name, share * 100, spent * (1 - share) / share);
	return !interrupted;
}

static void end_progress(const struct meter *meter) {
	if (meter->shown) fprintf(stderr, "\r\x1b[K");
}

/* ---- one picture ---- */

struct job {
	const struct command *command;
	const struct deblur_model *model;
	struct common_blur blur;
	struct deblur_restore_options options;
	int quality;
	bool quiet;
};

static enum deblur_status restore(struct job *job, struct picture *picture, struct meter *meter) {
	const struct deblur_image image = picture_view(picture);
	struct common_found found;
	char text[256];
	enum deblur_status status = common_find_blur(job->model, &image, &job->blur, &found);
	if (status) return status;
	common_describe_found(&found, text, sizeof text);
	if (found.known && !job->quiet) fprintf(stderr, "%s: %s\n", meter->name, text);
	meter->started = now_s();
	job->options.progress = show_progress;
	job->options.user = meter;
	job->options.map = &found.map;
	status = deblur_restore(job->model, &image, found.known ? &found.blur : NULL, &job->options, &image);
	end_progress(meter);
	return status;
}

static bool process(struct job *job, const char *in, const char *out) {
	struct picture picture = {0};
	struct meter meter = {.name = in, .shown = !job->quiet && isatty(STDERR_FILENO)};
	if (!common_read_picture(job->command, in, &picture)) return false;
	enum deblur_status status = restore(job, &picture, &meter);
	if (status) {
		common_fail(job->command, in, status);
	} else {
		errno = 0;
		status = picture_write(out, &picture, job->quality);
		if (status) common_fail(job->command, out, status);
	}
	picture_release(&picture);
	return !status;
}

/* ---- all of them ---- */

static int process_all(struct job *job, const struct places *places) {
	int code = EXIT_SUCCESS;
	for (size_t i = 0; i < places->count && !interrupted; i++)
		if (!process(job, job->command->values[i], places->out[i])) code = EXIT_FAILURE;
	return interrupted ? EXIT_INTERRUPTED : code;
}

static int open_and_process(struct job *job, const struct places *places) {
	struct deblur_model *model = common_open_model(job->command, NULL);
	if (!model) return EXIT_FAILURE;
	job->model = model;
	const struct sigaction action = {.sa_handler = on_interrupt};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	const int code = process_all(job, places);
	deblur_model_destroy(model);
	return code;
}

static int run(const struct command *command) {
	struct job job = {.command = command, .quiet = option_given(command, "--quiet")};
	double strength, threads, quality;
	if (!command->count)
		return fprintf(stderr, "%s: which pictures? see %s --help\n", command->name, command->name), EXIT_USAGE;
	if (!common_read_blur(command, &job.blur) || !option_number(command, "--strength", 0, 1, 1, &strength) ||
		!option_number(command, "--threads", 1, 1024, 0, &threads) ||
		!option_number(command, "--quality", 1, 100, 95, &quality))
		return EXIT_USAGE;
	job.options = (struct deblur_restore_options){.strength = (float)strength, .thread_count = (int)threads};
	job.quality = (int)quality;
	struct places places = {0};
	const bool planned = places_plan(command, option_value(command, "-o", NULL), &places);
	const int code = planned ? open_and_process(&job, &places) : EXIT_USAGE;
	places_release(&places);
	return code;
}

int command_run(int argc, char **argv) {
	struct option options[] = {
		COMMON_MODEL_OPTION,
		COMMON_BLUR_OPTION,
		COMMON_UNIFORM_OPTION,
		{"--strength", "X", "0: as it was, 1: as restored (default), between: a mix", OPTION_ONE, NULL, 0},
		{"--threads", "N", "default: one per CPU", OPTION_ONE, NULL, 0},
		{"--quality", "N", "of JPEG results, 1..100 (default: 95)", OPTION_ONE, NULL, 0},
		{"-o", "OUT|DIR", "the result: a .png or .jpg file, or a folder", OPTION_ONE, NULL, 0},
		{"--quiet", NULL, "say nothing but errors", OPTION_FLAG, NULL, 0},
		{0}};
	struct command command = {
		"deblur run",
		"Takes the blur out of JPEG, PNG, BMP and TGA pictures. Sizes: Gaussian: standard deviation; shake: spread;\n"
		"motion: length of the path; defocus: radius. EXIF orientation is applied; alpha is kept in PNGs. Into a "
		"folder,\n"
		"a JPEG becomes a JPEG of the same name and everything else a PNG. No picture that is read is overwritten.",
		"IN...",
		options,
		NULL,
		0};
	int code;
	if (options_parse(&command, argc, argv, &code)) code = run(&command);
	options_release(&command);
	return code;
}
