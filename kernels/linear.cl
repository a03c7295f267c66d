/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* x * f[0] + f[1] in two roundings; integers within f[2]..f[3], to the nearest, ties to even: adding 1.5 * 2^23 leaves no
 * room for a fraction. f64: x * d[0] + d[1], without an alpha channel. */

#define ROUND 12582912.0f

#if defined(T_F64)
#define FACTOR   D0
#define OFFSET   D1
#define CHANNELS 1
#else
#define FACTOR   a.f[0]
#define OFFSET   a.f[1]
#define CHANNELS a.in.channels
#endif

static inline T16 linear16(T16 v, const struct flynn_args a)
{
#if T_FLOAT
    return v * FACTOR + OFFSET;
#else
    float16 y = convert_float16(v) * FACTOR + OFFSET;
    y = select((float16)(a.f[2]), y, y > a.f[2]);
    y = select((float16)(a.f[3]), y, y < a.f[3]);
    return TO_T16(as_int16(y + ROUND) & (int16)(T_WHITE));
#endif
}

#if defined(T_U8) && defined(X86_AVX2)
#include "pairs.clh"

/* A word is the low half of the float 2^23 + x, and the fused product less 2^23 times the factor is rounded once. */
INLINE int8 linear8(int8 bits, const struct flynn_args a)
{
    return __builtin_ia32_cvtps2dq256(fma(as_float8(bits), (float8)(FACTOR), (float8)(-8388608.0f * FACTOR)) + OFFSET);
}

INLINE short16 linear_words(short16 v, const struct flynn_args a)
{
    const struct pairs pairs = pairs_of(v, (short16)(0x4b00));
    return words_of(linear8(as_int8(pairs.low), a), linear8(as_int8(pairs.high), a));
}

/* Whole groups of 32 samples of a row from x on; where the next one begins. */
INLINE int linear_groups(const struct flynn_args a, __global const uchar *from, __global uchar *to, int x, int last_x,
                         bool streams)
{
    for (; x + 32 <= last_x; x += 32) {
        const char32 v = LOAD(char, 32, from + x);
        STREAM(char, 32, streams,
               __builtin_ia32_packuswb256(linear_words(first_words(v), a), linear_words(second_words(v), a)), to + x);
    }
    return x;
}
#endif

FLYNN_KERNEL(linear, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(CHANNELS);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
#if defined(T_U8) && defined(X86_AVX2)
        if (CHANNELS % 2)
            x = linear_groups(a, from, to, x, last_x, streams);
#endif
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(linear16(v, a), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, CHANNELS) ? v : linear16((T16)(v), a).s0;
        }
    }
}
