/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LOOKUP256_H
#define FLYNN_SIMD_LOOKUP256_H

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

/* Entries 64 quarter to 64 quarter + 63: of the four indices one has bit 7 clear, and the shuffle gives 0 for the
 * others. */
static inline vi lookup256_quarter(const vi *row, vi i0, vi i1, vi i2, vi i3)
{
    return v_or(v_or(V(shuffle_epi8)(row[0], i0), V(shuffle_epi8)(row[1], i1)),
                v_or(V(shuffle_epi8)(row[2], i2), V(shuffle_epi8)(row[3], i3)));
}

/* Adding 0x70 sets bit 7 of all but 0 to 15; the exclusive or brings row k of a quarter there. Bits 6 and 7 pick the
 * quarter: blends use the ports of the shuffles, so the rows within a quarter are picked by or. */
static inline vi lookup256(vi x, const void *by)
{
    const struct lookup256 *t = by;
    const vi to_bit7 = v_set8(0x70);
    vi y = v_and(x, v_set8(63)), bit6 = V(add_epi8)(x, x);
    vi i0 = V(add_epi8)(y, to_bit7), i1 = V(add_epi8)(v_xor(y, v_set8(16)), to_bit7);
    vi i2 = V(add_epi8)(v_xor(y, v_set8(32)), to_bit7), i3 = V(add_epi8)(v_xor(y, v_set8(48)), to_bit7);
    vi low =
        V(blendv_epi8)(lookup256_quarter(t->row, i0, i1, i2, i3), lookup256_quarter(t->row + 4, i0, i1, i2, i3), bit6);
    vi high = V(blendv_epi8)(lookup256_quarter(t->row + 8, i0, i1, i2, i3),
                             lookup256_quarter(t->row + 12, i0, i1, i2, i3), bit6);
    return V(blendv_epi8)(low, high, x);
}

#endif

#endif
