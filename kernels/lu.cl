/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "factor.clh"

/* n + 1 rows for each matrix: the last one holds the pivots. */
#define ROWS (ORDER + 1)

FLYNN_KERNEL(lu_copy, T, T)
{
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        const int number = y / ROWS, i = y % ROWS;
        __global const T *from = CROW(T, in, number * ORDER + min(i, ORDER - 1), a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < LAST_X(a.out.width); x++)
            to[x] = from[x];
    }
}

/* Written by whoever makes the pivot's place in the last row. */
FLYNN_KERNEL(lu_pivot, T, T)
{
    const int k = a.turn;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        if (y % ROWS != ORDER || FIRST_X > k || k >= LAST_X(a.out.width))
            continue;
        int at = k;
        T best = fabs(ROW(T, out, y - ORDER + k, a.out.stride)[k]);
        for (int i = k + 1; i < ORDER; i++) {
            const T next = fabs(ROW(T, out, y - ORDER + i, a.out.stride)[k]);
            if (!(next <= best) && !isnan(best)) {
                best = next;
                at = i;
            }
        }
        ROW(T, out, y, a.out.stride)[k] = (T)at;
    }
}

/* Whoever makes row k of a column exchanges it. */
FLYNN_KERNEL(lu_swap, T, T)
{
    const int k = a.turn;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        if (y % ROWS != k)
            continue;
        const int at = (int)ROW(T, out, y - k + ORDER, a.out.stride)[k];
        __global T *row = ROW(T, out, y, a.out.stride), *other = ROW(T, out, y - k + at, a.out.stride);
        for (int x = FIRST_X; x < LAST_X(a.out.width); x++) {
            const T held = row[x];
            row[x] = other[x];
            other[x] = held;
        }
    }
}

static T divisor(T pivot)
{
    return fabs(pivot) > (T)0 && fabs(pivot) < (T)INFINITY ? pivot : (T)NAN;
}

/* The column below the pivot, which the next launch puts to NaN where it cannot divide. */
FLYNN_KERNEL(lu_column, T, T)
{
    const int k = a.turn;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        const int i = y % ROWS;
        __global T *row = ROW(T, out, y, a.out.stride);
        if (i > k && i < ORDER && FIRST_X <= k && k < LAST_X(a.out.width))
            row[k] = row[k] / divisor(ROW(T, out, y - i + k, a.out.stride)[k]);
    }
}

FLYNN_KERNEL(lu_update, T, T)
{
    const int k = a.turn;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        const int i = y % ROWS;
        __global T *row = ROW(T, out, y, a.out.stride);
        __global const T *upper = CROW(T, out, y - i + k, a.out.stride);
        if (i == k && FIRST_X <= k && k < LAST_X(a.out.width))
            row[k] = divisor(row[k]);
        for (int x = max(FIRST_X, k + 1); x < LAST_X(a.out.width) && i > k && i < ORDER; x++)
            row[x] = fma(-row[k], upper[x], row[x]);
    }
}

/* k[2]: 1 L, 2 U, 3 P. */
FLYNN_KERNEL(lu_part, T, T)
{
    const int which = a.k[2];
    for (int row = FIRST_Y; row < LAST_Y(a.out.height); row++) {
        const int top = row / ORDER * ROWS, y = row % ORDER;
        __global const T *from = CROW(T, in, top + y, a.in.stride), *pivots = CROW(T, in, top + ORDER, a.in.stride);
        __global T *to = ROW(T, out, row, a.out.stride);
        int origin = y;
        for (int k = ORDER - 1; k >= 0; k--) {
            const int other = (int)pivots[k];
            origin = origin == k ? other : origin == other ? k : origin;
        }
        for (int x = FIRST_X; x < LAST_X(a.out.width); x++) {
            const bool taken = which == 1 ? x < y : which == 2 && x >= y;
            const bool one = which == 1 ? x == y : which == 3 && x == origin;
            to[x] = taken ? from[x] : one ? (T)1 : (T)0;
        }
    }
}
