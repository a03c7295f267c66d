/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k[0] is the channel. The output has one, so that samples are pixels. */

static inline T16 pick16(__global const T *from, int channels, int channel)
{
    const T16 a = LOAD(T, 16, from), b = LOAD(T, 16, from + 16);
    if (channels == 2)
        return channel ? (T16)(a.odd, b.odd) : (T16)(a.even, b.even);
    const T16 c = LOAD(T, 16, from + 32);
    if (channels == 3)
        return channel == 0   ? (T16)(a.s0369, a.scf, b.s258b, b.se, c.s147a, c.sd)
               : channel == 1 ? (T16)(a.s147a, a.sd, b.s0369, b.scf, c.s258b, c.se)
                              : (T16)(a.s258b, a.se, b.s147a, b.sd, c.s0369, c.scf);
    const T16 d = LOAD(T, 16, from + 48);
    return channel == 0   ? (T16)(a.s048c, b.s048c, c.s048c, d.s048c)
           : channel == 1 ? (T16)(a.s159d, b.s159d, c.s159d, d.s159d)
           : channel == 2 ? (T16)(a.s26ae, b.s26ae, c.s26ae, d.s26ae)
                          : (T16)(a.s37bf, b.s37bf, c.s37bf, d.s37bf);
}

FLYNN_KERNEL(pick, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels, channel = a.k[0];

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(T, 16, streams, pick16(from + x * channels, channels, channel), to + x);
        for (; x < last_x; x++)
            to[x] = from[x * channels + channel];
    }
}

FLYNN_KERNEL(copy, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(T, 16, streams, LOAD(T, 16, from + x), to + x);
        for (; x < last_x; x++)
            to[x] = from[x];
    }
}

FLYNN_KERNEL(fill, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(T, 16, streams, (T16)(T_WHITE), to + x);
        for (; x < last_x; x++)
            to[x] = T_WHITE;
    }
}
