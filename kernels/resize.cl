/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Tables (all int, or float where noted), for both kernels the same as those of the last stage on the CPU:
 * nearest: table0: input column of each output column; table1: input row of each output row.
 * bilinear: table0, table1: first tap of each output column, and the weight of the second one (float for f32);
 *           table2, table3: the same for output rows. */

FLYNN_KERNEL(nearest, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const int *column = (__global const int *)table0, *row = (__global const int *)table1;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, row[y], a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride) + (size_t)FIRST_X * channels;
        for (int x = FIRST_X; x < last_x; x++, to += channels) {
            __global const T *p = from + (size_t)column[x] * channels;
            to[0] = p[0];
            if (channels > 1)
                to[1] = p[1];
            if (channels > 2)
                to[2] = p[2];
            if (channels > 3)
                to[3] = p[3];
        }
    }
}

/* One sample from the taps of two rows, p and q, with the second tap `next` samples on. */
#if T_FLOAT
#define WEIGHT float
static inline T between(T a, T b, float w)
{
    return w == 0 ? a : a * (1.0f - w) + b * w;
}

static inline T sample(__global const T *p, __global const T *q, int next, float wx, float wy)
{
    const T upper = between(p[0], p[next], wx), lower = between(q[0], q[next], wx);
    return between(upper, lower, wy);
}
#elif defined(T_U8)
#define WEIGHT int
static inline T sample(__global const T *p, __global const T *q, int next, int wx, int wy)
{
    const uint upper = p[0] * (256 - wx) + p[next] * wx, lower = q[0] * (256 - wx) + q[next] * wx;
    return (T)((upper * (uint)(256 - wy) + lower * (uint)wy + (1u << 15)) >> 16);
}
#else
#define WEIGHT int
static inline T sample(__global const T *p, __global const T *q, int next, int wx, int wy)
{
    const uint x = (uint)wx, y = (uint)wy;
    const uint upper = p[0] * (65536 - x) + p[next] * x, lower = q[0] * (65536 - x) + q[next] * x;
    return (T)(((ulong)upper * (65536 - y) + (ulong)lower * y + (1ul << 31)) >> 32);
}
#endif

#if defined(T_U8)
/* (p * (256 - w) + q * w + 2^15) >> 16 in halves of 16 bits: the upper ones, and what the lower ones carry. */
static inline uchar16 down16(const ushort16 p, const ushort16 q, int w)
{
    const ushort16 w1 = (ushort16)((ushort)w), w0 = (ushort16)((ushort)(256 - w));
    const ushort16 low = p * w0, sum = low + q * w1;
    const ushort16 carry = as_ushort16(sum < low), round = as_ushort16(sum > (ushort16)((ushort)32767));
    return convert_uchar16(mul_hi(p, w0) + mul_hi(q, w1) - carry - round);
}

/* Four pixels' worth of 4 bytes each. */
static inline ushort16 load_four(__global const uchar *row, const int4 at)
{
    return convert_ushort16(
        (uchar16)(LOAD(uchar, 4, row + at.x), LOAD(uchar, 4, row + at.y), LOAD(uchar, 4, row + at.z), LOAD(uchar, 4, row + at.w)));
}

/* Four pixels of 3 or 4 bytes, loaded as 4: first the columns, which keeps 16 bits, then the rows. */
static inline uchar16 four_pixels(__global const uchar *p, __global const uchar *q, int4 at, int channels, int4 w, int wy)
{
    const ushort4 w4 = convert_ushort4(w);
    const ushort16 wx = (ushort16)((ushort4)(w4.x), (ushort4)(w4.y), (ushort4)(w4.z), (ushort4)(w4.w));
    const ushort16 wz = (ushort)256 - wx;
    const ushort16 upper = load_four(p, at) * wz + load_four(p, at + channels) * wx;
    const ushort16 lower = load_four(q, at) * wz + load_four(q, at + channels) * wx;
    return down16(upper, lower, wy);
}

/* Groups of four pixels from x on; `safe` bounds the columns whose taps can be read as 4 bytes. */
static int groups(__global const uchar *p, __global const uchar *q, __global uchar *to, __global const int *tap,
                  __global const int *weight, int wy, int channels, int x, int safe)
{
    for (; x + 4 <= safe; x += 4) {
        const int4 at = LOAD(int, 4, tap + x) * channels;
        const uchar16 v = four_pixels(p, q, at, channels, LOAD(int, 4, weight + x), wy);
        if (channels == 4) {
            STORE(uchar, 16, v, to + 4 * x);
        } else {
            STORE(uchar, 8, v.s01245689, to + 3 * x);
            STORE(uchar, 4, v.sacde, to + 3 * x + 8);
        }
    }
    return x;
}
#endif

/* The first column of [x, end) whose taps are within `reach` pixels of the end of the row. */
static int near_end(__global const int *tap, int x, int end, int width, int reach)
{
    while (end > x && tap[end - 1] + reach >= width)
        end--;
    return end;
}

FLYNN_KERNEL(bilinear, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const int *column = (__global const int *)table0, *row = (__global const int *)table2;
    __global const WEIGHT *across = (__global const WEIGHT *)table1, *down = (__global const WEIGHT *)table3;
#if defined(T_U8)
    const int safe = channels < 3 ? FIRST_X : near_end(column, FIRST_X, last_x, a.in.width, 2);
#endif
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *p = CROW(T, in, row[y], a.in.stride);
        __global const T *q = CROW(T, in, min(row[y] + 1, a.in.height - 1), a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const WEIGHT wy = down[y];
        int x = FIRST_X;
#if defined(T_U8)
        if (channels >= 3)
            x = groups(p, q, to, column, across, wy, channels, x, safe);
#endif
        for (; x < last_x; x++) {
            const int next = column[x] + 1 < a.in.width ? channels : 0;
            const size_t at = (size_t)column[x] * channels;
            for (int c = 0; c < channels; c++)
                to[(size_t)x * channels + c] = sample(p + at + c, q + at + c, next, across[x], wy);
        }
    }
}
