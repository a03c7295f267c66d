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
