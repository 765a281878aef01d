/* train_report.h - what `deblur-train report` knows of some runs, and the parts of it: train_report.c reads models and
 * logs, train_report_pictures.c makes pictures, train_report_page.c writes the page, train_report_charts.c its curves,
 * train_report_ablation.c the table of an ablation.
 */
#ifndef TOOLS_TRAIN_REPORT_H
#define TOOLS_TRAIN_REPORT_H

#include "data/dataset.h"
#include "tools/ablation.h"
#include "tools/html.h"
#include "train/run_log.h"

enum { REPORT_RUNS_AT_MOST = 8 }; /* as many as there are colours that people can tell apart */

struct report_run {
	const char *path; /* borrowed from the command line */
	char name[256];
	struct run_log log;
	struct deblur_model *model; /* NULL: not yet */
	struct deblur_model_info info;
};

/* What a run's model makes of a crop, told what it estimates itself. Empty for a run without one. */
struct report_output {
	struct picture picture;
	struct deblur_blur found;
	double psnr_db;
};

struct report_crop {
	struct picture degraded, sharp;
	struct deblur_blur truth;
	double psnr_db; /* before */
	struct report_output outputs[REPORT_RUNS_AT_MOST];
};

/* As training sees them: a new draw of the recipe each. */
struct report_sample {
	struct picture pair; /* degraded, and right of it sharp */
	struct deblur_blur truth;
};

struct report {
	struct report_run runs[REPORT_RUNS_AT_MOST];
	size_t run_count;
	struct report_crop *crops; /* by kind of blur */
	struct report_sample *samples;
	size_t crop_count, sample_count;
	const char *without_pictures; /* why there are none; NULL: there are */
	struct ablation ablation;     /* no rows: none */
};

/* Takes `per_kind` of the validation samples of each kind of blur, or as many as there are, and lets every run restore
 * them; then samples of the training split. */
enum deblur_status report_make_pictures(struct report *report, const struct dataset *dataset, size_t per_kind);
void report_release_pictures(struct report *report);

/* The validation whose model is in the file: the last best one. NULL: none yet. */
const struct run_log_validation *report_validation(const struct run_log *log);

void report_write_page(const struct report *report, struct buffer *page);
/* Tables that are too wide scroll by themselves, also by keyboard. The head of its columns comes next. */
void report_begin_table(struct buffer *page, const char *caption, const char *kind);
void report_end_table(struct buffer *page);
void report_write_ablation(const struct report *report, struct buffer *page);
void report_write_charts(const struct report *report, struct buffer *page);
/* Names of the runs with the lines that stand for them; nothing where there is only one. */
void report_write_legend(const struct report *report, struct buffer *page);
extern const char *const report_style[]; /* pieces of CSS; NULL ends them */

#endif
