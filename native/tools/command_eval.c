/* command_eval.c - `deblur eval`: how near a model comes to the truth, over a folder of pairs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline/baseline.h"
#include "picture/file_list.h"
#include "tools/common.h"
#include "tools/metrics.h"
#include "tools/told_blurs.h"

enum { PATH_BYTES = 4096 };

struct figures {
	double in[METRIC_COUNT], out[METRIC_COUNT];
};

struct pair {
	const char *name; /* borrowed from the list of files */
	struct figures figures;
	struct common_found found;
};

struct evaluation {
	const struct command *command;
	const struct deblur_model *model;
	struct common_blur blur;
	const char *told_path; /* NULL: `blur` counts */
	struct told_blurs told;
	const char *truth_folder, *truth_suffix;
	bool json, classical; /* classical: `baseline` restores instead of the model */
	enum baseline baseline;
	size_t metric_count;
	size_t skipped;
	struct pair *pairs; /* as many as there are files; the first `count` are measured */
	size_t count;
};

/* TRUTH/NAME, or TRUTH/STEM.suffix.EXT */
static bool truth_path(const struct evaluation *e, const char *name, char path[PATH_BYTES]) {
	const char *dot = strrchr(name, '.');
	const int stem = (int)(dot - name);
	return snprintf(path, PATH_BYTES, "%s/%.*s%s%s", e->truth_folder, stem, name, e->truth_suffix, dot) < PATH_BYTES;
}

/* In place. */
static enum deblur_status restore(const struct evaluation *e, const struct picture *picture, const struct pair *pair) {
	const struct deblur_image image = picture_view(picture);
	const struct deblur_blur *blur = pair->found.known ? &pair->found.blur : NULL;
	const struct deblur_restore_options options = {.strength = 1, .map = &pair->found.map};
	if (!e->classical) return deblur_restore(e->model, &image, blur, &options, &image);
	return blur ? baseline_restore(e->baseline, picture, blur, picture) : DEBLUR_NO_ESTIMATOR;
}

static enum deblur_status find_blur(const struct evaluation *e, const struct deblur_image *image, struct pair *pair) {
	if (!e->told_path) return common_find_blur(e->model, image, &e->blur, &pair->found);
	const struct deblur_blur *told = told_blurs_find(&e->told, pair->name);
	if (!told) return DEBLUR_NO_ESTIMATOR;
	pair->found = (struct common_found){.known = true, .blur = *told};
	return DEBLUR_OK;
}

static enum deblur_status measure(const struct evaluation *e, struct picture *in, const struct picture *truth,
								  struct pair *pair) {
	const struct deblur_image image = picture_view(in);
	struct figures *f = &pair->figures;
	enum deblur_status status = metrics_measure(in, truth, e->metric_count, f->in);
	if (!status) status = find_blur(e, &image, pair);
	if (!status) status = restore(e, in, pair);
	if (!status) status = metrics_measure(in, truth, e->metric_count, f->out);
	return status;
}

static void print_pair(const struct pair *pair) {
	const struct figures *f = &pair->figures;
	char text[256];
	common_describe_found(&pair->found, text, sizeof text);
	printf("%-24s %6.2f -> %6.2f dB  ssim %.4f -> %.4f  %s\n", pair->name, f->in[METRIC_PSNR], f->out[METRIC_PSNR],
		   f->in[METRIC_SSIM], f->out[METRIC_SSIM], text);
	fflush(stdout); /* each may take a while, also in a pipe */
}

static bool evaluate_pair(struct evaluation *e, const char *in_path, const char *truth) {
	struct picture in = {0}, sharp = {0};
	struct pair *pair = &e->pairs[e->count];
	pair->name = file_list_name(in_path);
	bool fine = common_read_picture(e->command, in_path, &in) && common_read_picture(e->command, truth, &sharp);
	if (fine) {
		const enum deblur_status status = measure(e, &in, &sharp, pair);
		fine = !status;
		if (status == DEBLUR_BAD_ARGUMENT)
			fprintf(stderr, "%s: %s and %s are not of one size, or smaller than 7 x 7\n", e->command->name, in_path,
					truth);
		else if (status == DEBLUR_NO_ESTIMATOR && e->told_path)
			fprintf(stderr, "%s: %s does not say how %s is blurred\n", e->command->name, e->told_path, pair->name);
		else if (status)
			common_fail(e->command, in_path, status);
	}
	if (fine) e->count++;
	if (fine && !e->json) print_pair(pair);
	picture_release(&in);
	picture_release(&sharp);
	return fine;
}

static bool exists(const char *path) {
	FILE *file = fopen(path, "rb");
	if (file) fclose(file);
	return file != NULL;
}

static bool evaluate_all(struct evaluation *e, const struct file_list *files) {
	for (size_t i = 0; i < files->count; i++) {
		char truth[PATH_BYTES];
		if (!truth_path(e, file_list_name(files->paths[i]), truth) || !exists(truth)) {
			e->skipped++;
			fprintf(stderr, "%s: skipped %s: it has no twin %s\n", e->command->name, files->paths[i], truth);
		} else if (!evaluate_pair(e, files->paths[i], truth)) {
			return false;
		}
	}
	return true;
}

static struct figures means(const struct evaluation *e) {
	const double n = (double)e->count;
	struct figures sum = {0};
	for (size_t i = 0; i < e->count; i++)
		for (size_t m = 0; m < e->metric_count; m++) {
			sum.in[m] += e->pairs[i].figures.in[m] / n;
			sum.out[m] += e->pairs[i].figures.out[m] / n;
		}
	return sum;
}

static void print_figures_json(const struct evaluation *e, const struct figures *f) {
	for (size_t m = 0; m < e->metric_count; m++) {
		const struct metric *metric = &metrics[m];
		printf("%s\"%s_in%s\": %.*f, \"%s_out%s\": %.*f", m ? ", " : "", metric->name, metric->unit, metric->decimals,
			   f->in[m], metric->name, metric->unit, metric->decimals, f->out[m]);
	}
}

/* Only when everything is measured: half a JSON helps nobody. */
static void print_json(const struct evaluation *e) {
	const struct figures mean = means(e);
	printf("{\n  \"n\": %zu, \"skipped\": %zu, ", e->count, e->skipped);
	print_figures_json(e, &mean);
	printf(", \"ssim_window\": \"uniform7\",\n  \"files\": [");
	for (size_t i = 0; i < e->count; i++) {
		printf("%s\n    {\"file\": ", i ? "," : "");
		common_print_json_string(e->pairs[i].name);
		printf(", ");
		print_figures_json(e, &e->pairs[i].figures);
		printf(", \"blur\": ");
		if (e->pairs[i].found.known)
			common_print_blur_json(&e->pairs[i].found.blur);
		else
			printf("null");
		printf(", \"map\": ");
		common_print_map_json(&e->pairs[i].found.map);
		printf("}");
	}
	printf("\n  ]\n}\n");
}

static void print_means(const struct evaluation *e) {
	const struct figures mean = means(e);
	printf("mean of %-16zu %6.2f -> %6.2f dB (%+.2f)  ssim %.4f -> %.4f\n", e->count, mean.in[METRIC_PSNR],
		   mean.out[METRIC_PSNR], mean.out[METRIC_PSNR] - mean.in[METRIC_PSNR], mean.in[METRIC_SSIM],
		   mean.out[METRIC_SSIM]);
}

static bool evaluate_files(struct evaluation *e, const char *input, const struct file_list *files) {
	e->pairs = calloc(files->count + 1, sizeof *e->pairs);
	if (!e->pairs) return common_fail(e->command, input, DEBLUR_OUT_OF_MEMORY), false;
	if (!evaluate_all(e, files)) return false;
	if (!e->count) {
		fprintf(stderr, "%s: no JPEG or PNG of %s has a twin of its name in %s\n", e->command->name, input,
				e->truth_folder);
		return false;
	}
	if (e->json)
		print_json(e);
	else
		print_means(e);
	return true;
}

static int evaluate(struct evaluation *e, const char *input) {
	struct file_list files = {0};
	const enum deblur_status status = file_list_add(&files, input);
	if (status) common_fail(e->command, input, status);
	const bool fine = !status && evaluate_files(e, input, &files);
	free(e->pairs);
	file_list_release(&files);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool read_method(const struct command *command, struct evaluation *e) {
	const char *method = option_value(command, "--method", "model");
	e->classical = strcmp(method, "model") != 0;
	if (!e->classical || baseline_from_name(method, &e->baseline)) return true;
	fprintf(stderr, "%s: --method is model, unsharp, wiener or polyblur, and not %s\n", command->name, method);
	return false;
}

static int evaluate_command(const struct command *command) {
	struct evaluation e = {.command = command,
						   .truth_folder = option_value(command, "--truth", NULL),
						   .truth_suffix = option_value(command, "--truth-suffix", ""),
						   .told_path = option_value(command, "--told", NULL),
						   .json = option_given(command, "--json"),
						   .metric_count = option_given(command, "--all-metrics") ? METRIC_COUNT : METRIC_BASIC_COUNT};
	const char *input = option_value(command, "--input", NULL);
	if (!input || !e.truth_folder) {
		fprintf(stderr, "%s: --input and --truth name the two folders; both are needed\n", command->name);
		return EXIT_USAGE;
	}
	if (e.told_path && option_given(command, "--blur")) {
		fprintf(stderr, "%s: --blur tells the blur of all files, --told that of each; leave one of them out\n",
				command->name);
		return EXIT_USAGE;
	}
	if (!common_read_blur(command, &e.blur) || !read_method(command, &e)) return EXIT_USAGE;
	e.blur.uniform |= e.classical; /* they take one blur out of all of a picture */
	if (e.told_path && !told_blurs_read(command, e.told_path, &e.told)) return EXIT_FAILURE;
	struct deblur_model *model = common_open_model(command, NULL);
	e.model = model;
	const int code = model ? evaluate(&e, input) : EXIT_FAILURE;
	deblur_model_destroy(model);
	told_blurs_release(&e.told);
	return code;
}

int command_eval(int argc, char **argv) {
	struct option options[] = {
		COMMON_MODEL_OPTION,
		COMMON_BLUR_OPTION,
		COMMON_UNIFORM_OPTION,
		{"--told", "FILE", "instead: each file's own, from the truth.json of deblur-train degrade", OPTION_ONE, NULL,
		 0},
		{"--input", "DIR", "blurred pictures", OPTION_ONE, NULL, 0},
		{"--truth", "DIR", "their sharp twins, of the same names", OPTION_ONE, NULL, 0},
		{"--truth-suffix", "S", "the twin of a.png is aS.png, for instance .target (default: none)", OPTION_ONE, NULL,
		 0},
		{"--method", "NAME",
		 "model (default), or for comparison unsharp or wiener, which are told the model's estimate or --blur, or "
		 "polyblur",
		 OPTION_ONE, NULL, 0},
		{"--all-metrics", NULL,
		 "in JSON also other SSIM windows, luma, sharpness without the twin, and PSNR wherever the twin lies within 8 "
		 "pixels",
		 OPTION_FLAG, NULL, 0},
		{"--json", NULL, "n, psnr_in_db, psnr_out_db, ssim_in, ssim_out, and the files", OPTION_FLAG, NULL, 0},
		{0}};
	struct command command = {
		"deblur eval", "Restores pictures and compares them with their sharp twins, before and after.",
		NULL,          options,
		NULL,          0};
	int code;
	if (options_parse(&command, argc, argv, &code)) code = evaluate_command(&command);
	options_release(&command);
	return code;
}
