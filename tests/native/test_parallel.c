/* test_parallel.c - what several processes tell each other. Run alone it is about the one process; mpi.test.js runs it
 * under mpirun. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "train/parallel.h"

enum { BUFFERS = 70, COUNT = 1000 }; /* more sums at a time than are kept track of */

static struct parallel *all;

static double ranks_summed(void) {
	const double size = (double)parallel_size(all);
	return size * (size - 1) / 2;
}

static void sums_that_overlap_are_right(void) {
	float *values = malloc(BUFFERS * COUNT * sizeof *values);
	for (size_t i = 0; i < BUFFERS * COUNT; i++) values[i] = (float)(i % 977 + parallel_rank(all));
	for (size_t b = 0; b < BUFFERS; b++) {
		parallel_sum_begin(all, values + b * COUNT, COUNT);
		parallel_carry_on(all);
	}
	parallel_wait(all);
	for (size_t i = 0; i < BUFFERS * COUNT; i++) {
		const double wanted = (double)(i % 977 * parallel_size(all)) + ranks_summed();
		CHECK((double)values[i] == wanted, "number %zu is %g, not %g", i, (double)values[i], wanted);
	}
	free(values);
}

static void sums_have_the_same_bits_everywhere(void) {
	float values[COUNT], first[COUNT];
	for (size_t i = 0; i < COUNT; i++) values[i] = 1 / (float)(3 + i * (1 + parallel_rank(all)));
	parallel_sum_begin(all, values, COUNT);
	parallel_wait(all);
	memcpy(first, values, sizeof first);
	parallel_broadcast(all, first, sizeof first);
	CHECK(!memcmp(first, values, sizeof first), "rank %zu has others than the first", parallel_rank(all));
}

static void a_sum_at_once_is_right(void) {
	double values[2] = {(double)parallel_rank(all), 0.5};
	parallel_sum(all, values, 2);
	CHECK(values[0] == ranks_summed() && values[1] == 0.5 * (double)parallel_size(all), "%g, %g", values[0], values[1]);
}

static void all_get_what_the_first_has(void) {
	size_t told[3] = {7 * parallel_rank(all), 1 + parallel_rank(all), 2};
	parallel_broadcast(all, told, sizeof told);
	CHECK(told[0] == 0 && told[1] == 1 && told[2] == 2, "%zu %zu %zu", told[0], told[1], told[2]);
}

static void the_first_failure_is_that_of_all(void) {
	const size_t rank = parallel_rank(all), last = parallel_size(all) - 1;
	size_t first = 99;
	CHECK(parallel_agree(all, DEBLUR_OK, &first) == DEBLUR_OK, "all were fine");
	CHECK(parallel_agree(all, rank == last ? DEBLUR_IO : DEBLUR_OK, &first) == DEBLUR_IO && first == last,
		  "the last failed, not %zu", first);
	const enum deblur_status own = rank ? DEBLUR_OUT_OF_MEMORY : DEBLUR_BAD_ARGUMENT;
	CHECK(parallel_agree(all, own, &first) == DEBLUR_BAD_ARGUMENT && first == 0, "the first failed, not %zu", first);
	CHECK(parallel_agree(all, own, NULL) == DEBLUR_BAD_ARGUMENT, "nobody has to know who");
}

int main(void) {
	if (parallel_join(&all)) return fprintf(stderr, "built without MPI\n"), 77;
	RUN(sums_that_overlap_are_right);
	RUN(sums_have_the_same_bits_everywhere);
	RUN(a_sum_at_once_is_right);
	RUN(all_get_what_the_first_has);
	RUN(the_first_failure_is_that_of_all);
	if (parallel_rank(all) == 0) printf("%zu processes\n", parallel_size(all));
	fflush(stdout);
	parallel_leave(all);
	return check_summary();
}
