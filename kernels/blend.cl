/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* v + (((w - v) * A + half) >> bits) = (v * (2^bits - A) + w * A + half) >> bits, which fits twice the sample's bits.
 * A is k[1]; f32: v + (w - v) * f[0]. */

static inline T16 blend16(T16 v, T16 w, int weight, float share)
{
#if T_FLOAT
    return v + (w - v) * share;
#elif defined(T_U8)
    const ushort first = (ushort)(256 - weight), second = (ushort)weight;
    return convert_uchar16((convert_ushort16(v) * first + convert_ushort16(w) * second + (ushort)128) >> (ushort)8);
#else
    const uint first = 32768 - (uint)weight, second = (uint)weight;
    return TO_T16((convert_uint16(v) * first + convert_uint16(w) * second + 16384u) >> 15u);
#endif
}

FLYNN_KERNEL(blend, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global const T *from2 = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(blend16(v, LOAD(T, 16, from2 + x), a.k[1], a.f[0]), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, a.in.channels) ? v : blend16((T16)(v), (T16)(from2[x]), a.k[1], a.f[0]).s0;
        }
    }
}
