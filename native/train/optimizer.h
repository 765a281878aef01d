/* optimizer.h - AdamW with gradient clipping, and an exponential moving average of the weights (Loshchilov and Hutter
 * 2019; Polyak averaging). State is kept per parameter: a graph's own (graph->parameters), or those that
 * fold to them (reparam.h). The learning rate comes from schedule_learning_rate. */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include "core/graph.h"

struct optimizer_options {
	double beta1, beta2, epsilon, weight_decay; /* decay of weights, not of biases */
	double clip_norm;                           /* the gradient's norm is cut to this; 0: never */
	double ema_decay;                           /* reached gradually: min(decay, (1 + step) / (10 + step)) */
	/* Weights of which a sum has more inputs than that learn more slowly, as many times. A step moves every weight
	 * about as far, and where their signs agree what they add up to moves as far as all inputs together: widely, where
	 * there are many, so that ReLUs drown (revive.h). Yang et al., "Tensor Programs V", 2021 (maximal update). */
	double full_rate_inputs;
};
extern const struct optimizer_options optimizer_defaults;

struct optimizer {
	struct graph_parameter *parameters; /* [parameter_count], borrowed */
	size_t parameter_count;
	struct optimizer_options options;
	uint64_t step;                 /* taken so far */
	float **mean, **square, **ema; /* [parameter_count][count of the parameter], owned */
	double *sums;                  /* [parameter_count] of a step's gradients, squared */
};

enum deblur_status optimizer_create(struct graph_parameter *parameters, size_t parameter_count,
									const struct optimizer_options *options, struct optimizer **out);
void optimizer_destroy(struct optimizer *optimizer);

/* One step; returns the gradient's norm before clipping. A norm that is not finite changes nothing.
 * gradients: [parameter_count][count of the parameter]. */
double optimizer_step(struct optimizer *optimizer, float *const *gradients, double learning_rate);

/* Linear warm-up over the first `warmup` of the run, then half a cosine down to a hundredth of the peak. progress: 0..1
 */
double schedule_learning_rate(double peak, double warmup, double progress);

#endif
