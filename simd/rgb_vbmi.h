/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RGB_VBMI_H
#define FLYNN_SIMD_RGB_VBMI_H

#include "simd/point.h"

/** What rgb.h needs for 3 channels where bytes are shuffled over all of a vector of 64 bytes. */

#define RGB_BLOCK VEC /**< bytes of a block */

/* f(s, c, i) for i = 0 .. 63. */
#define RGB_4(f, s, c, i)  f(s, c, (i)), f(s, c, (i) + 1), f(s, c, (i) + 2), f(s, c, (i) + 3)
#define RGB_16(f, s, c, i) RGB_4(f, s, c, i), RGB_4(f, s, c, (i) + 4), RGB_4(f, s, c, (i) + 8), RGB_4(f, s, c, (i) + 12)
#define RGB_64(f, s, c)                                                                                                \
    {                                                                                                                  \
        RGB_16(f, s, c, 0), RGB_16(f, s, c, 16), RGB_16(f, s, c, 32), RGB_16(f, s, c, 48)                              \
    }

/* For samples of s bytes: where byte i of channel c comes from, and back; 43 is 1 / 3 modulo 64. */
#define RGB_GATHER(s, c, i)  (((i) / (s)*3 + (c)) * (s) + (i) % (s)) % 64
#define RGB_SCATTER(s, c, i) ((i) / (s) + 64 / (s) - (c)) * 43 % (64 / (s)) * (s) + (i) % (s)

#define RGB_TABLES(f)                                                                                                  \
    {                                                                                                                  \
        {RGB_64(f, 1, 0), RGB_64(f, 1, 1), RGB_64(f, 1, 2)}, {RGB_64(f, 2, 0), RGB_64(f, 2, 1), RGB_64(f, 2, 2)},      \
            {RGB_64(f, 4, 0), RGB_64(f, 4, 1), RGB_64(f, 4, 2)},                                                       \
    }

static const int8_t rgb_gather_table[3][3][64] = RGB_TABLES(RGB_GATHER);
static const int8_t rgb_scatter_table[3][3][64] = RGB_TABLES(RGB_SCATTER);

/* The bytes of the samples p with p % 3 == 0, 1, 2. */
static const uint64_t rgb_class_table[3][3] = {
    {0x9249249249249249, 0x2492492492492492, 0x4924924924924924},
    {0x30c30c30c30c30c3, 0xc30c30c30c30c30c, 0x0c30c30c30c30c30},
    {0xf00f00f00f00f00f, 0x00f00f00f00f00f0, 0x0f00f00f00f00f00},
};

POINT_INLINE vi rgb_gather(vi x, int c, int sample)
{
    return simde_mm512_permutexvar_epi8(v_load(rgb_gather_table[sample / 2][c]), x);
}

POINT_INLINE vi rgb_scatter(vi x, int c, int sample)
{
    return simde_mm512_permutexvar_epi8(v_load(rgb_scatter_table[sample / 2][c]), x);
}

/* b at the samples p with p % 3 == i, else a. */
POINT_INLINE vi rgb_mix(vi a, vi b, int i, int sample)
{
    return simde_mm512_mask_blend_epi8(rgb_class_table[sample / 2][i], a, b);
}

#endif
