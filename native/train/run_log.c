#include "train/run_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/json_line.h"

#define LATEST_STEP 1e15 /* far beyond any run; doubles count exactly so far */

/* Everything that a line can say; which of it the line is, its keys tell. */
struct line {
	struct run_log_session session;
	struct run_log_step step;
	struct run_log_validation validation;
	double number;
	bool has_number, is_session, is_step, is_validation;
};

struct field {
	const char *key;
	size_t offset, room; /* in struct line; room 0: a number */
};

#define NUMBER(key, place)                                                                                             \
	{ key, offsetof(struct line, place), 0 }
#define TEXT(key, place)                                                                                               \
	{ key, offsetof(struct line, place), sizeof((struct line *)0)->place }

static const struct field fields[] = {
	NUMBER("step", number),
	NUMBER("seconds", step.seconds),
	NUMBER("loss", step.loss),
	NUMBER("estimator_loss", step.estimator_loss),
	NUMBER("gradient_norm", step.gradient_norm),
	NUMBER("learning_rate", step.learning_rate),
	NUMBER("pictures_per_second", step.pictures_per_second),
	NUMBER("validation.psnr_in_db", validation.psnr_in_db),
	NUMBER("validation.psnr_out_db", validation.psnr_out_db),
	NUMBER("validation.best", validation.best),
	NUMBER("session.threads", session.threads),
	NUMBER("session.batch", session.batch),
	NUMBER("session.crop_px", session.crop_px),
	TEXT("session.command", session.command),
	TEXT("session.version", session.version),
	TEXT("session.commit", session.commit),
	TEXT("session.network", session.network),
	TEXT("session.precision", session.precision),
};

/* Of one kind of blur, within its own object. */
static const struct field kind_fields[] = {
	NUMBER("n", validation.by_kind[0].n),
	NUMBER("psnr_in_db", validation.by_kind[0].psnr_in_db),
	NUMBER("psnr_out_db", validation.by_kind[0].psnr_out_db),
	NUMBER("size_within_fifth", validation.by_kind[0].size_within_fifth),
};

static void set(void *at, const struct field *field, double number, const char *text) {
	if (field->room && text)
		snprintf(at, field->room, "%s", text);
	else if (!field->room && !text)
		memcpy(at, &number, sizeof number);
}

static void set_of_kind(struct line *line, const char *key, double number, const char *text) {
	const char *dot = strchr(key, '.');
	for (int kind = 0; dot && kind < DEBLUR_BLUR_KIND_COUNT; kind++) {
		const char *name = deblur_blur_kind_name((enum deblur_blur_kind)kind);
		if (strlen(name) != (size_t)(dot - key) || strncmp(key, name, (size_t)(dot - key))) continue;
		const size_t offset = (size_t)kind * sizeof line->validation.by_kind[0];
		for (size_t i = 0; i < sizeof kind_fields / sizeof *kind_fields; i++)
			if (!strcmp(dot + 1, kind_fields[i].key))
				set((char *)line + kind_fields[i].offset + offset, &kind_fields[i], number, text);
	}
}

/* Keys that are not known are passed over: a later version may say more. */
static void visit(void *user, const char *key, double number, const char *text) {
	struct line *line = user;
	line->has_number = line->has_number || (!strcmp(key, "step") && !text && number >= 0 && number < LATEST_STEP);
	line->is_step = line->is_step || (!strcmp(key, "loss") && !text);
	line->is_session = line->is_session || !strncmp(key, "session.", 8);
	line->is_validation = line->is_validation || !strcmp(key, "validation.psnr_out_db");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!strcmp(key, fields[i].key)) set((char *)line + fields[i].offset, &fields[i], number, text);
	if (!strncmp(key, "validation.", 11)) set_of_kind(line, key + 11, number, text);
}

/* ---- putting the lines together ---- */

struct run {
	struct run_log log;
	double earlier; /* seconds of sessions whose clock is not the present one's */
};

/* The array with room for one more than `count`, doubling at the powers of two; NULL: out of memory. */
static void *with_room(void *array, size_t count, size_t size) {
	return count & (count - 1) ? array : realloc(array, (count ? 2 * count : 1) * size);
}

static double last_seconds(const struct run_log *log) {
	return log->step_count ? log->steps[log->step_count - 1].seconds : 0;
}

/* What was done after `step` is done again. */
static void forget_after(struct run_log *log, double step) {
	while (log->step_count && log->steps[log->step_count - 1].step > step) log->step_count--;
	while (log->validation_count && log->validations[log->validation_count - 1].step > step) log->validation_count--;
	while (log->session_count && log->sessions[log->session_count - 1].step > step) log->session_count--;
}

/* Runs of --steps count each session's seconds anew: where the clock went back, the earlier ones are added. */
static double continued_seconds(struct run *run, double seconds) {
	if (!run->log.step_count) run->earlier = 0;
	if (run->earlier + seconds < last_seconds(&run->log)) run->earlier = last_seconds(&run->log);
	return run->earlier + seconds;
}

static bool add_session(struct run *run, struct line *line) {
	struct run_log *log = &run->log;
	forget_after(log, line->number);
	if (line->number <= 0) log->session_count = 0; /* begun anew, under the same name */
	continued_seconds(run, line->step.seconds);
	line->session.step = line->number;
	struct run_log_session *sessions = with_room(log->sessions, log->session_count, sizeof *sessions);
	if (!sessions) return false;
	log->sessions = sessions;
	sessions[log->session_count++] = line->session;
	return true;
}

static bool add_step(struct run *run, struct line *line) {
	struct run_log *log = &run->log;
	if (log->step_count && log->steps[log->step_count - 1].step >= line->number) forget_after(log, line->number - 1);
	line->step.step = line->number;
	line->step.seconds = continued_seconds(run, line->step.seconds);
	struct run_log_step *steps = with_room(log->steps, log->step_count, sizeof *steps);
	if (!steps) return false;
	log->steps = steps;
	steps[log->step_count++] = line->step;
	return true;
}

static bool add_validation(struct run *run, struct line *line) {
	struct run_log *log = &run->log;
	if (log->validation_count && log->validations[log->validation_count - 1].step >= line->number)
		forget_after(log, line->number - 1);
	line->validation.step = line->number;
	line->validation.seconds = last_seconds(log);
	struct run_log_validation *validations = with_room(log->validations, log->validation_count, sizeof *validations);
	if (!validations) return false;
	log->validations = validations;
	validations[log->validation_count++] = line->validation;
	return true;
}

/* False: out of memory. */
static bool add_line(struct run *run, struct line *line) {
	if (line->is_session) return add_session(run, line);
	if (line->is_validation) return add_validation(run, line);
	return !line->is_step || add_step(run, line);
}

static enum deblur_status parse_lines(struct run *run, struct line *line, const char *at, const char *end) {
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t length = (size_t)((newline ? newline : end) - at);
		memset(line, 0, sizeof *line);
		const bool fine = json_line_read(at, length, visit, line) && line->has_number;
		if (fine && !add_line(run, line)) return DEBLUR_OUT_OF_MEMORY;
		if (!fine && length && newline) run->log.unreadable++;
		at = newline ? newline + 1 : end;
	}
	return run->log.session_count || run->log.step_count ? DEBLUR_OK : DEBLUR_BAD_ARGUMENT;
}

enum deblur_status run_log_parse(const void *bytes, size_t size, struct run_log *out) {
	struct run run = {0};
	struct line *line = malloc(sizeof *line);
	const enum deblur_status status =
		line ? parse_lines(&run, line, bytes, (const char *)bytes + size) : DEBLUR_OUT_OF_MEMORY;
	free(line);
	if (status)
		run_log_release(&run.log);
	else
		*out = run.log;
	return status;
}

void run_log_release(struct run_log *log) {
	free(log->sessions);
	free(log->steps);
	free(log->validations);
	*log = (struct run_log){0};
}
