/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Samples are moved as integers: a copy keeps every bit. */
FLYNN_KERNEL(copy, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const M *from = CROW(M, in, y, a.in.stride);
        __global M *to = ROW(M, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(M, 16, streams, LOAD(M, 16, from + x), to + x);
        for (; x < last_x; x++)
            to[x] = from[x];
    }
}
