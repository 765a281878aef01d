/* command_run.c - `deblur run`: pictures in, sharper pictures out. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/common.h"

enum { PATH_BYTES = 4096 };

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
	struct deblur_blur blur;
	char text[256];
	bool known;
	enum deblur_status status = common_find_blur(job->model, &image, &job->blur, &blur, &known);
	if (status) return status;
	if (known) common_describe(&blur, text, sizeof text);
	if (known && !job->quiet) fprintf(stderr, "%s: %s\n", meter->name, text);
	meter->started = now_s();
	job->options.progress = show_progress;
	job->options.user = meter;
	status = deblur_restore(job->model, &image, known ? &blur : NULL, &job->options, &image);
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

/* ---- where results go ---- */

static bool is_directory(const char *path) {
	struct stat about;
	return !stat(path, &about) && S_ISDIR(about.st_mode);
}

static bool same_file(const char *a, const char *b) {
	struct stat x, y;
	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_jpeg(const char *extension) {
	return !strcmp(extension, ".jpg") || !strcmp(extension, ".jpeg");
}

/* DIR/NAME.jpg for a JPEG, DIR/NAME.png for everything else. */
static bool path_in(const char *folder, const char *in, char path[PATH_BYTES]) {
	const char *slash = strrchr(in, '/'), *name = slash ? slash + 1 : in, *dot = strrchr(name, '.');
	const int stem = dot ? (int)(dot - name) : (int)strlen(name);
	return snprintf(path, PATH_BYTES, "%s/%.*s%s", folder, stem, name, dot && is_jpeg(dot) ? dot : ".png") < PATH_BYTES;
}

static bool is_writable_kind(const char *path) {
	const char *dot = strrchr(path, '.');
	return dot && (is_jpeg(dot) || !strcmp(dot, ".png") || !strcmp(dot, ".PNG") || !strcmp(dot, ".JPG"));
}

static bool check_output(const struct command *command, const char *out) {
	if (!out) return fprintf(stderr, "%s: -o says where the result goes; it is missing\n", command->name), false;
	if (is_directory(out)) return true;
	if (command->count > 1)
		return fprintf(stderr, "%s: %s has to be a folder that exists, since there are several pictures\n",
					   command->name, out),
			   false;
	if (!is_writable_kind(out))
		return fprintf(stderr, "%s: %s has to end in .png or .jpg, or be a folder that exists\n", command->name, out),
			   false;
	return true;
}

static int process_all(struct job *job, const char *out) {
	const struct command *command = job->command;
	int failed = 0;
	for (size_t i = 0; i < command->count && !interrupted; i++) {
		const char *in = command->values[i];
		char path[PATH_BYTES];
		if (is_directory(out) ? !path_in(out, in, path) : snprintf(path, sizeof path, "%s", out) >= PATH_BYTES) {
			fprintf(stderr, "%s: %s: the path is too long\n", command->name, in);
			failed = 1;
		} else if (same_file(in, path)) {
			fprintf(stderr, "%s: %s would be overwritten by its own result; choose another place\n", command->name, in);
			failed = 1;
		} else if (!process(job, in, path)) {
			failed = 1;
		}
	}
	return interrupted ? 130 : failed;
}

static int run(const struct command *command) {
	struct job job = {.command = command, .quiet = option_given(command, "--quiet")};
	const char *out = option_value(command, "-o", NULL);
	double strength, threads, quality;
	if (!command->count)
		return fprintf(stderr, "%s: which pictures? see %s --help\n", command->name, command->name), EXIT_USAGE;
	if (!check_output(command, out) || !common_read_blur(command, &job.blur) ||
		!option_number(command, "--strength", 0, 1, 1, &strength) ||
		!option_number(command, "--threads", 1, 1024, 0, &threads) ||
		!option_number(command, "--quality", 1, 100, 95, &quality))
		return EXIT_USAGE;
	job.options = (struct deblur_restore_options){.strength = (float)strength, .thread_count = (int)threads};
	job.quality = (int)quality;
	struct deblur_model *model = common_open_model(command, NULL);
	if (!model) return EXIT_FAILURE;
	job.model = model;
	const struct sigaction action = {.sa_handler = on_interrupt};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	const int code = process_all(&job, out);
	deblur_model_destroy(model);
	return code;
}

int command_run(int argc, char **argv) {
	struct option options[] = {
		COMMON_MODEL_OPTION,
		COMMON_BLUR_OPTION,
		{"--strength", "X", "0: as it was, 1: as restored (default), between: a mix", OPTION_ONE, NULL, 0},
		{"--threads", "N", "default: one per CPU", OPTION_ONE, NULL, 0},
		{"--quality", "N", "of JPEG results, 1..100 (default: 95)", OPTION_ONE, NULL, 0},
		{"-o", "OUT|DIR", "the result: a .png or .jpg file, or a folder", OPTION_ONE, NULL, 0},
		{"--quiet", NULL, "say nothing but errors", OPTION_FLAG, NULL, 0},
		{0}};
	struct command command = {
		"deblur run",
		"Takes the blur out of JPEG, PNG, BMP and TGA pictures. Sizes: Gaussian: standard deviation; shake: spread;\n"
		"motion: length of the path; defocus: radius. EXIF orientation is applied; alpha is kept in PNGs.",
		"IN...",
		options,
		NULL,
		0};
	int code;
	if (options_parse(&command, argc, argv, &code)) code = run(&command);
	options_release(&command);
	return code;
}
