/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "rgb.clh"

/* The stages, tables and k are described in core/bilateral.h. */

#define STEPS  64
#define WHOLE  127
#define POINTS 1024

/* An output row is plane after plane; items make whole pixels. */
FLYNN_KERNEL(planes, T, T)
{
    const struct flynn_args args = a;
    const int c = a.in.channels, columns = a.out.width, last_x = LAST_X(columns), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        __global const T *from = CROW(T, in, y, a.in.stride);
        for (int i = FIRST_X; i < last_x;) {
            const int x = i - a.left;
            if (x >= 0 && x + 16 <= a.in.width && i + 16 <= last_x) {
                const struct rgb16 px = load_pixels(from + (size_t)x * c, c);
                const T16 plane[4] = {px.r, px.g, px.b, px.a};
                for (int j = 0; j < c; j++)
                    STORE(T, 16, plane[j], to + j * columns + i);
                i += 16;
                continue;
            }
            for (int j = 0; j < c; j++)
                to[j * columns + i] = x >= 0 && x < a.in.width ? from[x * c + j] : sample_at(in, &args, x * c + j, y);
            i++;
        }
    }
}

/* Row y of the planes. */
static __global const T *row_or_null(__global const T *in, const struct flynn_args *a, int y)
{
    const int row = border_index(a->border, y, a->in.height);
    return row < 0 ? 0 : CROW(T, in, row, a->in.stride);
}

static T value_of(const struct flynn_args *a, __global const T *row, int at)
{
    if (row)
        return row[at];
#if defined(T_F32)
    return a->border_f;
#else
    return (T)a->border_i;
#endif
}

#if defined(T_F32)
#define SUM float
#define OWN 1.0f

static float weight_of(__global const float *point, float distance, float scale)
{
    float at = distance * scale;
    at = at < (float)POINTS ? at : (float)POINTS;
    const int i = (int)at;
    return point[i] + (at - (float)i) * (point[i + 1] - point[i]);
}
#else
#define SUM uint
#define OWN WHOLE
#endif

#if defined(ON_CPU) && !T_FLOAT

#if defined(T_U8)
#define W16      ushort16
#define TO_W(v)  convert_ushort16(v)
#else
#define W16      uint16
#define TO_W(v)  convert_uint16(v)
#endif

INLINE uchar16 pick16(uchar16 t, uchar16 i)
{
    i &= (uchar16)(15);
#ifdef X86_AVX2
    return as_uchar16(__builtin_ia32_pshufb128(as_char16(t), as_char16(i)));
#endif
    return (uchar16)(t[i.s0], t[i.s1], t[i.s2], t[i.s3], t[i.s4], t[i.s5], t[i.s6], t[i.s7], t[i.s8], t[i.s9], t[i.sa],
                     t[i.sb], t[i.sc], t[i.sd], t[i.se], t[i.sf]);
}

/* The weights of 16 steps from a table of 64. */
INLINE uchar16 weights16(__global const uchar *t, uchar16 i)
{
    const uchar16 low = (i & (uchar16)(16)) != (uchar16)(0) ? pick16(LOAD(uchar, 16, t + 16), i) : pick16(LOAD(uchar, 16, t), i);
    const uchar16 high = (i & (uchar16)(16)) != (uchar16)(0) ? pick16(LOAD(uchar, 16, t + 48), i) : pick16(LOAD(uchar, 16, t + 32), i);
    return (i & (uchar16)(32)) != (uchar16)(0) ? high : low;
}

INLINE T16 values16(const struct flynn_args *a, __global const T *row, int at)
{
    return row ? LOAD(T, 16, row + at) : (T16)((T)a->border_i);
}

/* The sums of a neighbour's 16 samples, and its weights. */
INLINE W16 weigh16(const struct flynn_args *a, __global const T *row, int at, const T16 *own, int c,
                          __global const uchar *weight, T16 *value)
{
    W16 distance = (W16)(0);
#pragma unroll
    for (int j = 0; j < c; j++) {
        value[j] = values16(a, row, at + j * a->in.width);
        distance += TO_W(value[j] > own[j] ? value[j] - own[j] : own[j] - value[j]);
    }
    const uchar16 step = convert_uchar16(min(distance >> (W16)(a->k[1]), (W16)(STEPS - 1)));
    return TO_W(weights16(weight, step));
}

/* (sum + all / 2) / all, from a quotient of floats that is that or next to it. */
INLINE T16 quotient16(uint16 sum, uint16 all)
{
    const uint16 n = sum + all / 2u;
    const int16 q = convert_int16(convert_float16(n) / convert_float16(all)), rest = as_int16(n - as_uint16(q) * all);
    return TO_T16(q + (rest < (int16)(0)) - (rest >= as_int16(all)));
}

/* 16 pixels from column x on. The weighed samples of two neighbours fit where one does: a weight has seven bits. */
INLINE void filter16(__global const T *in, const struct flynn_args *a, __global const int *place,
                            __global const uchar *weight, __global T *to, int x, int y, int c)
{
    __global const T *centre = CROW(T, in, y, a->in.stride) + a->up + x;
    T16 own[4], v[4], w[4];
    uint16 sum[4], all = (uint16)(WHOLE);
#pragma unroll
    for (int j = 0; j < c; j++) {
        own[j] = LOAD(T, 16, centre + j * a->in.width);
        sum[j] = convert_uint16(own[j]) * (uint16)(WHOLE);
    }
    for (int t = 0; t < a->k[0]; t += 2) {
        __global const T *row = row_or_null(in, a, y - a->up + place[2 * t + 1]);
        __global const T *next = row_or_null(in, a, y - a->up + place[2 * t + 3]);
        const W16 p = weigh16(a, row, x + place[2 * t], own, c, weight + t * STEPS, v);
        const W16 q = weigh16(a, next, x + place[2 * t + 2], own, c, weight + (t + 1) * STEPS, w);
        all += convert_uint16(p + q);
#pragma unroll
        for (int j = 0; j < c; j++)
            sum[j] += convert_uint16(TO_W(v[j]) * p + TO_W(w[j]) * q);
    }
    struct rgb16 px;
    px.r = quotient16(sum[0], all);
    px.g = c > 1 ? quotient16(sum[1], all) : px.r;
    px.b = c > 2 ? quotient16(sum[2], all) : px.r;
    px.a = c > 3 ? quotient16(sum[3], all) : px.r;
    store_pixels(px, to + (size_t)x * c, c);
}

/* Pixels [x, last_x), 16 or more of them, of a row: the last group may overlap the one before. */
static void filter_row(__global const T *in, const struct flynn_args *a, __global const int *place,
                       __global const uchar *weight, __global T *to, int x, int last_x, int y)
{
    for (; x < last_x; x += 16) {
        const int at = min(x, last_x - 16);
        if (a->in.channels == 3)
            filter16(in, a, place, weight, to, at, y, 3);
        else if (a->in.channels == 1)
            filter16(in, a, place, weight, to, at, y, 1);
        else
            filter16(in, a, place, weight, to, at, y, a->in.channels);
    }
}

#endif

#if defined(T_U8) && defined(X86_AVX2)
#include "bilateral_few.clh"
#endif

/* Only where the quotient of floats is rounded correctly. */
#if !T_FLOAT || defined(HAVE_EXACT_DIV)
FLYNN_KERNEL(filter, T, T)
{
    const struct flynn_args args = a;
    __global const int *place = (__global const int *)table0;
    const int c = a.in.channels, columns = a.in.width, last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
#if defined(T_U8) && defined(X86_AVX2)
        if (a.k[2] && (c == 1 || c == 3) && last_x - FIRST_X >= 32) {
            few_row(in, &args, place, table1, ROW(T, out, y, a.out.stride), FIRST_X, last_x, y);
            continue;
        }
#endif
#if defined(ON_CPU) && !T_FLOAT
        if (last_x - FIRST_X >= 16) {
            filter_row(in, &args, place, table1, ROW(T, out, y, a.out.stride), FIRST_X, last_x, y);
            continue;
        }
#endif
        for (int x = FIRST_X; x < last_x; x++) {
            __global const T *own = CROW(T, in, y, a.in.stride) + a.up + x;
            SUM sum[4], all = OWN;
            for (int j = 0; j < c; j++)
                sum[j] = OWN * (SUM)own[j * columns];
            for (int t = 0; t < a.k[0]; t++) {
                __global const T *row = row_or_null(in, &args, y - a.up + place[2 * t + 1]);
                const int at = x + place[2 * t];
#if defined(T_F32)
                float distance = fabs(value_of(&args, row, at) - own[0]);
                for (int j = 1; j < c; j++)
                    distance += fabs(value_of(&args, row, at + j * columns) - own[j * columns]);
                const float w =
                    ((__global const float *)table1)[t] * weight_of((__global const float *)table2, distance, a.f[0]);
#else
                uint distance = 0;
                for (int j = 0; j < c; j++)
                    distance += abs_diff(value_of(&args, row, at + j * columns), own[j * columns]);
                const uint w = table1[t * STEPS + min(distance >> a.k[1], STEPS - 1u)];
#endif
                all += w;
                for (int j = 0; j < c; j++)
                    sum[j] += w * (SUM)value_of(&args, row, at + j * columns);
            }
            for (int j = 0; j < c; j++) {
#if defined(T_F32)
                ROW(T, out, y, a.out.stride)[x * c + j] = sum[j] / all;
#else
                ROW(T, out, y, a.out.stride)[x * c + j] = (T)((sum[j] + all / 2) / all);
#endif
            }
        }
    }
}
#endif
