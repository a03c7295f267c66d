/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN5_COLUMNS_H
#define FLYNN_SIMD_MEDIAN5_COLUMNS_H

#include "simd/median5_net.h"

/** Rows of the median of 5 x 5, a vector of columns at a time: what is kept on the way down fits into 32 registers, but
 * for the rows that wait. */

/* Bytes of a row between what is written and what is brought to be written: the row is written on many rows later,
 * which the processor does not foresee. */
#define MEDIAN5_AHEAD 128

/* A vector of columns on its way down: row t + 3 and the pair of rows t + 1 and t + 2, in order. Of the rows that
 * are the uppermost of a window, which wait until the next two pairs are done, upper[0] is row t, upper[1] row t + 2.
 */
struct median5_columns {
    vi last[5], pair[10];
    uint8_t (*upper[3])[VEC];
};

FLYNN_UNROLLED void median5_start(struct median5_columns *c, const uint8_t *const *in, ptrdiff_t i, ptrdiff_t pixel,
                                  int bytes)
{
    vi v[5];
    median5_sort(in[0] + i, pixel, v, bytes);
    median5_keep(c->upper[0], v, 5);
    median5_sort(in[1] + i, pixel, c->last, bytes);
    median5_sort(in[2] + i, pixel, v, bytes);
    median5_keep(c->upper[1], v, 5);
    median5_merge5(c->last, v, 1, c->pair, bytes);
    median5_sort(in[3] + i, pixel, c->last, bytes);
}

/* The medians of the windows that begin with rows t and t + 1, whose last rows are at p and q. */
FLYNN_UNROLLED void median5_two(struct median5_columns *c, const uint8_t *p, const uint8_t *q, ptrdiff_t pixel,
                                int bytes, vi out[2])
{
    vi v[5], next[10], both[20];
    uint8_t(*upper)[VEC] = c->upper[0];
    median5_sort(p, pixel, v, bytes);
    median5_keep(c->upper[2], v, 5);
    median5_merge5(c->last, v, 1, next, bytes);
    median5_merge10(c->pair, next, both, bytes);
    median5_sort(q, pixel, c->last, bytes);
    out[1] = median5_sixth(both + 7, c->last, bytes);
    median5_kept(upper, v, 5);
    out[0] = median5_sixth(both + 7, v, bytes);
    memcpy(c->pair, next, sizeof next);
    c->upper[0] = c->upper[1];
    c->upper[1] = c->upper[2];
    c->upper[2] = upper;
}

/* Bytes [i, i + n) of the call's rows; n is VEC but where the rows are shorter. A single row is made twice, and the
 * upper row is written last. */
FLYNN_UNROLLED void median5_down(const struct flynn_call *call, ptrdiff_t i, ptrdiff_t n, ptrdiff_t pixel, int bytes)
{
    _Alignas(VEC) uint8_t upper[3][5][VEC];
    struct median5_columns c = {.upper = {upper[0], upper[1], upper[2]}};
    const uint8_t *const *in = (const uint8_t *const *)call->in;
    uint8_t *const *rows = (uint8_t *const *)call->out;
    median5_start(&c, in, i, pixel, bytes);
    for (int r = 0; r < call->rows; r += 2) {
        vi out[2];
        int lower = r + 1 < call->rows;
        __builtin_prefetch(rows[r] + i + MEDIAN5_AHEAD, 1);
        __builtin_prefetch(rows[r + lower] + i + MEDIAN5_AHEAD, 1);
        median5_two(&c, in[r + 4] + i, in[r + 4 + lower] + i, pixel, bytes, out);
        v_store_row(rows[r + lower] + i, 0, (int)n, 1, out[1]);
        v_store_row(rows[r] + i, 0, (int)n, 1, out[0]);
    }
}

FLYNN_UNROLLED void median5_rows(const struct flynn_call *call, int bytes)
{
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel;
    if (all < VEC)
        median5_down(call, 0, all, pixel, bytes);
    else
        for (ptrdiff_t i = 0; i < all; i = v_advance((int)i, VEC, (int)all))
            median5_down(call, i, VEC, pixel, bytes);
}

#endif
