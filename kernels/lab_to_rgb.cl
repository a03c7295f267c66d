/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "rgb.clh"

#if T_FLOAT

#include "curve.clh"

static inline float16 cube(float16 f)
{
    return f > 6 / 29.0f ? (f * f) * f : (f - 16 / 116.0f) * (108 / 841.0f);
}

/* table0: float [9], the matrix. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const float *m = (__global const float *)table0;
    const float16 f = (px.r + 16.0f) * (1 / 116.0f), y = cube(f);
    const float16 x = cube(f + px.g * (1 / 500.0f)), z = cube(f - px.b * (1 / 200.0f));
    px.r = curve_from_linear((m[0] * x + m[1] * y) + m[2] * z);
    px.g = curve_from_linear((m[3] * x + m[4] * y) + m[5] * z);
    px.b = curve_from_linear((m[6] * x + m[7] * y) + m[8] * z);
    return px;
}

#else

#include "lookup16.clh"

static inline int16 cube(int16 f)
{
    return f <= 3390 ? f * 108 / 841 - 290 : ((f * f >> 14) * f) >> 14;
}

static inline T16 sample(__global const int *m, int16 x, int16 y, int16 z, __global const int *light)
{
    const int16 t = (m[0] * x + m[1] * y + m[2] * z + 8192) >> 14;
    return TO_T16(look_up16(min(max(t, 0), 4095), light));
}

/* table0: see cpu/lab_to_rgb.c. */
static inline struct rgb16 map(struct rgb16 px, __global const uchar *table0, __global const uchar *table1)
{
    __global const int *lightness = (__global const int *)table0, *light = lightness + 256, *m = light + 4096;
    const int16 l = look_up16(convert_int16(px.r), lightness), y = l >> 16, f = l & 65535;
    const int16 x = cube(f + ((268435 * convert_int16(px.g) + 128) >> 13) - 4194);
    const int16 z = cube(f - ((41943 * convert_int16(px.b) + 16) >> 9) + 10484);
    px.r = sample(m, x, y, z, light);
    px.g = sample(m + 3, x, y, z, light);
    px.b = sample(m + 6, x, y, z, light);
    return px;
}

#endif

#include "rgb_rows.clh"

FLYNN_KERNEL(lab_to_rgb, T, T)
{
    rgb_rows(in, out, a, table0, table1);
}
