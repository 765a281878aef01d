/* random.h - seeded random numbers that depend on nothing but their seed: the same on every machine and at every thread
 * count. xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64 over any number of keys, so that sample i of step
 * s has a stream of its own and a resumed run draws what the unstopped one would have drawn. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state[4];
};

struct random random_seeded(uint64_t seed, uint64_t key_a, uint64_t key_b);
uint64_t random_bits(struct random *random);
double random_uniform(struct random *random);                          /* 0 <= x < 1 */
double random_between(struct random *random, double low, double high); /* low <= x < high */
uint32_t random_below(struct random *random, uint32_t bound);          /* 0 <= n < bound; bound >= 1 */
double random_normal(struct random *random);                           /* mean 0, standard deviation 1 */

#endif
