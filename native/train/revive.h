/* revive.h - channels that no picture reaches any more begin anew.
 *
 * A ReLU whose input has become negative for whatever comes passes no gradient on, so that its channel never learns
 * again: it is dead, and costs as much as any other. Large steps do that, to blocks that are new and as yet count
 * little most of all (Lu et al., "Dying ReLU and initialization", 2019). */
#ifndef TRAIN_REVIVE_H
#define TRAIN_REVIVE_H

#include "core/graph.h"
#include "degrade/random.h"

/* Says what of an op is dead. */
typedef void (*revive_tell)(void *context, const char *op, size_t dead, size_t channels);

/* Looks at every convolution, ring and matrix with a ReLU that one other such op reads. A channel is dead if its bias
 * has, of sensitivities [parameter][row] (sensitivity.h), next to nothing beside its layer's others, and all of them
 * are if none has more than next to nothing beside its reader's. It gets weights from `random` as if it had just been
 * initialised, and whoever reads it ignores it at first: what the graph gives stays what it was, as far as the
 * samples were like all, but for next to nothing; and now it learns. Returns how many there were; `tell` may be NULL.
 */
size_t revive(struct graph *graph, double *const *sensitivity, struct random *random, revive_tell tell, void *context);

#endif
