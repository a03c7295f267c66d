/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Pixels of 2 or 4 channels, of which the last is alpha. */

#if T_FLOAT && !defined(HAVE_EXACT_DIV)
#error "unpremultiply on f32 needs a correctly rounded division, which this device lacks"
#endif

/* The alpha of each of 16 samples. */
static inline T16 alphas16(T16 v, int channels)
{
    return channels == 2 ? v.s1133557799bbddff : v.s33337777bbbbffff;
}

/* The error of an inexact division cannot reach an integer for bytes, and is at most one for shorts. */
static inline T16 answer16(T16 v, T16 w)
{
#if defined(T_U8)
    const ushort16 x = convert_ushort16(min(v, w)) * (ushort)255 + convert_ushort16(w >> (uchar)1);
    return convert_uchar16((convert_float16(x) + 0.5f) * (1.0f / convert_float16(max(w, (uchar)1))));
#elif defined(T_U16)
    const uint16 x = convert_uint16(min(v, w)), alpha = convert_uint16(max(w, (ushort)1));
    const uint16 n = (x << 16u) - x + (alpha >> 1u);
    const int16 q = convert_int16((convert_float16(x) * 65535.0f + convert_float16(alpha >> 1u)) / convert_float16(alpha));
    const int16 rest = as_int16(n - as_uint16(q) * alpha);
    /* True is -1. */
    const int16 enough = rest >= as_int16(alpha), below = rest < 0;
    return convert_ushort16(q - enough + below);
#else
    return select((T16)(0.0f), v / w, w != 0.0f);
#endif
}

FLYNN_KERNEL(unpremultiply, T, T)
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
