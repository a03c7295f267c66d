/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* The formulas of cpu/convert.c. */

#if T_FLOAT
/* To the nearest integer of 0..white, ties to even. */
static inline int16 integers16(float16 v, float white)
{
    float16 y = v * white;
    y = select((float16)(0.0f), y, y > 0.0f);
    y = select((float16)(white), y, y < white);
    return convert_int16((y + 12582912.0f) - 12582912.0f);
}
#endif

static inline uchar16 bytes16(T16 v)
{
#if defined(T_U8)
    return v;
#elif defined(T_U16)
    return convert_uchar16((ushort16)(v - (v >> (ushort)8) + (ushort)127 + (v >> (ushort)15)) >> (ushort)8);
#else
    return convert_uchar16(integers16(v, 255.0f));
#endif
}

static inline ushort16 words16(T16 v)
{
#if defined(T_U8)
    return convert_ushort16(v) * (ushort)257;
#elif defined(T_U16)
    return v;
#else
    return convert_ushort16(integers16(v, 65535.0f));
#endif
}

FLYNN_KERNEL(to_u8, T, uchar)
{
    const int n = a.out.width * a.out.channels, last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global uchar *to = ROW(uchar, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(uchar, 16, streams, bytes16(LOAD(T, 16, from + x)), to + x);
        for (; x < last_x; x++)
            to[x] = bytes16((T16)(from[x])).s0;
    }
}

FLYNN_KERNEL(to_u16, T, ushort)
{
    const int n = a.out.width * a.out.channels, last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global ushort *to = ROW(ushort, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(ushort, 16, streams, words16(LOAD(T, 16, from + x)), to + x);
        for (; x < last_x; x++)
            to[x] = words16((T16)(from[x])).s0;
    }
}

/* The other kernels of the file do without division. */
#if T_FLOAT || defined(HAVE_EXACT_DIV)

static inline float16 floats16(T16 v)
{
#if T_FLOAT
    return v;
#else
    return convert_float16(v) / (float)T_WHITE;
#endif
}

FLYNN_KERNEL(to_f32, T, float)
{
    const int n = a.out.width * a.out.channels, last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global float *to = ROW(float, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(float, 16, streams, floats16(LOAD(T, 16, from + x)), to + x);
        for (; x < last_x; x++)
            to[x] = floats16((T16)(from[x])).s0;
    }
}

#endif
