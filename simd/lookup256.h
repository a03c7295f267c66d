/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LOOKUP256_H
#define FLYNN_SIMD_LOOKUP256_H

#include "simd/filter.h"
#include "simd/point.h"

/** Bytes looked up in a table of 256 bytes, a vector at a time; there is nothing for SSE2, which has no byte shuffle.
 */

#if defined(FLYNN_ISA_AVX512)

struct lookup256 {
    vi quarter[4];
};

static inline void lookup256_load(struct lookup256 *table, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++)
        table->quarter[i] = v_load(bytes + 64 * i);
}

/* An index of 7 bits picks from two registers; the eighth bit picks the half. */
static inline vi lookup256(vi x, const void *by)
{
    const struct lookup256 *t = by;
    vi low = simde_mm512_permutex2var_epi8(t->quarter[0], x, t->quarter[1]);
    vi high = simde_mm512_permutex2var_epi8(t->quarter[2], x, t->quarter[3]);
    return simde_mm512_mask_blend_epi8(simde_mm512_movepi8_mask(x), low, high);
}

#elif !defined(FLYNN_ISA_SSE2)

/* row[k]: entries 16 k to 16 k + 15 */
struct lookup256 {
    vi row[16];
};

static inline void lookup256_load(struct lookup256 *table, const uint8_t *bytes)
{
    for (int k = 0; k < 16; k++)
        table->row[k] = v_repeat16(bytes + 16 * k);
}

/* Entries 32 k to 32 k + 31: of the two indices one has bit 7 clear, and the shuffle gives 0 for the other. */
static inline vi lookup256_pair(const vi *row, vi i0, vi i1)
{
    return v_or(V(shuffle_epi8)(row[0], i0), V(shuffle_epi8)(row[1], i1));
}

/* b where bit 7 of the mask is 1, else a. Compilers know what a blend does, and make a mask of it in full that serves
 * several: one instruction more, unless they do not see that it is the same one. */
static inline vi lookup256_blend(vi a, vi b, vi mask)
{
    return V(blendv_epi8)(a, b, v_keep(mask));
}

static inline vi lookup256_quarter(const vi *row, vi i0, vi i1, vi bit5)
{
    return lookup256_blend(lookup256_pair(row, i0, i1), lookup256_pair(row + 2, i0, i1), bit5);
}

/* Adding 0x70 sets bit 7 of all but 0 to 15; the other row of a pair has it set where this one has not. Bits 5 to 7
 * pick the pair: blends use the ports of the shuffles, so not everything is picked by them. */
static inline vi lookup256(vi x, const void *by)
{
    const struct lookup256 *t = by;
    vi bit6 = V(add_epi8)(x, x), bit5 = V(add_epi8)(bit6, bit6);
    vi i0 = V(add_epi8)(v_and(x, v_set8(31)), v_set8(0x70)), i1 = v_xor(i0, v_set8(-128));
    vi low =
        lookup256_blend(lookup256_quarter(t->row, i0, i1, bit5), lookup256_quarter(t->row + 4, i0, i1, bit5), bit6);
    vi high = lookup256_blend(lookup256_quarter(t->row + 8, i0, i1, bit5), lookup256_quarter(t->row + 12, i0, i1, bit5),
                              bit6);
    return lookup256_blend(low, high, x);
}

#endif

#endif
