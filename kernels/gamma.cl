/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* u8 and u16: table0 holds the answer for every sample, and where k[3] is set table1 the table's parts. f32: the steps of
 * cpu/gamma.c; D0 is the exponent, table0 the coefficients. */

#if T_FLOAT

#ifndef HAVE_FP64
#error "gamma on f32 needs double precision, which this device lacks"
#endif

#define SQRT_HALF 0x3fe6a09e667f3bcdul
#define MANTISSA  0x000ffffffffffffful
#define TWO_52    0x4330000000000000ul
#define BIAS      1024
#define ROUND     6755399441055744.0

/* x^e for finite x > 0, as 2^(e * log2(x)). */
static inline double8 power(double8 x, double e, __global const double *c)
{
    const ulong8 t = as_ulong8(x) - SQRT_HALF + ((ulong)BIAS << 52);
    const double8 k = as_double8(t >> 52 | TWO_52) - (4503599627370496.0 + BIAS);
    const double8 m = as_double8((t & MANTISSA) + SQRT_HALF);
    const double8 s = (m - 1.0) / (m + 1.0), z = s * s, z2 = z * z;
    const double8 q = (c[0] + z * c[1]) + z2 * ((c[2] + z * c[3]) + z2 * c[4]);
    double8 y = e * (k + s * q);
    y = select(y, (double8)(c[12]), y < c[12]);
    y = select(y, (double8)(c[13]), y > c[13]);
    const double8 n = y + ROUND, r = y - (n - ROUND), r2 = r * r;
    double8 p = (1.0 + r * c[5]) + r2 * (c[6] + r * c[7]);
    p = p + r2 * r2 * ((c[8] + r * c[9]) + r2 * (c[10] + r * c[11]));
    return p * as_double8((as_ulong8(n) + 1023ul) << 52);
}

/* Zero and below are zero; infinity and NaN pass. */
static inline float8 answer(float8 x, double e, __global const double *c)
{
    const float8 y = select((float8)(0), convert_float8(power(convert_double8(x), e, c)), x > 0.0f);
    return select(x, y, x <= FLT_MAX);
}

FLYNN_KERNEL(gamma, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    __global const double *c = (__global const double *)table0;

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 8 <= last_x; x += 8) {
            const float8 v = LOAD(T, 8, from + x);
            STORE(T, 8, select(answer(v, D0, c), v, alpha16(a.in.channels).lo), to + x);
        }
        for (; x < last_x; x++)
            to[x] = is_alpha(x, a.in.channels) ? from[x] : answer((float8)(from[x]), D0, c).s0;
    }
}

#elif defined(ON_CPU)

#if defined(T_U8) && defined(X86_AVX2)
#include "lookup_bytes.clh"
#include "lookup_parts.clh"
#endif

FLYNN_KERNEL(gamma, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    __global const T *table = (__global const T *)table0;
#if defined(T_U8) && defined(X86_AVX2)
    const int form = a.k[3] ? PARTS_FORM(table1) : PARTS_NONE;
    struct byte_table bytes;
    struct byte_parts parts;
    for (int k = 0; k < 16 && !form; k++)
        set_part(&bytes, k, LOAD(uchar, 16, table + 16 * k));
    if (form)
        set_parts(&parts, table1);
#endif

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
#if defined(T_U8) && defined(X86_AVX2)
        const bool streams = a.alpha < 0 && STREAMS(a, to + x);
        x = form ? look_up_in_parts(&parts, form, from, to, x, last_x, streams)
                 : look_up_row(&bytes, from, to, x, last_x, streams);
#endif
        for (; x < last_x; x++)
            to[x] = table[from[x]];
        for (x = FIRST_X | (a.in.channels - 1); a.alpha >= 0 && x < last_x; x += a.in.channels)
            to[x] = from[x];
    }
}

#else

static inline T4 look_up(T4 v, __global const T *table)
{
    return (T4)(table[v.x], table[v.y], table[v.z], table[v.w]);
}

FLYNN_KERNEL(gamma, T, T)
{
    const int n = a.out.width * a.out.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);
    __global const T *table = (__global const T *)table0;

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            const T16 w = (T16)(look_up(v.s0123, table), look_up(v.s4567, table), look_up(v.s89ab, table),
                                look_up(v.scdef, table));
            STREAM(T, 16, streams, select(w, v, alpha), to + x);
        }
        for (; x < last_x; x++)
            to[x] = is_alpha(x, a.in.channels) ? from[x] : table[from[x]];
    }
}

#endif
