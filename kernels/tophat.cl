/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"
#include "order.clh"

/* Rows of two parts: core/tophat.h, which says what is in k. f32 rows are never keys here. */

/* The constant border as a sample. */
static T border_sample(const struct flynn_args *a)
{
#if defined(T_F32)
    return a->border_f;
#else
    return (T)a->border_i;
#endif
}

static K16 choose(K16 a, K16 b, int largest)
{
    return largest ? order_most(a, b) : order_least(a, b);
}

/* n samples (16 where n is more) from sample s of a row of `all`; what lies beyond n is anything. */
static T16 load_some(__global const T *row, int s, int all)
{
    if (s + 16 <= all)
        return LOAD(T, 16, row + s);
    T v[16];
    for (int i = 0; i < 16; i++)
        v[i] = row[min(s + i, all - 1)];
    return vload16(0, v);
}

/* The windows down the columns that begin at row y. */
static T16 down16(__global const T *in, const struct flynn_args *a, int s, int all, int y, int largest)
{
    K16 best;
    for (int t = 0; t < a->k[1]; t++) {
        const int row = border_index(a->border, y + t, a->in.height);
        const K16 v = ORDER_KEY(row < 0 ? (T16)(border_sample(a)) : load_some(CROW(T, in, row, a->in.stride), s, all));
        best = t ? choose(best, v, largest) : v;
    }
    return ORDER_BACK(best);
}

/* The windows across that begin at sample s. */
static T16 across16(__global const T *row, const struct flynn_args *a, int s, int all, int largest)
{
    K16 best;
    for (int t = 0; t < a->k[1]; t++) {
        const K16 v = ORDER_KEY(load_some(row, s + t * a->in.channels, all));
        best = t ? choose(best, v, largest) : v;
    }
    return ORDER_BACK(best);
}

#if defined(T_F32)
static int key_of(T v)
{
    int k = as_int(v);
    k ^= (k >> 31) & 0x7fffffff;
    return k < (int)0x807fffff ? 0x7fffffff : k;
}

static T key_back(int k)
{
    return as_float(k ^ ((k >> 31) & 0x7fffffff));
}
#else
static int key_of(T v)
{
    return v;
}

static T key_back(int k)
{
    return (T)k;
}
#endif

/* The window that begins at sample s of row y, down or across. */
static T one_window(__global const T *in, const struct flynn_args *a, int s, int y, bool across, int largest)
{
    int best = 0;
    for (int t = 0; t < a->k[1]; t++) {
        const int row = across ? y : border_index(a->border, y + t, a->in.height);
        const int at = across ? s + t * a->in.channels : s;
        const int v = key_of(row < 0 ? border_sample(a) : CROW(T, in, row, a->in.stride)[at]);
        best = t == 0 ? v : largest ? max(best, v) : min(best, v);
    }
    return key_back(best);
}

/* Sample s of a first part with its border: `columns` are those without. */
static T one_sample(__global const T *in, const struct flynn_args *a, int s, int columns, int y, bool across,
                    int largest)
{
    const int c = a->in.channels, column = s / c, from = border_index(a->border, column - a->k[2], columns);
    return from < 0 ? border_sample(a) : one_window(in, a, from * c + (s - column * c), y, across, largest);
}

/* 16 samples of a first part that is looked at across (y is their row) or down (y is the first row of the window).
 * A group in the border is put together one by one. */
static T16 part16(__global const T *in, const struct flynn_args *a, int s, int y, bool across, int largest)
{
    const int c = a->in.channels, columns = across ? a->k[7] : a->k[4], all = a->k[4] * c;
    const int first = s - a->k[2] * c;
    if (first >= 0 && first + 16 <= columns * c)
        return across ? across16(CROW(T, in, y, a->in.stride), a, first, all, largest)
                      : down16(in, a, first, all, y, largest);
    T v[16];
    for (int i = 0; i < 16; i++)
        v[i] = s + i < a->k[5] * c ? one_sample(in, a, s + i, columns, y, across, largest) : (T)0;
    return vload16(0, v);
}

/* The first part, and the second as it is in row `kept`. */
static void keep_row(__global const T *in, const struct flynn_args *a, __global T *to, int first_x, int last_x, int y,
                     int kept, bool across)
{
    const int c = a->in.channels, part = a->k[5] * c, shift = (a->k[6] - a->k[5]) * c;
    __global const T *from = CROW(T, in, kept, a->in.stride);
    for (int x = first_x; x < min(last_x, part); x += 16)
        store_some_or_all(to + x, part16(in, a, x, y, across, a->k[0]), min(last_x, part) - x);
    for (int x = max(first_x, part); x < last_x; x++)
        to[x] = from[x + shift];
}

FLYNN_KERNEL(down, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++)
        keep_row(in, &args, ROW(T, out, y, a.out.stride), FIRST_X, last_x, y - a.up, y, false);
}

FLYNN_KERNEL(across, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++)
        keep_row(in, &args, ROW(T, out, y, a.out.stride), FIRST_X, last_x, y, y, true);
}

static T16 less(T16 a, T16 b)
{
#if T_FLOAT
    return a - b;
#else
    return sub_sat(a, b);
#endif
}

FLYNN_KERNEL(subtract, T, T)
{
    const struct flynn_args args = a;
    const int c = a.in.channels, last_x = LAST_X(a.out.width * c), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *row = CROW(T, in, y, a.in.stride);
        for (int x = FIRST_X; x < last_x; x += 16) {
            const T16 found = across16(row, &args, x, a.k[4] * c, a.k[0]);
            const T16 kept = load_some(row, a.k[6] * c + x, a.in.width * c);
            store_some_or_all(ROW(T, out, y, a.out.stride) + x, a.k[8] ? less(found, kept) : less(kept, found),
                              last_x - x);
        }
    }
}

FLYNN_KERNEL(both_down, T, T)
{
    const struct flynn_args args = a;
    const int part = a.k[5] * a.in.channels, last_x = LAST_X(2 * part), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < min(last_x, part); x += 16)
            store_some_or_all(to + x, part16(in, &args, x, y - a.up, false, 0), min(last_x, part) - x);
        for (int x = max(FIRST_X, part); x < last_x; x += 16)
            store_some_or_all(to + x, part16(in, &args, x - part, y - a.up, false, 1), last_x - x);
    }
}

FLYNN_KERNEL(both_subtract, T, T)
{
    const struct flynn_args args = a;
    const int c = a.in.channels, part = a.k[4] * c, last_x = LAST_X(a.out.width * c), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *row = CROW(T, in, y, a.in.stride);
        for (int x = FIRST_X; x < last_x; x += 16)
            store_some_or_all(ROW(T, out, y, a.out.stride) + x,
                              less(across16(row + part, &args, x, part, 1), across16(row, &args, x, part, 0)),
                              last_x - x);
    }
}
