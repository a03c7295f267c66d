/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "rgb.clh"

#if defined(T_U8)

/* v - (v * s * d + 3824) / 7650 in 16 bits; `product` is v * s, and the quotient below it is exact where d is at most 30, as
 * all values show. */
static inline uchar16 channel(ushort16 h, ushort16 product, ushort16 v, ushort own)
{
    const ushort far = 30;
    ushort16 d = h > own ? h - own : own - h;
    d = min(d, (ushort)180 - d);
    d = min(max(d, far) - far, far);
    const ushort16 q = upper_half(product, d * (ushort)1096) >> (ushort16)(7);
    const short16 rest = as_short16(product * d - q * (ushort)7650);
    return convert_uchar16(v - q + as_ushort16(rest > (short16)(3825)));
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const ushort16 h = convert_ushort16(min(px.r, px.r - (uchar)180)), v = convert_ushort16(px.b);
    const ushort16 product = v * convert_ushort16(px.g);
    px.r = channel(h, product, v, 0);
    px.g = channel(h, product, v, 60);
    px.b = channel(h, product, v, 120);
    return px;
}

#ifdef RGB32
#define OWN_MAP32

/* As simd/hsv_to_rgb.c: the channel nearest to the hue is V, the farthest V (1 - S), and only the third is between them. */

typedef uchar uchar32 __attribute__((ext_vector_type(32)));
#define AS_BYTES(v)     __builtin_astype(v, uchar32)
#define FEWER(a, b)     ((a) < (b) ? (a) : (b))
#define PACKED(p, q)    AS_BYTES(__builtin_ia32_packuswb256(as_short16(p), as_short16(q)))
#define FIRST_WORDS(v)  as_ushort16(first_words(__builtin_astype(v, char32)))
#define SECOND_WORDS(v) as_ushort16(second_words(__builtin_astype(v, char32)))

/* The distance of h < 180 from the hue `own`, up to 90. */
INLINE uchar32 distance_of(uchar32 h, uchar own)
{
    const uchar32 hue = own, d = (h > hue ? h - hue : (uchar32)(0)) | (hue > h ? hue - h : (uchar32)(0));
    return FEWER(d, (uchar)180 - d);
}

INLINE char32 channel32(uchar32 d, uchar32 v, uchar32 between, uchar32 low)
{
    const char32 far = __builtin_astype(d, char32);
    return __builtin_astype(far > (char32)(59) ? low : far > (char32)(30) ? between : v, char32);
}

/* (V (255 - S) + 127) / 255, rounded down. */
INLINE ushort16 lowest(ushort16 s, ushort16 v)
{
    return upper_half(v * ((ushort)255 - s) + (ushort)128, (ushort16)(257));
}

/* What `channel` makes at the distance 30 + y, y being at most 30. */
INLINE ushort16 between_of(ushort16 s, ushort16 v, ushort16 y)
{
    const ushort16 product = v * s, q = upper_half(product, y * (ushort)1096) >> (ushort16)(7);
    const short16 rest = as_short16(product * y - q * (ushort)7650);
    return v - q + as_ushort16(rest > (short16)(3825));
}

INLINE struct rgb32 map32(struct rgb32 px, __global const uchar *table0, __global const uchar *table1)
{
    const uchar32 hue = AS_BYTES(px.r), s = AS_BYTES(px.g), v = AS_BYTES(px.b), h = FEWER(hue, hue - (uchar)180);
    const uchar32 red = distance_of(h, 0), green = distance_of(h, 60), blue = distance_of(h, 120), nearer = FEWER(red, green);
    const uchar32 y = (uchar)30 - FEWER(nearer, blue);
    const ushort16 s0 = FIRST_WORDS(s), v0 = FIRST_WORDS(v), s1 = SECOND_WORDS(s), v1 = SECOND_WORDS(v);
    const uchar32 low = PACKED(lowest(s0, v0), lowest(s1, v1));
    const uchar32 between = PACKED(between_of(s0, v0, FIRST_WORDS(y)), between_of(s1, v1, SECOND_WORDS(y)));
    px.r = channel32(red, v, between, low);
    px.g = channel32(green, v, between, low);
    px.b = channel32(blue, v, between, low);
    return px;
}

#endif

#else

/* Step by step as in cpu/hsv_to_rgb.c. */
static inline float16 channel(float16 h, float16 s, float16 v, float own)
{
    float16 d = fabs(h - own);
    const float16 e = fabs(360.0f - d);
    d = (d < e ? d : e) - 60.0f;
    d = d > 0.0f ? d : (float16)(0.0f);
    d = d < 60.0f ? d : (float16)(60.0f);
    return v - (v * s) * (d * (1 / 60.0f));
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
#if T_FLOAT
    const float16 h = px.r, s = px.g, v = px.b;
    px.r = channel(h, s, v, 0);
    px.g = channel(h, s, v, 120);
    px.b = channel(h, s, v, 240);
#else
    const float16 h = convert_float16(px.r) * (360 / 65536.0f), s = convert_float16(px.g) * (1 / 65535.0f);
    const float16 v = convert_float16(px.b);
    px.r = convert_ushort16(convert_int16(channel(h, s, v, 0) + 0.5f));
    px.g = convert_ushort16(convert_int16(channel(h, s, v, 120) + 0.5f));
    px.b = convert_ushort16(convert_int16(channel(h, s, v, 240) + 0.5f));
#endif
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(hsv_to_rgb, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
