/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "curve.clh"

/* f32; integers are gamma.cl's. */
FLYNN_KERNEL(srgb_to_linear, T, T)
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
            STREAM(T, 16, streams, select(curve_to_linear(v), v, alpha), to + x);
        }
        for (; x < last_x; x++)
            to[x] = is_alpha(x, a.in.channels) ? from[x] : curve_to_linear((T16)(from[x])).s0;
    }
}
