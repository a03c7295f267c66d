/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "columns.clh"

/* The stages, their tables and k are described in cpu/gaussian.c. H: what a row becomes across, before the columns. */
#if defined(T_U8)
#define H16     ushort16
#define H       ushort
#define TO_H(v) convert_ushort16(v)
#elif defined(T_U16)
#define H16     uint16
#define H       uint
#define TO_H(v) convert_uint16(v)
#else
#define H16     float16
#define H       float
#define TO_H(v) (v)
#endif

#if defined(T_F32)
#define WEIGHT __global const float *
#else
#define WEIGHT __global const int *
#endif
#define DISTANCES ((__global const int *)table0)
#define WEIGHTS   ((WEIGHT)table1)

/* ---- across a row ------------------------------------------------------------------------------------------------- */

/* The group at x, all of whose neighbours lie in the row. */
static H16 across16(__global const T *row, const struct flynn_args *a, __global const int *distance, WEIGHT weight, int x)
{
    H16 sum = TO_H(LOAD(T, 16, row + x)) * (H16)(weight[0]);
    for (int t = 1; t < a->k[0]; t++) {
        const int far = distance[t] * a->in.channels;
        sum += (TO_H(LOAD(T, 16, row + x - far)) + TO_H(LOAD(T, 16, row + x + far))) * (H16)(weight[t]);
    }
    return sum;
}

/* The group at x of row y, either of which may lie outside of the image. */
static H16 edge_across16(__global const T *in, const struct flynn_args *a, __global const int *distance, WEIGHT weight,
                         int x, int y)
{
    H16 sum = TO_H(edge16(in, a, x, y)) * (H16)(weight[0]);
    for (int t = 1; t < a->k[0]; t++) {
        const int far = distance[t] * a->in.channels;
        sum += (TO_H(edge16(in, a, x - far, y)) + TO_H(edge16(in, a, x + far, y))) * (H16)(weight[t]);
    }
    return sum;
}

static H16 marked(H16 sum, const struct flynn_args *a)
{
#if defined(T_U8)
    return sum ^ (H16)(a->k[3]);
#else
    return sum;
#endif
}

/* ---- down the columns ----------------------------------------------------------------------------------------------- */

#if defined(T_U8)
#define SUM16            int16
#define FIRST_SUM(a, h, w) ((SUM16)((a)->k[1]) + convert_int16(as_short16(h)) * (SUM16)(w))
#define ADD(s, h0, h1, w) ((s) + (convert_int16(as_short16(h0)) + convert_int16(as_short16(h1))) * (SUM16)(w))
#define LAST(a, s)       convert_uchar16((s) >> (a)->k[2])
#elif defined(T_U16)
#define SUM16            ulong16
#define FIRST_SUM(a, h, w) ((SUM16)(1ul << 31) + convert_ulong16(h) * (SUM16)(w))
#define ADD(s, h0, h1, w) ((s) + convert_ulong16(h0) * (SUM16)(w) + convert_ulong16(h1) * (SUM16)(w))
#define LAST(a, s)       convert_ushort16((s) >> 32)
#else
#define SUM16            float16
#define FIRST_SUM(a, h, w) ((h) * (SUM16)(w))
#define ADD(s, h0, h1, w) ((s) + ((h0) + (h1)) * (SUM16)(w))
#define LAST(a, s)       (s)
#endif

/* ---- both in one, for few taps ---------------------------------------------------------------------------------------- */

#if defined(ON_CPU)
#include "lines.clh"

#define TAPS    13  /* the most that lower sends here */
#define SEGMENT (2048 / (int)sizeof(R)) /* samples that are sent down together: their rows stay in the cache */

/* R: a row in the ring. Bytes are summed down the columns by pairs of words, or as floats, which hold every whole number up
 * to 2^24, or, where they do (k[3] is 0), in 16 bits: then the ring is one of ushort in the same memory. */
#if defined(T_U8) && defined(X86_AVX2)
#include "pairs.clh"
#define R        H
#define TO_R(h)  (h)
#define MARKED(h, mark) ((h) ^ (H16)(mark))
#define NARROW_OF(a) false
#elif defined(T_U8)
#define R        float
#define TO_R(h)  convert_float16(h)
#define NARROW_OF(a) ((a)->k[3] == 0)
#else
#define R        H
#define TO_R(h)  (h)
#define NARROW_OF(a) false
#endif

#ifndef MARKED
#define MARKED(h, mark) (h)
#endif

static inline void put16(R *to, int i, H16 sum, bool narrow, int mark)
{
    if (narrow)
        *(H16 *)((H *)to + i) = sum;
    else
        *(PASTE(R, 16) *)(to + i) = TO_R(MARKED(sum, mark));
}

#define UNROLLED _Pragma("unroll")

/* Groups [i, last) across. */
INLINE void across_taps(__global const T *from, const struct flynn_args *a, const int taps, __global const int *distance,
                        WEIGHT weight, int i, int last, R *to)
{
    const bool narrow = NARROW_OF(a);
    int far[TAPS];
    H w[TAPS];
    UNROLLED for (int k = 0; k < taps; k++)
    {
        far[k] = distance[k] * a->in.channels;
        w[k] = (H)weight[k];
    }
    for (; i < last; i += 16) {
        __global const T *p = from + i;
        H16 s = TO_H(LOAD(T, 16, p)) * (H16)(w[0]);
        UNROLLED for (int k = 1; k < taps; k++)
        {
            s += (TO_H(LOAD(T, 16, p - far[k])) + TO_H(LOAD(T, 16, p + far[k]))) * (H16)(w[k]);
        }
        put16(to, i, s, narrow, a->k[3]);
    }
}

/* Few taps without a loop over them. */
static void across_groups(__global const T *from, const struct flynn_args *a, __global const int *distance, WEIGHT weight,
                          int i, int last, R *to)
{
    if (a->k[0] == 2)
        across_taps(from, a, 2, distance, weight, i, last, to);
    else if (a->k[0] == 3)
        across_taps(from, a, 3, distance, weight, i, last, to);
    else if (a->k[0] == 4)
        across_taps(from, a, 4, distance, weight, i, last, to);
    else if (a->k[0] == 7)
        across_taps(from, a, 7, distance, weight, i, last, to);
    else
        across_taps(from, a, a->k[0], distance, weight, i, last, to);
}

/* Samples [x, x + n) of row y across, into `to`; whole groups are written. */
static void across_segment(__global const T *in, const struct flynn_args *a, __global const int *distance, WEIGHT weight,
                           int x, int n, int y, R *to)
{
    const int row = border_index(a->border, y, a->in.height), reach = a->left * a->in.channels;
    const int end = row < 0 ? 0 : a->in.width * a->in.channels - reach - 15 - x;
    __global const T *from = CROW(T, in, max(row, 0), a->in.stride) + x;
    for (int i = 0; i < n;) {
        if (x + i < reach || i >= end) {
            put16(to, i, edge_across16(in, a, distance, weight, x + i, y), NARROW_OF(a), a->k[3]);
            i += 16;
        } else {
            const int last = min(n, end);
            across_groups(from, a, distance, weight, i, last, to);
            i += (last - i + 15) / 16 * 16;
        }
    }
}

/* n or all of 16 samples to the output. */
static inline void give16(__global T *to, T16 v, int n, bool streams)
{
    if (n >= 16)
        STREAM(T, 16, streams, v, to);
    else
        store_some(to, v, n);
}

#if defined(T_U8) && defined(X86_AVX2)
#elif defined(T_U16)

static void down_row(const R *centre, int taps, const int *up, const int *down, WEIGHT weight, int n, __global T *to)
{
    for (int i = 0; i < n; i += 16) {
        SUM16 sum = FIRST_SUM(a, *(const uint16 *)(centre + i), weight[0]);
        for (int t = 1; t < taps; t++)
            sum = ADD(sum, *(const uint16 *)(centre + up[t] + i), *(const uint16 *)(centre + down[t] + i), weight[t]);
        store_some_or_all(to + i, LAST(a, sum), n - i);
    }
}

#else

#if defined(T_U8)
#define FROM_FLOAT(s) convert_uchar16(convert_int16((s) * (1.0f / 65536)))
#define HALF          32768.0f
#else
#define FROM_FLOAT(s) (s)
#endif

/* 32 samples at a time; what is beyond n lies in the ring and is not stored. */
static void down_row(const R *centre, int taps, const int *up, const int *down, WEIGHT weight, int n, __global T *to)
{
    for (int i = 0; i < n; i += 32) {
        const float16 w0 = (float)weight[0];
        float16 s = *(const float16 *)(centre + i) * w0, t = *(const float16 *)(centre + i + 16) * w0;
#if defined(T_U8)
        s += HALF;
        t += HALF;
#endif
        for (int k = 1; k < taps; k++) {
            const float16 w = (float)weight[k];
            const float *p = centre + up[k] + i, *q = centre + down[k] + i;
            s += (*(const float16 *)p + *(const float16 *)q) * w;
            t += (*(const float16 *)(p + 16) + *(const float16 *)(q + 16)) * w;
        }
        store_some_or_all(to + i, FROM_FLOAT(s), n - i);
        if (i + 16 < n)
            store_some_or_all(to + i + 16, FROM_FLOAT(t), n - i - 16);
    }
}

#endif

/* Where 16 bits hold every sum. */
INLINE void down_narrow(const H *centre, const struct flynn_args *a, const int taps, const int *up, const int *down,
                        WEIGHT weight, int n, __global T *to)
{
#if defined(T_U8)
    const H16 rest = (H)a->k[1], shift = (H)a->k[2];
    const bool streams = STREAMS(*a, to);
    H w[TAPS];
    UNROLLED for (int t = 0; t < taps; t++)
    {
        w[t] = (H)weight[t];
    }
    const H *b1 = centre + up[1], *c1 = centre + down[1], *b2 = centre + up[taps - 1], *c2 = centre + down[taps - 1];
    for (int i = 0; i < n; i += 16) {
        H16 sum = rest + *(const H16 *)(centre + i) * (H16)(w[0]);
        if (taps == 3) {
            sum += (*(const H16 *)(b1 + i) + *(const H16 *)(c1 + i)) * (H16)(w[1]) +
                   (*(const H16 *)(b2 + i) + *(const H16 *)(c2 + i)) * (H16)(w[2]);
        } else {
            UNROLLED for (int t = 1; t < taps; t++)
                sum += (*(const H16 *)(centre + up[t] + i) + *(const H16 *)(centre + down[t] + i)) * (H16)(w[t]);
        }
        give16(to + i, convert_uchar16(sum >> shift), n - i, streams);
    }
#endif
}

#if defined(T_U8) && defined(X86_AVX2)
INLINE void down_pairs(const H *centre, const struct flynn_args *a, const int taps, const int *up, const int *down,
                       WEIGHT weight, int n, __global T *to)
{
    const bool streams = STREAMS(*a, to);
    int w[TAPS];
    UNROLLED for (int t = 0; t < taps; t++)
    {
        w[t] = weight[t];
    }
    for (int i = 0; i < n; i += 16) {
        struct sums sum = weighed(pairs_of(*(const short16 *)(centre + i), (short16)(0)), w[0], 0);
        sum.low += a->k[1];
        sum.high += a->k[1];
        UNROLLED for (int t = 1; t < taps; t++)
        {
            const struct sums more = weighed(
                pairs_of(*(const short16 *)(centre + up[t] + i), *(const short16 *)(centre + down[t] + i)), w[t], w[t]);
            sum.low += more.low;
            sum.high += more.high;
        }
        give16(to + i, bytes_of(words_of(sum.low >> a->k[2], sum.high >> a->k[2])), n - i, streams);
    }
}

/* Few taps without a loop over them. */
static void down_narrow_taps(const H *centre, const struct flynn_args *a, const int *up, const int *down, WEIGHT weight, int n,
                             __global T *to)
{
    if (a->k[0] == 3)
        down_narrow(centre, a, 3, up, down, weight, n, to);
    else if (a->k[0] == 2)
        down_narrow(centre, a, 2, up, down, weight, n, to);
    else
        down_narrow(centre, a, a->k[0], up, down, weight, n, to);
}

static void down_taps(const R *centre, const struct flynn_args *a, const int *up, const int *down, WEIGHT weight, int n,
                      __global T *to)
{
    if (a->k[3] == 0)
        down_narrow_taps(centre, a, up, down, weight, n, to);
    else if (a->k[0] == 4)
        down_pairs(centre, a, 4, up, down, weight, n, to);
    else if (a->k[0] == 7)
        down_pairs(centre, a, 7, up, down, weight, n, to);
    else
        down_pairs(centre, a, a->k[0], up, down, weight, n, to);
}
#else
static void down_taps(const R *centre, const struct flynn_args *a, const int *up, const int *down, WEIGHT weight, int n,
                      __global T *to)
{
    if (NARROW_OF(a))
        down_narrow((const H *)centre, a, a->k[0], up, down, weight, n, to);
    else
        down_row(centre, a->k[0], up, down, weight, n, to);
}
#endif

/* Bytes. */
static int ring_row_of(const struct flynn_args *a)
{
    return (NARROW_OF(a) ? (int)sizeof(H) : (int)sizeof(R)) * SEGMENT;
}

static void down_segment(const R *ring, const struct flynn_args *a, __global const int *distance, WEIGHT weight, int slot,
                         int n, __global T *to)
{
    const int rows = 2 * a->left + 1;
    int up[TAPS] = {0}, down[TAPS] = {0};
    for (int t = 0; t < a->k[0]; t++) {
        up[t] = ((slot - distance[t] + rows) % rows - slot) * SEGMENT;
        down[t] = ((slot + distance[t]) % rows - slot) * SEGMENT;
    }
    down_taps((const R *)((const uchar *)ring + slot * ring_row_of(a)), a, up, down, weight, n, to);
}

/* Rows go across into a ring of as many as there are taps, and from there down. */
FLYNN_KERNEL(blur, T, T)
{
    __attribute__((aligned(64))) R ring[TAPS * SEGMENT];
    const struct flynn_args args = a, *const p = &args;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), radius = a.left;
    const int rows = 2 * radius + 1, ring_row = ring_row_of(p);
    for (int x = FIRST_X; x < last_x; x += SEGMENT) {
        const int n = min(SEGMENT, last_x - x);
        int slot = 0;
        for (int y = FIRST_Y - radius; y < last_y + radius; y++) {
            ask_line(in, p, x, n, max(y + 2, 0));
            across_segment(in, p, DISTANCES, WEIGHTS, x, n, y, (R *)((uchar *)ring + slot * ring_row));
            slot = slot + 1 == rows ? 0 : slot + 1;
            if (y >= FIRST_Y + radius)
                down_segment(ring, p, DISTANCES, WEIGHTS, (slot + radius) % rows, n,
                             ROW(T, out, y - radius, a.out.stride) + x);
        }
    }
}

#else

/* Every group goes across again for every tap of its column: no memory is needed, and few taps are soon done. */
FLYNN_KERNEL(blur, T, T)
{
    const struct flynn_args args = a, *const p = &args;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    const int reach = a.left * a.in.channels;
    for (int y = FIRST_Y; y < last_y; y++) {
        for (int x = FIRST_X; x < last_x; x += 16) {
            const bool inside = x >= reach && x + 16 + reach <= a.in.width * a.in.channels;
            SUM16 sum;
            for (int t = 0; t < a.k[0]; t++) {
                H16 h[2];
                for (int side = 0; side < 2; side++) {
                    const int at = side ? y + DISTANCES[t] : y - DISTANCES[t];
                    h[side] = marked(inside && at >= 0 && at < a.in.height
                                         ? across16(CROW(T, in, at, a.in.stride), p, DISTANCES, WEIGHTS, x)
                                         : edge_across16(in, p, DISTANCES, WEIGHTS, x, at), p);
                }
                sum = t ? ADD(sum, h[0], h[1], WEIGHTS[t]) : FIRST_SUM(p, h[0], WEIGHTS[0]);
            }
            store_some(ROW(T, out, y, a.out.stride) + x, LAST(p, sum), min(last_x - x, 16));
        }
    }
}

#endif

/* ---- one after the other, for many taps -------------------------------------------------------------------------------- */

FLYNN_KERNEL(across, T, H)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    const int reach = a.left * a.in.channels, end = min(last_x, a.in.width * a.in.channels - reach) - 15;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global H *to = ROW(H, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x += 16) {
            if (x >= reach && x < end) {
                STORE(H, 16, marked(across16(from, &args, DISTANCES, WEIGHTS, x), &args), to + x);
                continue;
            }
            H part[16];
            vstore16(marked(edge_across16(in, &args, DISTANCES, WEIGHTS, x, y), &args), 0, part);
            for (int i = 0; i < min(last_x - x, 16); i++)
                to[x + i] = part[i];
        }
    }
}

/* The group at x of row y of the rows between the stages. */
static H16 between16(__global const H *in, const struct flynn_args *a, int x, int y)
{
    const int row = border_index(a->border, y, a->in.height);
    if (row < 0)
#if defined(T_F32)
        return (H16)(a->border_f);
#else
        return (H16)((H)a->border_i);
#endif
    __global const H *from = CROW(H, in, row, a->in.stride);
    const int n = a->in.width * a->in.channels;
    if (x + 16 <= n)
        return LOAD(H, 16, from + x);
    H part[16];
    for (int i = 0; i < 16; i++)
        part[i] = from[min(x + i, n - 1)];
    return vload16(0, part);
}

static T16 down_between16(__global const H *in, const struct flynn_args *a, __global const int *distance, WEIGHT weight,
                          int x, int y)
{
    SUM16 sum = FIRST_SUM(a, between16(in, a, x, y), weight[0]);
    for (int t = 1; t < a->k[0]; t++)
        sum = ADD(sum, between16(in, a, x, y - distance[t]), between16(in, a, x, y + distance[t]), weight[t]);
    return LAST(a, sum);
}

FLYNN_KERNEL(down, H, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STORE(T, 16, down_between16(in, &args, DISTANCES, WEIGHTS, x, y), to + x);
        if (x < last_x)
            store_some(to + x, down_between16(in, &args, DISTANCES, WEIGHTS, x, y), last_x - x);
    }
}

#if !T_FLOAT
#include "gaussian_far.clh"
#endif
