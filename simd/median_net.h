/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN_NET_H
#define FLYNN_SIMD_MEDIAN_NET_H

#include "core/median.h"
#include "simd/order.h"

#define NET_V           vi
#define NET_INLINE      FLYNN_UNROLLED
#define NET_LEAST(a, b) order_least(a, b, bytes)
#define NET_MOST(a, b)  order_most(a, b, bytes)
#include "core/median_net.h"

/* The k neighbours of the samples at p, in order. */
FLYNN_UNROLLED void net_sort_at(const uint8_t *p, ptrdiff_t pixel, vi *to, int k, int bytes)
{
    vi v[16];
    for (int i = 0; i < k; i++)
        v[i] = order_key(v_load(p + (i - k / 2) * pixel), bytes);
    net_sort(v, k, bytes);
    for (int i = 0; i < k; i++)
        to[i] = v[i];
}

FLYNN_UNROLLED void net_take(struct median_net *net, int t, const uint8_t *p, ptrdiff_t pixel, int bytes)
{
    vi *to = net_row(net, t) + net->low;
    switch (net->k) {
    case 7:
        net_sort_at(p, pixel, to, 7, bytes);
        break;
    case 9:
        net_sort_at(p, pixel, to, 9, bytes);
        break;
    case 11:
        net_sort_at(p, pixel, to, 11, bytes);
        break;
    case 13:
        net_sort_at(p, pixel, to, 13, bytes);
        break;
    default:
        net_sort_at(p, pixel, to, 15, bytes);
    }
    net_merge(net, t, bytes);
}

/* The median of the window that has row t and what two share. */
FLYNN_UNROLLED void net_give(struct median_net *net, int t, uint8_t *out, int i, int samples, int bytes)
{
    v_store_row(out, i, samples, (size_t)bytes, order_flip(net_last(net, net_row(net, t), bytes), bytes));
}

/* Output rows from y on, as far as the call has them. */
FLYNN_UNROLLED void net_eight(struct median_net *net, const struct flynn_call *call, int y, int i, int samples,
                              int bytes)
{
    const vi *root = net_root(net, y, bytes);
    for (int r = y; r < y + NET_TILE && r < call->rows; r += 4) {
        net_half_of_eight(net, root, y, r, bytes);
        for (int s = r; s < r + 4 && s < call->rows; s += 2) {
            net_half_of_four(net, r, s, bytes);
            net_give(net, s, call->out[s], i, samples, bytes);
            if (s + 1 < call->rows)
                net_give(net, s + net->k, call->out[s + 1], i, samples, bytes);
        }
    }
}

FLYNN_UNROLLED void net_rows(const struct flynn_call *call, int bytes)
{
    struct median_net net;
    int c = call->stage->in.channels, samples = call->width * c, k = call->stage->k[0];
    vi least = order_flip(v_zero(), bytes), most = v_xor(least, v_set8(-1));
    if (bytes == 4) {
        least = v_set32(INT32_MIN);
        most = v_set32(INT32_MAX);
    }
    net_start(&net, k, least, most);
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
