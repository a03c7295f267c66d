/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Tables (all int, or float where noted), for both kernels the same as those of the last stage on the CPU:
 * nearest: table0: input column of each output column; table1: input row of each output row.
 * bilinear: table0, table1: first tap of each output column, and the weight of the second one (float for f32);
 *           table2, table3: the same for output rows. */

/* The end of the columns from x on whose taps have `reach` more pixels behind them. */
static int safe_end(__global const int *tap, int x, int end, int width, int reach)
{
    while (end > x && tap[end - 1] + reach >= width)
        end--;
    return end;
}

#if defined(T_U8)
/* Four pixels of 3 or 4 bytes, of which 4 can be read at `at`, as 4 bytes each. */
static inline uchar16 load_four(__global const uchar *row, const int4 at)
{
    return (uchar16)(LOAD(uchar, 4, row + at.x), LOAD(uchar, 4, row + at.y), LOAD(uchar, 4, row + at.z),
                     LOAD(uchar, 4, row + at.w));
}

static inline void store_four(const uchar16 v, __global uchar *to, int channels)
{
    if (channels == 4) {
        STORE(uchar, 16, v, to);
    } else {
        STORE(uchar, 8, v.s01245689, to);
        STORE(uchar, 4, v.sacde, to + 8);
    }
}
#endif

FLYNN_KERNEL(nearest, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const int *column = (__global const int *)table0, *row = (__global const int *)table1;
#if defined(T_U8)
    const int safe = channels < 3 ? FIRST_X : safe_end(column, FIRST_X, last_x, a.in.width, 1);
#endif
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, row[y], a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride) + (size_t)FIRST_X * channels;
        int x = FIRST_X;
#if defined(T_U8)
        for (; x + 4 <= safe; x += 4, to += 4 * channels)
            store_four(load_four(from, LOAD(int, 4, column + x) * channels), to, channels);
#endif
        for (; x < last_x; x++, to += channels) {
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

/* EXACT: what `between` makes of two neighbours in a row, without rounding of integers; `merge` makes the sample of two
 * such rows; down16 does it for 16. */
#if T_FLOAT
#define EXACT  float
#define WEIGHT float
static inline float between(float a, float b, float w)
{
    return w == 0 ? a : a * (1.0f - w) + b * w;
}

static inline float merge(float p, float q, float w)
{
    return between(p, q, w);
}

static inline float16 down16(const float16 p, const float16 q, float w)
{
    return w == 0 ? p : p * (1.0f - w) + q * w;
}
#elif defined(T_U8)
#define EXACT  ushort
#define WEIGHT int
static inline ushort between(uchar a, uchar b, int w)
{
    return (ushort)(a * (256 - w) + b * w);
}

static inline uchar merge(ushort p, ushort q, int w)
{
    return (uchar)((p * (uint)(256 - w) + q * (uint)w + (1u << 15)) >> 16);
}

/* The upper and the lower bytes apart, so that 16 bits are enough; the lower ones only carry into the upper ones. */
static inline uchar16 down16(const ushort16 p, const ushort16 q, int w)
{
    const ushort16 w1 = (ushort16)((ushort)w), w0 = (ushort16)((ushort)(256 - w));
    const ushort16 upper = (p >> (ushort)8) * w0 + (q >> (ushort)8) * w1;
    const ushort16 lower = (p & (ushort)255) * w0 + (q & (ushort)255) * w1;
    return convert_uchar16((upper + (lower >> (ushort)8) + (ushort)128) >> (ushort)8);
}
#else
#define EXACT  uint
#define WEIGHT int
static inline uint between(ushort a, ushort b, int w)
{
    return a * (uint)(65536 - w) + b * (uint)w;
}

static inline ushort merge(uint p, uint q, int w)
{
    return (ushort)(((ulong)p * (ulong)(65536 - w) + (ulong)q * (ulong)w + (1ul << 31)) >> 32);
}

static inline ushort16 down16(const uint16 p, const uint16 q, int w)
{
    const ulong w0 = (ulong)(65536 - w), w1 = (ulong)w;
    return convert_ushort16((convert_ulong16(p) * w0 + convert_ulong16(q) * w1 + (1ul << 31)) >> 32);
}
#endif

#if defined(T_U8)
/* Between the columns of four pixels, whose two taps are loaded together as 8 bytes: 16 bits are enough. */
static inline ushort16 across16(__global const uchar *row, __global const int *tap, int channels, const ushort16 wx)
{
    const ulong2 p =
        as_ulong2((uchar16)(LOAD(uchar, 8, row + tap[0] * channels), LOAD(uchar, 8, row + tap[1] * channels)));
    const ulong2 q =
        as_ulong2((uchar16)(LOAD(uchar, 8, row + tap[2] * channels), LOAD(uchar, 8, row + tap[3] * channels)));
    const ulong next = (ulong)channels * 8;
    const uint4 first = (uint4)(as_uint4(p).even, as_uint4(q).even);
    const uint4 second = (uint4)(as_uint4(p >> next).even, as_uint4(q >> next).even);
    return convert_ushort16(as_uchar16(first)) * ((ushort)256 - wx) + convert_ushort16(as_uchar16(second)) * wx;
}

static inline ushort16 weights16(const int4 w)
{
    const ushort4 v = convert_ushort4(w);
    return (ushort16)((ushort4)(v.x), (ushort4)(v.y), (ushort4)(v.z), (ushort4)(v.w));
}

/* Groups of four pixels from x to `safe`. */
static int groups(__global const uchar *p, __global const uchar *q, __global uchar *to, __global const int *tap,
                  __global const int *weight, int wy, int channels, int x, int safe)
{
    for (; x + 4 <= safe; x += 4) {
        const ushort16 wx = weights16(LOAD(int, 4, weight + x));
        store_four(down16(across16(p, tap + x, channels, wx), across16(q, tap + x, channels, wx), wy),
                   to + channels * x, channels);
    }
    return x;
}
#endif

FLYNN_KERNEL(bilinear, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const int *column = (__global const int *)table0, *row = (__global const int *)table2;
    __global const WEIGHT *across = (__global const WEIGHT *)table1, *down = (__global const WEIGHT *)table3;
#if defined(T_U8)
    const int safe = channels < 3 ? FIRST_X : safe_end(column, FIRST_X, last_x, a.in.width, 2);
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
                to[(size_t)x * channels + c] = merge(between(p[at + c], p[at + c + next], across[x]),
                                                     between(q[at + c], q[at + c + next], across[x]), wy);
        }
    }
}

/* The same in two launches, for pictures that get higher: rows of the output's width first, then the columns. */
FLYNN_KERNEL(across, T, EXACT)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const int *column = (__global const int *)table0;
    __global const WEIGHT *weight = (__global const WEIGHT *)table1;
#if defined(T_U8)
    const int safe = channels < 3 ? FIRST_X : safe_end(column, FIRST_X, last_x, a.in.width, 2);
#endif
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *p = CROW(T, in, y, a.in.stride);
        __global EXACT *to = ROW(EXACT, out, y, a.out.stride);
        int x = FIRST_X;
#if defined(T_U8)
        for (; x + 4 <= safe; x += 4) {
            const ushort16 v = across16(p, column + x, channels, weights16(LOAD(int, 4, weight + x)));
            if (channels == 4) {
                STORE(ushort, 16, v, to + 4 * x);
            } else {
                STORE(ushort, 8, v.s01245689, to + 3 * x);
                STORE(ushort, 4, v.sacde, to + 3 * x + 8);
            }
        }
#endif
        for (; x < last_x; x++) {
            const int next = column[x] + 1 < a.in.width ? channels : 0;
            const size_t at = (size_t)column[x] * channels;
            for (int c = 0; c < channels; c++)
                to[(size_t)x * channels + c] = between(p[at + c], p[at + c + next], weight[x]);
        }
    }
}

FLYNN_KERNEL(down, EXACT, T)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    __global const int *row = (__global const int *)table2;
    __global const WEIGHT *weight = (__global const WEIGHT *)table3;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const EXACT *p = CROW(EXACT, in, row[y], a.in.stride);
        __global const EXACT *q = CROW(EXACT, in, min(row[y] + 1, a.in.height - 1), a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const WEIGHT w = weight[y];
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STORE(T, 16, down16(LOAD(EXACT, 16, p + x), LOAD(EXACT, 16, q + x), w), to + x);
        for (; x < last_x; x++)
            to[x] = merge(p[x], q[x], w);
    }
}

/* Exactly half the size: the rounded means of four. */
#if defined(T_U8)
/* The even pixels of 32 bytes (pixels of 3: of 24, in the first 12) and the odd ones. */
static inline void split(__global const uchar *p, int channels, ushort16 *even, ushort16 *odd)
{
    const uchar16 u = LOAD(uchar, 16, p), v = LOAD(uchar, 16, p + (channels == 3 ? 8 : 16));
    uchar16 e, o;
    if (channels == 1) {
        e = (uchar16)(u.even, v.even);
        o = (uchar16)(u.odd, v.odd);
    } else if (channels == 2) {
        e = as_uchar16((ushort8)(as_ushort8(u).even, as_ushort8(v).even));
        o = as_uchar16((ushort8)(as_ushort8(u).odd, as_ushort8(v).odd));
    } else if (channels == 4) {
        e = as_uchar16((uint4)(as_uint4(u).even, as_uint4(v).even));
        o = as_uchar16((uint4)(as_uint4(u).odd, as_uint4(v).odd));
    } else {
        e = (uchar16)(u.s012678cd, u.se, v.sabc, (uchar4)(0));
        o = (uchar16)(u.s3459, u.sabf, v.s89de, v.sf, (uchar4)(0));
    }
    *even = convert_ushort16(e);
    *odd = convert_ushort16(o);
}

FLYNN_KERNEL(half_size, T, T)
{
    const int channels = a.in.channels, made = channels == 3 ? 12 : 16;
    const int last_x = LAST_X(a.out.width) * channels, last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *p = CROW(T, in, 2 * y, a.in.stride), *q = CROW(T, in, 2 * y + 1, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X * channels;
        for (; x + made <= last_x; x += made) {
            ushort16 e, o, f, g;
            split(p + 2 * x, channels, &e, &o);
            split(q + 2 * x, channels, &f, &g);
            const uchar16 v = convert_uchar16((e + o + f + g + (ushort)2) >> (ushort)2);
            if (channels == 3) {
                STORE(uchar, 8, v.lo, to + x);
                STORE(uchar, 4, v.s89ab, to + x + 8);
            } else {
                STORE(uchar, 16, v, to + x);
            }
        }
        for (; x < last_x; x++) {
            const int at = x / channels * 2 * channels + x % channels;
            to[x] = (uchar)((p[at] + p[at + channels] + q[at] + q[at + channels] + 2) >> 2);
        }
    }
}
#endif

#include "resize_filter.clh"
