/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_RNG_H
#define FLYNN_CORE_RNG_H

#include <stdint.h>

/** SplitMix64 (Steele, Lea, Flood 2014): 64 random bits for each call, any seed is good, one word of state. */
static inline uint64_t flynn_rng(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

__extension__ typedef unsigned __int128 flynn_u128;

/** Uniform in [0, n), n > 0; the bias is below n / 2^64. */
static inline uint64_t flynn_rng_below(uint64_t *state, uint64_t n)
{
    return (uint64_t)(((flynn_u128)flynn_rng(state) * n) >> 64);
}

/** Uniform in [0, 1), 53 bits. */
static inline double flynn_rng_unit(uint64_t *state)
{
    return (double)(flynn_rng(state) >> 11) * 0x1p-53;
}

#endif
