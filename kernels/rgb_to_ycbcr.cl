/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

/* u8; other types are color_matrix.cl's. */
#ifdef X86_AVX2

#define MAP_WORDS

/* A weight of 2^15 is taken off with its sign turned, one above that is given in two parts. */
INLINE struct words map_words(struct words px, __global const uchar *table0)
{
    const struct pairs rg = pairs_of(px.r, px.g), gb = pairs_of(px.g, px.b);
    const int round = 32768, grey = (128 << 16) + 32767;
    struct sums p = weighed(rg, 19595, 19235), q = weighed(gb, 19235, 7471);
    px.r = words_of((p.low + q.low + round) >> 16, (p.high + q.high + round) >> 16);
    p = weighed(rg, -11059, -21709);
    q = weighed(gb, 0, -32768);
    px.g = words_of((p.low - q.low + grey) >> 16, (p.high - q.high + grey) >> 16);
    p = weighed(gb, -27439, -5329);
    q = weighed(rg, -32768, 0);
    px.b = words_of((p.low - q.low + grey) >> 16, (p.high - q.high + grey) >> 16);
    return px;
}

#else

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const int16 r = convert_int16(px.r), g = convert_int16(px.g), b = convert_int16(px.b);
    px.r = TO_T16((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
    px.g = TO_T16((-11059 * r - 21709 * g + 32768 * b + ((128 << 16) + 32767)) >> 16);
    px.b = TO_T16((32768 * r - 27439 * g - 5329 * b + ((128 << 16) + 32767)) >> 16);
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(rgb_to_ycbcr, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
