/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Pixels of 2 or 4 channels, of which the last is alpha. */

/* The alpha of each of 16 samples. */
static inline T16 alphas16(T16 v, int channels)
{
    return channels == 2 ? v.s1133557799bbddff : v.s33337777bbbbffff;
}

/* p / white to the nearest, for a product of two samples. */
static inline T16 answer16(T16 v, T16 w)
{
#if defined(T_U8)
    const ushort16 p = convert_ushort16(v) * convert_ushort16(w) + (ushort)128;
    return convert_uchar16((p + (p >> (ushort)8)) >> (ushort)8);
#elif defined(T_U16)
    const uint16 p = convert_uint16(v) * convert_uint16(w) + 32768u;
    return convert_ushort16((p + (p >> 16u)) >> 16u);
#else
    return v * w;
#endif
}

FLYNN_KERNEL(premultiply, T, T)
{
    const int n = a.out.width * a.out.channels, channels = a.in.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(channels);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(answer16(v, alphas16(v, channels)), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, channels) ? v : answer16((T16)(v), (T16)(from[x | (channels - 1)])).s0;
        }
    }
}
