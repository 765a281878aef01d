#include "train/parallel.h"

#include <stdlib.h>
#include <string.h>

/* By what launchers tell the processes that they start: Open MPI's mpirun, others (PMI), and what knows PMIx, as Slurm
 * does. Where none did, MPI is not even initialised: a program that is built with it runs as if it were not. */
bool parallel_is_launched(void) {
	const char *size = getenv("OMPI_COMM_WORLD_SIZE");
	if (!size) size = getenv("PMI_SIZE");
	return size ? strcmp(size, "1") != 0 : getenv("PMIX_RANK") != NULL;
}

#ifdef DEBLUR_MPI

#include <limits.h>
#include <mpi.h>
#include <time.h>

enum { BEGUN_MAX = 64, BROADCAST_BYTES = 1 << 30 };
/* Looks before the first nap, and how many naps are short: waiting for each other within a step is not to take longer
 * than it has to, and waiting for a validation is to cost next to nothing. */
enum { LOOKS = 200, SHORT_NAPS = 2000, SHORT_NAP_NS = 20000, LONG_NAP_NS = 1000000 };

struct parallel {
	int rank, size, size_here;
	MPI_Request begun[BEGUN_MAX];
	int begun_count;
};

enum deblur_status parallel_join(struct parallel **out) {
	if (!parallel_is_launched()) return DEBLUR_OK;
	struct parallel *p = calloc(1, sizeof *p);
	if (!p) return DEBLUR_OUT_OF_MEMORY;
	int level; /* every MPI has threads that leave it to one of them */
	MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
	MPI_Comm_rank(MPI_COMM_WORLD, &p->rank);
	MPI_Comm_size(MPI_COMM_WORLD, &p->size);
	MPI_Comm here;
	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, p->rank, MPI_INFO_NULL, &here);
	MPI_Comm_size(here, &p->size_here);
	MPI_Comm_free(&here);
	*out = p;
	return DEBLUR_OK;
}

size_t parallel_rank(const struct parallel *p) {
	return p ? (size_t)p->rank : 0;
}

size_t parallel_size(const struct parallel *p) {
	return p ? (size_t)p->size : 1;
}

size_t parallel_size_here(const struct parallel *p) {
	return p ? (size_t)p->size_here : 1;
}

/* MPI_Wait would keep a core busy. */
static void wait_for(MPI_Request *requests, int count) {
	int done = 0;
	for (int looks = 0;; looks++) {
		MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE);
		if (done) return;
		if (looks < LOOKS) continue;
		const bool is_long = looks >= LOOKS + SHORT_NAPS;
		nanosleep(&(struct timespec){.tv_nsec = is_long ? LONG_NAP_NS : SHORT_NAP_NS}, NULL);
	}
}

void parallel_leave(struct parallel *p) {
	if (!p) return;
	MPI_Request request;
	MPI_Ibarrier(MPI_COMM_WORLD, &request);
	wait_for(&request, 1);
	MPI_Finalize();
	free(p);
}

void parallel_sum_begin(struct parallel *p, float *values, size_t count) {
	if (!p) return;
	if (p->begun_count == BEGUN_MAX) parallel_wait(p);
	MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &p->begun[p->begun_count++]);
}

void parallel_carry_on(struct parallel *p) {
	int done;
	if (p && p->begun_count) MPI_Testall(p->begun_count, p->begun, &done, MPI_STATUSES_IGNORE);
}

void parallel_wait(struct parallel *p) {
	if (!p) return;
	wait_for(p->begun, p->begun_count);
	p->begun_count = 0;
}

void parallel_sum(struct parallel *p, double *values, size_t count) {
	if (!p) return;
	MPI_Request request;
	MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &request);
	wait_for(&request, 1);
}

void parallel_broadcast(struct parallel *p, void *bytes, size_t size) {
	for (size_t start = 0; p && start < size; start += BROADCAST_BYTES) {
		const size_t part = size - start < BROADCAST_BYTES ? size - start : BROADCAST_BYTES;
		MPI_Request request;
		MPI_Ibcast((char *)bytes + start, (int)part, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
		wait_for(&request, 1);
	}
}

enum deblur_status parallel_agree(struct parallel *p, enum deblur_status status, size_t *first) {
	if (first) *first = 0;
	if (!p) return status;
	int lowest = status ? p->rank * DEBLUR_STATUS_COUNT + (int)status : INT_MAX;
	MPI_Request request;
	MPI_Iallreduce(MPI_IN_PLACE, &lowest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request);
	wait_for(&request, 1);
	if (lowest == INT_MAX) return DEBLUR_OK;
	if (first) *first = (size_t)(lowest / DEBLUR_STATUS_COUNT);
	return (enum deblur_status)(lowest % DEBLUR_STATUS_COUNT);
}

#else

/* One of several processes that know nothing of each other would write the others' files. */
enum deblur_status parallel_join(struct parallel **out) {
	(void)out;
	return parallel_is_launched() ? DEBLUR_BAD_ARGUMENT : DEBLUR_OK;
}

void parallel_leave(struct parallel *p) {
	(void)p;
}

size_t parallel_rank(const struct parallel *p) {
	(void)p;
	return 0;
}

size_t parallel_size(const struct parallel *p) {
	(void)p;
	return 1;
}

size_t parallel_size_here(const struct parallel *p) {
	(void)p;
	return 1;
}

void parallel_sum_begin(struct parallel *p, float *values, size_t count) {
	(void)p, (void)values, (void)count;
}

void parallel_carry_on(struct parallel *p) {
	(void)p;
}

void parallel_wait(struct parallel *p) {
	(void)p;
}

void parallel_sum(struct parallel *p, double *values, size_t count) {
	(void)p, (void)values, (void)count;
}

void parallel_broadcast(struct parallel *p, void *bytes, size_t size) {
	(void)p, (void)bytes, (void)size;
}

enum deblur_status parallel_agree(struct parallel *p, enum deblur_status status, size_t *first) {
	(void)p;
	if (first) *first = 0;
	return status;
}

#endif
