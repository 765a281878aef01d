/* size.h - arithmetic on sizes that the core's files share. */
#ifndef CORE_SIZE_H
#define CORE_SIZE_H

#include <stddef.h>

/* The next multiple of unit, which is not 0; value + unit must not overflow. */
static inline size_t round_up(size_t value, size_t unit) {
	return (value + unit - 1) / unit * unit;
}

/* 2 1 0 | 0 1 2 | 2 1 0 ...: the index inside 0..size-1 that i is a mirror image of; size is not 0. */
static inline size_t mirrored(long i, size_t size) {
	if (i >= 0 && (size_t)i < size) return (size_t)i;
	const long period = 2 * (long)size, within = (i % period + period) % period;
	return (size_t)(within < (long)size ? within : period - 1 - within);
}

static inline size_t least(size_t a, size_t b) {
	return a < b ? a : b;
}

#endif
