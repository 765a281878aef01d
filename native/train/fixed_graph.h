/* fixed_graph.h - a net that is told one blur for good: what follows from the condition alone becomes plain numbers. */
#ifndef TRAIN_FIXED_GRAPH_H
#define TRAIN_FIXED_GRAPH_H

#include "core/graph.h"

/* A graph without a condition that gives what `graph` gives with this one, up to rounding: its mixed convolutions are
 * plain ones with the kernels that it asks for, and scales and shifts are part of the convolutions before them. *out is
 * the caller's. BAD_ARGUMENT: there is no condition, or a channel_affine has no convolution for itself before it, or a
 * vector from elsewhere. OUT_OF_MEMORY. */
enum deblur_status fixed_graph_create(const struct graph *graph, const float *condition, struct graph **out);

#endif
