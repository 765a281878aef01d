#include "train/span.h"

#include <stdint.h>
#include <string.h>

SPAN_CLONES static void widen(const uint16_t *restrict from, float *restrict to, size_t count) {
	for (size_t i = 0; i < count; i++) {
		const uint32_t bits = (uint32_t)from[i] << 16;
		memcpy(&to[i], &bits, sizeof bits);
	}
}

/* By an instruction where there is one; it takes denormals for zero. */
#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
__attribute__((target("avx512bf16,avx512f"))) static void narrow_bf16(const float *restrict from, uint16_t *restrict to,
																	  size_t count) {
	enum { LANES = 16 };
	size_t i = 0;
	for (; i + LANES <= count; i += LANES) {
		const __m256bh halves = _mm512_cvtneps_pbh(_mm512_loadu_ps(from + i));
		memcpy(to + i, &halves, sizeof halves);
	}
	if (i == count) return;
	const __mmask16 rest = (__mmask16)((1u << (count - i)) - 1);
	const __m256bh halves = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(rest, from + i));
	memcpy(to + i, &halves, (count - i) * sizeof *to);
}
#endif

SPAN_CLONES static void narrow_plain(const float *restrict from, uint16_t *restrict to, size_t count) {
	for (size_t i = 0; i < count; i++) {
		uint32_t bits;
		memcpy(&bits, &from[i], sizeof bits);
		const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
		to[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
	}
}

static void narrow(const float *from, uint16_t *to, size_t count) {
#if defined(__x86_64__) && defined(__linux__)
	if (__builtin_cpu_supports("avx512bf16")) {
		narrow_bf16(from, to, count);
		return;
	}
#endif
	narrow_plain(from, to, count);
}

const float *span_load(struct span s, size_t at, size_t count, float *room) {
	if (!s.bf16) return (const float *)s.data + at;
	widen((const uint16_t *)s.data + at, room, count);
	return room;
}

float *span_begin(struct span s, size_t at, float *room) {
	return s.bf16 ? room : (float *)s.data + at;
}

void span_end(struct span s, size_t at, size_t count, const float *from) {
	if (s.bf16)
		narrow(from, (uint16_t *)s.data + at, count);
	else if (from != (float *)s.data + at)
		memcpy((float *)s.data + at, from, count * sizeof *from);
}

void span_copy(struct span from, struct span to, size_t count) {
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < count; at += SPAN_CHUNK) {
		float room[SPAN_CHUNK];
		const size_t n = count - at < SPAN_CHUNK ? count - at : SPAN_CHUNK;
		span_end(to, at, n, span_load(from, at, n, room));
	}
}
