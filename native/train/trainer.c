#include "train/trainer.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/blur.h"
#include "core/model_file.h"
#include "core/networks.h"
#include "core/sha256.h"
#include "core/spectrum.h"
#include "picture/file.h"
#include "train/checkpoint.h"
#include "train/initialise.h"
#include "train/loss.h"
#include "train/progress.h"
#include "train/run_files.h"

/* Streams of random numbers beside the samples' own (random_seeded's second key). */
enum { STREAM_WEIGHTS = 1, STREAM_TOLD = 2 };
enum { REPORT_EVERY = 20, CHECKPOINT_EVERY_S = 300, VALIDATION_SAMPLES = 48, PATH_BYTES = 4096 };
/* A loss is watched once it has settled; this many times its lowest is no chance any more. */
enum { SETTLED_STEPS = 100, DIVERGED_TIMES = 5 };

struct trainer {
	const struct trainer_options *options;
	struct trainer_result *result;
	struct dataset *dataset;
	struct conv_engine *engine;
	struct model_file model;   /* the graphs that are trained */
	struct model_file teacher; /* restorer NULL: none */
	struct net *restorer, *teacher_net;
	struct net *estimator;        /* on its own larger crops, learning */
	struct net *looker;           /* the same graph on the restorer's crops, no longer learning */
	bool has_estimator;           /* from another run */
	bool estimator_is_done;       /* its average has taken the place of its weights */
	struct checkpoint checkpoint; /* its two optimisers are the run's state */
	struct progress *progress;
	float *sharp;               /* [batch][largest crop][largest crop][3] */
	struct deblur_blur *truths; /* [batch] */
	bool *has_truth;            /* [batch] */
	double started;             /* clock when this session began, less the seconds of earlier ones */
	double last_checkpoint, last_report;
	struct run_files files;
	char recipe[1024];
};

static double now_s(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Says what failed, once; the status goes on its way. */
static enum deblur_status because(struct trainer *t, enum deblur_status status, const char *what) {
	if (status && !t->result->reason[0])
		snprintf(t->result->reason, sizeof t->result->reason, "%.120s: %.100s", what,
				 status == DEBLUR_IO ? strerror(errno) : deblur_status_message(status));
	return status;
}

/* ---- setting up ---- */

static size_t largest_crop(const struct trainer_options *o) {
	const size_t estimator = o->estimator_first > 0 ? o->estimator_crop_px : 0;
	return estimator > o->restorer_crop_px ? estimator : o->restorer_crop_px;
}

static enum deblur_status open_data(struct trainer *t) {
	char *skipped = NULL;
	struct dataset_options data = t->options->data;
	data.crop_px = largest_crop(t->options);
	const enum deblur_status status = dataset_open(&data, &t->dataset, &skipped);
	if (!status) {
		char text[160];
		snprintf(text, sizeof text, "%zu photographs, %zu files skipped, %zu validation samples",
				 dataset_picture_count(t->dataset), dataset_skipped_count(t->dataset),
				 dataset_validation_count(t->dataset));
		progress_note(t->progress, text);
		if (skipped && *skipped) progress_note(t->progress, skipped);
	}
	free(skipped);
	return because(t, status, "reading the training pictures");
}

static enum deblur_status open_model(struct trainer *t, const char *path, struct model_file *out) {
	uint8_t *bytes = NULL;
	size_t size = 0;
	enum deblur_status status = file_read(path, &bytes, &size);
	if (!status) status = model_file_read(bytes, size, out);
	free(bytes);
	return because(t, status, path);
}

static bool same_parameters(const struct graph *a, const struct graph *b) {
	bool same = a && b && a->parameter_count == b->parameter_count;
	for (size_t i = 0; same && i < a->parameter_count; i++)
		same =
			a->parameters[i].count == b->parameters[i].count && !strcmp(a->parameters[i].name, b->parameters[i].name);
	return same;
}

static void copy_parameters(const struct graph *from, struct graph *to) {
	for (size_t i = 0; i < from->parameter_count; i++)
		memcpy(to->parameters[i].values, from->parameters[i].values, from->parameters[i].count * sizeof(float));
}

/* What has one name and one size in both: a net whose end has changed goes on with its beginning. */
static void copy_namesakes(const struct graph *from, struct graph *to) {
	for (size_t i = 0; i < to->parameter_count; i++)
		for (size_t j = 0; j < from->parameter_count; j++) {
			const struct graph_parameter *source = &from->parameters[j];
			if (strcmp(source->name, to->parameters[i].name) || source->count != to->parameters[i].count) continue;
			memcpy(to->parameters[i].values, source->values, source->count * sizeof(float));
		}
}

static void copy_average(const struct optimizer *from, struct graph *to) {
	for (size_t i = 0; i < to->parameter_count; i++)
		memcpy(to->parameters[i].values, from->ema[i], to->parameters[i].count * sizeof(float));
}

static void take_estimator(struct trainer *t, const struct graph *estimator, const char *path) {
	if (same_parameters(estimator, t->model.estimator)) {
		copy_parameters(estimator, t->model.estimator);
		t->has_estimator = true;
		return;
	}
	if (estimator) copy_namesakes(estimator, t->model.estimator);
	char text[256];
	snprintf(text, sizeof text, "%.160s has no estimator of this shape%s", path,
			 estimator ? "; what fits of it is a beginning" : "");
	progress_note(t->progress, text);
}

/* Begins where another run ended. */
static enum deblur_status begin_with(struct trainer *t, const char *path) {
	struct model_file from = {0};
	enum deblur_status status = open_model(t, path, &from);
	if (!status && !same_parameters(from.restorer, t->model.restorer)) {
		snprintf(t->result->reason, sizeof t->result->reason, "%.120s is not a model of the network \"%.40s\"", path,
				 t->options->network);
		status = DEBLUR_BAD_ARGUMENT;
	}
	if (!status) copy_parameters(from.restorer, t->model.restorer);
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

static enum deblur_status make_nets(struct trainer *t) {
	const struct trainer_options *o = t->options;
	struct net_options options = {.batch = o->batch, .precision = o->precision, .training = true};
	enum deblur_status status = conv_engine_create(&t->engine);
	options.height = options.width = o->estimator_crop_px;
	if (!status && o->estimator_first > 0) status = net_create(t->engine, t->model.estimator, &options, &t->estimator);
	options.height = options.width = o->restorer_crop_px;
	if (!status) status = net_create(t->engine, t->model.restorer, &options, &t->restorer);
	options.training = false;
	if (!status) status = net_create(t->engine, t->model.estimator, &options, &t->looker);
	if (!status && t->teacher.restorer) status = net_create(t->engine, t->teacher.restorer, &options, &t->teacher_net);
	return because(t, status, "preparing the nets");
}

static enum deblur_status make_state(struct trainer *t) {
	const size_t batch = t->options->batch, crop = largest_crop(t->options);
	t->sharp = malloc(batch * crop * crop * 3 * sizeof *t->sharp);
	t->truths = calloc(batch, sizeof *t->truths);
	t->has_truth = calloc(batch, sizeof *t->has_truth);
	if (!t->sharp || !t->truths || !t->has_truth) return DEBLUR_OUT_OF_MEMORY;
	t->checkpoint = (struct checkpoint){.recipe = t->recipe, .best_psnr_db = -1, .optimizer_count = 2};
	enum deblur_status status = optimizer_create(t->model.restorer, &optimizer_defaults, &t->checkpoint.optimizers[0]);
	if (!status) status = optimizer_create(t->model.estimator, &optimizer_defaults, &t->checkpoint.optimizers[1]);
	return status;
}

/* Degradations by what they are, not by the name of a file that may have been edited. */
static enum deblur_status name_degradations(const struct recipe *recipe, char hex[2 * SHA256_BYTES + 1]) {
	uint8_t digest[SHA256_BYTES];
	char *text = recipe_text(recipe);
	if (!text) return DEBLUR_OUT_OF_MEMORY;
	sha256(text, strlen(text), digest);
	sha256_hex(digest, hex);
	free(text);
	return DEBLUR_OK;
}

/* What has to be the same for a run to go on as if it had never stopped. */
static enum deblur_status write_recipe(struct trainer *t) {
	const struct trainer_options *o = t->options;
	char degradations[2 * SHA256_BYTES + 1];
	const enum deblur_status status = name_degradations(&o->data.recipe, degradations);
	if (status) return status;
	snprintf(
		t->recipe, sizeof t->recipe,
		"network %s\nfrom %s\nteacher %s %g\ndegradations %s\ncrops %zu %zu\nbatch %zu\nseed %llu\nlearning rate %g\n"
		"estimate share %g\nestimator first %g\nprecision %d\nminutes %g\nsteps %llu\n",
		o->network, o->from_path ? o->from_path : "nothing", o->teacher_path ? o->teacher_path : "none",
		o->teacher_path ? o->teacher_weight : 0.0, degradations, o->restorer_crop_px, o->estimator_crop_px, o->batch,
		(unsigned long long)o->seed, o->learning_rate, o->estimate_share, o->estimator_first, (int)o->precision,
		o->minutes, (unsigned long long)(o->minutes > 0 ? 0 : o->steps));
	return DEBLUR_OK;
}

static enum deblur_status resume(struct trainer *t) {
	if (!t->options->resume) return DEBLUR_OK;
	const enum deblur_status status = run_files_load(&t->files, &t->checkpoint);
	if (status == DEBLUR_MODEL_DAMAGED || status == DEBLUR_BAD_ARGUMENT)
		snprintf(t->result->reason, sizeof t->result->reason, "%.120s: %s", t->files.checkpoint_path,
				 status == DEBLUR_BAD_ARGUMENT ? "belongs to a run with other options; repeat those, or start anew"
											   : "is not a whole checkpoint; start anew without --resume");
	return because(t, status, t->files.checkpoint_path);
}

static enum deblur_status set_up(struct trainer *t) {
	char log_path[PATH_BYTES];
	if (strlen(t->options->out_path) > PATH_BYTES - 16) return DEBLUR_BAD_ARGUMENT;
	snprintf(log_path, sizeof log_path, "%s.log.jsonl", t->options->out_path);
	enum deblur_status status = because(t, progress_open(log_path, t->options->quiet, &t->progress), log_path);
	if (!status) status = run_files_open(t->options->out_path, t->progress, &t->files);
	if (!status) status = write_recipe(t);
	if (!status) status = open_data(t);
	if (!status && t->options->teacher_path) status = open_model(t, t->options->teacher_path, &t->teacher);
	if (!status) status = make_graphs(t);
	if (!status) status = make_nets(t);
	if (!status) status = make_state(t);
	if (!status) status = resume(t);
	return because(t, status, "setting up");
}

static void tear_down(struct trainer *t) {
	for (size_t i = 0; i < t->checkpoint.optimizer_count; i++) optimizer_destroy(t->checkpoint.optimizers[i]);
	run_files_close(&t->files);
	net_destroy(t->restorer);
	net_destroy(t->estimator);
	net_destroy(t->looker);
	net_destroy(t->teacher_net);
	model_file_release(&t->model);
	model_file_release(&t->teacher);
	conv_engine_destroy(t->engine);
	dataset_close(t->dataset);
	progress_close(t->progress);
	free(t->sharp);
	free(t->truths);
	free(t->has_truth);
}

/* ---- one step ---- */

struct losses {
	double restorer, estimator, gradient_norm;
};

/* Fills `pictures` and `spectra`, the inputs of nets, and sharp, truths and has_truth. */
static enum deblur_status draw_batch(struct trainer *t, size_t crop, float *pictures, float *spectra) {
	const size_t count = crop * crop * 3;
	const uint64_t step = t->checkpoint.step;
	int failed = 0;
#pragma omp parallel for schedule(dynamic) reduction(| : failed)
	for (size_t i = 0; i < t->options->batch; i++) {
		struct dataset_sample sample = {.degraded = pictures + i * count, .sharp = t->sharp + i * count};
		if (dataset_sample(t->dataset, crop, t->options->seed, step, (uint32_t)i, &sample)) failed = 1;
		if (!spectrum_of(sample.degraded, crop * 3, crop, crop, spectra + i * SPECTRUM_COUNT)) failed = 1;
		t->truths[i] = sample.truth;
		t->has_truth[i] = sample.has_truth;
	}
	return failed ? DEBLUR_OUT_OF_MEMORY : DEBLUR_OK;
}

static enum deblur_status train_estimator(struct trainer *t, double rate, struct losses *losses) {
	enum deblur_status status =
		draw_batch(t, t->options->estimator_crop_px, net_picture(t->estimator), net_condition(t->estimator));
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
	status = net_backward(t->estimator);
	if (!status) losses->gradient_norm = optimizer_step(t->checkpoint.optimizers[1], t->estimator, rate);
	return status;
}

/* The restorer is to hear what users will: the average, which is what the file gets. A run that is resumed here does it
 * again, which changes nothing. */
static void finish_estimator(struct trainer *t) {
	if (!t->estimator_is_done) copy_average(t->checkpoint.optimizers[1], t->model.estimator);
	t->estimator_is_done = true;
}

/* The truth, or what the estimator says: the restorer has to get along with both. The teacher always hears the best
 * there is. */
static enum deblur_status tell_restorer(struct trainer *t, double share) {
	memcpy(net_picture(t->looker), net_picture(t->restorer), net_output_count(t->restorer) * sizeof(float));
	const enum deblur_status status = net_forward(t->looker);
	if (status) return status;
	float *told = net_condition(t->restorer), *teacher_told = t->teacher_net ? net_condition(t->teacher_net) : NULL;
	for (size_t i = 0; i < t->options->batch; i++) {
		struct random random = random_seeded(t->options->seed + STREAM_TOLD, t->checkpoint.step, i);
		struct deblur_blur found;
		blur_from_raw(net_output(t->looker) + i * BLUR_RAW_COUNT, &found);
		const bool tell_truth = t->has_truth[i] && random_uniform(&random) >= share;
		if (told) blur_to_condition(tell_truth ? &t->truths[i] : &found, told + i * BLUR_CONDITION_COUNT);
		if (teacher_told)
			blur_to_condition(t->has_truth[i] ? &t->truths[i] : &found, teacher_told + i * BLUR_CONDITION_COUNT);
	}
	return DEBLUR_OK;
}

static enum deblur_status train_restorer(struct trainer *t, double share, double rate, struct losses *losses) {
	finish_estimator(t);
	losses->estimator = 0; /* it learns no longer: the log is not to go on with its last step */
	enum deblur_status status =
		draw_batch(t, t->options->restorer_crop_px, net_picture(t->restorer), net_condition(t->looker));
	if (!status) status = tell_restorer(t, share);
	if (!status) status = net_forward(t->restorer);
	if (!status && t->teacher_net) {
		memcpy(net_picture(t->teacher_net), net_picture(t->restorer), net_output_count(t->restorer) * sizeof(float));
		status = net_forward(t->teacher_net);
	}
	if (status) return status;
	const size_t count = net_output_count(t->restorer);
	float *gradient = net_output_gradient(t->restorer);
	memset(gradient, 0, count * sizeof *gradient);
	losses->restorer = loss_charbonnier(net_output(t->restorer), t->sharp, count, 1, gradient);
	if (t->teacher_net)
		loss_charbonnier(net_output(t->restorer), net_output(t->teacher_net), count, t->options->teacher_weight,
						 gradient);
	status = net_backward(t->restorer);
	if (!status) losses->gradient_norm = optimizer_step(t->checkpoint.optimizers[0], t->restorer, rate);
	return status;
}

/* Of the part of the run in which the restorer learns; negative before it. */
static double restorer_progress(const struct trainer *t, double progress) {
	return (progress - t->options->estimator_first) / (1 - t->options->estimator_first);
}

/* Each net has a schedule of its own. */
static double rate_at(const struct trainer *t, double progress) {
	const double own = restorer_progress(t, progress);
	return schedule_learning_rate(t->options->learning_rate, 0.02,
								  own >= 0 ? own : progress / t->options->estimator_first);
}

/* Before anything of it is saved. */
static enum deblur_status give_up(struct trainer *t, const char *what) {
	snprintf(
		t->result->reason, sizeof t->result->reason,
		"the loss %s at step %llu; %.100s was saved before: begin again with a smaller --rate, or --from the model",
		what, (unsigned long long)t->checkpoint.step, t->files.checkpoint_path);
	return DEBLUR_BAD_ARGUMENT;
}

static enum deblur_status run_step(struct trainer *t, double progress, struct losses *losses) {
	const double own_progress = restorer_progress(t, progress), rate = rate_at(t, progress);
	const double share = t->options->estimate_share * fmin(own_progress * 4, 1);
	const enum deblur_status status =
		own_progress < 0 ? train_estimator(t, rate, losses) : train_restorer(t, share, rate, losses);
	if (status) return because(t, status, "training");
	if (!isfinite(losses->restorer) || !isfinite(losses->estimator)) return give_up(t, "is not finite");
	t->checkpoint.step++;
	return DEBLUR_OK;
}

/* ---- what a run leaves ---- */

static enum deblur_status save(struct trainer *t) {
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
						  (unsigned long long)t->checkpoint.step, t->options->batch, t->options->restorer_crop_px);
	if (v)
		snprintf(text + length, sizeof text - (size_t)length,
				 "validation_psnr_in_db: %.3f\nvalidation_psnr_out_db: %.3f\n", v->psnr_in_db, v->psnr_out_db);
	struct model_file average = {text, graph_clone(t->model.restorer), graph_clone(t->model.estimator)};
	enum deblur_status status = average.restorer && average.estimator ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
	for (size_t i = 0; i < 2 && !status; i++)
		copy_average(t->checkpoint.optimizers[i], i ? average.estimator : average.restorer);
	if (!status) status = model_file_write(&average, MODEL_FILE_FLOAT16, bytes, size);
	graph_destroy(average.restorer);
	graph_destroy(average.estimator);
	return status;
}

static enum deblur_status validate_and_keep(struct trainer *t) {
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
	if (status) return because(t, status, "validating");
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

static void report(struct trainer *t, double progress, const struct losses *losses) {
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
									   .learning_rate = rate_at(t, progress),
									   .pictures_per_second = (double)t->options->batch * REPORT_EVERY / since};
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
											 .threads = (size_t)omp_get_max_threads(),
											 .batch = o->batch,
											 .crop_px = o->restorer_crop_px};
	progress_session(t->progress, &session);
}

static double progress_of(const struct trainer *t) {
	const struct trainer_options *o = t->options;
	return o->minutes > 0 ? (now_s() - t->started) / (o->minutes * 60) : (double)t->checkpoint.step / (double)o->steps;
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
		if (*t->options->stop) {
			status = save(t);
			return status ? status : DEBLUR_CANCELLED;
		}
		struct losses losses = {0}; /* of a net that does not learn now there is none */
		status = run_step(t, progress, &losses);
		if (status) break;
		if (diverges(&restorer, losses.restorer) || diverges(&estimator, losses.estimator))
			return give_up(t, "has risen far above its lowest");
		const struct losses mean = {restorer.mean, estimator.mean, losses.gradient_norm};
		const uint64_t step = t->checkpoint.step, every = t->options->checkpoint_every;
		if (step % REPORT_EVERY == 0) report(t, progress, &mean);
		if (step % t->options->validate_every == 0 && restorer_progress(t, progress) > 0) status = validate_and_keep(t);
		if (!status && (every ? step % every == 0 : now_s() - t->last_checkpoint > CHECKPOINT_EVERY_S))
			save_on_the_way(t);
	}
	if (!status && t->checkpoint.step % t->options->validate_every) status = validate_and_keep(t);
	return status ? status : save(t);
}

enum deblur_status trainer_run(const struct trainer_options *options, struct trainer_result *result) {
	struct trainer t = {.options = options, .result = result};
	*result = (struct trainer_result){0};
	enum deblur_status status = set_up(&t);
	if (!status) {
		tell_session(&t);
		t.last_checkpoint = t.last_report = now_s();
		t.started = now_s() - t.checkpoint.seconds;
		status = run_steps(&t);
	}
	result->steps = t.checkpoint.step;
	tear_down(&t);
	return status;
}
