/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

/* u8; other types are color_matrix.cl's. */
#ifdef X86_AVX2

#define MAP_WORDS

/* (factor * x + 32768) >> 16, as (((factor * 2 * x) >> 16) + 1) >> 1. */
INLINE short16 scaled(short16 x, short factor)
{
    return (__builtin_ia32_pmulhw256(x + x, (short16)(factor)) + (short)1) >> (short16)(1);
}

INLINE short16 rounded(struct sums v)
{
    return words_of((v.low + 32768) >> 16, (v.high + 32768) >> 16);
}

/* Of the weights 91881, -46802 and 116130 that is what remains beside 1, -1 and 2 times 2^16. */
INLINE struct words map_words(struct words px, __global const uchar *table0)
{
    const short16 y = px.r, cb = px.g - (short)128, cr = px.b - (short)128;
    px.r = y + cr + scaled(cr, 26345);
    px.g = y - cr + rounded(weighed(pairs_of(cb, cr), -22554, 18734));
    px.b = y + cb + cb + scaled(cb, -14942);
    return px;
}

#else

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const int16 y = convert_int16(px.r), cb = convert_int16(px.g) - 128, cr = convert_int16(px.b) - 128;
    px.r = T16_SAT(y + ((91881 * cr + 32768) >> 16));
    px.g = T16_SAT(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    px.b = T16_SAT(y + ((116130 * cb + 32768) >> 16));
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(ycbcr_to_rgb, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
