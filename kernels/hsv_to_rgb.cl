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
