/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN5_H
#define FLYNN_SIMD_MEDIAN5_H

#include "simd/order.h"

/* The median of 5 x 5, for two rows of output at a time. A segment of the rows is taken in three steps: every column is
 * put in order, then every column and its right neighbour with one another, rank by rank, and what is left for a pixel
 * stands in core/median5.h. */

#define MEDIAN5_SEGMENT 1024 /* bytes of output */
#define MEDIAN5_ROOM    (MEDIAN5_SEGMENT + 4 * 16 + 2 * VEC)

struct median5_columns {
    uint8_t rank[5][MEDIAN5_ROOM], least[5][MEDIAN5_ROOM], most[5][MEDIAN5_ROOM];
};

FLYNN_UNROLLED void median5_order(vi *a, vi *b, int bytes)
{
    vi x = *a, y = *b;
    *a = order_least(x, y, bytes);
    *b = order_most(x, y, bytes);
}

/* Four numbers in order and a fifth. */
FLYNN_UNROLLED void median5_insert(struct median5_columns *to, size_t i, const vi four[4], vi x, int bytes)
{
    for (int r = 0; r < 4; r++) {
        v_store(to->rank[r] + i, order_least(four[r], x, bytes));
        x = order_most(four[r], x, bytes);
    }
    v_store(to->rank[4] + i, x);
}

/* Columns of n bytes from byte `from` of the rows on, in order: of rows 0 to 4 and of rows 1 to 5, which share four. */
FLYNN_UNROLLED void median5_sort_columns(struct median5_columns to[2], const uint8_t *const row[6], ptrdiff_t from,
                                         ptrdiff_t n, int bytes)
{
    for (ptrdiff_t i = 0; i < n; i += VEC) {
        vi four[4];
        for (int r = 0; r < 4; r++)
            four[r] = order_key(v_load(row[r + 1] + from + i), bytes);
        median5_order(&four[0], &four[1], bytes);
        median5_order(&four[2], &four[3], bytes);
        median5_order(&four[0], &four[2], bytes);
        median5_order(&four[1], &four[3], bytes);
        median5_order(&four[1], &four[2], bytes);
        median5_insert(&to[0], (size_t)i, four, order_key(v_load(row[0] + from + i), bytes), bytes);
        median5_insert(&to[1], (size_t)i, four, order_key(v_load(row[5] + from + i), bytes), bytes);
    }
}

FLYNN_UNROLLED void median5_sort_pairs(struct median5_columns *c, ptrdiff_t n, ptrdiff_t pixel, int bytes)
{
    for (int r = 0; r < 5; r++) {
        for (ptrdiff_t i = 0; i < n; i += VEC) {
            vi a = v_load(c->rank[r] + i), b = v_load(c->rank[r] + i + pixel);
            v_store(c->least[r] + i, order_least(a, b, bytes));
            v_store(c->most[r] + i, order_most(a, b, bytes));
        }
    }
}

/* The medians of the vector whose first column is at byte i. */
FLYNN_UNROLLED vi median5_vector(const struct median5_columns *c, ptrdiff_t i, ptrdiff_t pixel, int bytes)
{
    vi median;
#define MEDIAN5_T vi
#define MEDIAN5_IN(r, k)                                                                                               \
    v_load(((k) == 4  ? c->rank[r] + 4 * pixel                                                                         \
            : (k) % 2 ? c->most[r] + (k) / 2 * 2 * pixel                                                               \
                      : c->least[r] + (k) / 2 * 2 * pixel) +                                                           \
           i)
#define MEDIAN5_LEAST(a, b) order_least(a, b, bytes)
#define MEDIAN5_MOST(a, b)  order_most(a, b, bytes)
#define MEDIAN5_OUT         median
#include "core/median5.h"
    return order_flip(median, bytes);
}

FLYNN_UNROLLED void median5_rows(const struct flynn_call *call, int bytes)
{
    struct median5_columns columns[2];
    ptrdiff_t pixel = call->stage->in.channels * bytes, all = call->width * pixel;
    const uint8_t *row[6];
    for (int r = 0; r < 6; r++)
        row[r] = call->in[r < 4 + call->rows ? r : 4];
    for (ptrdiff_t from = 0; from < all; from += MEDIAN5_SEGMENT) {
        ptrdiff_t n = all - from < MEDIAN5_SEGMENT ? all - from : MEDIAN5_SEGMENT;
        median5_sort_columns(columns, row, from - 2 * pixel, n + 4 * pixel, bytes);
        for (int r = 0; r < call->rows; r++) {
            uint8_t *out = call->out[r];
            median5_sort_pairs(&columns[r], n + 2 * pixel, pixel, bytes);
            for (ptrdiff_t i = 0; i < n; i += VEC)
                v_store_row(out + from, (int)i, (int)n, 1, median5_vector(&columns[r], i, pixel, bytes));
        }
    }
}

#endif
