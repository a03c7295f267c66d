/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Append the sample of `with` to every pixel of 1 to 3 channels. Items make pixels. */

static inline void join_1(__global const T *from, __global const T *second, __global T *to)
{
    const T16 v = LOAD(T, 16, from), w = LOAD(T, 16, second);
    T16 low, high;
    low.even = v.lo;
    low.odd = w.lo;
    high.even = v.hi;
    high.odd = w.hi;
    STORE(T, 16, low, to);
    STORE(T, 16, high, to + 16);
}

static inline void join_2(__global const T *from, __global const T *second, __global T *to)
{
    const T16 u = LOAD(T, 16, from), v = LOAD(T, 16, from + 16), w = LOAD(T, 16, second);
    STORE(T, 16, (T16)(u.s01, w.s0, u.s23, w.s1, u.s45, w.s2, u.s67, w.s3, u.s89, w.s4, u.sa), to);
    STORE(T, 16, (T16)(u.sb, w.s5, u.scd, w.s6, u.sef, w.s7, v.s01, w.s8, v.s23, w.s9, v.s45), to + 16);
    STORE(T, 16, (T16)(w.sa, v.s67, w.sb, v.s89, w.sc, v.sab, w.sd, v.scd, w.se, v.sef, w.sf), to + 32);
}

static inline void join_3(__global const T *from, __global const T *second, __global T *to)
{
    const T16 u = LOAD(T, 16, from), v = LOAD(T, 16, from + 16), t = LOAD(T, 16, from + 32), w = LOAD(T, 16, second);
    STORE(T, 16, (T16)(u.s012, w.s0, u.s345, w.s1, u.s678, w.s2, u.s9ab, w.s3), to);
    STORE(T, 16, (T16)(u.scde, w.s4, u.sf, v.s01, w.s5, v.s234, w.s6, v.s567, w.s7), to + 16);
    STORE(T, 16, (T16)(v.s89a, w.s8, v.sbcd, w.s9, v.sef, t.s0, w.sa, t.s123, w.sb), to + 32);
    STORE(T, 16, (T16)(t.s456, w.sc, t.s789, w.sd, t.sabc, w.se, t.sdef, w.sf), to + 48);
}

FLYNN_KERNEL(append, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), n = a.in.channels;

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global const T *second = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            if (n == 1)
                join_1(from + x, second + x, to + 2 * x);
            else if (n == 2)
                join_2(from + 2 * x, second + x, to + 3 * x);
            else
                join_3(from + 3 * x, second + x, to + 4 * x);
        }
        for (; x < last_x; x++) {
            for (int c = 0; c < n; c++)
                to[x * (n + 1) + c] = from[x * n + c];
            to[x * (n + 1) + n] = second[x];
        }
    }
}
