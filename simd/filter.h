/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_FILTER_H
#define FLYNN_SIMD_FILTER_H

#include "simd/vec.h"

/** What the kernels of the neighbourhood filters share. */

/** Inline even where the compiler would not: the callers pass constants for which the loops unroll. */
#define FLYNN_UNROLLED static inline __attribute__((always_inline))

/** What unpacklo and unpackhi made of one vector, put into the order of the samples: *low the first half, *high the
 * second. */
static inline void v_unpacked_order(vi *low, vi *high)
{
#if defined(FLYNN_ISA_AVX512)
    vi first = simde_mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0),
       second = simde_mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    vi a = simde_mm512_permutex2var_epi64(*low, first, *high);
    *high = simde_mm512_permutex2var_epi64(*low, second, *high);
    *low = a;
#elif defined(FLYNN_ISA_AVX2)
    vi a = simde_mm256_permute2x128_si256(*low, *high, 0x20);
    *high = simde_mm256_permute2x128_si256(*low, *high, 0x31);
    *low = a;
#else
    (void)low;
    (void)high;
#endif
}

/** What a pack instruction made of two vectors whose samples are in order, put into the order of the samples. */
static inline vi v_packed_order(vi v)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_permutexvar_epi64(simde_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), v);
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_permute4x64_epi64(v, 0xd8);
#else
    return v;
#endif
}

/** Where the next vector of `lanes` samples starts, of `samples` in all, when the one at `i` is done. The last one is
 * moved back, over samples that are already done, so that it ends with the row. Rows shorter than a vector have one at
 * 0 that is cut short when it is stored. Returns `samples` at the end. */
static inline int v_advance(int i, int lanes, int samples)
{
    int next = i + lanes;
    return next >= samples ? samples : next + lanes <= samples ? next : samples - lanes;
}

/** Store a vector of samples of `bytes` bytes at sample i of a row of `samples`. */
static inline void v_store_row(void *row, int i, int samples, size_t bytes, vi v)
{
    size_t lanes = VEC / bytes, left = (size_t)(samples - i);
    if (left >= lanes)
        v_store((uint8_t *)row + (size_t)i * bytes, v);
    else
        v_store_n((uint8_t *)row + (size_t)i * bytes, v, left * bytes);
}

#endif
