/* size.h - arithmetic on sizes that the core's files share. */
#ifndef CORE_SIZE_H
#define CORE_SIZE_H

#include <stddef.h>

/* The next multiple of unit, which is not 0; value + unit must not overflow. */
static inline size_t round_up(size_t value, size_t unit) {
	return (value + unit - 1) / unit * unit;
}

static inline size_t least(size_t a, size_t b) {
	return a < b ? a : b;
}

#endif
