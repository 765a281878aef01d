/* train_report_page.c - the page of a report, from top to bottom. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/common.h"
#include "tools/train_report.h"

enum { ROWS_AT_MOST = 24, FACT_BYTES = 128 };

static const struct run_log_session *last_session(const struct run_log *log) {
	return log->session_count ? &log->sessions[log->session_count - 1] : NULL;
}

static const struct run_log_step *last_step(const struct run_log *log) {
	return log->step_count ? &log->steps[log->step_count - 1] : NULL;
}

const struct run_log_validation *report_validation(const struct run_log *log) {
	for (size_t i = log->validation_count; i > 0; i--)
		if (log->validations[i - 1].best > 0) return &log->validations[i - 1];
	return NULL;
}

/* Steps that were done; a validation at the end may come after the last line of steps. */
static double steps_of(const struct run_log *log) {
	const double steps = log->step_count ? last_step(log)->step : 0;
	return log->validation_count ? fmax(steps, log->validations[log->validation_count - 1].step) : steps;
}

static void duration(double seconds, char text[32]) {
	const long whole = (long)(fmax(fmin(seconds, 1e9), 0) + 0.5), minutes = (whole + 30) / 60;
	if (whole < 120)
		snprintf(text, 32, "%ld s", whole);
	else if (minutes < 120)
		snprintf(text, 32, "%ld min", minutes);
	else
		snprintf(text, 32, "%ld h %02ld min", minutes / 60, minutes % 60);
}

/* ---- the head ---- */

static void write_title(const struct report *report, struct buffer *page) {
	for (size_t i = 0; i < report->run_count; i++) {
		html_add(page, !i ? "" : i + 1 < report->run_count ? ", " : " and ");
		html_text(page, report->runs[i].name);
	}
}

/* What came of the run, in a sentence. */
static void write_lead(const struct report_run *run, struct buffer *page) {
	char time[32];
	const struct run_log_validation *v = report_validation(&run->log);
	duration(run->log.step_count ? last_step(&run->log)->seconds : 0, time);
	html_add(page, "<p class=\"lead\"><strong>");
	html_text(page, run->name);
	html_format(page, "</strong> learned for %.0f steps in %s. ", steps_of(&run->log), time);
	if (v)
		html_format(
			page,
			"Photographs that it has not seen come out <strong>%+.2f dB</strong> closer to the truth: from %.2f "
			"to %.2f dB PSNR.",
			v->psnr_out_db - v->psnr_in_db, v->psnr_in_db, v->psnr_out_db);
	else
		html_add(page, "It has not been validated yet, or had too few photographs for that.");
	if (run->log.unreadable == 1)
		html_add(page, " <span class=\"quiet\">One line of its log could not be read.</span>");
	if (run->log.unreadable > 1)
		html_format(page, " <span class=\"quiet\">%zu lines of its log could not be read.</span>", run->log.unreadable);
	html_add(page, "</p>");
}

static void write_head(const struct report *report, struct buffer *page) {
	html_add(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
				   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
				   "<meta name=\"color-scheme\" content=\"light dark\">"
				   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
				   "style-src 'unsafe-inline'\"><title>Training report: ");
	write_title(report, page);
	html_add(page, "</title><style>");
	for (size_t i = 0; report_style[i]; i++) html_add(page, report_style[i]);
	html_add(page, "</style></head>\n<body><main><header><p class=\"kicker\">Deblur, training report</p><h1>");
	write_title(report, page);
	html_add(page, "</h1>");
	for (size_t i = 0; i < report->run_count; i++) write_lead(&report->runs[i], page);
	html_add(page, "</header>\n");
}

/* ---- tables ---- */

void report_begin_table(struct buffer *page, const char *caption, const char *kind) {
	html_format(page,
				"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table class=\"%s\">"
				"<caption>%s</caption><thead><tr>",
				caption, kind, caption);
}

void report_end_table(struct buffer *page) {
	html_add(page, "</tbody></table></div>\n");
}

static void name_columns(const struct report *report, struct buffer *page, const char *first) {
	html_format(page, "<th scope=\"col\">%s</th>", first);
	for (size_t i = 0; i < report->run_count; i++) {
		html_add(page, "<th scope=\"col\">");
		html_text(page, report->runs[i].name);
		html_add(page, "</th>");
	}
	html_add(page, "</tr></thead><tbody>");
}

/* One thing to say of every run. Writes into text, which is escaped; empty: not known. */
typedef void (*fact)(const struct report_run *run, char text[FACT_BYTES]);

static void fact_steps(const struct report_run *run, char text[FACT_BYTES]) {
	snprintf(text, FACT_BYTES, "%.0f", steps_of(&run->log));
}
static void fact_time(const struct report_run *run, char text[FACT_BYTES]) {
	char time[32];
	duration(run->log.step_count ? last_step(&run->log)->seconds : 0, time);
	snprintf(text, FACT_BYTES, "%s", time);
}
static void fact_before(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_validation *v = report_validation(&run->log);
	if (v) snprintf(text, FACT_BYTES, "%.2f dB", v->psnr_in_db);
}
static void fact_after(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_validation *v = report_validation(&run->log);
	if (v) snprintf(text, FACT_BYTES, "%.2f dB", v->psnr_out_db);
}
static void fact_gain(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_validation *v = report_validation(&run->log);
	if (v) snprintf(text, FACT_BYTES, "%+.2f dB", v->psnr_out_db - v->psnr_in_db);
}
static void fact_loss(const struct report_run *run, char text[FACT_BYTES]) {
	if (run->log.step_count && last_step(&run->log)->loss > 0)
		snprintf(text, FACT_BYTES, "%.4f", last_step(&run->log)->loss);
}
static void fact_rate(const struct report_run *run, char text[FACT_BYTES]) {
	double highest = 0;
	for (size_t i = 0; i < run->log.step_count; i++) highest = fmax(highest, run->log.steps[i].learning_rate);
	if (highest > 0) snprintf(text, FACT_BYTES, "%.3g", highest);
}
static void fact_speed(const struct report_run *run, char text[FACT_BYTES]) {
	if (run->log.step_count) snprintf(text, FACT_BYTES, "%.1f", last_step(&run->log)->pictures_per_second);
}
static void fact_network(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_session *s = last_session(&run->log);
	if (s) snprintf(text, FACT_BYTES, "%s", s->network);
}
static void fact_parameters(const struct report_run *run, char text[FACT_BYTES]) {
	if (run->model) snprintf(text, FACT_BYTES, "%.2f million", (double)run->info.parameter_count / 1e6);
}
static void fact_batch(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_session *s = last_session(&run->log);
	if (s) snprintf(text, FACT_BYTES, "%.0f of %.0f px", s->batch, s->crop_px);
}
static void fact_threads(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_session *s = last_session(&run->log);
	if (s) snprintf(text, FACT_BYTES, "%.0f, %s", s->threads, s->precision);
}
static void fact_commit(const struct report_run *run, char text[FACT_BYTES]) {
	const struct run_log_session *s = last_session(&run->log);
	if (s) snprintf(text, FACT_BYTES, "%s (%s)", s->commit, s->version);
}
static void fact_sha256(const struct report_run *run, char text[FACT_BYTES]) {
	if (run->model) snprintf(text, FACT_BYTES, "%.12s", run->info.sha256);
}

static void write_facts(const struct report *report, struct buffer *page) {
	static const struct {
		const char *name;
		fact say;
	} facts[] = {{"Steps", fact_steps},
				 {"Time", fact_time},
				 {"PSNR before", fact_before},
				 {"PSNR after", fact_after},
				 {"Gain", fact_gain},
				 {"Last loss", fact_loss},
				 {"Highest learning rate", fact_rate},
				 {"Pictures per second, at the end", fact_speed},
				 {"Network", fact_network},
				 {"Parameters", fact_parameters},
				 {"Batch", fact_batch},
				 {"Threads, arithmetic", fact_threads},
				 {"Commit (version)", fact_commit},
				 {"SHA-256 of the model", fact_sha256}};
	html_add(page, "<section><h2>In numbers</h2>");
	report_begin_table(page, "Runs and what came of them", "facts");
	name_columns(report, page, "Run");
	for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
		html_format(page, "<tr><th scope=\"row\">%s</th>", facts[f].name);
		for (size_t i = 0; i < report->run_count; i++) {
			char text[FACT_BYTES] = "";
			facts[f].say(&report->runs[i], text);
			html_add(page, *text ? "<td>" : "<td class=\"quiet\">");
			html_text(page, *text ? text : "unknown");
			html_add(page, "</td>");
		}
		html_add(page, "</tr>");
	}
	report_end_table(page);
	html_add(page, "</section>\n");
}

static void write_kind_cell(const struct run_log_validation *v, int kind, struct buffer *page) {
	if (!v || !(v->by_kind[kind].n > 0)) {
		html_add(page, "<td class=\"quiet\">unknown</td>");
		return;
	}
	html_format(page, "<td>%+.2f dB<small>%.2f &rarr; %.2f, size found: %.0f%%</small></td>",
				v->by_kind[kind].psnr_out_db - v->by_kind[kind].psnr_in_db, v->by_kind[kind].psnr_in_db,
				v->by_kind[kind].psnr_out_db, 100 * v->by_kind[kind].size_within_fifth);
}

static void write_kinds(const struct report *report, struct buffer *page) {
	bool any = false;
	for (size_t i = 0; i < report->run_count; i++) any = any || report_validation(&report->runs[i].log);
	if (!any) return;
	html_add(page, "<section><h2>By kind of blur</h2>");
	report_begin_table(page, "Gain in PSNR on validation samples, and how often the size was found within a fifth",
					   "kinds");
	name_columns(report, page, "Blur");
	for (int kind = 0; kind < DEBLUR_BLUR_KIND_COUNT; kind++) {
		html_format(page, "<tr><th scope=\"row\">%s</th>", deblur_blur_kind_name((enum deblur_blur_kind)kind));
		for (size_t i = 0; i < report->run_count; i++)
			write_kind_cell(report_validation(&report->runs[i].log), kind, page);
		html_add(page, "</tr>");
	}
	report_end_table(page);
	html_add(page, "</section>\n");
}

/* ---- pictures ---- */

/* What the caption says under a picture: whose it is, its figure, and the blur as far as it is known. */
static void write_figure(struct buffer *page, const struct picture *picture, const char *whose, double psnr_db,
						 const struct deblur_blur *blur, const char *verb) {
	char blur_text[256] = "", alt[512];
	if (blur) common_describe(blur, blur_text, sizeof blur_text);
	snprintf(alt, sizeof alt, "%.150s%s%s", whose, *blur_text ? ": " : "", blur_text);
	html_add(page, "<figure>");
	html_png(page, picture, alt);
	html_add(page, "<figcaption><b>");
	html_text(page, whose);
	html_add(page, "</b>");
	if (psnr_db > 0) html_format(page, " <span class=\"figure\">%.2f&nbsp;dB</span>", psnr_db);
	if (*blur_text) {
		html_format(page, "<small>%s", verb);
		html_text(page, blur_text);
		html_add(page, "</small>");
	}
	html_add(page, "</figcaption></figure>");
}

static void write_crop(const struct report *report, const struct report_crop *crop, struct buffer *page) {
	size_t columns = 2;
	for (size_t i = 0; i < report->run_count; i++) columns += report->runs[i].model != NULL;
	html_format(page, "<div class=\"crop\" style=\"--columns:%zu\">", columns);
	write_figure(page, &crop->degraded, "Degraded", crop->psnr_db, &crop->truth, "");
	for (size_t i = 0; i < report->run_count; i++)
		if (report->runs[i].model)
			write_figure(page, &crop->outputs[i].picture, report->run_count > 1 ? report->runs[i].name : "Output",
						 crop->outputs[i].psnr_db, &crop->outputs[i].found, "estimate: ");
	write_figure(page, &crop->sharp, "Truth", 0, NULL, "");
	html_add(page, "</div>\n");
}

static void write_crops(const struct report *report, struct buffer *page) {
	html_add(page, "<section><h2>Before and after</h2>");
	if (report->without_pictures) html_format(page, "<p class=\"quiet\">No crops. %s</p>", report->without_pictures);
	for (size_t i = 0; i < report->run_count && report->crop_count; i++)
		if (!report->runs[i].model) {
			html_add(page, "<p class=\"quiet\">");
			html_text(page, report->runs[i].name);
			html_add(page, " has not written a model yet, and is left out.</p>");
		}
	if (report->crop_count)
		html_add(page,
				 "<p class=\"quiet\">Crops of 256 pixels of photographs that training keeps apart. Each model is told "
				 "what it estimates itself.</p>");
	for (size_t i = 0; i < report->crop_count; i++) write_crop(report, &report->crops[i], page);
	html_add(page, "</section>\n");
}

static void write_samples(const struct report *report, struct buffer *page) {
	if (!report->sample_count) return;
	html_add(page,
			 "<section><h2>What is learned from</h2><p class=\"quiet\">Samples as training draws them: degraded, and "
			 "beside it the truth.</p><div class=\"samples\">");
	for (size_t i = 0; i < report->sample_count; i++) {
		char text[256], alt[320];
		common_describe(&report->samples[i].truth, text, sizeof text);
		snprintf(alt, sizeof alt, "Degraded beside sharp: %s", text);
		html_add(page, "<figure>");
		html_png(page, &report->samples[i].pair, alt);
		html_add(page, "<figcaption><small>");
		html_text(page, text);
		html_add(page, "</small></figcaption></figure>");
	}
	html_add(page, "</div></section>\n");
}

/* ---- each run ---- */

/* A line is broken between words, and within one only if it is longer than the line. */
static void write_command(const char *command, struct buffer *page) {
	html_add(page, "<pre><code>");
	for (const char *word = command; *word;) {
		char text[4096];
		const size_t length = strcspn(word, " ");
		snprintf(text, sizeof text, "%.*s", (int)length, word);
		html_add(page, "<span>");
		html_text(page, text);
		html_add(page, word[length] ? "</span> " : "</span>");
		word += length + (word[length] == ' ');
	}
	html_add(page, "</code></pre>");
}

/* The line of the model's provenance that begins with "command: "; logs of earlier versions do not say it. */
static void write_provenance_command(const char *provenance, struct buffer *page) {
	char text[4096];
	const char *at = strstr(provenance, "command: ");
	if (!at) {
		html_add(page, "<p class=\"quiet\">Neither its log nor its model says which command made it.</p>");
		return;
	}
	at += strlen("command: ");
	snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "\n"), at);
	write_command(text, page);
	html_add(page, "<p class=\"quiet\">As the model says; the log does not know the commit.</p>");
}

static void write_sessions(const struct report_run *run, struct buffer *page) {
	if (!run->log.session_count) write_provenance_command(run->model ? run->info.provenance : "", page);
	for (size_t i = 0; i < run->log.session_count; i++) {
		const struct run_log_session *s = &run->log.sessions[i];
		write_command(s->command, page);
		html_format(page, "<p class=\"quiet\">%s at step %.0f; program of commit ", s->step > 0 ? "Resumed" : "Begun",
					s->step);
		html_text(page, s->commit);
		html_add(page, "</p>");
	}
}

static void write_number(struct buffer *page, double value, const char *format_of_zero) {
	if (value > 0)
		html_format(page, "<td>%.4g</td>", value);
	else
		html_format(page, "<td>%s</td>", format_of_zero);
}

/* Every n-th line of the log: the curves' numbers, for those who do not see them. */
static void write_steps(const struct report_run *run, struct buffer *page) {
	static const char *const columns[] = {"Step",          "Minutes",       "Restorer's loss", "Estimator's loss",
										  "Gradient norm", "Learning rate", "Pictures/s"};
	const struct run_log *log = &run->log;
	report_begin_table(page, "Training", "numbers");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		html_format(page, "<th scope=\"col\">%s</th>", columns[i]);
	html_add(page, "</tr></thead><tbody>");
	const size_t rows = log->step_count < ROWS_AT_MOST ? log->step_count : ROWS_AT_MOST;
	for (size_t row = 0; row < rows; row++) {
		const struct run_log_step *s = &log->steps[(row + 1) * log->step_count / rows - 1];
		html_format(page, "<tr><th scope=\"row\">%.0f</th><td>%.1f</td>", s->step, s->seconds / 60);
		write_number(page, s->loss, "");
		write_number(page, s->estimator_loss, "");
		write_number(page, s->gradient_norm, "");
		write_number(page, s->learning_rate, "0");
		write_number(page, s->pictures_per_second, "0");
		html_add(page, "</tr>");
	}
	report_end_table(page);
}

static void write_validations(const struct report_run *run, struct buffer *page) {
	const struct run_log *log = &run->log;
	if (!log->validation_count) return;
	report_begin_table(page, "Validations", "numbers");
	html_add(page, "<th scope=\"col\">Step</th><th scope=\"col\">Minutes</th><th scope=\"col\">PSNR before, dB</th>"
				   "<th scope=\"col\">PSNR after, dB</th><th scope=\"col\">Best so far</th></tr></thead><tbody>");
	const size_t rows = log->validation_count < ROWS_AT_MOST ? log->validation_count : ROWS_AT_MOST;
	for (size_t row = 0; row < rows; row++) {
		const struct run_log_validation *v = &log->validations[(row + 1) * log->validation_count / rows - 1];
		html_format(page, "<tr><th scope=\"row\">%.0f</th><td>%.1f</td><td>%.2f</td><td>%.2f</td><td>%s</td></tr>",
					v->step, v->seconds / 60, v->psnr_in_db, v->psnr_out_db, v->best > 0 ? "yes" : "");
	}
	report_end_table(page);
}

static void write_run(const struct report_run *run, struct buffer *page) {
	html_add(page, "<article><h3>");
	html_text(page, run->name);
	html_add(page, "</h3>");
	write_sessions(run, page);
	html_add(page, "<details><summary>The curves in numbers</summary>");
	write_validations(run, page);
	write_steps(run, page);
	html_add(page, "</details></article>\n");
}

void report_write_page(const struct report *report, struct buffer *page) {
	write_head(report, page);
	html_add(page, "<section><h2>Curves</h2>");
	report_write_legend(report, page);
	report_write_charts(report, page);
	html_add(page, "</section>\n");
	report_write_ablation(report, page);
	write_facts(report, page);
	write_kinds(report, page);
	write_crops(report, page);
	html_add(page, "<section><h2>How it was made</h2>");
	for (size_t i = 0; i < report->run_count; i++) write_run(&report->runs[i], page);
	html_add(page, "</section>\n");
	write_samples(report, page);
	html_format(page, "<footer><p>Written by deblur-train %s. Nothing on this page comes from elsewhere.</p></footer>",
				DEBLUR_VERSION);
	html_add(page, "</main></body></html>\n");
}
