/* train_report_charts.c - the curves of a report, all runs in one chart each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/svg_chart.h"
#include "tools/train_report.h"

enum { DOTS_AT_MOST = 40 };

enum measure { RESTORER_LOSS, ESTIMATOR_LOSS, GRADIENT_NORM, LEARNING_RATE, THROUGHPUT };

/* NAN: there is nothing to draw. A net that is not learning has a loss of zero, or that of its last step. */
static double value_at(const struct run_log *log, size_t i, enum measure measure) {
	const struct run_log_step *step = &log->steps[i];
	double value = 0;
	if (measure == RESTORER_LOSS) value = step->loss;
	if (measure == ESTIMATOR_LOSS && (!i || step->estimator_loss != log->steps[i - 1].estimator_loss))
		value = step->estimator_loss;
	if (measure == GRADIENT_NORM) value = step->gradient_norm;
	if (measure == LEARNING_RATE) value = step->learning_rate;
	if (measure == THROUGHPUT) value = step->pictures_per_second;
	return value > 0 ? value : (double)NAN;
}

/* Points of all series of one chart. */
struct curves {
	struct svg_series series[2 * REPORT_RUNS_AT_MOST];
	size_t count;
	double points[2 * REPORT_RUNS_AT_MOST][2][SVG_CHART_COLUMNS];
};

static struct svg_series *new_series(struct curves *curves, const char *name, size_t style) {
	double(*points)[SVG_CHART_COLUMNS] = curves->points[curves->count];
	struct svg_series *series = &curves->series[curves->count++];
	*series = (struct svg_series){.name = name, .x = points[0], .y = points[1], .style = (int)style};
	return series;
}

static void add_point(struct curves *curves, struct svg_series *series, double x, double y) {
	double(*points)[SVG_CHART_COLUMNS] = curves->points[series - curves->series];
	points[0][series->count] = x;
	points[1][series->count++] = y;
}

/* Which of `count` items begins the part-th of SVG_CHART_COLUMNS parts, or fewer. */
static size_t part_begin(size_t count, size_t part) {
	return count <= SVG_CHART_COLUMNS ? part : part * count / SVG_CHART_COLUMNS;
}

static size_t part_count(size_t count) {
	return count < SVG_CHART_COLUMNS ? count : SVG_CHART_COLUMNS;
}

/* Means over as many steps as fall into one column of the chart. */
static void add_measure(struct curves *curves, const struct report_run *run, size_t style, enum measure measure) {
	const struct run_log *log = &run->log;
	struct svg_series *series = new_series(curves, run->name, style);
	for (size_t part = 0; part < part_count(log->step_count); part++) {
		const size_t end = part_begin(log->step_count, part + 1);
		double sum = 0, at = 0;
		size_t count = 0;
		for (size_t i = part_begin(log->step_count, part); i < end; i++) {
			const double value = value_at(log, i, measure);
			if (!isfinite(value)) continue;
			sum += value;
			at += measure == THROUGHPUT ? log->steps[i].seconds / 60 : log->steps[i].step;
			count++;
		}
		if (count && isfinite(sum)) add_point(curves, series, at / (double)count, sum / (double)count);
	}
}

static int ascending(const void *a, const void *b) {
	const double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/* What goes up and down with every batch becomes faint, and its median over a tenth of the run goes before it: a
 * median, because throughput falls to a tenth for the moment of a validation, and for good when the restorer begins to
 * learn. At the ends the window is smaller, so that the curve does not lag. */
static void add_median(struct curves *curves, struct svg_series *noisy) {
	double window[SVG_CHART_COLUMNS];
	struct svg_series *median = new_series(curves, noisy->name, (size_t)noisy->style);
	noisy->look = SVG_FAINT;
	for (size_t i = 0; i < noisy->count; i++) {
		size_t reach = noisy->count / 20;
		if (i < reach) reach = i;
		if (noisy->count - 1 - i < reach) reach = noisy->count - 1 - i;
		memcpy(window, noisy->y + i - reach, (2 * reach + 1) * sizeof *window);
		qsort(window, 2 * reach + 1, sizeof *window, ascending);
		add_point(curves, median, noisy->x[i], window[reach]);
	}
}

/* The last value of each curve, for those who hear the page. */
static void describe(const struct curves *curves, char *text, size_t size) {
	size_t length = 0;
	text[0] = 0;
	for (size_t i = 0; i < curves->count && length < size; i++) {
		const struct svg_series *s = &curves->series[i];
		if (!s->count || s->look == SVG_BASELINE || s->look == SVG_FAINT) continue;
		length += (size_t)snprintf(text + length, size - length, "%s%.200s goes from %.4g to %.4g.", length ? " " : "",
								   s->name, s->y[0], s->y[s->count - 1]);
	}
}

static void draw(struct buffer *page, struct svg_chart chart, const struct curves *curves) {
	char text[REPORT_RUNS_AT_MOST * 300];
	describe(curves, text, sizeof text);
	chart.description = text;
	chart.series = curves->series;
	chart.series_count = curves->count;
	svg_chart_draw(page, &chart);
}

static void draw_measure(const struct report *report, struct buffer *page, struct curves *curves, enum measure measure,
						 struct svg_chart chart) {
	curves->count = 0;
	for (size_t i = 0; i < report->run_count; i++) add_measure(curves, &report->runs[i], i, measure);
	/* Drawn over everything that is faint. */
	for (size_t i = 0; i < report->run_count && measure != LEARNING_RATE; i++) add_median(curves, &curves->series[i]);
	bool any = false;
	for (size_t i = 0; i < curves->count; i++) any = any || curves->series[i].count;
	if (any || measure == RESTORER_LOSS) draw(page, chart, curves);
}

/* Beside what comes out, how good the pictures were that went in. */
static void draw_validation(const struct report *report, struct buffer *page, struct curves *curves) {
	curves->count = 0;
	for (size_t i = 0; i < report->run_count; i++) {
		const struct run_log *log = &report->runs[i].log;
		struct svg_series *before = new_series(curves, "before", i);
		struct svg_series *after = new_series(curves, report->runs[i].name, i);
		before->look = SVG_BASELINE;
		for (size_t part = 0; part < part_count(log->validation_count); part++) {
			const struct run_log_validation *v = &log->validations[part_begin(log->validation_count, part)];
			if (!before->count) add_point(curves, before, 0, v->psnr_in_db);
			add_point(curves, after, v->step, v->psnr_out_db);
		}
		if (after->count) add_point(curves, before, after->x[after->count - 1], before->y[0]);
		if (after->count <= DOTS_AT_MOST) after->look = SVG_DOTS;
	}
	draw(page, (struct svg_chart){.id = "psnr", .title = "Validation PSNR, dB", .x_label = "steps"}, curves);
}

void report_write_charts(const struct report *report, struct buffer *page) {
	struct curves *curves = malloc(sizeof *curves);
	if (!curves) {
		page->failed = true;
		return;
	}
	html_add(page, "<div class=\"charts\">");
	draw_validation(report, page, curves);
	draw_measure(report, page, curves, RESTORER_LOSS,
				 (struct svg_chart){.id = "loss", .title = "Loss of the restorer", .x_label = "steps"});
	draw_measure(report, page, curves, ESTIMATOR_LOSS,
				 (struct svg_chart){.id = "estimator", .title = "Loss of the estimator", .x_label = "steps"});
	draw_measure(report, page, curves, LEARNING_RATE,
				 (struct svg_chart){.id = "rate", .title = "Learning rate", .x_label = "steps", .from_zero = true});
	draw_measure(
		report, page, curves, THROUGHPUT,
		(struct svg_chart){.id = "speed", .title = "Pictures per second", .x_label = "minutes", .logarithmic = true});
	draw_measure(
		report, page, curves, GRADIENT_NORM,
		(struct svg_chart){.id = "gradient", .title = "Norm of the gradient", .x_label = "steps", .logarithmic = true});
	html_add(page, "</div>");
	free(curves);
}

void report_write_legend(const struct report *report, struct buffer *page) {
	if (report->run_count < 2) return;
	html_add(page, "<ul class=\"legend\">");
	for (size_t i = 0; i < report->run_count; i++) {
		html_format(page,
					"<li><svg class=\"key\" viewBox=\"0 0 34 8\" aria-hidden=\"true\"><path class=\"curve run-%zu\" "
					"d=\"M1 4H33\"/></svg>",
					i);
		html_text(page, report->runs[i].name);
		html_add(page, "</li>");
	}
	html_add(page, "</ul>");
}
