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
#include "lookup_bytes.clh"

/* Without alpha by a table: that takes fewer instructions than the arithmetic. */
static void fill_table(struct byte_table *table, const struct flynn_args a)
{
    const uchar16 ramp = (uchar16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int k = 0; k < 16; k++)
        set_part(table, k, linear16(ramp + (uchar16)((uchar)(16 * k)), a));
}
#endif

FLYNN_KERNEL(linear, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(CHANNELS);
#if defined(T_U8) && defined(X86_AVX2)
    struct byte_table table;
    fill_table(&table, a);
#endif

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
#if defined(T_U8) && defined(X86_AVX2)
        if (CHANNELS % 2)
            x = look_up_row(&table, from, to, x, last_x, streams);
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
