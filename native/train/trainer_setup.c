#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/networks.h"
#include "core/sha256.h"
#include "picture/file.h"
#include "train/grow.h"
#include "train/initialise.h"
#include "train/trainer_internal.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 2 * SHA256_BYTES + 32 };

/* What the estimator sees beside crops of so many pixels. */
static size_t context_of(const struct trainer_options *o, size_t crop_px) {
	return o->context_px ? o->context_px : crop_px;
}

static size_t largest_crop(const struct trainer_options *o) {
	const size_t estimator = o->estimator_first > 0 ? o->estimator_crop_px : 0;
	const size_t restorer = context_of(o, crop_schedule_largest_px(&o->crops));
	return estimator > restorer ? estimator : restorer;
}

static enum deblur_status open_data(struct trainer *t) {
	char *skipped = NULL;
	struct dataset_options data = t->options->data;
	data.crop_px = largest_crop(t->options);
	data.memory_sharers = parallel_size_here(t->options->parallel);
	const enum deblur_status status = dataset_open(&data, &t->dataset, &skipped);
	const int reason = errno;
	if (!status) {
		char text[160];
		snprintf(text, sizeof text, "%zu photographs, %zu files skipped, %zu validation samples",
				 dataset_picture_count(t->dataset), dataset_skipped_count(t->dataset),
				 dataset_validation_count(t->dataset));
		progress_note(t->progress, text);
	}
	if (skipped && *skipped) progress_note(t->progress, skipped);
	free(skipped);
	errno = reason;
	return trainer_because(t, status, "reading the training pictures");
}

static enum deblur_status open_model(struct trainer *t, const char *path, struct model_file *out) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = model_file_read(bytes, size, out);
	free(bytes);
	return trainer_because(t, status, path);
}

static void take_estimator(struct trainer *t, const struct graph *estimator, const char *path) {
	if (can_grow(estimator, t->model.estimator)) {
		grow(estimator, t->model.estimator);
		t->has_estimator = true;
		return;
	}
	if (estimator) copy_namesakes(estimator, t->model.estimator);
	char text[256];
	snprintf(text, sizeof text, "%.160s has no estimator of this shape%s", path,
			 estimator ? "; what fits of it is a beginning" : "");
	progress_note(t->progress, text);
}

/* Begins where another run ended, be it of a smaller net. */
static enum deblur_status begin_with(struct trainer *t, const char *path) {
	struct model_file from = {0};
	enum deblur_status status = open_model(t, path, &from);
	if (!status && !can_grow(from.restorer, t->model.restorer)) {
		snprintf(t->result->reason, sizeof t->result->reason,
				 "%.120s is not a model of the network \"%.40s\", nor of one that could grow into it", path,
				 t->options->network);
		status = DEBLUR_BAD_ARGUMENT;
	}
	if (!status) grow(from.restorer, t->model.restorer);
	if (!status) take_estimator(t, from.estimator, path);
	model_file_release(&from);
	return status;
}

static enum deblur_status make_graphs(struct trainer *t) {
	t->model.restorer = networks_restorer(t->options->network);
	t->model.estimator = networks_estimator();
	if (!t->model.restorer || !t->model.estimator) return DEBLUR_OUT_OF_MEMORY;
	struct random random = random_seeded(t->options->seed, STREAM_WEIGHTS, 0);
	initialise(t->model.restorer, &random);
	initialise(t->model.estimator, &random);
	const enum deblur_status status = t->options->from_path ? begin_with(t, t->options->from_path) : DEBLUR_OK;
	if (status) return status;
	/* A student goes on with what its teacher knows of blur. */
	if (t->options->teacher_path) take_estimator(t, t->teacher.estimator, t->options->teacher_path);
	if (t->has_estimator || t->options->estimator_first > 0) return DEBLUR_OK;
	snprintf(t->result->reason, sizeof t->result->reason,
			 "--estimator-first 0 leaves the estimator as --from or --teacher has it, and neither has one that fits");
	return DEBLUR_BAD_ARGUMENT;
}

static void release_restorer_nets(struct trainer *t) {
	gradient_mean_destroy(t->restorer_mean);
	gradient_mean_destroy(t->looker_mean);
	net_destroy(t->restorer);
	net_destroy(t->looker);
	t->restorer_mean = t->looker_mean = NULL;
	t->restorer = t->looker = NULL;
	trainer_release_teacher_nets(t);
}

static enum deblur_status make_restorer_nets(struct trainer *t, size_t stage) {
	const struct trainer_options *o = t->options;
	t->stage = stage;
	t->crop_px = o->crops.stages[stage].px;
	t->context_px = context_of(o, t->crop_px);
	t->batch = crop_schedule_batch(&o->crops, stage, o->batch);
	struct net_options options = {.batch = t->batch,
								  .height = t->crop_px,
								  .width = t->crop_px,
								  .precision = o->precision,
								  .training = true,
								  .tap = trainer_student_tap(t),
								  .condition_learns = o->joint_weight > 0 && t->model.restorer->condition >= 0};
	enum deblur_status status = net_create(t->model.restorer, &options, &t->restorer);
	if (!status) status = gradient_mean_create(o->parallel, t->model.restorer, t->restorer, &t->restorer_mean);
	options.height = options.width = t->context_px;
	options.training = o->joint_weight > 0;
	options.condition_learns = false;
	options.tap = -1;
	if (!status) status = net_create(t->model.estimator, &options, &t->looker);
	if (!status && options.training)
		status = gradient_mean_create(o->parallel, t->model.estimator, t->looker, &t->looker_mean);
	return status ? status : trainer_make_teacher_nets(t);
}

static enum deblur_status make_nets(struct trainer *t) {
	const struct trainer_options *o = t->options;
	struct net_options options = {.batch = o->batch, .precision = o->precision, .training = true, .tap = -1};
	enum deblur_status status = DEBLUR_OK;
	options.height = options.width = o->estimator_crop_px;
	if (o->estimator_first > 0) status = net_create(t->model.estimator, &options, &t->estimator);
	if (!status && t->estimator)
		status = gradient_mean_create(o->parallel, t->model.estimator, t->estimator, &t->estimator_mean);
	if (!status) status = make_restorer_nets(t, 0);
	return trainer_because(t, status, "preparing the nets");
}

enum deblur_status trainer_enter_stage(struct trainer *t, double own_progress) {
	const size_t stage = crop_schedule_at(&t->options->crops, own_progress);
	if (t->restorer && stage == t->stage) return DEBLUR_OK;
	release_restorer_nets(t);
	char text[96];
	const enum deblur_status status = trainer_together(t, make_restorer_nets(t, stage));
	snprintf(text, sizeof text, "from step %llu: crops of %zu pixels, %zu a step",
			 (unsigned long long)t->checkpoint.step, t->crop_px, trainer_whole_batch(t, t->batch));
	progress_note(t->progress, text);
	return status;
}

static void make_room(struct trainer *t, size_t batch, size_t crop_px) {
	const size_t numbers = batch * crop_px * crop_px * 3;
	if (batch > t->room.samples) t->room.samples = batch;
	if (numbers > t->room.numbers) t->room.numbers = numbers;
}

enum deblur_status trainer_add_learner(struct trainer *t, struct graph *graph, unsigned branches) {
	struct checkpoint *c = &t->checkpoint;
	const size_t learner = c->optimizer_count++;
	struct random random = random_seeded(t->options->seed, STREAM_BRANCHES, learner);
	const enum deblur_status status = reparam_create(graph, branches, &random, &t->learned[learner]);
	if (status) return status;
	return optimizer_create(t->learned[learner]->parameters, t->learned[learner]->parameter_count, &optimizer_defaults,
							&c->optimizers[learner]);
}

enum deblur_status trainer_fold_learned(struct trainer *t) {
	enum deblur_status status = DEBLUR_OK;
	for (size_t i = 0; i < t->checkpoint.optimizer_count && !status; i++)
		status = reparam_fold(t->learned[i], t->learned[i]->values, t->learned[i]->graph);
	return status;
}

static enum deblur_status make_state(struct trainer *t) {
	const struct trainer_options *o = t->options;
	if (o->estimator_first > 0) make_room(t, o->batch, o->estimator_crop_px);
	for (size_t i = 0; i < o->crops.count; i++)
		make_room(t, crop_schedule_batch(&o->crops, i, o->batch), context_of(o, o->crops.stages[i].px));
	enum deblur_status status = feed_create(t->dataset, o->seed, t->room.samples, t->room.numbers, &t->feed);
	if (status) return status;
	if (!(t->told_estimate = calloc(t->room.samples, sizeof *t->told_estimate))) return DEBLUR_OUT_OF_MEMORY;
	if (o->loss_weights[LOSS_FFT] > 0 && !(t->fft = fft_create(LOSS_FFT_SIDE_PX))) return DEBLUR_OUT_OF_MEMORY;
	t->checkpoint = (struct checkpoint){.recipe = t->recipe, .best_psnr_db = -1};
	status = trainer_add_learner(t, t->model.restorer, o->branches);
	if (!status && o->branches && !t->learned[LEARNER_RESTORER]->conv_count) {
		snprintf(t->result->reason, sizeof t->result->reason,
				 "--reparam: the network \"%.40s\" has no plain 3x3 blocks that could have branches; leave it out",
				 o->network);
		return DEBLUR_BAD_ARGUMENT;
	}
	if (!status) status = trainer_add_learner(t, t->model.estimator, o->branches);
	return status ? status : trainer_prepare_teacher(t);
}

/* Frees the text, and puts its hash after a word; of an empty one nothing is said. OUT_OF_MEMORY if it is NULL. */
static enum deblur_status name_text(char *text, const char *word, char out[NAME_BYTES]) {
	uint8_t digest[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	*out = 0;
	if (!text) return DEBLUR_OUT_OF_MEMORY;
	sha256(text, strlen(text), digest);
	sha256_hex(digest, hex);
	if (*text) snprintf(out, NAME_BYTES, "%s %s\n", word, hex);
	free(text);
	return DEBLUR_OK;
}

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static void
add_choice(struct trainer *t, const char *format, ...) {
	const size_t length = strlen(t->recipe);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(t->recipe + length, sizeof t->recipe - length, format, arguments);
	va_end(arguments);
}

/* What runs had no choice of when the first checkpoints were written is told where it is chosen. */
static void add_choices(struct trainer *t) {
	const struct trainer_options *o = t->options;
	const double *w = o->loss_weights;
	if (w[LOSS_DECIBEL] > 0) add_choice(t, "loss decibel %g\n", w[LOSS_DECIBEL]);
	if (w[LOSS_CHARBONNIER] < 1 || w[LOSS_CHARBONNIER] > 1 || w[LOSS_GRADIENT] > 0 || w[LOSS_FFT] > 0)
		add_choice(t, "loss charbonnier %g gradient %g fft %g\n", w[LOSS_CHARBONNIER], w[LOSS_GRADIENT], w[LOSS_FFT]);
	if (o->unlabelled_share > 0 || o->turned_share > 0 || o->feature_weight > 0 || o->teacher_is_silent)
		add_choice(t, "unlabelled %g turned %g features %g silent %d\n", o->unlabelled_share, o->turned_share,
				   o->feature_weight, o->teacher_is_silent);
	if (o->joint_weight > 0) add_choice(t, "joint %g\n", o->joint_weight);
	if (o->context_px) add_choice(t, "context %zu\n", o->context_px);
	if (o->register_px) add_choice(t, "register %zu\n", o->register_px);
	if (o->branches) add_choice(t, "branches %u\n", o->branches);
	for (size_t i = 0; i < o->crops.count && o->crops.count > 1; i++)
		add_choice(t, "crops %zu for %g\n", o->crops.stages[i].px, o->crops.stages[i].share);
}

/* What has to be the same for a run to go on as if it had never stopped. */
static enum deblur_status write_recipe(struct trainer *t) {
	const struct trainer_options *o = t->options;
	char degradations[NAME_BYTES], mix[NAME_BYTES];
	/* Degradations by what they are, not by the name of a file that may have been edited. */
	enum deblur_status status = name_text(recipe_text(&o->data.recipe), "degradations", degradations);
	if (!status) status = name_text(dataset_mix(&o->data), "mix", mix);
	if (status) return status;
	snprintf(t->recipe, sizeof t->recipe,
			 "network %s\nfrom %s\nteacher %s %g\n%scrops %zu %zu\nbatch %zu\nseed %llu\nlearning rate %g\n"
			 "estimate share %g\nestimator first %g\nprecision %d\nminutes %g\nsteps %llu\n%s",
			 o->network, o->from_path ? o->from_path : "nothing", o->teacher_path ? o->teacher_path : "none",
			 o->teacher_path ? o->teacher_weight : 0.0, degradations, o->crops.stages[0].px, o->estimator_crop_px,
			 trainer_whole_batch(t, o->batch), (unsigned long long)o->seed, o->learning_rate, o->estimate_share,
			 o->estimator_first, (int)o->precision, o->minutes, (unsigned long long)(o->minutes > 0 ? 0 : o->steps),
			 mix);
	add_choices(t);
	return DEBLUR_OK;
}

static enum deblur_status resume(struct trainer *t) {
	if (!t->options->resume || parallel_rank(t->options->parallel) > 0) return DEBLUR_OK;
	enum deblur_status status = run_files_load(&t->files, &t->checkpoint);
	if (status == DEBLUR_MODEL_DAMAGED || status == DEBLUR_BAD_ARGUMENT)
		snprintf(t->result->reason, sizeof t->result->reason, "%.120s: %s", t->files.checkpoint_path,
				 status == DEBLUR_BAD_ARGUMENT ? "belongs to a run with other options; repeat those, or start anew"
											   : "is not a whole checkpoint; start anew without --resume");
	if (!status) status = trainer_fold_learned(t);
	return trainer_because(t, status, t->files.checkpoint_path);
}

/* The first process tells about the run. */
static enum deblur_status open_progress(struct trainer *t) {
	char log_path[PATH_BYTES];
	const bool silent = parallel_rank(t->options->parallel) > 0;
	if (strlen(t->options->out_path) > PATH_BYTES - 16) return DEBLUR_BAD_ARGUMENT;
	snprintf(log_path, sizeof log_path, "%s.log.jsonl", t->options->out_path);
	const char *path = silent ? "/dev/null" : log_path;
	return trainer_because(t, progress_open(path, t->options->quiet || silent, &t->progress), path);
}

static enum deblur_status set_up_alone(struct trainer *t) {
	enum deblur_status status = open_progress(t);
	if (!status) status = run_files_open(t->options->out_path, t->progress, &t->files);
	if (!status) status = write_recipe(t);
	if (!status) status = open_data(t);
	if (!status && t->options->teacher_path) status = open_model(t, t->options->teacher_path, &t->teacher);
	if (!status) status = make_graphs(t);
	if (!status) status = make_state(t);
	if (!status) status = make_nets(t);
	if (!status) status = resume(t);
	return trainer_because(t, status, "setting up");
}

enum deblur_status trainer_set_up(struct trainer *t) {
	const enum deblur_status status = trainer_together(t, set_up_alone(t));
	return status ? status : trainer_because(t, trainer_share_state(t), "sharing the state");
}

void trainer_tear_down(struct trainer *t) {
	for (size_t i = 0; i < t->checkpoint.optimizer_count; i++) {
		optimizer_destroy(t->checkpoint.optimizers[i]);
		reparam_destroy(t->learned[i]);
	}
	run_files_close(&t->files);
	release_restorer_nets(t);
	gradient_mean_destroy(t->estimator_mean);
	net_destroy(t->estimator);
	trainer_release_teacher(t);
	model_file_release(&t->model);
	dataset_close(t->dataset);
	progress_close(t->progress);
	feed_destroy(t->feed);
	free(t->told_estimate);
	fft_destroy(t->fft);
}
