/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

#if T_FLOAT

#include "curve.clh"

static inline float16 root(float16 t)
{
    const float16 high = curve_cube_root(t < 0x1p120f ? t : (float16)(0x1p120f));
    return t > 216 / 24389.0f ? high : t * (841 / 108.0f) + 16 / 116.0f;
}

/* table0: float [9], the matrix. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const float *m = (__global const float *)table0;
    const float16 r = curve_to_linear(px.r), g = curve_to_linear(px.g), b = curve_to_linear(px.b);
    const float16 x = root((m[0] * r + m[1] * g) + m[2] * b), y = root((m[3] * r + m[4] * g) + m[5] * b);
    const float16 z = root((m[6] * r + m[7] * g) + m[8] * b);
    px.r = y * 116.0f - 16.0f;
    px.g = (x - y) * 500.0f;
    px.b = (y - z) * 200.0f;
    return px;
}

#else

#include "lookup16.clh"

/* table0: see cpu/rgb_to_lab.c. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const int *light = (__global const int *)table0, *roots = light + 256, *m = roots + 3072;
    const int16 r = look_up16(convert_int16(px.r), light), g = look_up16(convert_int16(px.g), light);
    const int16 b = look_up16(convert_int16(px.b), light);
    const int16 x = look_up16((m[0] * r + m[1] * g + m[2] * b + 2048) >> 12, roots);
    const int16 y = look_up16((m[3] * r + m[4] * g + m[5] * b + 2048) >> 12, roots);
    const int16 z = look_up16((m[6] * r + m[7] * g + m[8] * b + 2048) >> 12, roots);
    px.r = T16_SAT((296 * y + (16384 - 1336935)) >> 15);
    px.g = T16_SAT((500 * (x - y) + ((128 << 15) + 16384)) >> 15);
    px.b = T16_SAT((200 * (y - z) + ((128 << 15) + 16384)) >> 15);
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(rgb_to_lab, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
