/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN5_NET_H
#define FLYNN_SIMD_MEDIAN5_NET_H

#include "simd/order.h"

/** The median of 5 x 5. Two rows of output share four rows of the five that each of them sees. The columns are taken
 * from top to bottom: the five neighbours in a row are put in order, for all windows that the row is in; two rows of
 * them are merged, for the two windows that share them with two others; of two such pairs the middle six of twenty are
 * taken; and the sixth of these and the five of the row that only one of the windows has is its median. That is 59
 * minima and maxima for a vector. */

FLYNN_UNROLLED void median5_order(vi *a, vi *b, int bytes)
{
    vi x = *a, y = *b;
    *a = order_least(x, y, bytes);
    *b = order_most(x, y, bytes);
}

/* Batcher's merge of sequences in order: the ones at even places, the ones at odd places, and neighbours of the two. */
FLYNN_UNROLLED void median5_merge2(const vi *a, const vi *b, int step, vi out[4], int bytes)
{
    out[0] = a[0];
    out[1] = b[0];
    out[2] = a[step];
    out[3] = b[step];
    median5_order(&out[0], &out[1], bytes);
    median5_order(&out[2], &out[3], bytes);
    median5_order(&out[1], &out[2], bytes);
}

/* The first and the last of `even` are those of all; between them even[i + 1] and odd[i] are put in order. */
FLYNN_UNROLLED void median5_join(const vi *even, const vi *odd, int n, vi *out, int bytes)
{
    out[0] = even[0];
    for (int i = 0; i < n; i++) {
        out[2 * i + 1] = even[i + 1];
        out[2 * i + 2] = odd[i];
        median5_order(&out[2 * i + 1], &out[2 * i + 2], bytes);
    }
    out[2 * n + 1] = even[n + 1];
}

FLYNN_UNROLLED void median5_merge3(const vi *a, const vi *b, int step, vi out[6], int bytes)
{
    vi even[4], odd[2] = {a[step], b[step]};
    median5_merge2(a, b, 2 * step, even, bytes);
    median5_order(&odd[0], &odd[1], bytes);
    median5_join(even, odd, 2, out, bytes);
}

FLYNN_UNROLLED void median5_merge5(const vi *a, const vi *b, int step, vi out[10], int bytes)
{
    vi even[6], odd[4];
    median5_merge3(a, b, 2 * step, even, bytes);
    median5_merge2(a + step, b + step, 2 * step, odd, bytes);
    median5_join(even, odd, 4, out, bytes);
}

/* Of what comes of ten and ten, only the middle six are used, and only what they need is computed. */
FLYNN_UNROLLED void median5_merge10(const vi *a, const vi *b, vi out[20], int bytes)
{
    vi even[10], odd[10];
    median5_merge5(a, b, 2, even, bytes);
    median5_merge5(a + 1, b + 1, 2, odd, bytes);
    median5_join(even, odd, 8, out, bytes);
    out[18] = odd[8];
    out[19] = odd[9];
}

/* Every vector is loaded once: most loads cross the lines of the cache, and folded into both a minimum and a maximum
 * they would take longer than these. */
FLYNN_UNROLLED void median5_sort(const uint8_t *p, ptrdiff_t pixel, vi v[5], int bytes)
{
    for (int k = 0; k < 5; k++)
        v[k] = v_keep(order_key(v_load(p + (k - 2) * pixel), bytes));
    median5_order(&v[0], &v[3], bytes);
    median5_order(&v[1], &v[4], bytes);
    median5_order(&v[0], &v[2], bytes);
    median5_order(&v[1], &v[3], bytes);
    median5_order(&v[0], &v[1], bytes);
    median5_order(&v[2], &v[4], bytes);
    median5_order(&v[1], &v[2], bytes);
    median5_order(&v[3], &v[4], bytes);
    median5_order(&v[2], &v[3], bytes);
}

FLYNN_UNROLLED void median5_keep(uint8_t to[][VEC], const vi *v, int n)
{
    for (int k = 0; k < n; k++)
        v_store(to[k], v[k]);
}

FLYNN_UNROLLED void median5_kept(uint8_t from[][VEC], vi *v, int n)
{
    for (int k = 0; k < n; k++)
        v[k] = v_load(from[k]);
}

/* The sixth of six and five. */
FLYNN_UNROLLED vi median5_sixth(const vi six[6], const vi five[5], int bytes)
{
    vi m[5];
    for (int k = 0; k < 5; k++)
        m[k] = order_most(six[k], five[4 - k], bytes);
    vi a = order_least(m[0], m[1], bytes), b = order_least(m[2], m[3], bytes), c = order_least(m[4], six[5], bytes);
    return order_flip(order_least(order_least(a, b, bytes), c, bytes), bytes);
}

#endif
