#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/blur.h"
#include "core/spectrum.h"
#include "train/loss.h"
#include "train/trainer_internal.h"

/* Fills `pictures` and `spectra`, the inputs of nets, and sharp, truths and has_truth. */
static enum deblur_status draw_batch(struct trainer *t, size_t batch, size_t crop, float *pictures, float *spectra) {
	const size_t count = crop * crop * 3;
	const uint64_t step = t->checkpoint.step;
	int failed = DEBLUR_OK; /* the worst status */
#pragma omp parallel for schedule(dynamic) reduction(max : failed)
	for (size_t i = 0; i < batch; i++) {
		struct dataset_sample sample = {.degraded = pictures + i * count, .sharp = t->sharp + i * count};
		const uint32_t index = (uint32_t)(trainer_first_sample(t, batch) + i);
		int status = (int)dataset_sample(t->dataset, crop, t->options->seed, step, index, &sample);
		if (!status && !spectrum_of(sample.degraded, crop * 3, crop, crop, spectra + i * SPECTRUM_COUNT))
			status = DEBLUR_OUT_OF_MEMORY;
		if (status > failed) failed = status;
		t->truths[i] = sample.truth;
		t->has_truth[i] = sample.has_truth;
	}
	if (failed && *dataset_trouble(t->dataset))
		snprintf(t->result->reason, sizeof t->result->reason, "%s", dataset_trouble(t->dataset));
	return (enum deblur_status)failed;
}

static enum deblur_status estimator_gradients(struct trainer *t, struct trainer_losses *losses) {
	enum deblur_status status = draw_batch(t, t->options->batch, t->options->estimator_crop_px,
										   net_picture(t->estimator), net_condition(t->estimator));
	if (!status) status = net_forward(t->estimator);
	if (status) return status;
	const float *found = net_output(t->estimator);
	float *gradient = net_output_gradient(t->estimator);
	memset(gradient, 0, net_output_count(t->estimator) * sizeof *gradient);
	for (size_t i = 0; i < t->options->batch; i++)
		if (t->has_truth[i])
			losses->estimator += loss_blur(found + i * BLUR_RAW_COUNT, &t->truths[i], 1,
										   1.0 / (double)t->options->batch, gradient + i * BLUR_RAW_COUNT) /
								 (double)t->options->batch;
	return net_backward(t->estimator);
}

/* The restorer is to hear what users will: the average, which is what the file gets. A run that is resumed here does it
 * again, which changes nothing. */
static enum deblur_status finish_estimator(struct trainer *t) {
	if (t->estimator_is_done) return DEBLUR_OK;
	t->estimator_is_done = true;
	return reparam_fold(t->learned[LEARNER_ESTIMATOR], t->checkpoint.optimizers[LEARNER_ESTIMATOR]->ema,
						t->model.estimator);
}

/* The truth, or what the estimator says: the restorer has to get along with both. */
static enum deblur_status tell_restorer(struct trainer *t, double share) {
	memcpy(net_picture(t->looker), net_picture(t->restorer), net_output_count(t->restorer) * sizeof(float));
	const enum deblur_status status = net_forward(t->looker);
	if (status) return status;
	float *told = net_condition(t->restorer);
	for (size_t i = 0; told && i < t->batch; i++) {
		const size_t index = trainer_first_sample(t, t->batch) + i;
		struct random random = random_seeded(t->options->seed + STREAM_TOLD, t->checkpoint.step, index);
		struct deblur_blur found;
		blur_from_raw(net_output(t->looker) + i * BLUR_RAW_COUNT, &found);
		const bool tell_truth = t->has_truth[i] && random_uniform(&random) >= share;
		blur_to_condition(tell_truth ? &t->truths[i] : &found, told + i * BLUR_CONDITION_COUNT);
	}
	return DEBLUR_OK;
}

/* The restorer's output with its truth, and with what the teacher said where there is a truth, too. */
static void compare_pictures(struct trainer *t, struct trainer_losses *losses) {
	const size_t count = net_output_count(t->restorer), labelled = trainer_labelled(t), side = t->crop_px;
	const double *weights = t->options->loss_weights, share = (double)labelled / (double)t->batch;
	const float *output = net_output(t->restorer);
	float *gradient = net_output_gradient(t->restorer);
	memset(gradient, 0, count * sizeof *gradient);
	losses->restorer = loss_charbonnier(output, t->sharp, count, weights[LOSS_CHARBONNIER], gradient);
	if (weights[LOSS_GRADIENT] > 0)
		losses->gradient = loss_gradient(output, t->sharp, t->batch, side, weights[LOSS_GRADIENT], gradient);
	if (weights[LOSS_FFT] > 0)
		losses->fft = loss_fft(t->fft, output, t->sharp, t->batch, side, weights[LOSS_FFT], gradient);
	if (t->teacher_net && labelled)
		losses->teacher = loss_charbonnier(output, t->answers, labelled * side * side * 3,
										   share * t->options->teacher_weight, gradient);
}

static enum deblur_status restorer_gradients(struct trainer *t, double own_progress, struct trainer_losses *losses) {
	losses->estimator = 0; /* it learns no longer: the log is not to go on with its last step */
	enum deblur_status status = finish_estimator(t);
	if (!status) status = draw_batch(t, t->batch, t->crop_px, net_picture(t->restorer), net_condition(t->looker));
	if (!status) status = tell_restorer(t, t->options->estimate_share * fmin(own_progress * 4, 1));
	if (!status) status = net_forward(t->restorer);
	if (!status && t->teacher_net) status = trainer_ask_teacher(t);
	if (!status) compare_pictures(t, losses);
	if (!status && t->projection_net) status = trainer_compare_features(t, &losses->features);
	if (!status) status = net_backward(t->restorer);
	return status;
}

/* Losses become those of the whole batch. */
static void average_losses(struct trainer *t, struct trainer_losses *losses) {
	struct parallel *parallel = t->options->parallel;
	const double size = (double)parallel_size(parallel), labelled = (double)trainer_labelled(t);
	double *const means[] = {&losses->restorer, &losses->estimator, &losses->gradient, &losses->fft, &losses->features};
	enum { MEANS = sizeof means / sizeof *means };
	/* What the teacher said is compared where there is a truth, and these samples are not spread evenly. */
	double sums[MEANS + 2] = {[MEANS] = losses->teacher * labelled, [MEANS + 1] = labelled};
	for (int i = 0; i < MEANS; i++) sums[i] = *means[i];
	parallel_sum(parallel, sums, MEANS + 2);
	for (int i = 0; i < MEANS; i++) *means[i] = sums[i] / size;
	losses->teacher = sums[MEANS + 1] > 0 ? sums[MEANS] / sums[MEANS + 1] : 0;
}

/* So do gradients. A process that has failed takes part, too: the others have to come as far as hearing of it. */
static enum deblur_status average(struct trainer *t, bool estimator_learns, enum deblur_status own,
								  struct trainer_losses *losses) {
	if (parallel_size(t->options->parallel) == 1) return own;
	if (estimator_learns) {
		gradient_mean_finish(t->estimator_mean);
	} else {
		gradient_mean_finish(t->projection_mean);
		gradient_mean_finish(t->restorer_mean);
	}
	average_losses(t, losses);
	return trainer_together(t, own);
}

double trainer_restorer_progress(const struct trainer *t, double progress) {
	return (progress - t->options->estimator_first) / (1 - t->options->estimator_first);
}

double trainer_rate_at(const struct trainer *t, double progress) {
	const double own = trainer_restorer_progress(t, progress);
	return schedule_learning_rate(t->options->learning_rate, 0.02,
								  own >= 0 ? own : progress / t->options->estimator_first);
}

/* Takes a net's gradients back to what its weights are made of, and forth again with what that has learned. */
static enum deblur_status learn(struct trainer *t, size_t learner, const struct net *net, double rate,
								double *gradient_norm) {
	struct reparam *learned = t->learned[learner];
	const enum deblur_status status = reparam_unfold_gradients(learned, net);
	if (status) return status;
	*gradient_norm = optimizer_step(t->checkpoint.optimizers[learner], learned->gradients, rate);
	return reparam_fold(learned, learned->values, learned->graph);
}

static enum deblur_status learn_all(struct trainer *t, bool estimator_learns, double rate, double *gradient_norm) {
	if (estimator_learns) return learn(t, LEARNER_ESTIMATOR, t->estimator, rate, gradient_norm);
	double unused;
	enum deblur_status status = DEBLUR_OK;
	if (t->projection_net) status = learn(t, LEARNER_PROJECTION, t->projection_net, rate, &unused);
	return status ? status : learn(t, LEARNER_RESTORER, t->restorer, rate, gradient_norm);
}

enum deblur_status trainer_give_up(struct trainer *t, const char *what) {
	snprintf(
		t->result->reason, sizeof t->result->reason,
		"the loss %s at step %llu; %.100s was saved before: begin again with a smaller --rate, or --from the model",
		what, (unsigned long long)t->checkpoint.step, t->files.checkpoint_path);
	return DEBLUR_BAD_ARGUMENT;
}

enum deblur_status trainer_step(struct trainer *t, double progress, struct trainer_losses *losses) {
	const double own_progress = trainer_restorer_progress(t, progress);
	const bool estimator_learns = own_progress < 0;
	enum deblur_status status = estimator_learns ? DEBLUR_OK : trainer_enter_stage(t, own_progress);
	if (status) return trainer_because(t, status, "training");
	status = estimator_learns ? estimator_gradients(t, losses) : restorer_gradients(t, own_progress, losses);
	status = average(t, estimator_learns, trainer_because(t, status, "training"), losses);
	if (status) return status;
	status = learn_all(t, estimator_learns, trainer_rate_at(t, progress), &losses->gradient_norm);
	status = trainer_together(t, trainer_because(t, status, "training"));
	if (status) return status;
	if (!isfinite(losses->restorer) || !isfinite(losses->estimator)) return trainer_give_up(t, "is not finite");
	t->checkpoint.step++;
	return DEBLUR_OK;
}
