/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

#if defined(T_U8)

/* v * (7650 - s * d) + 3825.5 is exact, and so far from the multiples of 7650 that its float quotient rounds down as it
 * should. */
static inline uchar16 channel(ushort16 h, ushort16 s, float16 v, ushort own)
{
    const ushort far = 30;
    ushort16 d = h > own ? h - own : own - h;
    d = min(d, (ushort)180 - d);
    d = min(max(d, far) - far, far);
    const float16 n = v * convert_float16(convert_int16((ushort)7650 - s * d)) + 3825.5f;
    return convert_uchar16(convert_int16(n * (1.0f / 7650)));
}

static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    const ushort16 s = convert_ushort16(px.g), h = convert_ushort16(min(px.r, px.r - (uchar)180));
    const float16 v = convert_float16(convert_int16(px.b));
    px.r = channel(h, s, v, 0);
    px.g = channel(h, s, v, 60);
    px.b = channel(h, s, v, 120);
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
