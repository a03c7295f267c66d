/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* The stages are described in core/adaptive.h; `with` is the samples. */

#if T_FLOAT
static inline T16 compare16(const struct flynn_args *a, T16 x, float16 mean)
{
    return select((T16)(a->k[1] ? 1.0f : 0.0f), (T16)(a->k[1] ? 0.0f : 1.0f), x - mean > (T16)(a->f[0]));
}
#else
/* D16: what differences of samples fit, from -D_MOST to D_MOST. */
#if defined(T_U8)
#define SAMPLES_OF(flags) as_uchar16(convert_char16(flags))
#define D               short
#define D_MOST          255
#else
#define SAMPLES_OF(flags) as_ushort16(convert_short16(flags))
#define D               int
#define D_MOST          65535
#endif
#define D16      PASTE(D, 16)
#define TO_D16(v) PASTE(convert_, D16)(v)

static inline T16 compare16(const struct flynn_args *a, T16 x, D16 mean)
{
    const D above = (D)clamp(a->k[0], -D_MOST - 1, D_MOST), flip = (D)-a->k[1];
    return SAMPLES_OF((TO_D16(x) - mean > (D16)(above)) ^ (D16)(flip));
}

FLYNN_KERNEL(widen, T, float)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global float *to = ROW(float, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(float, 16, streams, convert_float16(LOAD(T, 16, from + x)), to + x);
        for (; x < last_x; x++)
            to[x] = (float)from[x];
    }
}
#endif

#if T_FLOAT
#define MEAN16(v) (v)
#else
#define MEAN16(v) TO_D16(v)
#endif

FLYNN_KERNEL(compare, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    const int channels = a.out.channels;
    const M16 alpha = alpha16(channels);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *mean = CROW(T, in, y, a.in.stride), *from = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(compare16(&args, v, MEAN16(LOAD(T, 16, mean + x))), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, channels) ? v : compare16(&args, (T16)(v), MEAN16((T16)(mean[x]))).s0;
        }
    }
}

#if !T_FLOAT
/* convert_int16_rte, of which CPU runtimes make a call for each number: adding 1.5 * 2^23 leaves no room for a fraction. */
static inline int16 nearest16(float16 v)
{
    return as_int16(v + 12582912.0f) - (int16)(0x4b400000);
}

FLYNN_KERNEL(compare_floats, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    const int channels = a.out.channels;
    const M16 alpha = alpha16(channels);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const float *mean = CROW(float, in, y, a.in.stride);
        __global const T *from = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            const D16 means = TO_D16(nearest16(LOAD(float, 16, mean + x)));
            STREAM(T, 16, streams, select(compare16(&args, v, means), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, channels) ? v : compare16(&args, (T16)(v), (D16)((D)convert_int_rte(mean[x]))).s0;
        }
    }
}
#endif
