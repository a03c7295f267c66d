/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* cpu/over.c has the definition; items are in pixels. */

#if defined(T_U8) && defined(HAVE_EXACT_DIV)
/* Numerator and denominator are integers below 2^24, and their quotient is never nearer to a half than an error of its
 * rounding. */
#define R           float
#define R16         float16
#define TO_R16      convert_float16
#define WHOLE(x)    convert_int16(x)
#elif defined(T_U16) && defined(HAVE_FP64)
/* The same below 2^48. */
#define R           double
#define R16         double16
#define TO_R16      convert_double16
#define WHOLE(x)    convert_int16(x)
#elif !T_FLOAT
#define INTEGERS    1
#define R           ulong
#define R16         ulong16
#define TO_R16      convert_ulong16
#endif

#if T_FLOAT
#ifndef HAVE_EXACT_DIV
#error over needs a correctly rounded division
#endif
static inline T16 over16(T16 b, T16 s, T16 under, T16 above, M16 alpha)
{
    const T16 below = under * (1.0f - above), whole = above + below;
    return select(select((s * above + b * below) / whole, b, whole == 0.0f), whole, alpha);
}
#else
static inline T16 over16(T16 b, T16 s, T16 under, T16 above, M16 alpha)
{
    const R16 white = (R16)((R)T_WHITE), top = TO_R16(above);
    const R16 below = (white - top) * TO_R16(under), all = white * top, whole = all + below;
    const R16 sum = TO_R16(s) * all + TO_R16(b) * below;
#ifdef INTEGERS
    const R16 by = max(whole, (R16)(1));
    const T16 colour = TO_T16((2 * sum + by) / (2 * by)), last = TO_T16((whole + white / 2) / white);
#else
    const R16 by = fmax(whole, (R16)((R)1));
    const T16 colour = TO_T16(WHOLE(sum / by + (R)0.5f)), last = TO_T16(WHOLE(whole / white + (R)0.5f));
#endif
    /* Nothing covers the pixel: the input's colour, and alpha 0. */
    return select(select(colour, b, (under | above) == (T16)(0)), last, alpha);
}
#endif

static inline T16 alpha_of_pixels(T16 v, int channels)
{
    return channels == 4 ? v.s33337777bbbbffff : v.s1133557799bbddff;
}

/* Both have alpha: samples in groups of 16. */
FLYNN_KERNEL(over, T, T)
{
    const int channels = a.in.channels, last_x = LAST_X(a.out.width) * channels, last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(channels);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global const T *from2 = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X * channels;
        for (; x + 16 <= last_x; x += 16) {
            const T16 b = LOAD(T, 16, from + x), s = LOAD(T, 16, from2 + x);
            STREAM(T, 16, streams, over16(b, s, alpha_of_pixels(b, channels), alpha_of_pixels(s, channels), alpha), to + x);
        }
        for (; x < last_x; x += channels) {
            const T under = from[x + channels - 1], above = from2[x + channels - 1];
            for (int c = 0; c < channels; c++)
                to[x + c] = over16((T16)(from[x + c]), (T16)(from2[x + c]), (T16)(under), (T16)(above),
                                   (M16)((M)(c == channels - 1 ? ~(M)0 : 0)))
                                .s0;
        }
    }
}

/* The input has no alpha. n / white to the nearest is (t + (t >> bits)) >> bits with t = n + half. */
#if T_FLOAT
#define W16         float16
#define W16_OF(x)   (x)
#define ROUNDED(n)  (n)
#define SAMPLES(x)  (x)
#elif defined(T_U8)
#define W16         ushort16
#define W16_OF(x)   convert_ushort16(x)
#define ROUNDED(n)  (((n) + (ushort)128 + (((n) + (ushort)128) >> (ushort)8)) >> (ushort)8)
#define SAMPLES(x)  convert_uchar16(x)
#else
#define W16         uint16
#define W16_OF(x)   convert_uint16(x)
#define ROUNDED(n)  (((n) + 32768u + (((n) + 32768u) >> 16u)) >> 16u)
#define SAMPLES(x)  convert_ushort16(x)
#endif

static inline T16 opaque16(T16 b, T16 s, T16 above)
{
    const W16 share = W16_OF(above), rest = W16_OF((T16)(T_WHITE)) - share;
    const W16 sum = W16_OF(s) * share + W16_OF(b) * rest;
    return SAMPLES(ROUNDED(sum));
}

FLYNN_KERNEL(over_opaque, T, T)
{
    const int channels = a.in.channels, last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *b = CROW(T, in, y, a.in.stride);
        __global const T *s = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 4 <= last_x && channels == 3; x += 4) {
            const T8 low = LOAD(T, 8, b + x * 3);
            const T4 high = LOAD(T, 4, b + x * 3 + 8);
            const T16 under = (T16)(low.s012, 0, low.s345, 0, low.s67, high.s0, 0, high.s123, 0);
            const T16 top = LOAD(T, 16, s + x * 4);
            const T16 made = opaque16(under, top, alpha_of_pixels(top, 4));
            STORE(T, 8, made.s01245689, to + x * 3);
            STORE(T, 4, made.sacde, to + x * 3 + 8);
        }
        for (; x < last_x; x++) {
            const T above = s[x * (channels + 1) + channels];
            for (int c = 0; c < channels; c++)
                to[x * channels + c] =
                    opaque16((T16)(b[x * channels + c]), (T16)(s[x * (channels + 1) + c]), (T16)(above)).s0;
        }
    }
}

/* Neither has alpha. */
FLYNN_KERNEL(over_cover, T, T)
{
    const int channels = a.in.channels, last_x = LAST_X(a.out.width) * channels, last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X * channels;
        for (; x + 16 <= last_x; x += 16)
            STREAM(T, 16, streams, LOAD(T, 16, from + x), to + x);
        for (; x < last_x; x++)
            to[x] = from[x];
    }
}
