/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN5_SEGMENTS_H
#define FLYNN_SIMD_MEDIAN5_SEGMENTS_H

#include "simd/median5_net.h"

/** Rows of the median of 5 x 5, by segments of several vectors: what is kept on the way down lies in memory, for tables
 * with too few registers. */

#define MEDIAN5_SEGMENT 256 /* bytes of output */

/* What is kept of a vector of columns. Of row t, five in order: row[median5_slot(t)]. All of it lies together, because
 * loads wait for stores whose addresses have the same lower 12 bits. */
struct median5_part {
    _Alignas(VEC) uint8_t row[5][5][VEC];
    uint8_t pair[2][10][VEC];
};

/* The upper row of an output waits until the next two pairs are done, the lower one is in the next pair. */
static inline int median5_slot(int t)
{
    return t % 2 ? 3 + t / 2 % 2 : t / 2 % 3;
}

/* Row t, of n bytes at p, into order. */
FLYNN_UNROLLED void median5_row(struct median5_part *part, int t, const uint8_t *p, ptrdiff_t n, ptrdiff_t pixel,
                                int bytes)
{
    for (ptrdiff_t i = 0; i < n; i += VEC) {
        vi v[5];
        median5_sort(p + i, pixel, v, bytes);
        median5_keep(part[i / VEC].row[median5_slot(t)], v, 5);
    }
}

/* Row t into order, and with the row above into the pair of both. */
FLYNN_UNROLLED void median5_pair(struct median5_part *part, int t, const uint8_t *p, ptrdiff_t pixel, vi both[10],
                                 int bytes)
{
    vi above[5], v[5];
    median5_sort(p, pixel, v, bytes);
    median5_keep(part->row[median5_slot(t)], v, 5);
    median5_kept(part->row[median5_slot(t - 1)], above, 5);
    median5_merge5(above, v, 1, both, bytes);
    median5_keep(part->pair[t / 2 % 2], both, 10);
}

/* The medians of the windows that begin with rows t and t + 1, all of whose rows are there but the last two, at p and
 * q. It is one step, so that what is stored of one part does not hold up the minima of another. The upper row is
 * written last, because a single row is both. */
FLYNN_UNROLLED void median5_two(struct median5_part *part, int t, const uint8_t *p, const uint8_t *q, uint8_t *lower,
                                uint8_t *upper, ptrdiff_t n, ptrdiff_t pixel, int bytes)
{
    for (ptrdiff_t i = 0; i < n; i += VEC, part++) {
        vi five[5], a[10], b[10], both[20];
        median5_pair(part, t + 4, p + i, pixel, b, bytes);
        median5_kept(part->pair[t / 2 % 2 ^ 1], a, 10);
        median5_merge10(a, b, both, bytes);
        median5_sort(q + i, pixel, five, bytes);
        median5_keep(part->row[median5_slot(t + 5)], five, 5);
        v_store_row(lower, (int)i, (int)n, 1, median5_sixth(both + 7, five, bytes));
        median5_kept(part->row[median5_slot(t)], five, 5);
        v_store_row(upper, (int)i, (int)n, 1, median5_sixth(both + 7, five, bytes));
    }
}

/* Bring what the next segment writes to a row: the row is written on many rows later, which the processor does
 * not foresee. */
static inline void median5_expect(const uint8_t *row)
{
    for (int i = 0; i < MEDIAN5_SEGMENT; i += 64)
        __builtin_prefetch(row + MEDIAN5_SEGMENT + i, 1);
}

FLYNN_UNROLLED void median5_rows(const struct flynn_call *call, int bytes)
{
    struct median5_part part[MEDIAN5_SEGMENT / VEC];
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel;
    const uint8_t *const *in = (const uint8_t *const *)call->in;
    uint8_t *const *out = (uint8_t *const *)call->out;
    for (ptrdiff_t from = 0; from < all; from += MEDIAN5_SEGMENT) {
        ptrdiff_t n = all - from < MEDIAN5_SEGMENT ? all - from : MEDIAN5_SEGMENT;
        median5_row(part, 0, in[0] + from, n, pixel, bytes);
        median5_row(part, 1, in[1] + from, n, pixel, bytes);
        for (ptrdiff_t i = 0; i < n; i += VEC) {
            vi both[10];
            median5_pair(&part[i / VEC], 2, in[2] + from + i, pixel, both, bytes);
        }
        median5_row(part, 3, in[3] + from, n, pixel, bytes);
        for (int r = 0; r < call->rows; r += 2) {
            int lower = r + 1 < call->rows; /* a single row is made twice */
            median5_expect(out[r] + from);
            median5_expect(out[r + lower] + from);
            median5_two(part, r, in[r + 4] + from, in[r + 4 + lower] + from, out[r + lower] + from, out[r] + from, n,
                        pixel, bytes);
        }
    }
}

#endif
