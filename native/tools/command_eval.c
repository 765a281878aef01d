/* command_eval.c - `deblur eval`: how near a model comes to the truth, over a folder of pairs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/file_list.h"
#include "tools/common.h"

enum { PATH_BYTES = 4096 };

struct figures {
	double psnr_in_db, psnr_out_db, ssim_in, ssim_out;
};

struct evaluation {
	const struct command *command;
	const struct deblur_model *model;
	struct common_blur blur;
	const char *truth_folder, *truth_suffix;
	bool json;
	size_t count, skipped;
	struct figures sum;
};

/* TRUTH/NAME, or TRUTH/STEM.suffix.EXT */
static bool truth_path(const struct evaluation *e, const char *name, char path[PATH_BYTES]) {
	const char *dot = strrchr(name, '.');
	const int stem = (int)(dot - name);
	return snprintf(path, PATH_BYTES, "%s/%.*s%s%s", e->truth_folder, stem, name, e->truth_suffix, dot) < PATH_BYTES;
}

/* The means are of decibels; a picture that is exactly right would make them infinite, and counts as 100 dB. */
static double finite_db(double db) {
	return fmin(db, 100);
}

static enum deblur_status compare(const struct picture *a, const struct picture *b, double *psnr, double *ssim) {
	enum deblur_status status = picture_psnr_db(a, b, psnr);
	if (!status) status = picture_ssim(a, b, PICTURE_SSIM_UNIFORM7, ssim);
	*psnr = finite_db(*psnr);
	return status;
}

static enum deblur_status measure(const struct evaluation *e, struct picture *in, const struct picture *truth,
								  struct figures *f, struct deblur_blur *blur, bool *known) {
	const struct deblur_image image = picture_view(in);
	enum deblur_status status = compare(in, truth, &f->psnr_in_db, &f->ssim_in);
	if (!status) status = common_find_blur(e->model, &image, &e->blur, blur, known);
	if (!status) status = deblur_restore(e->model, &image, *known ? blur : NULL, NULL, &image);
	if (!status) status = compare(in, truth, &f->psnr_out_db, &f->ssim_out);
	return status;
}

static void tell_file(const struct evaluation *e, const char *name, const struct figures *f,
					  const struct deblur_blur *blur, bool known) {
	if (e->json) {
		printf("%s\n    {\"file\": ", e->count > 1 ? "," : "");
		common_print_json_string(name);
		printf(", \"psnr_in_db\": %.4f, \"psnr_out_db\": %.4f, \"ssim_in\": %.5f, \"ssim_out\": %.5f, \"blur\": ",
			   f->psnr_in_db, f->psnr_out_db, f->ssim_in, f->ssim_out);
		if (known)
			common_print_blur_json(blur);
		else
			printf("null");
		printf("}");
	} else {
		char text[256] = "";
		if (known) common_describe(blur, text, sizeof text);
		printf("%-24s %6.2f -> %6.2f dB  ssim %.4f -> %.4f  %s\n", name, f->psnr_in_db, f->psnr_out_db, f->ssim_in,
			   f->ssim_out, text);
	}
}

static bool evaluate_pair(struct evaluation *e, const char *in_path, const char *truth) {
	struct picture in = {0}, sharp = {0};
	struct figures f = {0};
	struct deblur_blur blur;
	bool known = false;
	bool fine = common_read_picture(e->command, in_path, &in) && common_read_picture(e->command, truth, &sharp);
	if (fine) {
		const enum deblur_status status = measure(e, &in, &sharp, &f, &blur, &known);
		fine = !status;
		if (status == DEBLUR_BAD_ARGUMENT)
			fprintf(stderr, "%s: %s and %s are not of one size, or smaller than 7 x 7\n", e->command->name, in_path,
					truth);
		else if (status)
			common_fail(e->command, in_path, status);
	}
	if (fine) {
		e->count++;
		e->sum.psnr_in_db += f.psnr_in_db;
		e->sum.psnr_out_db += f.psnr_out_db;
		e->sum.ssim_in += f.ssim_in;
		e->sum.ssim_out += f.ssim_out;
		tell_file(e, file_list_name(in_path), &f, &blur, known);
	}
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

static void tell_means(const struct evaluation *e) {
	const double n = (double)e->count;
	const struct figures *s = &e->sum;
	if (e->json)
		printf(
			"\n  ],\n  \"n\": %zu, \"skipped\": %zu, \"psnr_in_db\": %.4f, \"psnr_out_db\": %.4f, \"ssim_in\": %.5f, "
			"\"ssim_out\": %.5f, \"ssim_window\": \"uniform7\"\n}\n",
			e->count, e->skipped, s->psnr_in_db / n, s->psnr_out_db / n, s->ssim_in / n, s->ssim_out / n);
	else
		printf("mean of %-16zu %6.2f -> %6.2f dB (%+.2f)  ssim %.4f -> %.4f\n", e->count, s->psnr_in_db / n,
			   s->psnr_out_db / n, (s->psnr_out_db - s->psnr_in_db) / n, s->ssim_in / n, s->ssim_out / n);
}

static int evaluate(struct evaluation *e, const char *input) {
	struct file_list files = {0};
	const enum deblur_status status = file_list_add(&files, input);
	if (status) common_fail(e->command, input, status);
	if (!status && e->json) printf("{\n  \"files\": [");
	bool fine = !status && evaluate_all(e, &files);
	if (fine && !e->count) {
		fprintf(stderr, "%s: no file of %s has a twin of its name in %s\n", e->command->name, input, e->truth_folder);
		fine = false;
	}
	if (fine) tell_means(e);
	file_list_release(&files);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_eval(int argc, char **argv) {
	struct option options[] = {
		COMMON_MODEL_OPTION,
		COMMON_BLUR_OPTION,
		{"--input", "DIR", "blurred pictures", OPTION_ONE, NULL, 0},
		{"--truth", "DIR", "their sharp twins, of the same names", OPTION_ONE, NULL, 0},
		{"--truth-suffix", "S", "the twin of a.png is aS.png, for instance .target (default: none)", OPTION_ONE, NULL,
		 0},
		{"--json", NULL, "n, psnr_in_db, psnr_out_db, ssim_in, ssim_out, and the files", OPTION_FLAG, NULL, 0},
		{0}};
	struct command command = {
		"deblur eval", "Restores pictures and compares them with their sharp twins, before and after.",
		NULL,          options,
		NULL,          0};
	int code = EXIT_USAGE;
	if (options_parse(&command, argc, argv, &code)) {
		struct evaluation e = {.command = &command,
							   .truth_folder = option_value(&command, "--truth", NULL),
							   .truth_suffix = option_value(&command, "--truth-suffix", ""),
							   .json = option_given(&command, "--json")};
		const char *input = option_value(&command, "--input", NULL);
		code = EXIT_USAGE;
		if (!input || !e.truth_folder) {
			fprintf(stderr, "%s: --input and --truth name the two folders; both are needed\n", command.name);
		} else if (common_read_blur(&command, &e.blur)) {
			struct deblur_model *model = common_open_model(&command, NULL);
			e.model = model;
			code = model ? evaluate(&e, input) : EXIT_FAILURE;
			deblur_model_destroy(model);
		}
	}
	options_release(&command);
	return code;
}
