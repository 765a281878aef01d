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
	struct net *restorer, *estimator; /* estimator NULL: the model has none */
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
	const struct model_file *model = p->model;
	const struct net_options options = {.batch = 1,
										.height = side,
										.width = side,
										.training = true,
										.tap = -1,
										.condition_learns = model->restorer->condition >= 0};
	if (!sensitivity_can_measure(model)) return DEBLUR_BAD_ARGUMENT;
	enum deblur_status status = net_create(model->restorer, &options, &p->restorer);
	if (!status && model->estimator)
		status =
			net_create(model->estimator,
					   &(struct net_options){.batch = 1, .height = side, .width = side, .training = true, .tap = -1},
					   &p->estimator);
	if (status) return status;
	out->restorer = new_rows(model->restorer);
	out->estimator = model->estimator ? new_rows(model->estimator) : NULL;
	p->sample.degraded = net_picture(p->restorer);
	p->sample.sharp = malloc(side * side * 3 * sizeof(float));
	return out->restorer && p->sample.sharp && (out->estimator || !model->estimator) ? DEBLUR_OK : DEBLUR_OUT_OF_MEMORY;
}

/* The restorer hears what the estimator says of the sample. */
static enum deblur_status tell(struct probe *p) {
	const size_t side = p->options->crop_px;
	float numbers[SPECTRUM_COUNT];
	struct deblur_blur found;
	if (!p->estimator) return DEBLUR_OK;
	if (!spectrum_of(p->sample.degraded, side * 3, side, side, numbers)) return DEBLUR_OUT_OF_MEMORY;
	memcpy(net_picture(p->estimator), p->sample.degraded, side * side * 3 * sizeof(float));
	networks_tell_spectrum(p->model->estimator, numbers, net_condition(p->estimator));
	const enum deblur_status status = net_forward(p->estimator);
	if (status) return status;
	blur_from_raw(net_output(p->estimator), &found);
	if (net_condition(p->restorer)) blur_to_condition(&found, net_condition(p->restorer));
	return DEBLUR_OK;
}

/* Decibels that are lost per mean square that is added to what is restored. */
static double decibels_per_square(const struct probe *p) {
	const size_t count = net_output_count(p->restorer);
	const float *output = net_output(p->restorer);
	const double best = 1e-6; /* 60 dB: as loss_decibel */
	double squares = 0;
	for (size_t i = 0; i < count; i++) squares += pow((double)(output[i] - p->sample.sharp[i]), 2);
	return 10 / log(10) / (squares / (double)count + best);
}

/* sums[parameter][row] += scale * the mean square of the row's gradients */
static void add_squares(const struct graph *graph, const struct net *net, double scale, double **sums) {
	for (size_t i = 0; i < graph->parameter_count; i++) {
		const struct graph_parameter *parameter = &graph->parameters[i];
		const size_t length = parameter->count / parameter->shape[0];
		const float *gradient = net_parameter_gradient(net, i);
		for (size_t row = 0; row < parameter->shape[0]; row++, gradient += length) {
			double squares = 0;
			for (size_t j = 0; j < length; j++) squares += (double)gradient[j] * (double)gradient[j];
			sums[i][row] += scale * squares / (double)length;
		}
	}
}

static enum deblur_status probe(struct probe *p, uint64_t step, struct sensitivity *out) {
	enum deblur_status status = tell(p);
	if (!status) status = net_forward(p->restorer);
	if (status) return status;
	const size_t count = net_output_count(p->restorer);
	const double scale = decibels_per_square(p) / (double)count / (double)p->options->samples;
	struct random random = random_seeded(p->options->seed + STREAM_PROBE, step, 0);
	float *gradient = net_output_gradient(p->restorer);
	for (size_t i = 0; i < count; i++) gradient[i] = (float)random_normal(&random);
	status = net_backward(p->restorer);
	if (status) return status;
	add_squares(p->model->restorer, p->restorer, scale, out->restorer);
	if (!p->estimator) return DEBLUR_OK;
	memset(net_output_gradient(p->estimator), 0, net_output_count(p->estimator) * sizeof(float));
	if (net_condition_gradient(p->restorer))
		loss_of_telling(net_output(p->estimator), net_condition_gradient(p->restorer),
						net_output_gradient(p->estimator));
	status = net_backward(p->estimator);
	if (!status) add_squares(p->model->estimator, p->estimator, scale, out->estimator);
	return status;
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
