/* optimizer.h - AdamW with gradient clipping, and an exponential moving average of the weights (Loshchilov and Hutter
 * 2019; Polyak averaging). State is kept per parameter of one graph; the learning rate comes from
 * schedule_learning_rate. */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include "core/graph.h"
#include "train/net.h"

struct optimizer_options {
	double beta1, beta2, epsilon, weight_decay; /* decay of weights, not of biases */
	double clip_norm;                           /* the gradient's norm is cut to this; 0: never */
	double ema_decay;                           /* reached gradually: min(decay, (1 + step) / (10 + step)) */
};
extern const struct optimizer_options optimizer_defaults;

/* Per parameter of the graph, in its order: [count] each. Owned. */
struct optimizer {
	struct graph *graph; /* borrowed */
	struct optimizer_options options;
	uint64_t step; /* taken so far */
	float **mean, **square, **ema;
};

enum deblur_status optimizer_create(struct graph *graph, const struct optimizer_options *options,
									struct optimizer **out);
void optimizer_destroy(struct optimizer *optimizer);

/* One step with the gradients of `net`; returns the gradient's norm before clipping. A norm that is
 * not finite changes nothing. */
double optimizer_step(struct optimizer *optimizer, const struct net *net, double learning_rate);

/* The average of the weights becomes the weights of `to`, a graph of the same shape, or the optimiser's own. */
void optimizer_copy_average(const struct optimizer *optimizer, struct graph *to);

/* Linear warm-up over the first `warmup` of the run, then half a cosine down to a hundredth of the peak. progress: 0..1
 */
double schedule_learning_rate(double peak, double warmup, double progress);

#endif
