/* train_report.c - `deblur-train report`: a page about one or more runs, to look at and to keep. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "picture/file.h"
#include "picture/file_list.h"
#include "tools/options.h"
#include "tools/train_commands.h"
#include "tools/train_data.h"
#include "tools/train_report.h"

enum { PATH_BYTES = 4096, CROP_PX = 128 };

static bool fail(const struct command *command, const char *path, enum deblur_status status, const char *advice) {
	fprintf(stderr, "%s: %s: %s%s%s\n", command->name, path,
			status == DEBLUR_IO ? strerror(errno) : deblur_status_message(status), *advice ? "; " : "", advice);
	return false;
}

/* ---- reading runs ---- */

static bool has_log(const struct report_run *run) {
	struct stat about;
	char path[PATH_BYTES];
	return (size_t)snprintf(path, sizeof path, "%s.log.jsonl", run->path) < sizeof path && !stat(path, &about);
}

/* A run that has a log and no model yet is reported as far as it has come. */
static bool read_model(const struct command *command, struct report_run *run) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = file_read(run->path, &bytes, &size);
	if (status == DEBLUR_IO && errno == ENOENT && has_log(run)) return true;
	if (!status) status = deblur_model_open(bytes, size, &run->model);
	free(bytes);
	if (status)
		return fail(command, run->path, status,
					status == DEBLUR_IO ? "a run is named by its --out, which is there after its first validation"
										: "");
	deblur_model_info(run->model, &run->info);
	return true;
}

static bool read_log(const struct command *command, struct report_run *run) {
	char path[PATH_BYTES];
	uint8_t *bytes = NULL;
	size_t size = 0;
	if ((size_t)snprintf(path, sizeof path, "%s.log.jsonl", run->path) >= sizeof path)
		return fail(command, run->path, DEBLUR_BAD_ARGUMENT, "the name is too long");
	enum deblur_status status = file_read(path, &bytes, &size);
	if (status) return fail(command, path, status, "the log of a run lies beside its model; take both along");
	status = run_log_parse(bytes, size, &run->log);
	free(bytes);
	if (status == DEBLUR_BAD_ARGUMENT)
		fprintf(stderr, "%s: %s: is not the log of a run, or holds nothing yet\n", command->name, path);
	else if (status)
		fail(command, path, status, "");
	return !status;
}

/* A file's name without its ending; where several folders have one of this name, with its path. */
static void name_runs(struct report *report) {
	for (size_t i = 0; i < report->run_count; i++) {
		struct report_run *run = &report->runs[i];
		const char *name = file_list_name(run->path);
		for (size_t j = 0; j < report->run_count; j++)
			if (j != i && !strcmp(name, file_list_name(report->runs[j].path))) name = run->path;
		const char *ending = strrchr(name, '.');
		const bool known = ending && ending != name && !strcmp(ending, ".dbm");
		snprintf(run->name, sizeof run->name, "%.*s", known ? (int)(ending - name) : (int)strlen(name), name);
	}
}

/* Which runs are reported: an ablation's, and those that are named. */
struct run_paths {
	const char *list[REPORT_RUNS_AT_MOST];
	size_t count;
	char own[REPORT_RUNS_AT_MOST][PATH_BYTES]; /* of those that are not on the command line */
};

static bool read_runs(const struct command *command, const struct run_paths *paths, struct report *report) {
	for (size_t i = 0; i < paths->count; i++) {
		struct report_run *run = &report->runs[report->run_count++];
		run->path = paths->list[i];
		if (!read_model(command, run) || !read_log(command, run)) return false;
	}
	name_runs(report);
	return true;
}

/* Its runs come after those that are named, as many as a report holds; the table has all of them. */
static bool read_ablation(const struct command *command, const char *folder, struct report *report,
						  struct run_paths *paths) {
	enum deblur_status status = ablation_read(folder, &report->ablation);
	if (status)
		return fail(command, folder, status, "--ablation takes the --out of deblur-train ablate, once a run has ended");
	for (size_t i = 0; i < report->ablation.count && !status; i++) {
		struct ablation_row *row = &report->ablation.rows[i];
		status = ablation_read_log(folder, row);
		if (status) return fail(command, row->name, status, "the log of an ablation's run lies beside its table");
		if (paths->count == REPORT_RUNS_AT_MOST) continue;
		char *path = paths->own[paths->count];
		if (snprintf(path, PATH_BYTES, "%s/%s.dbm", folder, row->name) >= PATH_BYTES)
			return fail(command, folder, DEBLUR_BAD_ARGUMENT, "the name is too long");
		paths->list[paths->count++] = path;
	}
	return true;
}

static void release(struct report *report) {
	for (size_t i = 0; i < report->run_count; i++) {
		run_log_release(&report->runs[i].log);
		deblur_model_destroy(report->runs[i].model);
	}
	report_release_pictures(report);
	ablation_release(&report->ablation);
}

/* ---- pictures ---- */

static bool add_pictures_of(const struct command *command, const struct train_data *data, struct report *report,
							size_t per_kind) {
	struct dataset_options options = data->options;
	options.crop_px = CROP_PX;
	options.validation_every = 16;
	struct stat about;
	if (!train_read_recipe(command, &options.recipe)) return false;
	if (data->has_default && stat(train_data_default, &about)) {
		report->without_pictures = "There are no photographs in data/photos, and no --data said where others are.";
		return true;
	}
	struct dataset *dataset = NULL;
	enum deblur_status status = dataset_open(&options, &dataset, NULL);
	if (status)
		return fail(command, options.sharp[0].path, status,
					"--data takes folders of photographs; --crops 0 needs none");
	if (!dataset_validation_count(dataset))
		report->without_pictures =
			"So few photographs that training keeps none of them apart: crops would prove nothing.";
	status = report_make_pictures(report, dataset, per_kind);
	dataset_close(dataset);
	return !status || fail(command, "making the pictures", status, "");
}

static bool add_pictures(const struct command *command, struct report *report, size_t per_kind) {
	struct train_data data = {0};
	const bool fine = train_data_read(command, &data) && add_pictures_of(command, &data, report, per_kind);
	train_data_release(&data);
	return fine;
}

/* ---- the command ---- */

static int write_page(const struct command *command, const struct report *report, const char *path) {
	struct buffer page = {0};
	report_write_page(report, &page);
	enum deblur_status status = page.failed ? DEBLUR_OUT_OF_MEMORY : file_write(path, page.bytes, page.size);
	free(page.bytes);
	if (status) return fail(command, path, status, ""), EXIT_FAILURE;
	printf("%s: %zu run%s, %zu crops\n", path, report->run_count, report->run_count > 1 ? "s" : "", report->crop_count);
	return EXIT_SUCCESS;
}

static bool has_model(const struct report *report) {
	size_t i = 0;
	while (i < report->run_count && !report->runs[i].model) i++;
	return i < report->run_count;
}

static int make_report(const struct command *command, const char *path, size_t per_kind) {
	static const struct report none = {0};
	struct report report = none;
	struct run_paths paths = {0};
	const char *ablation = option_value(command, "--ablation", NULL);
	for (size_t i = 0; i < command->count; i++) paths.list[paths.count++] = command->values[i];
	bool fine = !ablation || read_ablation(command, ablation, &report, &paths);
	fine = fine && read_runs(command, &paths, &report);
	if (fine && !per_kind) report.without_pictures = "The report was asked for without them.";
	if (fine && per_kind && !has_model(&report))
		report.without_pictures = "No run has written a model yet: the first comes with its first validation.";
	else if (fine && per_kind)
		fine = add_pictures(command, &report, per_kind);
	const int code = fine ? write_page(command, &report, path) : EXIT_FAILURE;
	release(&report);
	return code;
}

int train_report(int argc, char **argv) {
	struct option table[] = {
		{"--out", "PAGE.html", "where the report goes", OPTION_ONE, NULL, 0},
		TRAIN_DATA_OPTIONS, /* what the runs had */
		{"--degrade", "PRESET|FILE", "what crops suffer: protocol, photo (default), or a recipe", OPTION_ONE, NULL, 0},
		{"--ablation", "FOLDER", "the --out of ablate: its table, and its runs after those that are named", OPTION_ONE,
		 NULL, 0},
		{"--crops", "N", "before and after, of each kind of blur (default: 1); 0: none", OPTION_ONE, NULL, 0},
		{0}};
	struct command command = {.name = "deblur-train report",
							  .summary = "Writes one HTML file about runs: curves, crops, figures, how they were made.",
							  .operands = "[RUN.dbm...]",
							  .options = table};
	double crops;
	int code;
	if (options_parse(&command, argc, argv, &code)) {
		const char *path = option_value(&command, "--out", NULL);
		code = EXIT_USAGE;
		if (!path)
			fprintf(stderr, "%s: --out says where the report goes; it is missing\n", command.name);
		else if ((!command.count && !option_given(&command, "--ablation")) || command.count > REPORT_RUNS_AT_MOST)
			fprintf(stderr, "%s: one to %d models of runs are needed: RUN.dbm...\n", command.name, REPORT_RUNS_AT_MOST);
		else if (option_number(&command, "--crops", 0, 20, 1, &crops))
			code = make_report(&command, path, (size_t)crops);
	}
	options_release(&command);
	return code;
}
