/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

#if defined(T_U8)

/* table0: int [2][256], the factors of saturation and hue. Where division is exact enough, they are computed, as in
 * simd/rgb_to_hsv.c. */

struct factors {
    float16 s, h;
};

#ifdef HAVE_EXACT_DIV

static inline struct factors factors(int16 v, int16 d, __global const uchar *table0)
{
    const float16 x = convert_float16(v), y = convert_float16(d), q = 30.0f / fmax(x * y, 1.0f);
    const struct factors f = {((q * y) * 8.5f + 3072.0f) - 3072.0f, (q * x + 3072.0f) - 3072.0f};
    return f;
}

#else

#include "lookup16.clh"

static inline struct factors factors(int16 v, int16 d, __global const uchar *table0)
{
    const struct factors f = {convert_float16(look_up16(v, (__global const int *)table0)) * 0x1p-12f,
                              convert_float16(look_up16(d, (__global const int *)table0 + 256)) * 0x1p-12f};
    return f;
}

#endif

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const int16 r = convert_int16(px.r), g = convert_int16(px.g), b = convert_int16(px.b);
    const int16 v = max(max(r, g), b), d = v - min(min(r, g), b);
    const int16 x = v == r ? g - b : (v == g ? b - r + 2 * d : r - g + 4 * d);
    const struct factors f = factors(v, d, table0);
    /* All exact; 256 makes the sum positive, so that the conversion rounds down. */
    const int16 h = convert_int16(convert_float16(x) * f.h + 256.5f) - 256;
    px.r = convert_uchar16(h < 0 ? h + 180 : h);
    px.g = convert_uchar16(convert_int16(convert_float16(d) * f.s + 0.5f));
    px.b = convert_uchar16(v);
    return px;
}

#else

#ifndef HAVE_EXACT_DIV
#error "rgb-to-hsv on u16 and f32 needs correctly rounded division"
#endif

struct hsv16 {
    float16 h, s, v;
};

/* Step by step as in cpu/rgb_to_hsv.c. */
static inline struct hsv16 convert_floats(float16 r, float16 g, float16 b)
{
    const float epsilon = 0x1p-23f;
    float16 v = r > g ? r : g, low = r < g ? r : g;
    v = v > b ? v : b;
    low = low < b ? low : b;
    const float16 d = v - low, k = 60.0f / (d + epsilon);
    const float16 h = v == r ? (g - b) * k : (v == g ? (b - r) * k + 120.0f : (r - g) * k + 240.0f);
    const struct hsv16 x = {h < 0.0f ? h + 360.0f : h, d / (fabs(v) + epsilon), v};
    return x;
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const struct hsv16 x = convert_floats(convert_float16(px.r), convert_float16(px.g), convert_float16(px.b));
#if T_FLOAT
    px.r = x.h;
    px.g = x.s;
    px.b = x.v;
#else
    px.r = convert_ushort16(convert_int16(x.h * (65536 / 360.0f) + 0.5f) & 65535);
    px.g = convert_ushort16(convert_int16(x.s * 65535.0f + 0.5f));
    px.b = convert_ushort16(x.v);
#endif
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(rgb_to_hsv, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
