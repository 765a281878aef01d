/* parallel.h - several processes that train one net, on one machine or on several, connected by MPI (the MPI Forum's
 * standard 3.1; Debian's Open MPI). Nothing else in the program knows of it, and a program that is built without it, or
 * started without mpirun, is alone: NULL, with which every function here does what one process needs.
 *
 *     struct parallel *parallel = NULL;
 *     enum deblur_status status = parallel_join(&parallel);
 *     parallel_sum_begin(parallel, gradients, count);           // comes back at once
 *     ...
 *     parallel_wait(parallel);                                  // now they are the sums over all processes
 *     status = parallel_agree(parallel, status, NULL);          // all end, or all go on
 *     parallel_leave(parallel);
 *
 * All processes call the same functions in the same order, or wait for each other for ever: a process that has failed
 * goes along until the next parallel_agree. Who waits sleeps, and leaves its cores to others. A process that vanishes
 * ends them all: mpirun and MPI see to that, and say so. One thread at a time. */
#ifndef TRAIN_PARALLEL_H
#define TRAIN_PARALLEL_H

#include "deblur.h"

struct parallel;

/* Whether a launcher has started this as one of several processes; not a word to MPI. */
bool parallel_is_launched(void);

/* Joins the processes that a launcher has started together; *out stays NULL if there is none. Once per process; has to
 * be left. BAD_ARGUMENT: there is one, and this program was built without MPI. */
enum deblur_status parallel_join(struct parallel **out);
/* Waits for the others to leave, too: whoever ends first with an exit status that is not 0 has mpirun kill the rest. */
void parallel_leave(struct parallel *parallel);

size_t parallel_rank(const struct parallel *parallel); /* 0: the first, which speaks for all */
size_t parallel_size(const struct parallel *parallel);

size_t parallel_size_here(const struct parallel *parallel); /* those of them that run on this machine */

/* Begins to replace values, [count], by the sums over all processes. They are not to be touched until parallel_wait,
 * which waits for everything that was begun. The same values give the same sums, to the bit, in all processes. */
void parallel_sum_begin(struct parallel *parallel, float *values, size_t count);
/* Carries on what was begun; where no hardware does it by itself, somebody has to. Does not wait. */
void parallel_carry_on(struct parallel *parallel);
void parallel_wait(struct parallel *parallel);

/* The same at once. */
void parallel_sum(struct parallel *parallel, double *values, size_t count);

/* From rank 0 to all. */
void parallel_broadcast(struct parallel *parallel, void *bytes, size_t size);

/* The status of the first process that has one other than OK, for all; *first (may be NULL): its rank. */
enum deblur_status parallel_agree(struct parallel *parallel, enum deblur_status status, size_t *first);

#endif
