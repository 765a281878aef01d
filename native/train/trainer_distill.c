/* What a student has of its teacher: outputs, also for samples without truth and for turned pictures (DUKD, Zhang et
 * al. 2023), and the bottleneck's features through a projection (FitNets, Romero et al. 2015). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "data/turn.h"
#include "train/initialise.h"
#include "train/loss.h"
#include "train/trainer_internal.h"

/* ---- setting up ---- */

static bool wants_features(const struct trainer *t) {
	return t->teacher.restorer && !t->options->teacher_is_silent && t->options->feature_weight > 0;
}

/* A 1x1 convolution from the student's bottleneck to the teacher's. */
static enum deblur_status make_projection(struct trainer *t) {
	const struct graph *student = t->model.restorer, *teacher = t->teacher.restorer;
	const struct graph_tensor *from = &student->tensors[graph_bottleneck(student)];
	const struct graph_tensor *to = &teacher->tensors[graph_bottleneck(teacher)];
	if (from->downscale != to->downscale) {
		snprintf(t->result->reason, sizeof t->result->reason,
				 "--features: the student is narrowest at 1/%u of the picture's size, and the teacher at 1/%u",
				 (unsigned)from->downscale, (unsigned)to->downscale);
		return DEBLUR_BAD_ARGUMENT;
	}
	t->projection = graph_create("projection");
	if (!t->projection) return DEBLUR_OUT_OF_MEMORY;
	const int x = graph_input_map(t->projection, "student", from->channels);
	graph_set_output(t->projection, graph_conv2d(t->projection, x, "projection", to->channels, 1, 1, ACTIVATION_NONE));
	if (graph_status(t->projection)) return graph_status(t->projection);
	struct random random = random_seeded(t->options->seed, STREAM_WEIGHTS, 1);
	initialise(t->projection, &random);
	return trainer_add_learner(t, t->projection, 0);
}

enum deblur_status trainer_prepare_teacher(struct trainer *t) {
	if (!t->teacher.restorer || t->options->teacher_is_silent) return DEBLUR_OK;
	t->answers = malloc(t->room.numbers * sizeof *t->answers);
	t->ways = calloc(t->room.samples, sizeof *t->ways);
	t->upright = calloc(t->room.samples, sizeof *t->upright);
	if (!t->answers || !t->ways || !t->upright) return DEBLUR_OUT_OF_MEMORY;
	return wants_features(t) ? make_projection(t) : DEBLUR_OK;
}

int trainer_student_tap(const struct trainer *t) {
	return wants_features(t) ? graph_bottleneck(t->model.restorer) : -1;
}

enum deblur_status trainer_make_teacher_nets(struct trainer *t) {
	if (!t->teacher.restorer || t->options->teacher_is_silent) return DEBLUR_OK;
	const bool features = wants_features(t);
	struct net_options options = {.batch = t->batch,
								  .height = t->crop_px,
								  .width = t->crop_px,
								  .precision = t->options->precision,
								  .tap = features ? graph_bottleneck(t->teacher.restorer) : -1};
	enum deblur_status status = net_create(t->teacher.restorer, &options, &t->teacher_net);
	if (status || !features) return status;
	options.height = options.width =
		t->crop_px / t->teacher.restorer->tensors[graph_bottleneck(t->teacher.restorer)].downscale;
	options.training = true;
	options.tap = t->projection->picture;
	status = net_create(t->projection, &options, &t->projection_net);
	if (status) return status;
	return gradient_mean_create(t->options->parallel, t->projection, t->projection_net, &t->projection_mean);
}

void trainer_release_teacher_nets(struct trainer *t) {
	gradient_mean_destroy(t->projection_mean);
	net_destroy(t->teacher_net);
	net_destroy(t->projection_net);
	t->teacher_net = t->projection_net = NULL;
	t->projection_mean = NULL;
}

void trainer_release_teacher(struct trainer *t) {
	trainer_release_teacher_nets(t);
	graph_destroy(t->projection);
	model_file_release(&t->teacher);
	free(t->answers);
	free(t->ways);
	free(t->upright);
}

/* ---- one step ---- */

size_t trainer_labelled(const struct trainer *t) {
	const size_t whole = trainer_whole_batch(t, t->batch), first = trainer_first_sample(t, t->batch);
	const double unlabelled = t->teacher_net ? ceil(t->options->unlabelled_share * (double)whole - 1e-9) : 0;
	const size_t labelled = whole - (size_t)unlabelled;
	if (labelled <= first) return 0;
	return labelled - first < t->batch ? labelled - first : t->batch;
}

/* Turns sample i for the teacher, and tells it the best that is known of the blur. */
static void pose(struct trainer *t, size_t i) {
	const size_t at = i * t->crop_px * t->crop_px * 3;
	const size_t index = trainer_first_sample(t, t->batch) + i;
	struct random random = random_seeded(t->options->seed + STREAM_TURNED, t->checkpoint.step, index);
	const bool turned = random_uniform(&random) < t->options->turned_share;
	t->ways[i] = turned ? 1 + random_below(&random, TURN_WAYS - 1) : 0;
	t->upright[i] = !turned;
	turn_picture(net_picture(t->restorer) + at, t->crop_px, t->ways[i], net_picture(t->teacher_net) + at);
	float *told = net_condition(t->teacher_net);
	if (!told) return;
	struct deblur_blur blur = t->drawn->truths[i];
	if (!t->drawn->has_truth[i]) blur_from_raw(net_output(t->looker) + i * BLUR_RAW_COUNT, &blur);
	turn_blur(&blur, t->ways[i]);
	float condition[BLUR_CONDITION_COUNT];
	blur_to_condition(&blur, condition);
	const struct graph *teacher = t->teacher.restorer; /* which may know nothing of hints */
	const size_t count = teacher->tensors[teacher->condition].channels;
	memcpy(told + i * count, condition, count * sizeof *condition);
}

enum deblur_status trainer_ask_teacher(struct trainer *t) {
	const size_t count = t->crop_px * t->crop_px * 3, labelled = trainer_labelled(t);
	for (size_t i = 0; i < t->batch; i++) pose(t, i);
	const enum deblur_status status = net_forward(t->teacher_net);
	if (status) return status;
	for (size_t i = 0; i < t->batch; i++)
		turn_back(net_output(t->teacher_net) + i * count, t->crop_px, t->ways[i], t->answers + i * count);
	memcpy(t->drawn->sharp + labelled * count, t->answers + labelled * count,
		   (t->batch - labelled) * count * sizeof(float));
	return DEBLUR_OK;
}

/* Features of a turned picture lie elsewhere: only those of upright ones are compared. */
enum deblur_status trainer_compare_features(struct trainer *t, double *loss) {
	struct net *projection = t->projection_net;
	const size_t count = net_output_count(projection);
	memcpy(net_picture(projection), net_tap(t->restorer), net_tap_count(t->restorer) * sizeof(float));
	enum deblur_status status = net_forward(projection);
	if (status) return status;
	memset(net_output_gradient(projection), 0, count * sizeof(float));
	memset(net_tap_gradient(projection), 0, net_tap_count(projection) * sizeof(float));
	*loss = loss_features(net_output(projection), net_tap(t->teacher_net), t->upright, t->batch, count / t->batch,
						  t->options->feature_weight, net_output_gradient(projection));
	status = net_backward(projection);
	if (status) return status;
	memcpy(net_tap_gradient(t->restorer), net_tap_gradient(projection), net_tap_count(projection) * sizeof(float));
	return DEBLUR_OK;
}
