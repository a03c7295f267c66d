/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_COLOR_MATRIX_H
#define FLYNN_SIMD_COLOR_MATRIX_H

#include "simd/rgb_rows.h"

/** Sums of products of the channels of 8-bit and 16-bit pixels in 32 bits. */

/** Pairs of 16 bits, in the order in which two steps of packing restore them: VEC / 4 pixels in each vector. */
struct rgb_pairs {
    vi rg[4], b[4];
};

/** sum + the products of pairs of 16 bits. */
POINT_INLINE vi rgb_add_pairs(vi sum, vi pairs, vi factors)
{
#if defined(FLYNN_ISA_AVX512)
    return V(dpwssd_epi32)(sum, pairs, factors);
#else
    return V(add_epi32)(V(madd_epi16)(pairs, factors), sum);
#endif
}

/** The pairs (x, y) of VEC samples of 8 bits each. */
POINT_INLINE void rgb_pair8(vi pair[4], vi x, vi y)
{
    const vi zero = v_zero();
    vi low = V(unpacklo_epi8)(x, y), high = V(unpackhi_epi8)(x, y);
    pair[0] = V(unpacklo_epi8)(low, zero);
    pair[1] = V(unpackhi_epi8)(low, zero);
    pair[2] = V(unpacklo_epi8)(high, zero);
    pair[3] = V(unpackhi_epi8)(high, zero);
}

/** Words, shifted up. */
POINT_INLINE vi rgb_up(vi x, int up)
{
    return up ? V(slli_epi16)(x, up) : x;
}

#if defined(FLYNN_ISA_AVX512)
/** The pairs of 3 channels from memory; what is packed from sums of them is in the order of RGB_PLACE. */
POINT_INLINE bool rgb_pairs_loaded(struct rgb_pairs *pairs, struct rgb_group *group, int up, int fill)
{
    if (group->channels != 3)
        return false;
    for (int i = 0; i < 4; i++) {
        pairs->rg[i] = rgb_up(rgb_quarter_pair(group->in, i, false), up);
        pairs->b[i] = rgb_up(fill ? rgb_quarter_blue(group->in, i, fill) : rgb_quarter_pair(group->in, i, true), up);
    }
    group->packed = true;
    return true;
}
#else
POINT_INLINE bool rgb_pairs_loaded(struct rgb_pairs *pairs, struct rgb_group *group, int up, int fill)
{
    (void)pairs, (void)group, (void)up, (void)fill;
    return false;
}
#endif

/** The pairs (2^up R, 2^up G) and (2^up B, 2^up `fill`) of VEC pixels of 8 bits; of B and G without fill. */
POINT_INLINE struct rgb_pairs rgb_pairs8(struct rgb_group *group, int up, int fill)
{
    const struct rgb *px = &group->px;
    struct rgb_pairs pairs;
    if (rgb_pairs_loaded(&pairs, group, up, fill))
        return pairs;
    rgb_pair8(pairs.rg, px->r, px->g);
    if (fill) {
        const vi zero = v_zero(), filled = v_set16(fill);
        vi low = V(unpacklo_epi8)(px->b, zero), high = V(unpackhi_epi8)(px->b, zero);
        pairs.b[0] = V(unpacklo_epi16)(low, filled);
        pairs.b[1] = V(unpackhi_epi16)(low, filled);
        pairs.b[2] = V(unpacklo_epi16)(high, filled);
        pairs.b[3] = V(unpackhi_epi16)(high, filled);
    } else {
        rgb_pair8(pairs.b, px->b, px->g);
    }
    for (int i = 0; i < 4; i++) {
        pairs.rg[i] = rgb_up(pairs.rg[i], up);
        pairs.b[i] = rgb_up(pairs.b[i], up);
    }
    return pairs;
}

/** The pairs (R, G) and (B, 0) of VEC / 2 pixels of 16 bits; half of the vectors are used. */
POINT_INLINE struct rgb_pairs rgb_pairs16(const struct rgb *px)
{
    const vi zero = v_zero();
    struct rgb_pairs pairs;
    pairs.rg[0] = V(unpacklo_epi16)(px->r, px->g);
    pairs.rg[1] = V(unpackhi_epi16)(px->r, px->g);
    pairs.b[0] = V(unpacklo_epi16)(px->b, zero);
    pairs.b[1] = V(unpackhi_epi16)(px->b, zero);
    return pairs;
}

/** Two coefficients of 16 bits for each pair. */
static inline vi rgb_pair(int32_t first, int32_t second)
{
    return v_set32((int32_t)((uint32_t)second << 16 | ((uint32_t)first & 0xffff)));
}

/** Four vectors of 32 bits to one of 8 bits, clamped. */
POINT_INLINE vi rgb_pack8(const vi y[4])
{
    return V(packus_epi16)(V(packs_epi32)(y[0], y[1]), V(packs_epi32)(y[2], y[3]));
}

/** The upper halves of the 32 bits of two vectors, in the order of a pack instruction. */
POINT_INLINE vi rgb_upper16(vi a, vi b)
{
#if defined(FLYNN_ISA_AVX512)
    static const int16_t upper[32] = {1,  3,  5,  7,  33, 35, 37, 39, 9,  11, 13, 15, 41, 43, 45, 47,
                                      17, 19, 21, 23, 49, 51, 53, 55, 25, 27, 29, 31, 57, 59, 61, 63};
    return simde_mm512_permutex2var_epi16(a, v_load(upper), b);
#else
    return V(packs_epi32)(V(srai_epi32)(a, 16), V(srai_epi32)(b, 16));
#endif
}

/** The same of vectors that were loaded in order, in order. */
POINT_INLINE vi rgb_upper16_loaded(vi a, vi b)
{
#if defined(FLYNN_ISA_AVX512)
    static const int16_t upper[32] = {1,  3,  5,  7,  9,  11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
                                      33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63};
    return simde_mm512_permutex2var_epi16(a, v_load(upper), b);
#else
    return rgb_upper16(a, b);
#endif
}

/** Four vectors of 32 bits, divided by 65536 and rounded down, to one of 8 bits, clamped. */
POINT_INLINE vi rgb_upper8(const struct rgb_group *group, const vi y[4])
{
    if (group->packed)
        return V(packus_epi16)(rgb_upper16_loaded(y[0], y[1]), rgb_upper16_loaded(y[2], y[3]));
    return V(packus_epi16)(rgb_upper16(y[0], y[1]), rgb_upper16(y[2], y[3]));
}

#endif
