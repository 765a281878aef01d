#include "tools/ablation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture/file.h"
#include "tools/common.h"
#include "train/json_line.h"

enum { PATH_BYTES = 4096 };

/* ---- reading ---- */

static void visit(void *user, const char *key, double number, const char *text) {
	struct ablation_row *row = user;
	(void)number; /* figures come from the logs */
	if (text && !strcmp(key, "name")) snprintf(row->name, sizeof row->name, "%s", text);
	if (text && !strcmp(key, "command")) snprintf(row->command, sizeof row->command, "%s", text);
}

/* A name is a part of paths: one that an ablation never wrote does not lead anywhere. */
static bool is_row(const struct ablation_row *row) {
	return *row->name && *row->name != '.' && !strchr(row->name, '/') && *row->command;
}

/* What is between the brackets and commas around a row. */
static bool read_row(const char *line, size_t length, struct ablation_row *row) {
	while (length && *line != '{') line++, length--;
	while (length && line[length - 1] != '}') length--;
	return length && json_line_read(line, length, visit, row) && is_row(row);
}

static enum deblur_status parse(const char *at, const char *end, struct ablation *out) {
	while (at < end && out->count < ABLATION_ROWS_AT_MOST) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t length = (size_t)((newline ? newline : end) - at);
		memset(&out->rows[out->count], 0, sizeof *out->rows);
		if (length && !read_row(at, length, &out->rows[out->count++])) return DEBLUR_BAD_ARGUMENT;
		at += length + 1;
	}
	return at < end || !out->count ? DEBLUR_BAD_ARGUMENT : DEBLUR_OK;
}

static bool path_of(const char *folder, const char *name, const char *ending, char path[PATH_BYTES]) {
	return snprintf(path, PATH_BYTES, "%s/%s%s", folder, name, ending) < PATH_BYTES;
}

enum deblur_status ablation_read(const char *folder, struct ablation *out) {
	char path[PATH_BYTES];
	uint8_t *bytes = NULL;
	size_t size = 0;
	if (!path_of(folder, "ablation", ".json", path)) return DEBLUR_BAD_ARGUMENT;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (status) return status;
	out->rows = calloc(ABLATION_ROWS_AT_MOST + 1, sizeof *out->rows);
	status = out->rows ? parse((const char *)bytes, (const char *)bytes + size, out) : DEBLUR_OUT_OF_MEMORY;
	free(bytes);
	if (status) ablation_release(out);
	return status;
}

void ablation_release(struct ablation *ablation) {
	free(ablation->rows);
	*ablation = (struct ablation){0};
}

/* ---- figures ---- */

static void take_figures(const struct run_log *log, struct ablation_row *row) {
	size_t count = 0;
	row->loss = row->seconds = row->pictures_per_second = 0;
	row->validation = (struct run_log_validation){0};
	if (log->validation_count) row->validation = log->validations[log->validation_count - 1];
	for (size_t i = 0; i < log->step_count; i++) {
		row->seconds = log->steps[i].seconds;
		row->loss = log->steps[i].loss;
		if (log->steps[i].loss <= 0) continue; /* the estimator's samples are larger */
		row->pictures_per_second += log->steps[i].pictures_per_second;
		count++;
	}
	if (count) row->pictures_per_second /= (double)count;
}

enum deblur_status ablation_read_log(const char *folder, struct ablation_row *row) {
	char path[PATH_BYTES];
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct run_log log = {0};
	if (!path_of(folder, row->name, ".dbm.log.jsonl", path)) return DEBLUR_BAD_ARGUMENT;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = run_log_parse(bytes, size, &log);
	free(bytes);
	if (!status) take_figures(&log, row);
	run_log_release(&log);
	return status;
}

bool ablation_difference(const struct ablation *ablation, size_t row, double *difference_db) {
	const struct run_log_validation *first = &ablation->rows[0].validation, *own = &ablation->rows[row].validation;
	/* The pictures are the same if what came in is. */
	if (first->step <= 0 || own->step <= 0 || fabs(first->psnr_in_db - own->psnr_in_db) > 1e-3) return false;
	*difference_db = own->psnr_out_db - first->psnr_out_db;
	return true;
}

/* ---- the table ---- */

enum column { COLUMN_PSNR, COLUMN_DIFFERENCE, COLUMN_KINDS, COLUMN_LOSS = COLUMN_KINDS + DEBLUR_BLUR_KIND_COUNT };
enum { COLUMN_TIME = COLUMN_LOSS + 1, COLUMN_SPEED };

void ablation_column(size_t column, char text[ABLATION_CELL_BYTES]) {
	if (column >= COLUMN_KINDS && column < COLUMN_LOSS)
		snprintf(text, ABLATION_CELL_BYTES, "%s, dB",
				 deblur_blur_kind_name((enum deblur_blur_kind)(column - COLUMN_KINDS)));
	else
		snprintf(text, ABLATION_CELL_BYTES, "%s",
				 column == COLUMN_PSNR         ? "PSNR, dB"
				 : column == COLUMN_DIFFERENCE ? "to the first, dB"
				 : column == COLUMN_LOSS       ? "loss"
				 : column == COLUMN_TIME       ? "time, s"
											   : "pictures/s");
}

void ablation_cell(const struct ablation *ablation, size_t row, size_t column, char text[ABLATION_CELL_BYTES]) {
	const struct ablation_row *r = &ablation->rows[row];
	const struct run_log_validation *v = &r->validation;
	double difference;
	*text = 0;
	if (column == COLUMN_PSNR && v->step > 0)
		snprintf(text, ABLATION_CELL_BYTES, "%.2f", v->psnr_out_db);
	else if (column == COLUMN_DIFFERENCE && row && ablation_difference(ablation, row, &difference))
		snprintf(text, ABLATION_CELL_BYTES, "%+.2f", difference);
	else if (column >= COLUMN_KINDS && column < COLUMN_LOSS && v->by_kind[column - COLUMN_KINDS].n > 0)
		snprintf(text, ABLATION_CELL_BYTES, "%.2f", v->by_kind[column - COLUMN_KINDS].psnr_out_db);
	else if (column == COLUMN_LOSS && r->loss > 0)
		snprintf(text, ABLATION_CELL_BYTES, "%.4f", r->loss);
	else if (column == COLUMN_TIME && r->seconds > 0)
		snprintf(text, ABLATION_CELL_BYTES, "%.0f", r->seconds);
	else if (column == COLUMN_SPEED && r->pictures_per_second > 0)
		snprintf(text, ABLATION_CELL_BYTES, "%.1f", r->pictures_per_second);
}

/* ---- writing ---- */

static void write_validation(FILE *to, const struct run_log_validation *v) {
	fprintf(to, ", \"validation\": {\"step\": %.0f, \"psnr_in_db\": %.4f, \"psnr_out_db\": %.4f", v->step,
			v->psnr_in_db, v->psnr_out_db);
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++)
		if (v->by_kind[kind].n > 0)
			fprintf(to, ", \"%s\": {\"n\": %.0f, \"psnr_in_db\": %.4f, \"psnr_out_db\": %.4f}",
					deblur_blur_kind_name((enum deblur_blur_kind)kind), v->by_kind[kind].n, v->by_kind[kind].psnr_in_db,
					v->by_kind[kind].psnr_out_db);
	fprintf(to, "}");
}

static void write_json(FILE *to, const struct ablation *ablation) {
	for (size_t i = 0; i < ablation->count; i++) {
		const struct ablation_row *row = &ablation->rows[i];
		double difference;
		fprintf(to, "%s{\"name\": ", i ? ",\n" : "[");
		common_write_json_string(to, row->name);
		fprintf(to, ", \"command\": ");
		common_write_json_string(to, row->command);
		if (row->validation.step > 0) write_validation(to, &row->validation);
		if (ablation_difference(ablation, i, &difference)) fprintf(to, ", \"difference_db\": %.4f", difference);
		fprintf(to, ", \"loss\": %.6g, \"seconds\": %.1f, \"pictures_per_second\": %.2f}", row->loss, row->seconds,
				row->pictures_per_second);
	}
	fprintf(to, "]\n");
}

static void write_markdown(FILE *to, const struct ablation *ablation) {
	char text[ABLATION_CELL_BYTES];
	fprintf(to, "| recipe |");
	for (size_t column = 0; column < ABLATION_COLUMNS; column++) {
		ablation_column(column, text);
		fprintf(to, " %s |", text);
	}
	fprintf(to, "\n| --- |");
	for (size_t column = 0; column < ABLATION_COLUMNS; column++) fprintf(to, " ---: |");
	for (size_t row = 0; row < ablation->count; row++) {
		fprintf(to, "\n| %s |", ablation->rows[row].name);
		for (size_t column = 0; column < ABLATION_COLUMNS; column++) {
			ablation_cell(ablation, row, column, text);
			fprintf(to, " %s |", text);
		}
	}
	fprintf(to, "\n");
	for (size_t row = 0; row < ablation->count; row++)
		fprintf(to, "\n%s:\n\n    %s\n", ablation->rows[row].name, ablation->rows[row].command);
}

static enum deblur_status write_as(const char *folder, const char *ending, const struct ablation *ablation,
								   void (*write)(FILE *to, const struct ablation *ablation)) {
	char path[PATH_BYTES], *text = NULL;
	size_t size = 0;
	if (!path_of(folder, "ablation", ending, path)) return DEBLUR_BAD_ARGUMENT;
	FILE *to = open_memstream(&text, &size);
	if (!to) return DEBLUR_OUT_OF_MEMORY;
	write(to, ablation);
	const bool fine = !ferror(to) && !fclose(to);
	const enum deblur_status status = fine ? file_write(path, text, size) : DEBLUR_OUT_OF_MEMORY;
	free(text);
	return status;
}

enum deblur_status ablation_write(const char *folder, const struct ablation *ablation) {
	const enum deblur_status status = write_as(folder, ".json", ablation, write_json);
	return status ? status : write_as(folder, ".md", ablation, write_markdown);
}
