/* omp.h - OpenMP for the fuzzers, which have one thread: clang brings none without a package of its own, and does not
 * read gcc's. */
#ifndef OMP_H
#define OMP_H

static inline void omp_set_num_threads(int count) {
	(void)count;
}

static inline int omp_get_max_threads(void) {
	return 1;
}
static inline int omp_get_thread_num(void) {
	return 0;
}

#endif
