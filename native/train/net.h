/* net.h - a graph made ready for training: batches, activations that are kept, and the backward half of every op.
 *
 *     struct net *net = NULL;
 *     status = net_create(graph, &(struct net_options){.batch = 8, .height = 128, .width = 128, .training = true,
 *                                                      .tap = -1}, &net);
 *     memcpy(net_picture(net), ...);       // [batch][height][width][3]
 *     memcpy(net_condition(net), ...);     // [batch][condition channels]
 *     status = net_forward(net);
 *     net_output_gradient(net)[...] = ...; // d loss / d output
 *     status = net_backward(net);
 *     net_parameter_gradient(net, i)       // [graph->parameters[i].count]
 *
 * The graph's parameters are read at every forward pass, so an optimiser may change them in place (a net that is not
 * training reads its convolutions' the first time only); the graph must outlive the net. Convolutions are oneDNN's
 * (conv.h); everything else runs the inference core's own kernels. In bf16 precision maps and their gradients are
 * bfloat16 (span.h), but for what callers see, which is float32 as the vectors are; parameters and their gradients are
 * float32 always. All activations are kept for the way back; gradients share a few buffers, planned from the graph.
 *
 * Where the batch divides by the number of threads, each thread takes its part of it through the whole net alone, and
 * their gradients are summed in the order of the parts: threads wait for each other once per pass instead of once per
 * op, and a part's maps stay in its core's cache. Results depend on the number of parts, and with one part on the
 * number of threads, in their rounding. One caller at a time. */
#ifndef TRAIN_NET_H
#define TRAIN_NET_H

#include "core/graph.h"
#include "train/conv.h"

struct net;

struct net_options {
	size_t batch, height, width; /* multiples of the graph's alignment */
	enum conv_precision precision;
	bool training;         /* false: no gradients are kept */
	int tap;               /* a tensor of the graph that the caller wants to see, see net_tap; -1: none */
	bool condition_learns; /* net_backward finds the condition's gradient, too */
	size_t parts; /* of the batch, each on a thread of its own; 0: one per thread, or one if they do not divide it */
};

/* BAD_ARGUMENT: the sizes do not suit the graph. OUT_OF_MEMORY. */
enum deblur_status net_create(const struct graph *graph, const struct net_options *options, struct net **out);
void net_destroy(struct net *net);

/* The convolution that op i is, for benchmarks; false: it is none. */
bool net_conv_shape(const struct graph *graph, size_t i, const struct net_options *options, struct conv_shape *shape);

float *net_picture(struct net *net);
float *net_condition(struct net *net); /* NULL for a graph without one */
const float *net_output(const struct net *net);
size_t net_output_count(const struct net *net); /* of the whole batch */
float *net_output_gradient(struct net *net);

/* After net_backward: d loss / d condition, [batch][condition channels]; zero where the output does not depend on it.
 * NULL where it was not asked for. */
const float *net_condition_gradient(const struct net *net);

/* The tensor options.tap: [batch][height / downscale][width / downscale][channels] after net_forward. NULL: none. */
const float *net_tap(const struct net *net);
size_t net_tap_count(const struct net *net); /* of the whole batch; 0: none */
/* What the caller puts here before net_backward is added to that tensor's gradient on the way back: zero, or d loss /
 * d tap. Where the tap is an input, its whole gradient stands here afterwards. NULL where nothing is trained. */
float *net_tap_gradient(struct net *net);

enum deblur_status net_forward(struct net *net);
/* Overwrites every parameter's gradient, which stays zero where the output does not depend on it. The output's gradient
 * is used up. */
enum deblur_status net_backward(struct net *net);
float *net_parameter_gradient(const struct net *net, size_t parameter);
/* During net_backward, tells of each parameter whose gradient is complete, on the calling thread; NULL: nobody. A
 * parameter that the output does not depend on is never told of. */
void net_on_gradient(struct net *net, void (*complete)(void *context, size_t parameter), void *context);
/* During net_backward, each thread that has done its part calls `work` once, before all are waited for: it does what
 * can be shared out, such as making the next samples. NULL: nothing. */
void net_on_idle(struct net *net, void (*work)(void *context), void *context);

#endif
