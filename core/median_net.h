/* SPDX-License-Identifier: Apache-2.0 */
/* In C and in OpenCL C, for which the includer defines the vector NET_V, NET_INLINE, NET_LEAST(a, b) and NET_MOST(a,
 * b). `bytes` is the size of a sample, for these. */
#ifndef FLYNN_CORE_MEDIAN_NET_H
#define FLYNN_CORE_MEDIAN_NET_H

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

/* Written out, because compilers of OpenCL C leave the loops and the vectors in memory. */
#define NET_8(DO)  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define NET_16(DO) NET_8(DO) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

/* Rows in order by their number in the call: those of even number are used again k rows later, as single rows; pairs,
 * which begin with odd numbers, where that is 1 modulo 4; fours, which begin with 3 modulo 4, always. */
struct median_net {
    NET_V row[NET_EVENS + NET_ODDS][16], pair[6 + 2][32], four[4][64];
    NET_V wide[64], own[64], root[128], shared4[64], shared2[16];
    int k, low;
};

NET_INLINE NET_V *net_row(struct median_net *net, int t)
{
    return net->row[t % 2 ? NET_EVENS + t / 2 % NET_ODDS : t / 2 % NET_EVENS];
}

NET_INLINE NET_V *net_pair(struct median_net *net, int t)
{
    return net->pair[t % 4 == 1 ? t / 4 % 6 : 6 + t / 4 % 2];
}

NET_INLINE NET_V *net_four(struct median_net *net, int t)
{
    return net->four[t / 4 % 4];
}

NET_INLINE void net_order(NET_V *a, NET_V *b, int bytes)
{
    NET_V x = *a, y = *b;
    *a = NET_LEAST(x, y);
    *b = NET_MOST(x, y);
}

/* ---- a row ------------------------------------------------------------------------------------------------------- */

/* Put v[i] and v[i + gap] in order where both are among n. */
NET_INLINE void net_within(NET_V *v, int i, int gap, int n, int bytes)
{
    if (i + gap < n)
        net_order(&v[i], &v[i + gap], bytes);
}

/* n of them from `at` on. */
NET_INLINE void net_gap(NET_V *v, int at, int n, int gap, int k, int bytes)
{
#define NET_GAP(i) net_within(v, at + i, gap, i < n ? k : 0, bytes);
    NET_8(NET_GAP)
}

NET_INLINE void net_sort4(NET_V *v, int at, int k, int bytes)
{
    net_gap(v, at, 1, 1, k, bytes);
    net_gap(v, at + 2, 1, 1, k, bytes);
    net_gap(v, at, 2, 2, k, bytes);
    net_gap(v, at + 1, 1, 1, k, bytes);
}

NET_INLINE void net_sort8(NET_V *v, int at, int k, int bytes)
{
    net_sort4(v, at, k, bytes);
    net_sort4(v, at + 4, k, bytes);
    net_gap(v, at, 4, 4, k, bytes);
    net_gap(v, at + 2, 2, 2, k, bytes);
    net_gap(v, at + 1, 1, 1, k, bytes);
    net_gap(v, at + 3, 1, 1, k, bytes);
    net_gap(v, at + 5, 1, 1, k, bytes);
}

/* k samples: Batcher's sort of 16 without what the samples beyond k would do. */
NET_INLINE void net_sort(NET_V *v, int k, int bytes)
{
    net_sort8(v, 0, k, bytes);
    net_sort8(v, 8, k, bytes);
    net_gap(v, 0, 8, 8, k, bytes);
    net_gap(v, 4, 4, 4, k, bytes);
    net_gap(v, 2, 2, 2, k, bytes);
    net_gap(v, 6, 2, 2, k, bytes);
    net_gap(v, 10, 2, 2, k, bytes);
#define NET_NEXT(i) net_within(v, 2 * i + 1, 1, k, bytes);
    NET_8(NET_NEXT)
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

/* Bitonic sequences of n into order. */
NET_INLINE void net_halves(NET_V *v, int n, int bytes)
{
#define NET_HALF(i) net_within(v, i, n / 2, i < n / 2 ? n : 0, bytes);
    NET_8(NET_HALF)
}

NET_INLINE void net_clean4(NET_V *v, int bytes)
{
    net_halves(v, 4, bytes);
    net_halves(v, 2, bytes);
    net_halves(v + 2, 2, bytes);
}

NET_INLINE void net_clean8(NET_V *v, int bytes)
{
    net_halves(v, 8, bytes);
    net_clean4(v, bytes);
    net_clean4(v + 4, bytes);
}

NET_INLINE void net_clean(NET_V *v, int n, int bytes)
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
NET_INLINE NET_V net_read(enum net_part part, const NET_V *a, const NET_V *b, int n, int j, int t, int bytes)
{
    int i = j + 8 * t;
    switch (part) {
    case NET_ALL:
        return t < n / 16 ? a[i] : b[n - 1 - i];
    case NET_LOWER:
        return NET_LEAST(a[i], b[63 - i]);
    case NET_SECOND:
        return NET_MOST(a[i], NET_LEAST(a[i + 64], b[63 - i]));
    default:
        return NET_MOST(a[i], NET_MOST(NET_LEAST(a[i + 16], b[31 - i]), NET_LEAST(a[i + 32], b[15 - i])));
    }
}

NET_INLINE void net_run(enum net_part part, const NET_V *a, const NET_V *b, int n, NET_V *out, int bytes)
{
    NET_V v[16];
    for (int j = 0; j < 8; j++) {
#define NET_READ(t)                                                                                                    \
    if (t < n / 8)                                                                                                     \
        v[t] = net_read(part, a, b, n, j, t, bytes);
        NET_16(NET_READ)
        net_clean(v, n / 8, bytes);
#define NET_WRITE(t)                                                                                                   \
    if (t < n / 8)                                                                                                     \
        out[j + 8 * t] = v[t];
        NET_16(NET_WRITE)
    }
    for (int i = 0; i < n; i += 8) {
#define NET_TAKE(t) v[t] = out[i + t];
        NET_8(NET_TAKE)
        net_clean8(v, bytes);
#define NET_GIVE(t) out[i + t] = v[t];
        NET_8(NET_GIVE)
    }
}

/* ---- rows of output ---------------------------------------------------------------------------------------------- */

/* `least` is at most, `most` at least what any sample is. */
NET_INLINE void net_start(struct median_net *net, int k, NET_V least, NET_V most)
{
    net->k = k;
    net->low = k == 7 ? 4 : k == 13 ? 3 : k == 9 ? 1 : 0;
    for (int t = 0; t < NET_EVENS + NET_ODDS; t++) {
        for (int i = 0; i < NET_ROW; i++)
            net->row[t][i] = i < net->low ? least : most;
    }
    for (int i = 0; i < 64; i++)
        net->wide[i] = most;
}

/* Row t is in order: make what it is the last of. */
NET_INLINE void net_merge(struct median_net *net, int t, int bytes)
{
    if (t >= 2 && t % 2 == 0)
        net_run(NET_ALL, net_row(net, t - 1), net_row(net, t), 32, net_pair(net, t - 1), bytes);
    if (t >= 6 && t % 4 == 2 && (net->k != 9 || t % 8 == 6))
        net_run(NET_ALL, net_pair(net, t - 3), net_pair(net, t - 1), 64, net_four(net, t - 3), bytes);
}

/* A pair. */
NET_INLINE void net_copy(NET_V *to, const NET_V *from)
{
    for (int i = 0; i < 32; i++)
        to[i] = from[i];
}

/* What the windows of eight rows from y on share. */
NET_INLINE const NET_V *net_root(struct median_net *net, int y, int bytes)
{
    if (net->k == 11)
        return net_four(net, y + 7);
    if (net->k == 9 || net->k == 13)
        net_copy(net->wide, net_pair(net, y + net->k - 2));
    if (net->k < 11)
        return net->wide;
    net_run(NET_ALL, net_four(net, y + 7), net->k == 13 ? net->wide : net_four(net, y + 11), 128, net->root, bytes);
    return net->root;
}

/* Four rows from t on as a sequence, where that is none of those made anyway. */
NET_INLINE const NET_V *net_own_four(struct median_net *net, int t, int bytes)
{
    if (t % 4 == 3)
        return net_four(net, t);
    net_run(NET_ALL, net_pair(net, t), net_pair(net, t + 2), 64, net->own, bytes);
    return net->own;
}

/* The medians of a window, which has a row more than the two that share. */
NET_INLINE NET_V net_last(const struct median_net *net, const NET_V *row, int bytes)
{
    int k = net->k, low = net->low;
    NET_V m = net->shared2[15 - k];
    for (int i = 16 - k; i < 16; i++)
        m = NET_MOST(m, NET_LEAST(net->shared2[i], row[15 + low - i]));
    return m;
}

/* What the windows of four rows from r on share, which are the upper or the lower half of the eight from y on;
 * these share `root`. */
NET_INLINE void net_half_of_eight(struct median_net *net, const NET_V *root, int y, int r, int bytes)
{
    const NET_V *four = net_own_four(net, r == y ? r + 3 : y + net->k, bytes);
    if (net->k < 13)
        net_run(NET_LOWER, root, four, 64, net->shared4, bytes);
    else
        net_run(NET_SECOND, root, four, 64, net->shared4, bytes);
}

/* What those of two rows from s on share, which are half of the four from r on. */
NET_INLINE void net_half_of_four(struct median_net *net, int r, int s, int bytes)
{
    int k = net->k, from = (k * k - 1) / 2 + net->low * (k - 1) - (k < 13 ? 0 : 64) - 47;
    net_run(NET_SIXTEEN, net->shared4 + from, net_pair(net, s == r ? s + 1 : r + k), 16, net->shared2, bytes);
}

#endif
