/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* The limits are k[1], k[2], or f[0], f[1] for floats; a NaN becomes the lower one. */

static inline T16 limit16(T16 v, T low, T high)
{
#if T_FLOAT
    const T16 y = select((T16)(low), v, v > low);
    return select((T16)(high), y, y < high);
#else
    return min(max(v, low), high);
#endif
}

FLYNN_KERNEL(limit, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);
#if T_FLOAT
    const T low = a.f[0], high = a.f[1];
#else
    const T low = (T)a.k[1], high = (T)a.k[2];
#endif

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(limit16(v, low, high), v, alpha), to + x);
        }
        for (; x < last_x; x++)
            to[x] = is_alpha(x, a.in.channels) ? from[x] : limit16((T16)(from[x]), low, high).s0;
    }
}
