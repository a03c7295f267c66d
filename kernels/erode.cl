/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "order.clh"

/* k[0]: 1 takes the largest sample, 0 the smallest.
 *
 * down and across look at k[1] samples of a window: k[2] apart, and the last one k[3] from the first. Where k[2] is 1
 * the window begins a.up rows above, or a.left columns before, the output's, and may lie in the border; otherwise it
 * begins at the output's own place and every sample stands for k[2] of the image. mask looks at the pairs (columns to
 * the right, rows down) of table0. */

static K16 choose(K16 a, K16 b, int largest)
{
    return largest ? order_most(a, b) : order_least(a, b);
}

/* Samples x to x + 15 of row y; `inside` says that they are samples of the image. */
static K16 take(__global const T *in, const struct flynn_args *a, int x, int y, bool inside)
{
    if (inside)
        return ORDER_KEY(LOAD(T, 16, CROW(T, in, y, a->in.stride) + x));
    return ORDER_KEY(edge16(in, a, x, y));
}

/* The windows of 16 samples at x; they lie `right` samples and `below` rows from one another. */
static T16 window16(__global const T *in, const struct flynn_args *a, int x, int y, int right, int below)
{
    const int last_x = x + right * a->k[3], last_y = y + below * a->k[3];
    const bool inside = x >= 0 && y >= 0 && last_x + 16 <= a->in.width * a->in.channels && last_y < a->in.height;
    const int largest = a->k[0], step_x = right * a->k[2], step_y = below * a->k[2];
    K16 best = take(in, a, last_x, last_y, inside);
    if (inside) {
        __global const T *p = CROW(T, in, y, a->in.stride) + x;
        const size_t step = (size_t)step_y * (size_t)a->in.stride + (size_t)step_x * sizeof(T);
        if (largest) {
            for (int t = a->k[1] - 1; t > 0; t--, p = (__global const T *)((__global const uchar *)p + step))
                best = order_most(best, ORDER_KEY(LOAD(T, 16, p)));
        } else {
            for (int t = a->k[1] - 1; t > 0; t--, p = (__global const T *)((__global const uchar *)p + step))
                best = order_least(best, ORDER_KEY(LOAD(T, 16, p)));
        }
        return ORDER_BACK(best);
    }
    for (int t = 0; t < a->k[1] - 1; t++)
        best = choose(best, take(in, a, x + t * step_x, y + t * step_y, false), largest);
    return ORDER_BACK(best);
}

/* k[4] is set where the windows are of the second input. */
static struct flynn_args input_of(struct flynn_args a)
{
    if (a.k[4])
        a.in = a.with;
    return a;
}

FLYNN_KERNEL(down, T, T)
{
    const struct flynn_args args = input_of(a);
    __global const T *from = a.k[4] ? with : in;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x += 16)
            store_some_or_all(to + x, window16(from, &args, x, y - a.up, 0, 1), last_x - x);
    }
}

FLYNN_KERNEL(across, T, T)
{
    const struct flynn_args args = input_of(a);
    __global const T *from = a.k[4] ? with : in;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), c = args.in.channels;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x += 16)
            store_some_or_all(to + x, window16(from, &args, x - a.left * c, y, c, 0), last_x - x);
    }
}

FLYNN_KERNEL(mask, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), c = a.in.channels;
    __global const int *element = (__global const int *)table0;
    for (int y = FIRST_Y; y < last_y; y++) {
        const bool inside_y = y >= a.up && y + a.taps - a.up <= a.in.height;
        for (int x = FIRST_X; x < last_x; x += 16) {
            const bool inside = inside_y && x >= a.left * c && x + 16 + a.right * c <= a.in.width * c;
            K16 best = take(in, &args, x + element[0] * c, y + element[1], inside);
            for (int t = 1; t < a.k[1]; t++)
                best = choose(best, take(in, &args, x + element[2 * t] * c, y + element[2 * t + 1], inside), a.k[0]);
            store_some_or_all(ROW(T, out, y, a.out.stride) + x, ORDER_BACK(best), last_x - x);
        }
    }
}

/* What a difference of morphology is made of: k[3] is 1 for in - with, -1 for with - in. */
FLYNN_KERNEL(less, T, T)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *p = CROW(T, in, y, a.in.stride), *q = CROW(T, with, y, a.with.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            const T u = a.k[3] > 0 ? p[x] : q[x], v = a.k[3] > 0 ? q[x] : p[x];
#if T_FLOAT
            ROW(T, out, y, a.out.stride)[x] = u - v;
#else
            ROW(T, out, y, a.out.stride)[x] = u > v ? u - v : 0;
#endif
        }
    }
}

#ifdef ON_CPU
#include "rect.clh"
#endif
