/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

#if defined(T_U8) && defined(X86_AVX2) && defined(HAVE_EXACT_DIV)

/* As simd/rgb_to_hsv.c: differences in bytes and words, and the factors computed in floats instead of looked up. */

/* Words from -16384 to 49151 are the low halves of floats from 2^23 on. */
#define UP 16384

struct eights {
    float8 low, high;
};

static inline struct eights floats_of(short16 words)
{
    const struct pairs pairs = pairs_of(words + (short)UP, (short16)(0x4b00));
    const struct eights floats = {as_float8(pairs.low) - (8388608.0f + UP), as_float8(pairs.high) - (8388608.0f + UP)};
    return floats;
}

struct parts {
    int8 h, s;
};

/* All exact but the quotient, whose error does not reach a multiple of 2^-12; 256 makes h positive, so that the conversion
 * rounds down. */
static inline struct parts divided(float8 v, float8 d, float8 x)
{
    const float8 q = 30.0f / fma(v, d, (float8)(1e-20f)), round = 3072.0f;
    const float8 by_h = fma(q, v, round) - round, by_s = fma(q * d, (float8)(8.5f), round) - round;
    const struct parts parts = {convert_int8(fma(x, by_h, (float8)(256.5f))), convert_int8(fma(d, by_s, (float8)(0.5f)))};
    return parts;
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const uchar16 v = max(max(px.r, px.g), px.b), d = v - min(min(px.r, px.g), px.b);
    const char16 red = v == px.r, green = v == px.g;
    /* x - y + 2 (e + f) is the difference that the hue comes from. */
    const uchar16 x = select(select(px.r, px.b, green), px.g, red), y = select(select(px.g, px.r, green), px.b, red);
    const uchar16 e = d & ~as_uchar16(red), f = e & ~as_uchar16(green);
    const struct eights vs = floats_of(convert_short16(v)), ds = floats_of(convert_short16(d));
    const struct eights xs = floats_of(convert_short16(x) - convert_short16(y) +
                                       (convert_short16(e) + convert_short16(f)) * (short)2);
    const struct parts low = divided(vs.low, ds.low, xs.low), high = divided(vs.high, ds.high, xs.high);
    const short16 h = words_of(low.h, high.h) - (short)256;
    px.r = bytes_of(h + ((h >> (short)15) & (short)180));
    px.g = bytes_of(words_of(low.s, high.s));
    px.b = v;
    return px;
}

#elif defined(T_U8)

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
