/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#ifdef ON_CPU
#include "lines.clh"
#endif

/* The stage is described in core/taps.h. S: what sums are made in. */
#if defined(T_F32)
#define S16    float16
#define WEIGHT __global const float *
#else
#define S16    int16
#define WEIGHT __global const int *
#endif

#define SIDE 31 /* the most rows of a kernel */

static T16 divided(const struct flynn_args *a, S16 sum)
{
#if defined(T_F32)
    return sum + a->f[0];
#else
    const int16 most = (int16)((int)((T_WHITE + 1u) * (uint)a->k[2] - 1u)), v = clamp(sum, (int16)(0), most);
    if (a->k[3] >= 0)
        return TO_T16(v >> a->k[3]);
    const int16 d = a->k[2], q = convert_int16(convert_float16(v) * (1.0f / (float)a->k[2])), rest = v - q * d;
    return TO_T16(q - (rest >= d) + (rest < 0));
#endif
}

static S16 start_of(const struct flynn_args *a)
{
#if defined(T_F32)
    return (S16)(0);
#else
    return (S16)(a->k[1]);
#endif
}

#if defined(T_F32)
#define ADDED(t, sum, x, w) ((t) ? (sum) + (x) * (S16)(w) : (x) * (S16)(w))
#else
#define ADDED(t, sum, x, w) ((sum) + convert_int16(x) * (S16)(w))
#endif

static T16 edge_group(__global const T *in, const struct flynn_args *a, __global const int *place, WEIGHT weight, int x,
                      int y)
{
    S16 sum = start_of(a);
    for (int t = 0; t < a->k[0]; t++)
        sum = ADDED(t, sum, edge16(in, a, x + place[2 * t] * a->in.channels, y + place[2 * t + 1]), weight[t]);
    return divided(a, sum);
}

static T16 group(__global const T *const *row, const struct flynn_args *a, __global const int *place, WEIGHT weight, int x)
{
    S16 sum = start_of(a);
    for (int t = 0; t < a->k[0]; t++)
        sum = ADDED(t, sum, LOAD(T, 16, row[place[2 * t + 1] + a->up] + x + place[2 * t] * a->in.channels), weight[t]);
    return divided(a, sum);
}

#if defined(T_U8)

/* Where 16 bits hold every sum: 32 samples at a time. */
static uchar16 divided_narrow(const struct flynn_args *a, ushort16 sum)
{
    sum = add_sat(sub_sat(sum, (ushort16)(a->k[8])), (ushort16)(a->k[9]));
    if (a->k[3] >= 0)
        return convert_uchar16(min(sum >> (ushort16)(a->k[3]), (ushort16)(255)));
    return convert_uchar16(min(upper_half(sum, (ushort16)(a->k[10])) >> (ushort16)(a->k[11]), (ushort16)(255)));
}

#ifdef ON_CPU

#define FACTORS_LINE 1024 /* samples that are made together */

/* The same by factors: sums down the columns wait in a line. */
static int factored_groups(__global const T *const *row, const struct flynn_args *a, __global const int *factor, int x,
                           int end, __global T *to)
{
    ushort line[FACTORS_LINE + 4 * SIDE + 16];
    const int c = a->in.channels, wide = a->k[12], tall = a->k[13];
    const bool streams = STREAMS(*a, to + x);
    while (x < end) {
        const int n = min(FACTORS_LINE, (end - x + 15) / 16 * 16), all = n + (wide - 1) * c;
        for (int i = 0; i < all; i += 16) {
            const int at = min(i, all - 16);
            ushort16 sum = (ushort16)(0);
            for (int k = 0; k < tall; k++)
                sum += convert_ushort16(LOAD(T, 16, row[k] + x - a->left * c + at)) * (ushort16)((ushort)factor[wide + k]);
            PUT16(ushort, sum, line + at);
        }
        for (int i = 0; i < n; i += 16) {
            ushort16 sum = (ushort16)((ushort)a->k[7]);
            for (int k = 0; k < wide; k++)
                sum += GET16(ushort, line + i + k * c) * (ushort16)((ushort)factor[k]);
            STREAM(T, 16, streams, divided_narrow(a, sum), to + x + i);
        }
        x += n;
    }
    return x;
}

#endif

static int narrow_groups(__global const T *const *row, const struct flynn_args *a, __global const int *place,
                         WEIGHT weight, int x, int end, __global T *to)
{
    const bool streams = STREAMS(*a, to + x);
    for (; x + 16 < end; x += 32) {
        ushort16 low = (ushort16)(a->k[7]), high = low;
        for (int t = 0; t < a->k[0]; t++) {
            __global const T *from = row[place[2 * t + 1] + a->up] + x + place[2 * t] * a->in.channels;
            const ushort16 w = (ushort)weight[t];
            low += convert_ushort16(LOAD(T, 16, from)) * w;
            high += convert_ushort16(LOAD(T, 16, from + 16)) * w;
        }
        STREAM(T, 16, streams, divided_narrow(a, low), to + x);
        STREAM(T, 16, streams, divided_narrow(a, high), to + x + 16);
    }
    return x;
}

#endif

/* Samples [x, last_x) of one row. */
static void convolve_row(__global const T *in, const struct flynn_args *a, __global const int *place, WEIGHT weight,
                         __global const int *factor, int x, int last_x, int y, __global T *to)
{
    __global const T *row[SIDE];
    const int c = a->in.channels;
    bool inside = true;
    for (int k = 0; k <= a->up + a->down; k++) {
        const int from = border_index(a->border, y - a->up + k, a->in.height);
        row[k] = CROW(T, in, max(from, 0), a->in.stride);
        inside = inside && from >= 0;
    }
    const int end = inside ? min(last_x, (a->in.width - a->right) * c) - 15 : 0;
    while (x < last_x) {
        if (x < a->left * c || x >= end) {
            store_some(to + x, edge_group(in, a, place, weight, x, y), min(last_x - x, 16));
            x += 16;
            continue;
        }
#if defined(T_U8)
#ifdef ON_CPU
        if (a->k[6] && a->k[12]) {
            x = factored_groups(row, a, factor, x, end, to);
            continue;
        }
#endif
        if (a->k[6])
            x = narrow_groups(row, a, place, weight, x, end, to);
#endif
        for (; x < end; x += 16)
            STORE(T, 16, group(row, a, place, weight, x), to + x);
    }
}

FLYNN_KERNEL(convolve, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++)
        convolve_row(in, &args, (__global const int *)table0, (WEIGHT)table1, (__global const int *)table3, FIRST_X, last_x, y,
                     ROW(T, out, y, a.out.stride));
}
