/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k and table0 as in cpu/dither.c. */

#if T_FLOAT && !defined(HAVE_EXACT_DIV)
#error "dither on f32 needs a correctly rounded division, which this device lacks"
#endif

static inline T16 dither16(T16 v, T16 threshold, int most, uint step)
{
#if defined(T_U8)
    const ushort16 sum = convert_ushort16(v) * (ushort)most + convert_ushort16(threshold);
    const ushort16 level = (sum + (sum >> (ushort)8) + (ushort)1) >> (ushort)8;
    return convert_uchar16((level * (ushort)step + (ushort)128) >> (ushort)8);
#elif defined(T_U16)
    const uint16 sum = convert_uint16(v) * (uint)most + convert_uint16(threshold);
    const uint16 level = (sum + (sum >> 16u) + 1u) >> 16u;
    return convert_ushort16((level * step + 32768u) >> 16u);
#else
    float16 x = select((float16)(0.0f), v, v > 0.0f);
    x = select((float16)(1.0f), x, x < 1.0f);
    return convert_float16(convert_int16_rtz(x * (float)most + threshold)) / (float)most;
#endif
}

FLYNN_KERNEL(dither, T, T)
{
    const int n = a.out.width * a.out.channels, period = a.k[4], ahead = 16 % period, most = a.k[1];
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);
    const uint step = (uint)a.k[2];

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global const T *threshold = (__global const T *)table0 + y % a.k[3] * a.k[5];
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X, at = x % period;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(dither16(v, LOAD(T, 16, threshold + at), most, step), v, alpha), to + x);
            at += ahead;
            at -= at >= period ? period : 0;
        }
        for (; x < last_x; x++, at++) {
            const T v = from[x];
            to[x] = is_alpha(x, a.in.channels) ? v : dither16((T16)(v), (T16)(threshold[at]), most, step).s0;
        }
    }
}
