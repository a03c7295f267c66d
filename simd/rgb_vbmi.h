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
#define RGB_GATHER(s, c, i)  ((((i) / (s)*3 + (c)) * (s) + (i) % (s)) % 64)
#define RGB_SCATTER(s, c, i) (((i) / (s) + 64 / (s) - (c)) * 43 % (64 / (s)) * (s) + (i) % (s))

/* Where a pack instruction leaves sample k of two vectors of samples in order; and a scatter of bytes in that order. */
#define RGB_PLACE(k)        ((k) % 32 / 8 * 16 + (k) / 32 * 8 + (k) % 8)
#define RGB_PACKED(s, c, i) RGB_PLACE(RGB_SCATTER(s, c, i))

#define RGB_CHANNELS(f, s)                                                                                             \
    {                                                                                                                  \
        RGB_64(f, s, 0), RGB_64(f, s, 1), RGB_64(f, s, 2)                                                              \
    }

static const int8_t rgb_gather_table[3][3][64] = {RGB_CHANNELS(RGB_GATHER, 1), RGB_CHANNELS(RGB_GATHER, 2),
                                                  RGB_CHANNELS(RGB_GATHER, 4)};
static const int8_t rgb_scatter_table[3][3][64] = {RGB_CHANNELS(RGB_SCATTER, 1), RGB_CHANNELS(RGB_SCATTER, 2),
                                                   RGB_CHANNELS(RGB_SCATTER, 4)};
static const int8_t rgb_packed_table[3][64] = RGB_CHANNELS(RGB_PACKED, 1);

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

POINT_INLINE vi rgb_scatter(vi x, int c, int sample, bool packed)
{
    const int8_t *table = packed ? rgb_packed_table[c] : rgb_scatter_table[sample / 2][c];
    return simde_mm512_permutexvar_epi8(v_load(table), x);
}

/* b at the samples p with p % 3 == i, else a. */
POINT_INLINE vi rgb_mix(vi a, vi b, int i, int sample)
{
    return simde_mm512_mask_blend_epi8(rgb_class_table[sample / 2][i], a, b);
}

/* ---- pairs ---------------------------------------------------------------------------------------------------------
 * 16 pixels of 3 bytes, a quarter of a group, as pairs of 16 bits. */

/* Of pixels from byte `first` on: R and G, or B and G. */
#define RGB_PAIR(first, c, i) ((first) + (i) / 4 * 3 + ((c) ? 2 - (i) % 4 / 2 : (i) % 4 / 2))

static const int8_t rgb_pair_table[2][2][64] = {{RGB_64(RGB_PAIR, 0, 0), RGB_64(RGB_PAIR, 0, 1)},
                                                {RGB_64(RGB_PAIR, 16, 0), RGB_64(RGB_PAIR, 16, 1)}};

/* The last quarter is loaded early, not to reach beyond the group. */
POINT_INLINE vi rgb_quarter(const uint8_t *group, int i)
{
    return v_load(group + (i == 3 ? 128 : 48 * i));
}

/* R and G, or B and G. */
POINT_INLINE vi rgb_quarter_pair(const uint8_t *group, int i, bool blue)
{
    vi index = v_load(rgb_pair_table[i == 3][blue]);
    return simde_mm512_maskz_permutexvar_epi8(0x5555555555555555, index, rgb_quarter(group, i));
}

/* B and `fill`. */
POINT_INLINE vi rgb_quarter_blue(const uint8_t *group, int i, int fill)
{
    vi index = v_load(rgb_pair_table[i == 3][1]), filled = v_set32((int32_t)((uint32_t)fill << 16));
    return simde_mm512_mask_permutexvar_epi8(filled, 0x1111111111111111, index, rgb_quarter(group, i));
}

#endif
