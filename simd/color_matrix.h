/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_COLOR_MATRIX_H
#define FLYNN_SIMD_COLOR_MATRIX_H

#include "simd/rgb_rows.h"

/** Sums of products of the channels of 8-bit and 16-bit pixels in 32 bits. */

/** Pairs of 16 bits, in the order in which two steps of packing restore them: VEC / 4 pixels in each vector. */
struct rgb_pairs {
    vi rg[4], b[4];
};

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

/** The pairs (R, G) and (B, `fill`) of VEC pixels of 8 bits. */
POINT_INLINE struct rgb_pairs rgb_pairs8(const struct rgb *px, int fill)
{
    const vi zero = v_zero(), filled = v_set16(fill);
    vi low = V(unpacklo_epi8)(px->b, zero), high = V(unpackhi_epi8)(px->b, zero);
    struct rgb_pairs pairs;
    rgb_pair8(pairs.rg, px->r, px->g);
    pairs.b[0] = V(unpacklo_epi16)(low, filled);
    pairs.b[1] = V(unpackhi_epi16)(low, filled);
    pairs.b[2] = V(unpacklo_epi16)(high, filled);
    pairs.b[3] = V(unpackhi_epi16)(high, filled);
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

#endif
