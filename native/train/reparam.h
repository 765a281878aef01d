/* reparam.h - training with more than ships: a 3x3 convolution of a residual block learns as a sum of parallel linear
 * branches, and runs as the one kernel that they fold to.
 *
 * Online reparameterisation (OREPA, Hu et al., CVPR 2022; RepVGG, Ding et al., CVPR 2021; ECBSR, Zhang et al., MM
 * 2021): the branches are linear, so that their kernels can be summed instead of their outputs, before the forward
 * pass, and the chain rule takes the kernel's gradient back to them. The net, its cost and its file are the plain
 * graph's; what learns, and what optimiser and checkpoint see, are the branches:
 *
 *     kernel = 3x3 + 1x1 in its middle + identity, scaled per channel + squeeze (3x3) after expand (1x1)
 *
 * There is one bias, outside: one between expand and squeeze would not reach the padding.
 *
 *     status = reparam_create(graph, REPARAM_SQUEEZE, &random, &r);    // the graph is as it was
 *     status = optimizer_create(r->parameters, r->parameter_count, &optimizer_defaults, &optimizer);
 *     ...
 *     status = net_backward(net);
 *     if (!status) status = reparam_unfold_gradients(r, net);
 *     optimizer_step(optimizer, r->gradients, rate);
 *     status = reparam_fold(r, r->values, r->graph);
 *
 * One thread at a time. */
#ifndef TRAIN_REPARAM_H
#define TRAIN_REPARAM_H

#include "core/graph.h"
#include "degrade/random.h"
#include "train/net.h"

/* Bits: which branches stand beside the 3x3. */
enum reparam_branch { REPARAM_POINT = 1, REPARAM_IDENTITY = 2, REPARAM_SQUEEZE = 4 };

struct reparam_conv;

struct reparam {
	struct graph *graph; /* borrowed */
	/* The graph's own come first, in its order: a convolution's 3x3 branch stands in its weight's place. */
	struct graph_parameter *parameters; /* [parameter_count] */
	float **values, **gradients;        /* [parameter_count][count]: of the parameters; gradients since unfolding */
	size_t parameter_count;
	struct reparam_conv *convs; /* [conv_count]: which have branches */
	size_t conv_count;
};

/* Branches for every convolution of `graph` that is 3x3, has stride 1 and gives as many channels as it gets: those of
 * residual blocks. All start at nothing but `expand`, which `random` fills and `squeeze` hides (as in LoRA, Hu et al.
 * 2021): folded, they are what the graph has, to the bit, be that random or another run's. With `branches` 0 the
 * parameters are the graph's own and folding does nothing. The graph must outlive it. OUT_OF_MEMORY. */
enum deblur_status reparam_create(struct graph *graph, unsigned branches, struct random *random, struct reparam **out);
void reparam_destroy(struct reparam *reparam); /* NULL is fine */

/* Fills the parameters of `to`, which is reparam->graph or a clone of it, from these values of all parameters:
 * reparam->values, or an average of them. OUT_OF_MEMORY. */
enum deblur_status reparam_fold(const struct reparam *reparam, float *const *values, struct graph *to);

/* Fills reparam->gradients from those of a net of the graph; some are the net's own and change with them.
 * OUT_OF_MEMORY. */
enum deblur_status reparam_unfold_gradients(struct reparam *reparam, const struct net *net);

/* "1x1,identity,squeeze" or a part of it; false: another word in it, or none. */
bool reparam_parse(const char *list, unsigned *branches);

#endif
