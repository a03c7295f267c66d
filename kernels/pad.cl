/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k[0], k[1]: the column and row of the output where the input's first pixel lies. Items make whole pixels. */

/* Pixels [x, end) of an output row beside the input; `from` is the input row that stands there, row < 0: none does. */
static void beside(const struct flynn_args *a, __global const T *from, __global T *to, int row, int x, int end)
{
    const int c = a->in.channels;
#if T_FLOAT
    const T fill = a->border_f;
#else
    const T fill = (T)a->border_i;
#endif
    for (; x < end; x++) {
        const int column = row < 0 ? -1 : border_index(a->border, x - a->k[0], a->in.width);
        for (int i = 0; i < c; i++)
            to[(size_t)x * c + i] = column < 0 ? fill : from[(size_t)column * c + i];
    }
}

static void copy(const struct flynn_args *a, __global const T *from, __global T *to, int n)
{
    int i = 0;
    for (; i < n && ((size_t)(to + i) & 31); i++)
        to[i] = from[i];
    const bool streams = STREAMS(*a, to + i);
    for (; i + 16 <= n; i += 16)
        STREAM(T, 16, streams, LOAD(T, 16, from + i), to + i);
    for (; i < n; i++)
        to[i] = from[i];
}

FLYNN_KERNEL(pad, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), c = a.in.channels;
    const int first = clamp(a.k[0], FIRST_X, max(last_x, FIRST_X));
    const int past = clamp(a.k[0] + a.in.width, first, max(last_x, first));
    for (int y = FIRST_Y; y < last_y; y++) {
        const int row = border_index(a.border, y - a.k[1], a.in.height);
        __global const T *from = CROW(T, in, max(row, 0), a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        beside(&a, from, to, row, FIRST_X, row < 0 ? last_x : first);
        if (row < 0)
            continue;
        if (past > first)
            copy(&a, from + (size_t)(first - a.k[0]) * c, to + (size_t)first * c, (past - first) * c);
        beside(&a, from, to, row, past, last_x);
    }
}
