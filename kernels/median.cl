/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "order.clh"

/* The median of nine is the median of the largest of the columns' smallest, the median of their middles, and the
 * smallest of their largest. Floats are compared as integers of the same order: cpu/median.c. */

static K16 middle(K16 a, K16 b, K16 c)
{
    return order_most(order_least(a, b), order_least(order_most(a, b), c));
}

/* A column of the four input rows in order: of the upper three and of the lower three. The loops over rows and columns
 * are written out, because not every compiler unrolls them and keeps the vectors in registers. */
struct column {
    K16 low0, mid0, high0, low1, mid1, high1;
};

static struct column column_of(K16 r0, K16 r1, K16 r2, K16 r3)
{
    const K16 p = order_least(r1, r2), q = order_most(r1, r2), s = order_most(p, r0), t = order_most(p, r3);
    struct column c;
    c.low0 = order_least(p, r0);
    c.mid0 = order_least(s, q);
    c.high0 = order_most(s, q);
    c.low1 = order_least(p, r3);
    c.mid1 = order_least(t, q);
    c.high1 = order_most(t, q);
    return c;
}

static struct column load_column(__global const T *r0, __global const T *r1, __global const T *r2, __global const T *r3,
                                 int x)
{
    return column_of(ORDER_KEY(LOAD(T, 16, r0 + x)), ORDER_KEY(LOAD(T, 16, r1 + x)), ORDER_KEY(LOAD(T, 16, r2 + x)),
                     ORDER_KEY(LOAD(T, 16, r3 + x)));
}

/* The same at an edge. */
static struct column edge_column(__global const T *in, const struct flynn_args *a, int x, int y)
{
    return column_of(ORDER_KEY(edge16(in, a, x, y)), ORDER_KEY(edge16(in, a, x, y + 1)), ORDER_KEY(edge16(in, a, x, y + 2)),
                     ORDER_KEY(edge16(in, a, x, y + 3)));
}

static T16 upper_row(struct column a, struct column b, struct column c)
{
    return ORDER_BACK(middle(order_most(order_most(a.low0, b.low0), c.low0), middle(a.mid0, b.mid0, c.mid0),
                       order_least(order_least(a.high0, b.high0), c.high0)));
}

static T16 lower_row(struct column a, struct column b, struct column c)
{
    return ORDER_BACK(middle(order_most(order_most(a.low1, b.low1), c.low1), middle(a.mid1, b.mid1, c.mid1),
                       order_least(order_least(a.high1, b.high1), c.high1)));
}

/* The group at x, which ends beyond last_x or lies at an edge. */
static void edge_group(__global const T *in, const struct flynn_args *a, __global T *first, __global T *second, int x,
                       int last_x, int y, bool two)
{
    const int c = a->in.channels, n = min(last_x - x, 16);
    const struct column left = edge_column(in, a, x - c, y - 1), mid = edge_column(in, a, x, y - 1),
                        right = edge_column(in, a, x + c, y - 1);
    store_some(first + x, upper_row(left, mid, right), n);
    if (two)
        store_some(second + x, lower_row(left, mid, right), n);
}

/* Row y of the input, or of its border; *inside becomes false where the border is constant. */
static __global const T *row_at(__global const T *in, const struct flynn_args *a, int y, bool *inside)
{
    const int row = border_index(a->border, y, a->in.height);
    *inside = *inside && row >= 0;
    return CROW(T, in, max(row, 0), a->in.stride);
}

FLYNN_KERNEL(median3, T, T)
{
    const struct flynn_args args = a;
    const int n = a.out.width * a.out.channels, c = a.in.channels;
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y += 2) {
        const bool two = y + 1 < last_y;
        bool inside = true;
        __global const T *r0 = row_at(in, &args, y - 1, &inside), *r1 = row_at(in, &args, y, &inside),
                         *r2 = row_at(in, &args, y + 1, &inside),
                         *r3 = two ? row_at(in, &args, y + 2, &inside) : r2;
        __global T *first = ROW(T, out, y, a.out.stride), *second = ROW(T, out, two ? y + 1 : y, a.out.stride);
        const int end = inside ? min(last_x, n - c) - 15 : 0;
        int x = FIRST_X;
        while (x < last_x) {
            if (x < c || x >= end) {
                edge_group(in, &args, first, second, x, last_x, y, two);
                x += 16;
                continue;
            }
            for (; x < end; x += 16) {
                const struct column left = load_column(r0, r1, r2, r3, x - c), mid = load_column(r0, r1, r2, r3, x),
                                    right = load_column(r0, r1, r2, r3, x + c);
                if (two)
                    STORE(T, 16, lower_row(left, mid, right), second + x);
                STORE(T, 16, upper_row(left, mid, right), first + x);
            }
        }
    }
}

/* ---- 5 x 5: cpu/median.c ----------------------------------------------------------------------------------------- */

#ifdef ON_CPU

#include "median5_lines.clh"

#else

struct column5 {
    K16 r0, r1, r2, r3, r4;
};

#define ORDER(a, b)                                                                                                    \
    {                                                                                                                  \
        const K16 least = order_least(a, b);                                                                           \
        b = order_most(a, b);                                                                                          \
        a = least;                                                                                                     \
    }

/* A column of five rows in order; inside says that it is one of the image. */
static struct column5 column5_at(__global const T *in, const struct flynn_args *a, int x, int y, bool inside)
{
    struct column5 c;
    if (inside) {
        c.r0 = ORDER_KEY(LOAD(T, 16, CROW(T, in, y - 2, a->in.stride) + x));
        c.r1 = ORDER_KEY(LOAD(T, 16, CROW(T, in, y - 1, a->in.stride) + x));
        c.r2 = ORDER_KEY(LOAD(T, 16, CROW(T, in, y, a->in.stride) + x));
        c.r3 = ORDER_KEY(LOAD(T, 16, CROW(T, in, y + 1, a->in.stride) + x));
        c.r4 = ORDER_KEY(LOAD(T, 16, CROW(T, in, y + 2, a->in.stride) + x));
    } else {
        c.r0 = ORDER_KEY(edge16(in, a, x, y - 2));
        c.r1 = ORDER_KEY(edge16(in, a, x, y - 1));
        c.r2 = ORDER_KEY(edge16(in, a, x, y));
        c.r3 = ORDER_KEY(edge16(in, a, x, y + 1));
        c.r4 = ORDER_KEY(edge16(in, a, x, y + 2));
    }
    ORDER(c.r0, c.r3)
    ORDER(c.r1, c.r4)
    ORDER(c.r0, c.r2)
    ORDER(c.r1, c.r3)
    ORDER(c.r0, c.r1)
    ORDER(c.r2, c.r4)
    ORDER(c.r1, c.r2)
    ORDER(c.r3, c.r4)
    ORDER(c.r2, c.r3)
    return c;
}

static void order_columns(struct column5 *a, struct column5 *b)
{
    ORDER(a->r0, b->r0)
    ORDER(a->r1, b->r1)
    ORDER(a->r2, b->r2)
    ORDER(a->r3, b->r3)
    ORDER(a->r4, b->r4)
}

#define MEDIAN5_PARAMETERS  struct column5 c0, struct column5 c1, struct column5 c2, struct column5 c3, struct column5 c4
#define MEDIAN5_T           K16
#define MEDIAN5_IN(i, k)    c##k.r##i
#define MEDIAN5_LEAST(a, b) order_least(a, b)
#define MEDIAN5_MOST(a, b)  order_most(a, b)

#endif

static MEDIAN5_T median_of_25(MEDIAN5_PARAMETERS)
{
    MEDIAN5_T median;
#define MEDIAN5_OUT median
#include "median5.h"
    return median;
}

#ifdef ON_CPU

#include "median_net_lines.clh"

FLYNN_KERNEL(median5, T, T)
{
    __attribute__((aligned(64))) struct median5_lines lines;
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), c = a.in.channels;
    for (int x = FIRST_X; x < last_x; x += MEDIAN5_LINE) {
        const int n = min(MEDIAN5_LINE, last_x - x), all = n + 4 * c;
        for (int y = FIRST_Y - 2; y < last_y + 2; y++) {
            K *row = lines.row[(y + 2 - FIRST_Y) % 5];
            fetch((T *)row, in, &args, x - 2 * c, all, y);
            line_to_keys(row, all, 0);
            if (y < FIRST_Y + 2)
                continue;
            order_lines(&lines, all);
            order_pairs(&lines, all - c, c);
            for (int i = 0; i < n; i += N)
                PUT_K(median_of_25(&lines, i, c), lines.out + i);
            line_from_keys(lines.out, n, 0);
            give(&args, ROW(T, out, y - 2, a.out.stride) + x, (const T *)lines.out, n);
        }
    }
}

#else

static T16 median5_16(__global const T *in, const struct flynn_args *a, int x, int y)
{
    const int c = a->in.channels;
    const bool inside = y >= 2 && y + 2 < a->in.height && x >= 2 * c && x + 2 * c + 16 <= a->in.width * c;
    struct column5 c0 = column5_at(in, a, x - 2 * c, y, inside), c1 = column5_at(in, a, x - c, y, inside);
    struct column5 c2 = column5_at(in, a, x, y, inside), c3 = column5_at(in, a, x + c, y, inside);
    order_columns(&c0, &c1);
    order_columns(&c2, &c3);
    return ORDER_BACK(median_of_25(c0, c1, c2, c3, column5_at(in, a, x + 2 * c, y, inside)));
}

FLYNN_KERNEL(median5, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x += 16)
            store_some_or_all(to + x, median5_16(in, &args, x, y), last_x - x);
    }
}

#endif

/* ---- large squares ------------------------------------------------------------------------------------------------ */

/* Byte by byte from the uppermost: among the samples of the square that begin with the bytes found so far, how often
 * each next byte occurs. The counts move along the row with the square while what they begin with stays the same. */

#if defined(T_U8)
#define KEY_BYTES 1
#elif defined(T_U16)
#define KEY_BYTES 2
#else
#define KEY_BYTES 4
#endif

static uint key_of(T v)
{
#if defined(T_F32)
    int k = as_int(v);
    k ^= (k >> 31) & 0x7fffffff;
    return (uint)(k < (int)0x807fffff ? 0x7fffffff : k) ^ 0x80000000u;
#else
    return v;
#endif
}

static T key_back(uint key)
{
#if defined(T_F32)
    const int k = (int)(key ^ 0x80000000u);
    return as_float(k ^ ((k >> 31) & 0x7fffffff));
#else
    return (T)key;
#endif
}

/* Add `by` for the samples of a column (pixel x of a channel) about row y that begin with `start`. */
static void count_column(ushort *count, __global const T *in, const struct flynn_args *a, int x, int channel, int y,
                         int level, uint start, int by)
{
    const int c = a->in.channels, shift = 8 * (KEY_BYTES - 1 - level);
    const bool inside = x >= 0 && x < a->in.width && y >= a->up && y + a->down < a->in.height;
    for (int t = y - a->up; t <= y + a->down; t++) {
        const T v = inside ? CROW(T, in, t, a->in.stride)[x * c + channel] : sample_at(in, a, x * c + channel, t);
        const uint key = key_of(v) >> shift;
        if (level == 0 || key >> 8 == start)
            count[key & 255] = (ushort)(count[key & 255] + by);
    }
}

static void count_square(ushort *count, __global const T *in, const struct flynn_args *a, int x, int channel, int y,
                         int level, uint start)
{
    for (int i = 0; i < 256; i++)
        count[i] = 0;
    for (int t = x - a->left; t <= x + a->right; t++)
        count_column(count, in, a, t, channel, y, level, start, 1);
}

#if KEY_BYTES == 1

/* The same, and how many of the samples are below `median`. */
static int count_bytes(ushort *count, __global const T *in, const struct flynn_args *a, int x, int channel, int y,
                       int median, int by)
{
    const int c = a->in.channels;
    int below = 0;
    if (x < 0 || x >= a->in.width || y < a->up || y + a->down >= a->in.height) {
        for (int t = y - a->up; t <= y + a->down; t++) {
            const T v = sample_at(in, a, x * c + channel, t);
            count[v] = (ushort)(count[v] + by);
            below += v < median;
        }
        return below;
    }
    __global const T *p = CROW(T, in, y - a->up, a->in.stride) + x * c + channel;
    for (int t = -a->up; t <= a->down; t++, p = CROW(T, p, 1, a->in.stride)) {
        count[*p] = (ushort)(count[*p] + by);
        below += *p < median;
    }
    return below;
}

/* Pixels [x, last_x) of a row in one channel: the median moves from that of the square before. */
static void median_bytes(__global const T *in, const struct flynn_args *a, __global T *to, int x, int last_x, int channel,
                         int y)
{
    const int c = a->in.channels, rest = (a->k[0] * a->k[0] - 1) / 2;
    ushort count[256];
    int median = 0, below = 0;
    count_square(count, in, a, x, channel, y, 0, 0);
    for (;;) {
        while (below > rest)
            below -= count[--median];
        while (below + count[median] <= rest)
            below += count[median++];
        to[x * c + channel] = (T)median;
        if (++x >= last_x)
            return;
        below -= count_bytes(count, in, a, x - 1 - a->left, channel, y, median, -1);
        below += count_bytes(count, in, a, x + a->right, channel, y, median, 1);
    }
}

FLYNN_KERNEL(median_large, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y && FIRST_X < last_x; y++) {
        for (int channel = 0; channel < a.in.channels; channel++)
            median_bytes(in, &args, ROW(T, out, y, a.out.stride), FIRST_X, last_x, channel, y);
    }
}

#else

FLYNN_KERNEL(median_large, T, T)
{
    const struct flynn_args args = a;
    const int c = a.in.channels, last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);
    ushort count[KEY_BYTES][256];
    for (int y = FIRST_Y; y < last_y; y++) {
        for (int channel = 0; channel < c; channel++) {
            uint starts[KEY_BYTES];
            for (int x = FIRST_X; x < last_x; x++) {
                int rest = (a.k[0] * a.k[0] - 1) / 2;
                uint key = 0;
                bool same = x > FIRST_X;
                for (int level = 0; level < KEY_BYTES; level++) {
                    same = same && starts[level] == key;
                    if (same) {
                        count_column(count[level], in, &args, x - 1 - a.left, channel, y, level, key, -1);
                        count_column(count[level], in, &args, x + a.right, channel, y, level, key, 1);
                    } else {
                        count_square(count[level], in, &args, x, channel, y, level, key);
                    }
                    starts[level] = key;
                    uint byte = 0;
                    for (; count[level][byte] <= rest; byte++)
                        rest -= count[level][byte];
                    key = key << 8 | byte;
                }
                ROW(T, out, y, a.out.stride)[x * c + channel] = key_back(key);
            }
        }
    }
}

#endif
