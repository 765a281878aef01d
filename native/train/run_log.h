/* run_log.h - reads what progress.h wrote: the log of a run, which may have been killed, resumed, or begun anew.
 *
 * A run that is killed goes on from its last checkpoint, so steps come twice: the last time counts, and the clock goes
 * on where it stopped.
 *
 *     struct run_log log = {0};
 *     if (!run_log_parse(bytes, size, &log)) draw(log.steps, log.step_count);
 *     run_log_release(&log); */
#ifndef TRAIN_RUN_LOG_H
#define TRAIN_RUN_LOG_H

#include "deblur.h"

/* What the run was told, and what ran it. Logs of earlier versions have none. */
struct run_log_session {
	double step; /* after which it began */
	double threads, batch, crop_px;
	char command[4096], version[32], commit[64], network[32], precision[16];
};

struct run_log_step {
	double step, seconds; /* of the whole run so far */
	double loss, estimator_loss, gradient_norm, learning_rate, pictures_per_second;
};

struct run_log_validation {
	double step, seconds; /* of the step line before it */
	double psnr_in_db, psnr_out_db, best;
	struct {
		double n, psnr_in_db, psnr_out_db, size_within_fifth;
	} by_kind[DEBLUR_BLUR_KIND_COUNT];
};

struct run_log {
	struct run_log_session *sessions; /* all arrays are in the order of their steps, and may be empty and NULL */
	struct run_log_step *steps;
	struct run_log_validation *validations;
	size_t session_count, step_count, validation_count;
	size_t unreadable; /* lines that were passed over, beside a last one that was cut */
};

/* BAD_ARGUMENT: not one line of a log. OUT_OF_MEMORY. *out is to be zeroed before, and is filled only on success. */
enum deblur_status run_log_parse(const void *bytes, size_t size, struct run_log *out);
void run_log_release(struct run_log *log);

#endif
