#include "train/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct progress {
	FILE *log;
	bool quiet, terminal;
	double best_db;
};

/* A session that was killed may have left half a line: what follows it begins a line of its own. */
static FILE *open_log(const char *path) {
	FILE *log = fopen(path, "a+");
	if (!log) return NULL;
	const bool half = !fseek(log, -1, SEEK_END) && fgetc(log) != '\n';
	fseek(log, 0, SEEK_END);
	if (half) fputc('\n', log);
	return log;
}

enum deblur_status progress_open(const char *log_path, bool quiet, struct progress **out) {
	struct progress *progress = calloc(1, sizeof *progress);
	if (!progress) return DEBLUR_OUT_OF_MEMORY;
	progress->quiet = quiet;
	progress->terminal = isatty(STDERR_FILENO);
	progress->log = open_log(log_path);
	if (!progress->log) {
		free(progress);
		return DEBLUR_IO;
	}
	*out = progress;
	return DEBLUR_OK;
}

void progress_close(struct progress *progress) {
	if (!progress) return;
	if (progress->terminal && !progress->quiet) fputc('\n', stderr);
	fclose(progress->log);
	free(progress);
}

static void log_string(FILE *log, const char *key, const char *text) {
	fprintf(log, "\"%s\":\"", key);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(log, "\\%c", *c);
		else if ((unsigned char)*c < ' ')
			fprintf(log, "\\u%04x", *c);
		else
			fputc(*c, log);
	}
	fprintf(log, "\",");
}

void progress_session(struct progress *progress, const struct progress_session *s) {
	fprintf(progress->log, "{\"step\":%llu,\"seconds\":%.1f,\"session\":{", (unsigned long long)s->step, s->seconds);
	log_string(progress->log, "command", s->command);
	log_string(progress->log, "version", DEBLUR_VERSION);
	log_string(progress->log, "commit", s->commit);
	log_string(progress->log, "network", s->network);
	log_string(progress->log, "precision", s->precision);
	fprintf(progress->log, "\"threads\":%zu,\"batch\":%zu,\"crop_px\":%zu}}\n", s->threads, s->batch, s->crop_px);
	fflush(progress->log);
}

static const char *bar(double done, char text[24]) {
	const int full = (int)(done * 20 + 0.5);
	for (int i = 0; i < 20; i++) text[i] = i < full ? '#' : '.';
	text[20] = 0;
	return text;
}

static void tell(const struct progress *progress, const struct progress_step *s) {
	char text[24], left[48] = "", best[32] = "";
	const long seconds = (long)(s->seconds_left + 0.5);
	if (s->seconds_left >= 0)
		snprintf(left, sizeof left, "  %ld:%02d:%02d left", seconds / 3600, (int)(seconds / 60 % 60),
				 (int)(seconds % 60));
	if (progress->best_db > 0) snprintf(best, sizeof best, "  val %.2f dB", progress->best_db);
	fprintf(stderr, "%s[%s] %3.0f%%  step %llu  loss %.4f  blur %.3f  %.1f pictures/s%s%s%s",
			progress->terminal ? "\r\x1b[K" : "", bar(s->done, text), s->done * 100, (unsigned long long)s->step,
			s->loss, s->estimator_loss, s->pictures_per_second, best, left, progress->terminal ? "" : "\n");
	fflush(stderr);
}

static void log_term(FILE *log, const char *name, double loss) {
	if (fabs(loss) > 0) fprintf(log, ",\"%s_loss\":%.6g", name, loss);
}

void progress_step(struct progress *progress, const struct progress_step *s) {
	fprintf(
		progress->log,
		"{\"step\":%llu,\"done\":%.5f,\"seconds\":%.1f,\"loss\":%.6g,\"estimator_loss\":%.6g,\"gradient_norm\":%.6g,"
		"\"learning_rate\":%.6g,\"pictures_per_second\":%.2f",
		(unsigned long long)s->step, s->done, s->seconds, s->loss, s->estimator_loss, s->gradient_norm,
		s->learning_rate, s->pictures_per_second);
	log_term(progress->log, "gradient", s->gradient);
	log_term(progress->log, "decibel", s->decibel);
	log_term(progress->log, "fft", s->fft);
	log_term(progress->log, "teacher", s->teacher);
	log_term(progress->log, "features", s->features);
	fprintf(progress->log, "}\n");
	fflush(progress->log);
	if (!progress->quiet) tell(progress, s);
}

void progress_validation(struct progress *progress, uint64_t step, const struct validation *v, bool best) {
	if (best) progress->best_db = v->psnr_out_db;
	fprintf(progress->log, "{\"step\":%llu,\"validation\":{\"psnr_in_db\":%.4f,\"psnr_out_db\":%.4f,\"best\":%s",
			(unsigned long long)step, v->psnr_in_db, v->psnr_out_db, best ? "true" : "false");
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++)
		if (v->by_kind[kind].count)
			fprintf(progress->log,
					",\"%s\":{\"n\":%zu,\"psnr_in_db\":%.4f,\"psnr_out_db\":%.4f,\"size_within_fifth\":%.3f}",
					deblur_blur_kind_name((enum deblur_blur_kind)kind), v->by_kind[kind].count,
					v->by_kind[kind].psnr_in_db, v->by_kind[kind].psnr_out_db, v->by_kind[kind].size_within_fifth);
	fprintf(progress->log, "}}\n");
	fflush(progress->log);
	if (progress->quiet) return;
	fprintf(stderr, "%svalidation at step %llu: %.2f -> %.2f dB%s\n", progress->terminal ? "\r\x1b[K" : "",
			(unsigned long long)step, v->psnr_in_db, v->psnr_out_db, best ? ", the best so far" : "");
}

void progress_note(struct progress *progress, const char *text) {
	if (!progress->quiet) progress_warning(progress, text);
}

void progress_warning(struct progress *progress, const char *text) {
	fprintf(stderr, "%s%s\n", progress->terminal && !progress->quiet ? "\r\x1b[K" : "", text);
}
