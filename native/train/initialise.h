/* initialise.h - the weights that training starts from. */
#ifndef TRAIN_INITIALISE_H
#define TRAIN_INITIALISE_H

#include "core/graph.h"
#include "degrade/random.h"

/* He et al. 2015: normal with variance 2 / fan-in where a ReLU follows, 1 / fan-in elsewhere; the second convolution of
 * a residual block a fifth of that, so that a deep net starts near the identity; scales, shifts and the head of a
 * restorer with a global residual zero, so that it starts from the picture itself. Biases zero. */
void initialise(struct graph *graph, struct random *random);

/* Whether an op is the last convolution of a residual block, to whose result the block's input is added. */
bool ends_residual_block(const struct graph *graph, const struct graph_op *op);

#endif
