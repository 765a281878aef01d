#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/blur.h"
#include "core/networks.h"
#include "core/spectrum.h"
#include "picture/registration.h"
#include "train/loss.h"
#include "train/trainer_internal.h"

static struct feed_order order_of(const struct trainer *t, uint64_t step, size_t batch, size_t crop_px) {
	return (struct feed_order){
		.step = step, .first = (uint32_t)trainer_first_sample(t, batch), .count = batch, .crop_px = crop_px};
}

/* This step's samples: t->drawn. */
static enum deblur_status draw_batch(struct trainer *t, size_t batch, size_t side) {
	const struct feed_order order = order_of(t, t->checkpoint.step, batch, side);
	const enum deblur_status status = feed_take(t->feed, &order, &t->drawn);
	if (status && *dataset_trouble(t->dataset))
		snprintf(t->result->reason, sizeof t->result->reason, "%s", dataset_trouble(t->dataset));
	return status;
}

/* An estimator, which sees all of them. */
static void show_batch(struct trainer *t, size_t batch, size_t side, struct net *estimator) {
	memcpy(net_picture(estimator), t->drawn->pictures, batch * side * side * 3 * sizeof(float));
	for (size_t i = 0; i < batch * SPECTRUM_COUNT; i += SPECTRUM_COUNT)
		networks_tell_spectrum(t->model.estimator, t->drawn->spectra + i, net_condition(estimator) + i);
}

/* Where a part begins in what is `spare` pixels longer: at either end as often as between, as a picture's edges are to
 * be seen, too. */
static size_t draw_offset(size_t spare, struct random *random) {
	return (size_t)(fmin(fmax(random_between(random, -0.5, 1.5), 0), 1) * (double)spare + 0.5);
}

/* [side][side][3] of [wide][wide][3]; `to` may be where that lies, or lie before it. */
static void cut_part(const float *from, size_t wide, size_t x, size_t y, size_t side, float *to) {
	for (size_t row = 0; row < side; row++)
		memmove(to + row * side * 3, from + ((y + row) * wide + x) * 3, side * 3 * sizeof *to);
}

/* The restorer, of each sample as much as it takes: beside it, t->drawn->sharp is of that part from here on. */
static void show_parts(struct trainer *t) {
	const size_t wide = t->context_px, side = t->crop_px, count = side * side * 3;
	for (size_t i = 0; i < t->batch; i++) {
		struct random random =
			random_seeded(t->options->seed + STREAM_PART, t->checkpoint.step, trainer_first_sample(t, t->batch) + i);
		const size_t x = draw_offset(wide - side, &random), y = draw_offset(wide - side, &random);
		cut_part(t->drawn->pictures + i * wide * wide * 3, wide, x, y, side, net_picture(t->restorer) + i * count);
		cut_part(t->drawn->sharp + i * wide * wide * 3, wide, x, y, side, t->drawn->sharp + i * count);
	}
}

/* Backward, while threads that are done begin the next step's samples: t->drawn is no longer. */
static enum deblur_status go_back(struct trainer *t, size_t batch, size_t side, struct net *net) {
	const struct feed_order next = order_of(t, t->checkpoint.step + 1, batch, side);
	feed_begin(t->feed, &next);
	net_on_idle(net, feed_work, t->feed);
	return net_backward(net);
}

static enum deblur_status estimator_gradients(struct trainer *t, struct trainer_losses *losses) {
	const size_t batch = t->options->batch, crop_px = t->options->estimator_crop_px;
	enum deblur_status status = draw_batch(t, batch, crop_px);
	if (status) return status;
	show_batch(t, batch, crop_px, t->estimator);
	status = net_forward(t->estimator);
	if (status) return status;
	const float *found = net_output(t->estimator);
	float *gradient = net_output_gradient(t->estimator);
	memset(gradient, 0, net_output_count(t->estimator) * sizeof *gradient);
	for (size_t i = 0; i < batch; i++)
		if (t->drawn->has_truth[i])
			losses->estimator += loss_blur(found + i * BLUR_RAW_COUNT, &t->drawn->truths[i], 1, 1.0 / (double)batch,
										   gradient + i * BLUR_RAW_COUNT) /
								 (double)batch;
	return go_back(t, batch, crop_px, t->estimator);
}

/* The restorer is to hear what users will: the average, which is what the file gets. A run that is resumed here does it
 * again, which changes nothing. */
static enum deblur_status finish_estimator(struct trainer *t) {
	if (t->estimator_is_done || t->options->joint_weight > 0) return DEBLUR_OK;
	t->estimator_is_done = true;
	return reparam_fold(t->learned[LEARNER_ESTIMATOR], t->checkpoint.optimizers[LEARNER_ESTIMATOR]->ema,
						t->model.estimator);
}

/* The truth, or what the estimator says: the restorer has to get along with both. */
static enum deblur_status tell_restorer(struct trainer *t, double share) {
	show_batch(t, t->batch, t->context_px, t->looker);
	const enum deblur_status status = net_forward(t->looker);
	if (status) return status;
	float *told = net_condition(t->restorer);
	for (size_t i = 0; told && i < t->batch; i++) {
		const size_t index = trainer_first_sample(t, t->batch) + i;
		struct random random = random_seeded(t->options->seed + STREAM_TOLD, t->checkpoint.step, index);
		struct deblur_blur found;
		blur_from_raw(net_output(t->looker) + i * BLUR_RAW_COUNT, &found);
		t->told_estimate[i] = !t->drawn->has_truth[i] || random_uniform(&random) < share;
		blur_to_condition(t->told_estimate[i] ? &found : &t->drawn->truths[i], told + i * BLUR_CONDITION_COUNT);
	}
	return DEBLUR_OK;
}

/* Cameras and frames' averages put a twin where no restorer can know it to be: blur looks the same forward and
 * backward. Told one place or the other, the net would learn to restore both at once, which is blurred. */
static void register_twins(struct trainer *t) {
	const size_t side = t->crop_px, count = side * side * 3, labelled = trainer_labelled(t);
	for (size_t i = 0; i < labelled; i++) {
		if (t->drawn->has_truth[i]) continue; /* what we blur stays where it is */
		const float *restored = net_output(t->restorer) + i * count;
		float *twin = t->drawn->sharp + i * count;
		registration_move(restored, twin, side, side,
						  registration_find(restored, twin, side, side, t->options->register_px, REGISTRATION_WHOLE));
	}
}

/* The restorer's output with its truth, and with what the teacher said where there is a truth, too. */
static void compare_pictures(struct trainer *t, struct trainer_losses *losses) {
	const size_t count = net_output_count(t->restorer), labelled = trainer_labelled(t), side = t->crop_px;
	const double *weights = t->options->loss_weights, share = (double)labelled / (double)t->batch;
	const float *output = net_output(t->restorer);
	float *gradient = net_output_gradient(t->restorer);
	memset(gradient, 0, count * sizeof *gradient);
	losses->restorer = loss_charbonnier(output, t->drawn->sharp, count, weights[LOSS_CHARBONNIER], gradient);
	if (weights[LOSS_DECIBEL] > 0)
		losses->decibel =
			loss_decibel(output, t->drawn->sharp, t->batch, side * side * 3, weights[LOSS_DECIBEL], gradient);
	if (weights[LOSS_GRADIENT] > 0)
		losses->gradient = loss_gradient(output, t->drawn->sharp, t->batch, side, weights[LOSS_GRADIENT], gradient);
	if (weights[LOSS_FFT] > 0)
		losses->fft = loss_fft(t->fft, output, t->drawn->sharp, t->batch, side, weights[LOSS_FFT], gradient);
	if (t->teacher_net && labelled)
		losses->teacher = loss_charbonnier(output, t->answers, labelled * side * side * 3,
										   share * t->options->teacher_weight, gradient);
}

/* The looker's estimates beside the truth. */
static void compare_estimates(struct trainer *t, struct trainer_losses *losses) {
	const double share = 1 / (double)t->batch;
	const float *found = net_output(t->looker);
	float *gradient = net_output_gradient(t->looker);
	memset(gradient, 0, net_output_count(t->looker) * sizeof *gradient);
	for (size_t i = 0; i < t->batch; i++)
		if (t->drawn->has_truth[i])
			losses->estimator += share * loss_blur(found + i * BLUR_RAW_COUNT, &t->drawn->truths[i], 1,
												   share * t->options->joint_weight, gradient + i * BLUR_RAW_COUNT);
}

/* And what the restorer made of them. */
static enum deblur_status looker_gradients(struct trainer *t) {
	const float *told = net_condition_gradient(t->restorer);
	for (size_t i = 0; told && i < t->batch; i++)
		if (t->told_estimate[i])
			loss_of_telling(net_output(t->looker) + i * BLUR_RAW_COUNT, told + i * BLUR_CONDITION_COUNT,
							net_output_gradient(t->looker) + i * BLUR_RAW_COUNT);
	return net_backward(t->looker);
}

static enum deblur_status restorer_gradients(struct trainer *t, double own_progress, struct trainer_losses *losses) {
	const bool joint = t->options->joint_weight > 0;
	losses->estimator = 0; /* where it learns no longer, the log is not to go on with its last step */
	enum deblur_status status = finish_estimator(t);
	if (!status) status = draw_batch(t, t->batch, t->context_px);
	if (!status) show_parts(t);
	if (!status) status = tell_restorer(t, t->options->estimate_share * fmin(own_progress * 4, 1));
	if (!status) status = net_forward(t->restorer);
	if (!status && t->teacher_net) status = trainer_ask_teacher(t);
	if (!status && t->options->register_px) register_twins(t);
	if (!status) compare_pictures(t, losses);
	if (!status && t->projection_net) status = trainer_compare_features(t, &losses->features);
	if (!status && joint) compare_estimates(t, losses);
	if (!status) status = go_back(t, t->batch, t->context_px, t->restorer);
	if (!status && joint) status = looker_gradients(t);
	return status;
}

/* Losses become those of the whole batch. */
static void average_losses(struct trainer *t, struct trainer_losses *losses) {
	struct parallel *parallel = t->options->parallel;
	const double size = (double)parallel_size(parallel), labelled = (double)trainer_labelled(t);
	double *const means[] = {&losses->restorer, &losses->estimator, &losses->decibel,
							 &losses->gradient, &losses->fft,       &losses->features};
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
		gradient_mean_finish(t->looker_mean);
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

/* Of the restorer's: an estimator that has learned already forgets much of it at a higher one (weights/training.md). */
#define JOINT_RATE 0.2

static enum deblur_status learn_all(struct trainer *t, bool estimator_learns, double rate, double *gradient_norm) {
	if (estimator_learns) return learn(t, LEARNER_ESTIMATOR, t->estimator, rate, gradient_norm);
	double unused;
	enum deblur_status status = DEBLUR_OK;
	if (t->projection_net) status = learn(t, LEARNER_PROJECTION, t->projection_net, rate, &unused);
	if (!status && t->options->joint_weight > 0)
		status = learn(t, LEARNER_ESTIMATOR, t->looker, JOINT_RATE * rate, &unused);
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
