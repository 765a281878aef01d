#include "train/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/blur.h"
#include "core/networks.h"
#include "core/spectrum.h"
#include "train/loss.h"
#include "train/net.h"

/* Streams of random numbers beside the samples' own. */
enum { STREAM_PROBE = 1 };

struct probe {
	const struct model_file *model;
	const struct sensitivity_options *options;
	struct net *restorer, *estimator; /* estimator NULL: nobody is told anything */
	struct dataset_sample sample;     /* its pictures lie in the restorer's net, and in `sharp` */
};

/* One allocation: the rows follow their pointers. */
static double **new_rows(const struct graph *graph) {
	size_t rows = 0;
	for (size_t i = 0; i < graph->parameter_count; i++) rows += graph->parameters[i].shape[0];
	double **of = calloc(1, graph->parameter_count * sizeof *of + rows * sizeof **of);
	double *next = of ? (double *)(of + graph->parameter_count) : NULL;
	for (size_t i = 0; of && i < graph->parameter_count; i++) {
		of[i] = next;
		next += graph->parameters[i].shape[0];
	}
	return of;
}

bool sensitivity_can_measure(const struct model_file *model) {
	const struct graph *restorer = model->restorer, *estimator = model->estimator;
	if (restorer->condition < 0 && !estimator) return true;
	return estimator && estimator->condition >= 0 && estimator->tensors[estimator->output].channels == BLUR_RAW_COUNT &&
		   estimator->tensors[estimator->condition].channels == SPECTRUM_COUNT &&
		   (restorer->condition < 0 || restorer->tensors[restorer->condition].channels == BLUR_CONDITION_COUNT);
}

static enum deblur_status set_up(struct probe *p, struct sensitivity *out) {
	const size_t side = p->options->crop_px;
	const struct graph *restorer = p->model->restorer, *estimator = p->model->estimator;
	const bool is_told = restorer->condition >= 0;
	if (!sensitivity_can_measure(p->model)) return DEBLUR_BAD_ARGUMENT;
	struct net_options options = {
		.batch = 1, .height = side, .width = side, .training = true, .tap = -1, .condition_learns = is_told};
	enum deblur_status status = net_create(restorer, &options, &p->restorer);
	options.condition_learns = false;
	if (!status && is_told) status = net_create(estimator, &options, &p->estimator);
	if (status) return status;
	out->restorer = new_rows(restorer);
	out->estimator = is_told ? new_rows(estimator) : NULL;
	p->sample.degraded = net_picture(p->restorer);
	p->sample.sharp = malloc(side * side * 3 * sizeof(float));
	return out->restorer && p->sample.sharp && (out->estimator || !is_told) ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

/* Whether the restorer hears what the estimator says of a sample, or else the truth. */
static bool hears_estimate(const struct probe *p, uint64_t step) {
	return p->estimator && (step % 2 == 0 || !p->sample.has_truth);
}

static enum deblur_status tell(struct probe *p, uint64_t step) {
	const size_t side = p->options->crop_px;
	float numbers[SPECTRUM_COUNT];
	struct deblur_blur found;
	if (!p->estimator) return DEBLUR_OK;
	if (!hears_estimate(p, step)) {
		blur_to_condition(&p->sample.truth, net_condition(p->restorer));
		return DEBLUR_OK;
	}
	if (!spectrum_of(p->sample.degraded, side * 3, side, side, numbers)) return DEBLUR_OUT_OF_MEMORY;
	memcpy(net_picture(p->estimator), p->sample.degraded, side * side * 3 * sizeof(float));
	networks_tell_spectrum(p->model->estimator, numbers, net_condition(p->estimator));
	const enum deblur_status status = net_forward(p->estimator);
	if (status) return status;
	blur_from_raw(net_output(p->estimator), &found);
	blur_to_condition(&found, net_condition(p->restorer));
	return DEBLUR_OK;
}

/* Decibels that are lost per mean square that is added to what is restored: the slope of loss_decibel. */
static double decibels_per_square(const struct probe *p) {
	const double decibels = loss_decibel(net_output(p->restorer), p->sample.sharp, 1, net_output_count(p->restorer), 0,
										 net_output_gradient(p->restorer));
	return 10 / log(10) / pow(10, decibels / 10);
}

/* sums[parameter][row] += scale * the mean square of the row's gradients */
static enum deblur_status add_squares(const struct graph *graph, const struct net *net, double scale, double **sums) {
	double all = 0;
	for (size_t i = 0; i < graph->parameter_count; i++) {
		const struct graph_parameter *parameter = &graph->parameters[i];
		const size_t length = parameter->count / parameter->shape[0];
		const float *gradient = net_parameter_gradient(net, i);
		for (size_t row = 0; row < parameter->shape[0]; row++, gradient += length) {
			double squares = 0;
			for (size_t j = 0; j < length; j++) squares += (double)gradient[j] * (double)gradient[j];
			sums[i][row] += scale * squares / (double)length;
			all += sums[i][row];
		}
	}
	return isfinite(all) ? DEBLUR_OK : DEBLUR_MODEL_DAMAGED;
}

static enum deblur_status probe(struct probe *p, uint64_t step, struct sensitivity *out) {
	enum deblur_status status = tell(p, step);
	if (!status) status = net_forward(p->restorer);
	if (status) return status;
	const size_t count = net_output_count(p->restorer);
	const double scale = decibels_per_square(p) / (double)count / (double)p->options->samples;
	struct random random = random_seeded(p->options->seed + STREAM_PROBE, step, 0);
	float *gradient = net_output_gradient(p->restorer);
	for (size_t i = 0; i < count; i++) gradient[i] = (float)random_normal(&random);
	status = net_backward(p->restorer);
	if (!status) status = add_squares(p->model->restorer, p->restorer, scale, out->restorer);
	if (status || !hears_estimate(p, step)) return status;
	memset(net_output_gradient(p->estimator), 0, net_output_count(p->estimator) * sizeof(float));
	loss_of_telling(net_output(p->estimator), net_condition_gradient(p->restorer), net_output_gradient(p->estimator));
	status = net_backward(p->estimator);
	const double share = p->sample.has_truth ? 2 : 1; /* every other of these is told the truth instead */
	return status ? status : add_squares(p->model->estimator, p->estimator, share * scale, out->estimator);
}

enum deblur_status sensitivity_measure(const struct model_file *model, const struct dataset *dataset,
									   const struct sensitivity_options *options, struct sensitivity *out) {
	struct probe p = {.model = model, .options = options};
	*out = (struct sensitivity){0};
	enum deblur_status status = set_up(&p, out);
	for (size_t i = 0; i < options->samples && !status; i++) {
		status = dataset_sample(dataset, options->crop_px, options->seed, i, 0, &p.sample);
		if (!status) status = probe(&p, i, out);
		if (!status && options->tell) options->tell(options->context, i + 1);
	}
	net_destroy(p.restorer);
	net_destroy(p.estimator);
	free(p.sample.sharp);
	if (status) sensitivity_release(out);
	return status;
}

void sensitivity_release(struct sensitivity *s) {
	free(s->restorer);
	free(s->estimator);
	*s = (struct sensitivity){0};
}
