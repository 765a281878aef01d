#include "degrade/random.h"

#include <math.h>

/* splitmix64 (Steele, Lea and Flood 2014): turns any number into well-mixed bits. */
static uint64_t splitmix64(uint64_t *state) {
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

struct random random_seeded(uint64_t seed, uint64_t key_a, uint64_t key_b) {
	struct random random;
	uint64_t mix = seed;
	mix = splitmix64(&mix) ^ key_a;
	mix = splitmix64(&mix) ^ key_b;
	for (int i = 0; i < 4; i++) random.state[i] = splitmix64(&mix);
	return random;
}

static uint64_t rotate_left(uint64_t x, int bits) {
	return (x << bits) | (x >> (64 - bits));
}

uint64_t random_bits(struct random *random) {
	uint64_t *s = random->state;
	const uint64_t result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double random_uniform(struct random *random) {
	return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double random_between(struct random *random, double low, double high) {
	return low + (high - low) * random_uniform(random);
}

uint32_t random_below(struct random *random, uint32_t bound) {
	/* 64 bits over a 32-bit bound: the bias is below 2^-32. */
	return (uint32_t)(((random_bits(random) >> 32) * bound) >> 32);
}

double random_normal(struct random *random) {
	/* Box and Muller 1958; the second number is given up, so that a stream has no hidden state. */
	const double radius = sqrt(-2 * log(1 - random_uniform(random)));
	return radius * cos(6.28318530717958647692 * random_uniform(random));
}
