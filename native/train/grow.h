/* grow.h - a network that begins as a smaller one of its kind, and does at first what that one did. */
#ifndef TRAIN_GROW_H
#define TRAIN_GROW_H

#include "core/graph.h"

/* Whether `to` has a place for all that `from` has learned: parameters of the same names, as large or larger. Names
 * tell what is what, so blocks that `from` lacks may stand between those that it has. What ops lay out anew (pixel
 * shuffles, the first of two vectors that are joined) may not have grown. NULL for `from`: no. */
bool can_grow(const struct graph *from, const struct graph *to);

/* Gives `to`, which is initialised, the parameters of `from`. What is new counts nothing yet: old channels ignore new
 * ones, new blocks and deeper levels add nothing. It is connected for all that, so it learns from the first step on. As
 * Net2Net grows nets (Chen et al. 2016), but with fresh channels in place of doubled ones. Only where can_grow. */
void grow(const struct graph *from, struct graph *to);

/* Where it cannot: what has one name and one size in both, so that a net whose end has changed goes on with its
 * beginning. */
void copy_namesakes(const struct graph *from, struct graph *to);

#endif
