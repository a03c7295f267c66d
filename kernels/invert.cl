/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* out = white - in on every sample but alpha. White is 255, 65535 or 1.0f. One group of 16 samples at a time. */
FLYNN_KERNEL(invert, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(T_WHITE - v, v, alpha), to + x);
        }
        for (; x < last_x; x++)
            to[x] = is_alpha(x, a.in.channels) ? from[x] : (T)(T_WHITE - from[x]);
    }
}
