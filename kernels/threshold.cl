/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "threshold.clh"

/* A sample's bits become bits & keep | set: k[1], k[2] above the threshold, k[3], k[4] at and below it. */

FLYNN_KERNEL(threshold, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);
    const M keep = (M)a.k[3], set = (M)a.k[4], keep_change = (M)(a.k[3] ^ a.k[1]), set_change = (M)(a.k[4] ^ a.k[2]);
#if T_FLOAT
    const T t = a.f[0];
#else
    const T t = (T)a.k[5];
#endif

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(threshold16(v, t, keep, set, keep_change, set_change), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, a.in.channels) ? v : threshold16((T16)(v), t, keep, set, keep_change, set_change).s0;
        }
    }
}
