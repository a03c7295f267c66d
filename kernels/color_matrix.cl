/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

/* table0: see cpu/color_matrix.h. */

#if defined(T_F32)

static inline T16 product(float16 r, float16 g, float16 b, __global const float *m)
{
    return ((m[0] * r + m[1] * g) + m[2] * b) + m[3];
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const float *m = (__global const float *)table0;
    const float16 r = px.r, g = px.g, b = px.b;
    px.r = product(r, g, b, m);
    px.g = product(r, g, b, m + 4);
    px.b = product(r, g, b, m + 8);
    return px;
}

#elif defined(T_U16)

/* Only the last sum is sure to be within 32 bits with a sign. */
static inline T16 product(uint16 r, uint16 g, uint16 b, __global const int *m)
{
    const uint16 high = (uint)m[0] * r + (uint)m[1] * g + (uint)m[2] * b + (uint)m[3];
    const uint16 low = (uint)m[4] * r + (uint)m[5] * g + (uint)m[6] * b + (uint)m[7];
    return T16_SAT(as_int16(high + (low >> 10u)) >> 12);
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const int *m = (__global const int *)table0;
    const uint16 r = convert_uint16(px.r), g = convert_uint16(px.g), b = convert_uint16(px.b);
    px.r = product(r, g, b, m);
    px.g = product(r, g, b, m + 8);
    px.b = product(r, g, b, m + 16);
    return px;
}

#elif defined(X86_AVX2)

#define MAP_WORDS

INLINE short16 product(struct pairs rg, struct pairs b, __global const int *m)
{
    const struct sums p = weighed(rg, m[0], m[1]), q = weighed(b, m[2], m[3] / 256);
    return words_of((p.low + q.low) >> 12, (p.high + q.high) >> 12);
}

INLINE struct words map_words(struct words px, __global const uchar *table0)
{
    __global const int *m = (__global const int *)table0;
    const struct pairs rg = pairs_of(px.r, px.g), b = pairs_of(px.b, (short16)(256));
    px.r = product(rg, b, m);
    px.g = product(rg, b, m + 4);
    px.b = product(rg, b, m + 8);
    return px;
}

#else

static inline T16 product(int16 r, int16 g, int16 b, __global const int *m)
{
    return T16_SAT((m[0] * r + m[1] * g + m[2] * b + m[3]) >> 12);
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const int *m = (__global const int *)table0;
    const int16 r = convert_int16(px.r), g = convert_int16(px.g), b = convert_int16(px.b);
    px.r = product(r, g, b, m);
    px.g = product(r, g, b, m + 4);
    px.b = product(r, g, b, m + 8);
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(color_matrix, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
