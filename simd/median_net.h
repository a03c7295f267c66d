/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN_NET_H
#define FLYNN_SIMD_MEDIAN_NET_H

#include "core/median.h"
#include "simd/order.h"

/* The median of squares of 7 to 15 by minima and maxima alone, a vector of columns at a time from top to bottom.
 *
 * What many windows share is put in order once: the k neighbours in a row; two rows, four rows. Of eight output rows
 * the windows share k - 7 rows; the halves of the eight share four rows more, the quarters two more, each one more. Of
 * the samples that several windows share only those matter whose rank lets them be the median of one of them: 3k + 1 of
 * those of four windows, k + 1 of two. Adams 2021 and Sugy 2025 divide squares of windows likewise; here the lanes of
 * the vectors are the other direction.
 *
 * Every row is brought to 16 by numbers that are the least or the largest of all, so that all sequences are powers of 2
 * and merge by bitonic networks. `low` of each row are least; they move the ranks to where the blocks that networks
 * divide sequences into begin. */

#define NET_ROW   16 /* samples of a row */
#define NET_TILE  8  /* output rows that share */
#define NET_EVENS 12
#define NET_ODDS  4

/* Rows in order by their number in the call: those of even number are used again k rows later, as single rows; pairs,
 * which begin with odd numbers, where that is 1 modulo 4; fours, which begin with 3 modulo 4, always. */
struct median_net {
    vi row[NET_EVENS + NET_ODDS][16], pair[6 + 2][32], four[4][64];
    vi wide[64], own[64], root[128], shared4[64], shared2[16];
    int k, low;
};

static inline vi *net_row(struct median_net *net, int t)
{
    return net->row[t % 2 ? NET_EVENS + t / 2 % NET_ODDS : t / 2 % NET_EVENS];
}

static inline vi *net_pair(struct median_net *net, int t)
{
    return net->pair[t % 4 == 1 ? t / 4 % 6 : 6 + t / 4 % 2];
}

static inline vi *net_four(struct median_net *net, int t)
{
    return net->four[t / 4 % 4];
}

FLYNN_UNROLLED void net_order(vi *a, vi *b, int bytes)
{
    vi x = *a, y = *b;
    *a = order_least(x, y, bytes);
    *b = order_most(x, y, bytes);
}

/* ---- a row ------------------------------------------------------------------------------------------------------- */

/* Put v[at + i] and v[at + i + gap] in order, i < n, as far as there are k. */
FLYNN_UNROLLED void net_gap(vi *v, int at, int n, int gap, int k, int bytes)
{
    for (int i = at; i < at + n; i++) {
        if (i + gap < k)
            net_order(&v[i], &v[i + gap], bytes);
    }
}

FLYNN_UNROLLED void net_sort4(vi *v, int at, int k, int bytes)
{
    net_gap(v, at, 1, 1, k, bytes);
    net_gap(v, at + 2, 1, 1, k, bytes);
    net_gap(v, at, 2, 2, k, bytes);
    net_gap(v, at + 1, 1, 1, k, bytes);
}

FLYNN_UNROLLED void net_sort8(vi *v, int at, int k, int bytes)
{
    net_sort4(v, at, k, bytes);
    net_sort4(v, at + 4, k, bytes);
    net_gap(v, at, 4, 4, k, bytes);
    net_gap(v, at + 2, 2, 2, k, bytes);
    net_gap(v, at + 1, 1, 1, k, bytes);
    net_gap(v, at + 3, 1, 1, k, bytes);
    net_gap(v, at + 5, 1, 1, k, bytes);
}

/* The k neighbours of the samples at p: Batcher's sort of 16 without what the samples beyond k would do. */
FLYNN_UNROLLED void net_sort(const uint8_t *p, ptrdiff_t pixel, vi *to, int k, int bytes)
{
    vi v[16];
    for (int i = 0; i < k; i++)
        v[i] = order_key(v_load(p + (i - k / 2) * pixel), bytes);
    net_sort8(v, 0, k, bytes);
    net_sort8(v, 8, k, bytes);
    net_gap(v, 0, 8, 8, k, bytes);
    net_gap(v, 4, 4, 4, k, bytes);
    for (int i = 2; i < 12; i += 4)
        net_gap(v, i, 2, 2, k, bytes);
    for (int i = 1; i < 15; i += 2)
        net_gap(v, i, 1, 1, k, bytes);
    for (int i = 0; i < k; i++)
        to[i] = v[i];
}

FLYNN_UNROLLED void net_sort_row(const struct median_net *net, const uint8_t *p, ptrdiff_t pixel, vi *to, int bytes)
{
    to += net->low;
    switch (net->k) {
    case 7:
        net_sort(p, pixel, to, 7, bytes);
        break;
    case 9:
        net_sort(p, pixel, to, 9, bytes);
        break;
    case 11:
        net_sort(p, pixel, to, 11, bytes);
        break;
    case 13:
        net_sort(p, pixel, to, 13, bytes);
        break;
    default:
        net_sort(p, pixel, to, 15, bytes);
    }
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

/* Bitonic sequences of n into order. */
FLYNN_UNROLLED void net_halves(vi *v, int n, int bytes)
{
    for (int i = 0; i < n / 2; i++)
        net_order(&v[i], &v[i + n / 2], bytes);
}

FLYNN_UNROLLED void net_clean4(vi *v, int bytes)
{
    net_halves(v, 4, bytes);
    net_halves(v, 2, bytes);
    net_halves(v + 2, 2, bytes);
}

FLYNN_UNROLLED void net_clean8(vi *v, int bytes)
{
    net_halves(v, 8, bytes);
    net_clean4(v, bytes);
    net_clean4(v + 4, bytes);
}

FLYNN_UNROLLED void net_clean(vi *v, int n, int bytes)
{
    if (n == 16) {
        net_halves(v, 16, bytes);
        net_clean8(v, bytes);
        net_clean8(v + 8, bytes);
    } else if (n == 8) {
        net_clean8(v, bytes);
    } else if (n == 4) {
        net_clean4(v, bytes);
    } else {
        net_halves(v, 2, bytes);
    }
}

/* What a network makes of two sequences in order: all of two of n / 2; of two of 64 the lower half; of 128 and 64 the
 * second third; of 48 and 32 the 16 from the 33rd on. */
enum net_part { NET_ALL, NET_LOWER, NET_SECOND, NET_SIXTEEN };

/* Number j + 8 t of the bitonic sequence that has the samples of that part, n of them. */
FLYNN_UNROLLED vi net_read(enum net_part part, const vi *a, const vi *b, int n, int j, int t, int bytes)
{
    int i = j + 8 * t;
    switch (part) {
    case NET_ALL:
        return t < n / 16 ? a[i] : b[n - 1 - i];
    case NET_LOWER:
        return order_least(a[i], b[63 - i], bytes);
    case NET_SECOND:
        return order_most(a[i], order_least(a[i + 64], b[63 - i], bytes), bytes);
    default:
        return order_most(
            a[i], order_most(order_least(a[i + 16], b[31 - i], bytes), order_least(a[i + 32], b[15 - i], bytes), bytes),
            bytes);
    }
}

FLYNN_UNROLLED void net_run(enum net_part part, const vi *a, const vi *b, int n, vi *out, int bytes)
{
    vi v[16];
    for (int j = 0; j < 8; j++) {
        for (int t = 0; t < n / 8; t++)
            v[t] = net_read(part, a, b, n, j, t, bytes);
        net_clean(v, n / 8, bytes);
        for (int t = 0; t < n / 8; t++)
            out[j + 8 * t] = v[t];
    }
    for (int i = 0; i < n; i += 8) {
        for (int t = 0; t < 8; t++)
            v[t] = out[i + t];
        net_clean8(v, bytes);
        for (int t = 0; t < 8; t++)
            out[i + t] = v[t];
    }
}

/* ---- rows of output ---------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED void net_start(struct median_net *net, int k, int bytes)
{
    static const int low[] = {[7] = 4, [9] = 1, [13] = 3, [15] = 0};
    vi least = order_flip(v_zero(), bytes), most = v_xor(least, v_set8(-1));
    if (bytes == 4) {
        least = v_set32(INT32_MIN);
        most = v_set32(INT32_MAX);
    }
    net->k = k;
    net->low = low[k];
    for (int t = 0; t < NET_EVENS + NET_ODDS; t++) {
        for (int i = 0; i < NET_ROW; i++)
            net->row[t][i] = i < net->low ? least : most;
    }
    for (int i = 0; i < 64; i++)
        net->wide[i] = most;
}

/* Take in row t, and what it is the last of. */
FLYNN_UNROLLED void net_take(struct median_net *net, int t, const uint8_t *p, ptrdiff_t pixel, int bytes)
{
    net_sort_row(net, p, pixel, net_row(net, t), bytes);
    if (t >= 2 && t % 2 == 0)
        net_run(NET_ALL, net_row(net, t - 1), net_row(net, t), 32, net_pair(net, t - 1), bytes);
    if (t >= 6 && t % 4 == 2 && (net->k != 9 || t % 8 == 6))
        net_run(NET_ALL, net_pair(net, t - 3), net_pair(net, t - 1), 64, net_four(net, t - 3), bytes);
}

/* What the windows of eight rows from y on share. */
FLYNN_UNROLLED const vi *net_root(struct median_net *net, int y, int bytes)
{
    if (net->k == 11)
        return net_four(net, y + 7);
    if (net->k == 9 || net->k == 13)
        memcpy(net->wide, net_pair(net, y + net->k - 2), 32 * sizeof(vi));
    if (net->k < 11)
        return net->wide;
    net_run(NET_ALL, net_four(net, y + 7), net->k == 13 ? net->wide : net_four(net, y + 11), 128, net->root, bytes);
    return net->root;
}

/* Four rows from t on as a sequence, where that is none of those made anyway. */
FLYNN_UNROLLED const vi *net_own_four(struct median_net *net, int t, int bytes)
{
    if (t % 4 == 3)
        return net_four(net, t);
    net_run(NET_ALL, net_pair(net, t), net_pair(net, t + 2), 64, net->own, bytes);
    return net->own;
}

/* The medians of a window, which has a row more than the two that share. */
FLYNN_UNROLLED vi net_last(const struct median_net *net, const vi *row, int bytes)
{
    int k = net->k, low = net->low;
    vi m = net->shared2[15 - k];
    for (int i = 16 - k; i < 16; i++)
        m = order_most(m, order_least(net->shared2[i], row[15 + low - i], bytes), bytes);
    return order_flip(m, bytes);
}

/* Output rows from y on, as far as the call has them. */
FLYNN_UNROLLED void net_eight(struct median_net *net, const struct flynn_call *call, int y, int i, int samples,
                              int bytes)
{
    int k = net->k, from = (k * k - 1) / 2 + net->low * (k - 1) - (k < 13 ? 0 : 64) - 47;
    const vi *root = net_root(net, y, bytes);
    for (int r = y; r < y + 8 && r < call->rows; r += 4) {
        const vi *four = net_own_four(net, r == y ? r + 3 : y + k, bytes);
        if (k < 13)
            net_run(NET_LOWER, root, four, 64, net->shared4, bytes);
        else
            net_run(NET_SECOND, root, four, 64, net->shared4, bytes);
        for (int s = r; s < r + 4 && s < call->rows; s += 2) {
            net_run(NET_SIXTEEN, net->shared4 + from, net_pair(net, s == r ? s + 1 : r + k), 16, net->shared2, bytes);
            v_store_row(call->out[s], i, samples, (size_t)bytes, net_last(net, net_row(net, s), bytes));
            if (s + 1 < call->rows)
                v_store_row(call->out[s + 1], i, samples, (size_t)bytes, net_last(net, net_row(net, s + k), bytes));
        }
    }
}

FLYNN_UNROLLED void net_rows(const struct flynn_call *call, int bytes)
{
    struct median_net net;
    int c = call->stage->in.channels, samples = call->width * c, k = call->stage->k[0];
    net_start(&net, k, bytes);
    for (int i = 0; i < samples; i = v_advance(i, VEC / bytes, samples)) {
        int done = 0, last = call->rows + k - 2;
        for (int y = 0; y < call->rows; y += NET_TILE) {
            for (; done < y + k + NET_TILE - 1; done++)
                net_take(&net, done, (const uint8_t *)call->in[done < last ? done : last] + (ptrdiff_t)i * bytes,
                         (ptrdiff_t)c * bytes, bytes);
            net_eight(&net, call, y, i, samples, bytes);
        }
    }
}

#endif
