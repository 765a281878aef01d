/* progress.h - how a run is told: one line on a terminal that is kept up to date, and a log of JSON lines for programs
 * (run_log.h reads it). */
#ifndef TRAIN_PROGRESS_H
#define TRAIN_PROGRESS_H

#include "train/validate.h"

/* What is the same for all steps until the program ends. Texts are borrowed; in the log they are the bytes that they
 * are. */
struct progress_session {
	uint64_t step;  /* the first step is the one after it; not 0: the run was resumed */
	double seconds; /* of earlier sessions */
	const char *command, *commit, *network, *precision;
	size_t threads, batch; /* of all processes together */
	size_t crop_px;
};

struct progress_step {
	uint64_t step;
	double done;         /* of the run, 0..1 */
	double seconds;      /* so far, of all sessions of the run */
	double seconds_left; /* negative: unknown */
	double loss, estimator_loss, gradient_norm, learning_rate;
	double pictures_per_second;
	double decibel, gradient, fft, teacher, features; /* what else the restorer learns from; 0: not asked for */
};

struct progress;
/* log_path is appended to. quiet: nothing on the terminal; without a terminal a plain line at every report. IO. */
enum deblur_status progress_open(const char *log_path, bool quiet, struct progress **out);
void progress_close(struct progress *progress);
void progress_session(struct progress *progress, const struct progress_session *session);
void progress_step(struct progress *progress, const struct progress_step *step);
void progress_validation(struct progress *progress, uint64_t step, const struct validation *validation, bool best);
void progress_note(struct progress *progress, const char *text);
void progress_warning(struct progress *progress, const char *text); /* also where it is quiet */

#endif
