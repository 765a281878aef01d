/* gradient_mean.h - the mean of a net's gradients over all processes (parallel.h), found while the backward pass goes
 * on: what is complete travels in pieces while the rest is still computed (as Li et al. 2020, "PyTorch Distributed",
 * describe it).
 *
 *     struct gradient_mean *mean = NULL;
 *     status = gradient_mean_create(parallel, graph, net, &mean);
 *     status = net_backward(net);                          // begins
 *     gradient_mean_finish(mean);                          // now net_parameter_gradient(net, i) is the mean
 */
#ifndef TRAIN_GRADIENT_MEAN_H
#define TRAIN_GRADIENT_MEAN_H

#include "train/net.h"
#include "train/parallel.h"

struct gradient_mean;

/* Listens to the net (net_on_gradient) until it is destroyed, before the net is; both and the graph are borrowed. *out
 * stays NULL where the process is alone, which the other functions take: gradients stay as they are. OUT_OF_MEMORY. */
enum deblur_status gradient_mean_create(struct parallel *parallel, const struct graph *graph, struct net *net,
										struct gradient_mean **out);
void gradient_mean_destroy(struct gradient_mean *mean);

/* Once per step, after the backward pass; also by a process that did not get so far, which would keep the others
 * waiting: the means are nonsense then, in all of them. */
void gradient_mean_finish(struct gradient_mean *mean);

#endif
