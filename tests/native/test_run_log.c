/* test_run_log.c - logs of runs that went through, were killed, went on, or never were logs. */
#include "train/run_log.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

#define SESSION(step, seconds, command)                                                                                \
	"{\"step\":" step ",\"seconds\":" seconds ",\"session\":{\"command\":\"" command                                   \
	"\",\"version\":\"0.1.0\",\"commit\":\"abc\",\"network\":\"student\",\"precision\":\"f32\",\"threads\":2,"         \
	"\"batch\":8,\"crop_px\":128}}\n"
#define STEP(step, seconds, loss)                                                                                      \
	"{\"step\":" step ",\"done\":0.5,\"seconds\":" seconds ",\"loss\":" loss                                           \
	",\"estimator_loss\":0.5,\"gradient_norm\":0.1,\"learning_rate\":1e-3,\"pictures_per_second\":9.5}\n"
#define VALIDATION(step, out)                                                                                          \
	"{\"step\":" step ",\"validation\":{\"psnr_in_db\":27.5,\"psnr_out_db\":" out                                      \
	",\"best\":true,\"motion\":{\"n\":9,\"psnr_in_db\":24.1,\"psnr_out_db\":25.6,\"size_within_fifth\":0.444}}}\n"

static const char whole[] = SESSION("0", "0.0", "a 'b c' \\\"d\\\" \\u00e9\\n") STEP("20", "1.5", "0.4")
	STEP("40", "3.0", "0.3") VALIDATION("40", "28.5");

static enum deblur_status parse(const char *text, struct run_log *log) {
	*log = (struct run_log){0};
	return run_log_parse(text, strlen(text), log);
}

static void everything_that_was_written_is_read(void) {
	struct run_log log;
	CHECK(!parse(whole, &log), "refused");
	CHECK(log.session_count == 1 && log.step_count == 2 && log.validation_count == 1 && !log.unreadable,
		  "%zu sessions, %zu steps, %zu validations, %zu unreadable", log.session_count, log.step_count,
		  log.validation_count, log.unreadable);
	if (!log.validations) return;
	CHECK(!strcmp(log.sessions[0].command, "a 'b c' \"d\" \xc3\xa9\n"), "command: %s", log.sessions[0].command);
	CHECK(log.sessions[0].threads == 2 && !strcmp(log.sessions[0].commit, "abc"), "session");
	CHECK(log.steps[1].step == 40 && log.steps[1].loss == 0.3 && log.steps[1].pictures_per_second == 9.5, "step");
	const struct run_log_validation *v = &log.validations[0];
	CHECK(v->psnr_out_db == 28.5 && v->best == 1 && v->seconds == 3 && v->by_kind[DEBLUR_BLUR_MOTION].n == 9 &&
			  v->by_kind[DEBLUR_BLUR_MOTION].size_within_fifth == 0.444 && !v->by_kind[DEBLUR_BLUR_NONE].n,
		  "validation");
	run_log_release(&log);
}

/* The last line is cut, or is whole but for its end; what is before it stays. */
static void a_log_can_end_anywhere(void) {
	for (size_t size = 0; size <= sizeof whole - 1; size++) {
		struct run_log log = {0};
		char *cut = malloc(size + 1); /* its own block, so that a sanitizer sees what is read behind it */
		if (!cut) return;
		memcpy(cut, whole, size);
		const enum deblur_status status = run_log_parse(cut, size, &log);
		const bool has_line = memchr(cut, '\n', size) != NULL;
		CHECK(!status || (!has_line && status == DEBLUR_BAD_ARGUMENT), "%zu bytes: status %d", size, status);
		CHECK(!log.unreadable, "%zu bytes: %zu lines unreadable", size, log.unreadable);
		run_log_release(&log);
		free(cut);
	}
}

static void a_resumed_run_says_each_step_once_and_its_clock_goes_on(void) {
	struct run_log log;
	CHECK(!parse(SESSION("0", "0.0", "first") STEP("20", "2.0", "0.4") STEP("40", "4.0", "0.3") VALIDATION("40", "28")
					 STEP("60", "6.0", "0.2") "{\"step\":80,\"los\n" SESSION("40", "0.0", "second")
						 STEP("60", "1.0", "0.25") STEP("80", "2.0", "0.22"),
				 &log),
		  "refused");
	CHECK(log.step_count == 4 && log.session_count == 2 && log.validation_count == 1 && log.unreadable == 1,
		  "%zu steps, %zu sessions, %zu validations, %zu unreadable", log.step_count, log.session_count,
		  log.validation_count, log.unreadable);
	if (log.step_count == 4)
		CHECK(log.steps[2].loss == 0.25 && log.steps[2].seconds == 5 && log.steps[3].seconds == 6, "%g after %g s",
			  log.steps[2].loss, log.steps[2].seconds);
	run_log_release(&log);
	/* A run of --minutes keeps its clock in the checkpoint. */
	CHECK(!parse(STEP("20", "2.0", "0.4") STEP("40", "4.0", "0.3") SESSION("20", "2.1", "c") STEP("40", "4.5", "0.3"),
				 &log),
		  "refused");
	CHECK(log.step_count == 2 && log.steps[1].seconds == 4.5, "%g s", log.steps[1].seconds);
	run_log_release(&log);
}

static void a_run_that_began_anew_is_another(void) {
	struct run_log log;
	CHECK(!parse(SESSION("0", "0.0", "old") STEP("20", "9.0", "0.4") VALIDATION("20", "28") SESSION("0", "0.0", "new")
					 STEP("20", "2.0", "0.3"),
				 &log),
		  "refused");
	CHECK(log.session_count == 1 && !strcmp(log.sessions[0].command, "new"), "%zu sessions", log.session_count);
	CHECK(log.step_count == 1 && log.steps[0].seconds == 2 && !log.validation_count, "%zu steps", log.step_count);
	run_log_release(&log);
}

static void what_is_no_log_is_refused(void) {
	static const char *const bad[] = {
		"",
		"\n\n",
		"hello\n",
		"[1,2]\n",
		"{\"step\":1}{\"loss\":2}\n",
		"{\"loss\":1}\n",
		"{\"step\":1,\"loss\":+1}\n",
		"{\"step\":1,\"loss\":0x1}\n",
		"{\"step\":1,\"loss\":nan}\n",
		"{\"step\":1,\"loss\":1,}\n",
		"{\"step\":1,\"loss\":1\n",
		"{\"step\":1,\"loss\":1,\"a\":\"\\q\"}\n",
		"{\"step\":1,\"loss\":1,\"a\":\"\\u12\"}\n",
		"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct run_log log;
		CHECK(parse(bad[i], &log) == DEBLUR_BAD_ARGUMENT, "taken: %s", bad[i]);
		CHECK(!log.steps && !log.step_count, "filled by: %s", bad[i]);
	}
}

int main(void) {
	RUN(everything_that_was_written_is_read);
	RUN(a_log_can_end_anywhere);
	RUN(a_resumed_run_says_each_step_once_and_its_clock_goes_on);
	RUN(a_run_that_began_anew_is_another);
	RUN(what_is_no_log_is_refused);
	return check_summary();
}
