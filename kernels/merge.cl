/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Append the sample of `with` to every pixel of 1 to 3 channels. Items make pixels. */

static inline void join_1(__global const T *from, __global const T *second, __global T *to, bool streams)
{
    const T16 v = LOAD(T, 16, from), w = LOAD(T, 16, second);
    T16 low, high;
    low.even = v.lo;
    low.odd = w.lo;
    high.even = v.hi;
    high.odd = w.hi;
    STREAM(T, 16, streams, low, to);
    STREAM(T, 16, streams, high, to + 16);
}

/* Samples of p, but those of q where `mask` says so: a shuffle of each, where a list of samples of two vectors takes
 * one for nearly every sample. */
static inline T16 mixed(T16 p, T16 q, M16 mask)
{
    return PASTE(as_, T16)((PASTE(as_, M16)(p) & ~mask) | (PASTE(as_, M16)(q) & mask));
}

static inline void join_2(__global const T *from, __global const T *second, __global T *to, bool streams)
{
    const M o = 0, i = (M)~o;
    const T16 u = LOAD(T, 16, from), v = LOAD(T, 16, from + 16), w = LOAD(T, 16, second);
    const T16 uv = (T16)(u.sb, u.scdef, v.s01234567, v.s89, v.sa);
    STREAM(T, 16, streams,
           mixed(u.s011233455677899a, w.s0000011122233344, (M16)(o, o, i, o, o, i, o, o, i, o, o, i, o, o, i, o)), to);
    STREAM(T, 16, streams,
           mixed(uv.s001223445667889a, w.s5555666777888999, (M16)(o, i, o, o, i, o, o, i, o, o, i, o, o, i, o, o)),
           to + 16);
    STREAM(T, 16, streams,
           mixed(v.s6677899abbcddeff, w.saaabbbcccdddeeef, (M16)(i, o, o, i, o, o, i, o, o, i, o, o, i, o, o, i)),
           to + 32);
}

static inline void join_3(__global const T *from, __global const T *second, __global T *to, bool streams)
{
    const M o = 0, i = (M)~o;
    const M16 last = (M16)(o, o, o, i, o, o, o, i, o, o, o, i, o, o, o, i);
    const T16 u = LOAD(T, 16, from), v = LOAD(T, 16, from + 16), t = LOAD(T, 16, from + 32), w = LOAD(T, 16, second);
    const T16 uv = (T16)(u.scdef, v.s01234567, v.s89ab), vt = (T16)(v.s89abcdef, t.s01234567);
    STREAM(T, 16, streams, mixed(u.s0122345567889abb, w.s0000111122223333, last), to);
    STREAM(T, 16, streams, mixed(uv.s0122345567889abb, w.s4444555566667777, last), to + 16);
    STREAM(T, 16, streams, mixed(vt.s0122345567889abb, w.s88889999aaaabbbb, last), to + 32);
    STREAM(T, 16, streams, mixed(t.s45667899abccdeff, w.sccccddddeeeeffff, last), to + 48);
}

FLYNN_KERNEL(append, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), n = a.in.channels;

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global const T *second = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X * (n + 1));
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            if (n == 1)
                join_1(from + x, second + x, to + 2 * x, streams);
            else if (n == 2)
                join_2(from + 2 * x, second + x, to + 3 * x, streams);
            else
                join_3(from + 3 * x, second + x, to + 4 * x, streams);
        }
        for (; x < last_x; x++) {
            for (int c = 0; c < n; c++)
                to[x * (n + 1) + c] = from[x * n + c];
            to[x * (n + 1) + n] = second[x];
        }
    }
}
