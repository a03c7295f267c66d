/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "factor.clh"

/* The lower triangle; above it is +0. */
FLYNN_KERNEL(cholesky_copy, T, T)
{
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < LAST_X(a.out.width); x++)
            to[x] = x <= y % ORDER ? from[x] : (T)0;
    }
}

static T root(T pivot)
{
    return pivot > (T)0 && pivot < (T)INFINITY ? sqrt(pivot) : (T)NAN;
}

/* The column below the pivot, which the next launch replaces by its root. */
FLYNN_KERNEL(cholesky_column, T, T)
{
    const int k = a.turn;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        __global T *row = ROW(T, out, y, a.out.stride);
        if (y % ORDER > k && FIRST_X <= k && k < LAST_X(a.out.width))
            row[k] = row[k] / root(ROW(T, out, y - y % ORDER + k, a.out.stride)[k]);
    }
}

FLYNN_KERNEL(cholesky_update, T, T)
{
    const int k = a.turn;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        const int i = y % ORDER, top = y - i;
        __global T *row = ROW(T, out, y, a.out.stride);
        if (i == k && FIRST_X <= k && k < LAST_X(a.out.width))
            row[k] = root(row[k]);
        for (int x = max(FIRST_X, k + 1); x < LAST_X(a.out.width) && x <= i; x++)
            row[x] = fma(-row[k], ROW(T, out, top + x, a.out.stride)[k], row[x]);
    }
}
