/* span.h - numbers in float32 or bfloat16, which the trainer's element-wise passes read and write as floats.
 *
 * Maps of a bfloat16 net are stored in half the memory, and passes over them are bound by memory; the arithmetic of a
 * pass is written once, in floats, and works on a chunk that stays in the first cache:
 *
 *     float room[SPAN_CHUNK], result[SPAN_CHUNK];
 *     const float *x = span_load(src, at, count, room);     // in place where they are floats
 *     float *y = span_begin(dst, at, result);               // likewise
 *     ...
 *     span_end(dst, at, count, y);
 *
 * bfloat16 is the upper half of a float32; narrowing rounds to nearest even, NaN stays NaN because training stops on
 * it, infinities stay. */
#ifndef TRAIN_SPAN_H
#define TRAIN_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/* A pass takes so many numbers at once, or one pixel where that has more channels: there is room for as many as a graph
 * may have. */
enum { SPAN_CHUNK = 1024, SPAN_ROOM = 4096 };
static inline size_t span_chunk_pixels(size_t channels) {
	return channels < SPAN_CHUNK ? SPAN_CHUNK / channels : 1;
}

/* Compiled for what the CPU may have, chosen when the program starts. Contraction is off, so all give the same bits. */
#if defined(__x86_64__) && defined(__linux__)
#define SPAN_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SPAN_CLONES
#endif

struct span {
	void *data; /* float or uint16_t, borrowed */
	bool bf16;
};

static inline size_t span_bytes(bool bf16, size_t count) {
	return count * (bf16 ? 2 : 4);
}

static inline struct span span_of_floats(const float *data) {
	return (struct span){(void *)data, false};
}

static inline struct span span_from(struct span s, size_t at) {
	return (struct span){(char *)s.data + span_bytes(s.bf16, at), s.bf16};
}

/* The numbers [at, at + count); room has `count` floats and is used where they are not floats already. */
const float *span_load(struct span s, size_t at, size_t count, float *room);
/* Where to write the numbers from `at` on; span_end stores them if that was `room`. */
float *span_begin(struct span s, size_t at, float *room);
void span_end(struct span s, size_t at, size_t count, const float *from);

/* The whole span, by all threads. */
void span_copy(struct span from, struct span to, size_t count);

#endif
