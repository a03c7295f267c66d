/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "factor.clh"

/* An item makes one column of X for one matrix. */

static T at(__global const T *in, const struct flynn_args a, int row, int col)
{
    return CROW(T, in, row, a.in.stride)[col];
}

static T take(__global const T *out, const struct flynn_args a, int row, int col, T factor, T c)
{
    return fma(-factor, CROW(T, out, row, a.out.stride)[col], c);
}

FLYNN_KERNEL(solve_general, T, T)
{
    const int x = (int)get_global_id(0), number = (int)get_global_id(1), n = ORDER;
    const int top = number * n, factors = number * (n + 1);
    if (x >= a.out.width || number >= BATCH)
        return;
    for (int i = 0; i < n; i++)
        ROW(T, out, top + i, a.out.stride)[x] = CROW(T, with, top + i, a.with.stride)[x];
    for (int k = 0; k < n; k++) {
        __global T *p = ROW(T, out, top + k, a.out.stride) + x;
        __global T *q = ROW(T, out, top + (int)at(in, a, factors + n, k), a.out.stride) + x;
        const T held = *p;
        *p = *q;
        *q = held;
    }
    for (int i = 0; i < n; i++) {
        T c = ROW(T, out, top + i, a.out.stride)[x];
        for (int k = 0; k < i; k++)
            c = take(out, a, top + k, x, at(in, a, factors + i, k), c);
        ROW(T, out, top + i, a.out.stride)[x] = c;
    }
    for (int i = n - 1; i >= 0; i--) {
        T c = ROW(T, out, top + i, a.out.stride)[x];
        for (int k = n - 1; k > i; k--)
            c = take(out, a, top + k, x, at(in, a, factors + i, k), c);
        ROW(T, out, top + i, a.out.stride)[x] = c / at(in, a, factors + i, i);
    }
}

FLYNN_KERNEL(solve_positive, T, T)
{
    const int x = (int)get_global_id(0), number = (int)get_global_id(1), n = ORDER, top = number * n;
    if (x >= a.out.width || number >= BATCH)
        return;
    for (int i = 0; i < n; i++) {
        T c = CROW(T, with, top + i, a.with.stride)[x];
        for (int k = 0; k < i; k++)
            c = take(out, a, top + k, x, at(in, a, top + i, k), c);
        ROW(T, out, top + i, a.out.stride)[x] = c / at(in, a, top + i, i);
    }
    for (int i = n - 1; i >= 0; i--) {
        T c = ROW(T, out, top + i, a.out.stride)[x];
        for (int k = n - 1; k > i; k--)
            c = take(out, a, top + k, x, at(in, a, top + k, i), c);
        ROW(T, out, top + i, a.out.stride)[x] = c / at(in, a, top + i, i);
    }
}
