/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

/* u8; other types are color_matrix.cl's. */
#ifdef X86_AVX2

#include "pairs.clh"

INLINE short16 rounded(struct sums v)
{
    return words_of((v.low + 32768) >> 16, (v.high + 32768) >> 16);
}

/* Of the weights 91881, -46802 and 116130 that is what remains beside 1, -1 and 2 times 2^16. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const short16 y = convert_short16(px.r), cb = convert_short16(px.g) - (short)128,
                  cr = convert_short16(px.b) - (short)128;
    const struct pairs both = pairs_of(cb, cr);
    px.r = bytes_of(y + cr + rounded(weighed(both, 0, 26345)));
    px.g = bytes_of(y - cr + rounded(weighed(both, -22554, 18734)));
    px.b = bytes_of(y + cb + cb + rounded(weighed(both, -14942, 0)));
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
