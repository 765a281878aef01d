#include "train/trainer.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "train/trainer_internal.h"

enum { REPORT_EVERY = 20, CHECKPOINT_EVERY_S = 300, VALIDATION_SAMPLES = 48 };
/* A loss is watched once it has settled; this many times its lowest is no chance any more. */
enum { SETTLED_STEPS = 100, DIVERGED_TIMES = 5 };

static double now_s(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum deblur_status trainer_because(struct trainer *t, enum deblur_status status, const char *what) {
	if (status && !t->result->reason[0])
		snprintf(t->result->reason, sizeof t->result->reason, "%.120s: %.100s", what,
				 status == DEBLUR_IO ? strerror(errno) : deblur_status_message(status));
	return status;
}

/* ---- what a run leaves ---- */

/* The first process keeps what the run leaves. */
static bool is_first(const struct trainer *t) {
	return parallel_rank(t->options->parallel) == 0;
}

static enum deblur_status save(struct trainer *t) {
	if (!is_first(t)) return DEBLUR_OK;
	t->checkpoint.seconds = t->options->minutes > 0 ? now_s() - t->started : 0;
	t->last_checkpoint = now_s();
	const enum deblur_status status = run_files_save(&t->files, &t->checkpoint);
	if (status) snprintf(t->result->reason, sizeof t->result->reason, "%s", t->files.trouble);
	return status;
}

/* Provenance first without, then with the figures: the file that is measured is the file that is written. */
static enum deblur_status pack_model(struct trainer *t, const struct validation *v, uint8_t **bytes, size_t *size) {
	char text[4096];
	int length = snprintf(text, sizeof text,
						  "made-by: deblur-train %s\ncommand: %.1500s\nnetwork: %s\npictures: %zu\nsteps: %llu\nbatch: "
						  "%zu\ncrop_px: %zu\n",
						  DEBLUR_VERSION, t->options->command, t->options->network, dataset_picture_count(t->dataset),
						  (unsigned long long)t->checkpoint.step, trainer_whole_batch(t, t->options->batch),
						  t->options->crops.stages[0].px);
	if (v)
		snprintf(text + length, sizeof text - (size_t)length,
				 "validation_psnr_in_db: %.3f\nvalidation_psnr_out_db: %.3f\n", v->psnr_in_db, v->psnr_out_db);
	struct model_file average = {text, graph_clone(t->model.restorer), graph_clone(t->model.estimator)};
	enum deblur_status status = average.restorer && average.estimator ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < 2 && !status; i++)
		status =
			reparam_fold(t->learned[i], t->checkpoint.optimizers[i]->ema, i ? average.estimator : average.restorer);
	if (!status) status = model_file_write(&average, MODEL_FILE_FLOAT16, bytes, size);
	graph_destroy(average.restorer);
	graph_destroy(average.estimator);
	return status;
}

static enum deblur_status validate_and_keep(struct trainer *t) {
	if (!is_first(t)) return DEBLUR_OK;
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct validation v = {0};
	enum deblur_status status = pack_model(t, NULL, &bytes, &size);
	const bool measured = dataset_validation_count(t->dataset) > 0;
	if (!status && measured) status = validate(bytes, size, t->dataset, VALIDATION_SAMPLES, &v);
	free(bytes);
	bytes = NULL;
	const bool best = !measured || v.psnr_out_db > t->files.model_psnr_db;
	if (!status && best) status = pack_model(t, measured ? &v : NULL, &bytes, &size);
	if (status) return trainer_because(t, status, "validating");
	if (measured) progress_validation(t->progress, t->checkpoint.step, &v, best);
	if (best) {
		run_files_take_model(&t->files, bytes, size, v.psnr_out_db);
		t->result->psnr_in_db = v.psnr_in_db;
		t->result->psnr_out_db = v.psnr_out_db;
	}
	return DEBLUR_OK;
}

/* On the way a failure is told and no more: the next time may go better, and nothing is lost until the end. */
static void save_on_the_way(struct trainer *t) {
	if (save(t)) t->result->reason[0] = 0;
}

static void report(struct trainer *t, double progress, const struct trainer_losses *losses) {
	const double now = now_s(), spent = now - t->started;
	const double since = now - t->last_report;
	t->last_report = now;
	const struct progress_step line = {.step = t->checkpoint.step,
									   .done = progress,
									   .seconds = spent,
									   .seconds_left = progress > 0 ? spent * (1 - progress) / progress : -1,
									   .loss = losses->restorer,
									   .estimator_loss = losses->estimator,
									   .gradient_norm = losses->gradient_norm,
									   .gradient = losses->gradient,
									   .decibel = losses->decibel,
									   .fft = losses->fft,
									   .teacher = losses->teacher,
									   .features = losses->features,
									   .learning_rate = trainer_rate_at(t, progress),
									   .pictures_per_second =
										   (double)trainer_whole_batch(t, t->batch) * REPORT_EVERY / since};
	progress_step(t->progress, &line);
}

/* ---- the run ---- */

static void tell_session(struct trainer *t) {
	const struct trainer_options *o = t->options;
	const struct progress_session session = {.step = t->checkpoint.step,
											 .seconds = t->checkpoint.seconds,
											 .command = o->command,
											 .commit = o->commit,
											 .network = o->network,
											 .precision = o->precision == CONV_BFLOAT16 ? "bf16" : "f32",
											 .threads = (size_t)omp_get_max_threads() * parallel_size(o->parallel),
											 .batch = trainer_whole_batch(t, o->batch),
											 .crop_px = o->crops.stages[0].px};
	progress_session(t->progress, &session);
}

static double progress_of(const struct trainer *t) {
	const struct trainer_options *o = t->options;
	if (o->minutes <= 0) return (double)t->checkpoint.step / (double)o->steps;
	double progress = (now_s() - t->started) / (o->minutes * 60);
	parallel_broadcast(o->parallel, &progress, sizeof progress); /* it is as late as the first process says */
	return progress;
}

/* How a loss has gone: the mean over the last steps, and the lowest that it ever was. */
struct trend {
	double mean, lowest;
	uint64_t steps;
};

static bool diverges(struct trend *trend, double loss) {
	if (loss <= 0) return false; /* of a net that is not learning */
	trend->mean += (trend->steps ? 0.02 : 1) * (loss - trend->mean);
	if (++trend->steps == SETTLED_STEPS) trend->lowest = trend->mean;
	if (trend->steps <= SETTLED_STEPS) return false;
	trend->lowest = fmin(trend->lowest, trend->mean);
	return trend->mean > DIVERGED_TIMES * trend->lowest;
}

static enum deblur_status run_steps(struct trainer *t) {
	enum deblur_status status = DEBLUR_OK;
	struct trend restorer = {0}, estimator = {0};
	double progress;
	while (!status && (progress = progress_of(t)) < 1) {
		if (trainer_together(t, *t->options->stop ? DEBLUR_CANCELLED : DEBLUR_OK)) {
			status = trainer_together(t, save(t));
			return status ? status : DEBLUR_CANCELLED;
		}
		struct trainer_losses losses = {0}; /* of a net that does not learn now there is none */
		status = trainer_step(t, progress, &losses);
		if (status) break;
		if (diverges(&restorer, losses.restorer) || diverges(&estimator, losses.estimator))
			return trainer_give_up(t, "has risen far above its lowest");
		losses.restorer = restorer.mean;
		losses.estimator = estimator.mean;
		const uint64_t step = t->checkpoint.step, every = t->options->checkpoint_every;
		if (step % REPORT_EVERY == 0) report(t, progress, &losses);
		if (step % t->options->validate_every == 0 && trainer_restorer_progress(t, progress) > 0)
			status = trainer_together(t, validate_and_keep(t));
		if (!status && (every ? step % every == 0 : now_s() - t->last_checkpoint > CHECKPOINT_EVERY_S))
			save_on_the_way(t);
	}
	if (!status && t->checkpoint.step % t->options->validate_every) status = trainer_together(t, validate_and_keep(t));
	return status ? status : trainer_together(t, save(t));
}

enum deblur_status trainer_run(const struct trainer_options *options, struct trainer_result *result) {
	struct trainer t = {.options = options, .result = result};
	*result = (struct trainer_result){.told_elsewhere = !is_first(&t)};
	enum deblur_status status = trainer_set_up(&t);
	if (!status) {
		tell_session(&t);
		t.last_checkpoint = t.last_report = now_s();
		t.started = now_s() - t.checkpoint.seconds;
		status = run_steps(&t);
	}
	result->steps = t.checkpoint.step;
	trainer_tear_down(&t);
	return status;
}
