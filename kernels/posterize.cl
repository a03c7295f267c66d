/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Floats alone; f[0] is levels - 1. */

#ifndef HAVE_EXACT_DIV
#error "posterize on f32 needs a correctly rounded division, which this device lacks"
#endif

static inline float16 nearest16(float16 v, float most)
{
    v = select((float16)(0.0f), v, v > 0.0f);
    v = select((float16)(1.0f), v, v < 1.0f);
    return convert_float16(convert_int16_rtz(v * most + 0.5f)) / most;
}

FLYNN_KERNEL(posterize, T, T)
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
            STREAM(T, 16, streams, select(nearest16(v, a.f[0]), v, alpha), to + x);
        }
        for (; x < last_x; x++)
            to[x] = is_alpha(x, a.in.channels) ? from[x] : nearest16((T16)(from[x]), a.f[0]).s0;
    }
}
