/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

#if defined(T_U8)
#define SUM uint
#else
#ifndef HAVE_FP64
#error "integral of u16 and f32 needs double"
#endif
#define SUM double
#endif

/* The sums of one row of the image. */
static void sums_of_row(__global const T *from, __global SUM *to, int width, int n)
{
    SUM sum[4] = {0, 0, 0, 0};
    for (int c = 0; c < n; c++)
        *to++ = 0;
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < n; c++) {
            sum[c] += *from++;
            *to++ = sum[c];
        }
    }
}

/* Pixels of three and four samples as four: the last of three is made apart, the others' fourth is overwritten. */
static void sums_of_fours(__global const T *from, __global SUM *to, int width, int n)
{
    PASTE(SUM, 4) sum = (SUM)0;
    SUM last[4];
    int x = 0;
    for (int c = 0; c < n; c++)
        *to++ = 0;
    for (; x + 1 < width; x++, from += n, to += n) {
        sum += PASTE3(convert_, SUM, 4)(LOAD(T, 4, from));
        STORE(SUM, 4, sum, to);
    }
    vstore4(sum, 0, last);
    for (int c = 0; c < n; c++)
        to[c] = last[c] + (SUM)from[c];
}

/* Rows of the table with the sums of one row of the image each. */
FLYNN_KERNEL(along, T, SUM)
{
    const int last_y = LAST_Y(a.out.height), n = a.in.channels, width = a.in.width;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global SUM *to = ROW(SUM, out, y, a.out.stride);
        if (y == 0) {
            for (int x = 0; x < a.out.width * n; x++)
                to[x] = 0;
        } else if (n < 3) {
            sums_of_row(CROW(T, in, y - 1, a.in.stride), to, width, n);
        } else {
            sums_of_fours(CROW(T, in, y - 1, a.in.stride), to, width, n);
        }
    }
}

/* An item's columns, from the top. */
FLYNN_KERNEL(down, SUM, SUM)
{
    const int first_x = FIRST_X, last_x = LAST_X(a.out.width * a.out.channels);
    if (first_x + 16 <= last_x) {
        PASTE(SUM, 16) sum = (SUM)0;
        for (int y = 0; y < a.out.height; y++) {
            const PASTE(SUM, 16) own = LOAD(SUM, 16, CROW(SUM, in, y, a.in.stride) + first_x);
            sum = y ? sum + own : own;
            STORE(SUM, 16, sum, ROW(SUM, out, y, a.out.stride) + first_x);
        }
        return;
    }
    for (int x = first_x; x < last_x; x++) {
        SUM sum = 0;
        for (int y = 0; y < a.out.height; y++) {
            sum = y ? sum + CROW(SUM, in, y, a.in.stride)[x] : CROW(SUM, in, y, a.in.stride)[x];
            ROW(SUM, out, y, a.out.stride)[x] = sum;
        }
    }
}

/* ---- on CPU devices: strips of rows, each of which begins with the sums of the columns above ------------------------ */

#if defined(ON_CPU) && defined(T_U8)

#include "columns.clh"

#define STRIP 32 /* rows: cpu/integral.c */

/* Row y: the sums of the columns of strip y. */
FLYNN_KERNEL(strip_sums, T, uint)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global uint *to = ROW(uint, out, y, a.out.stride);
        for (int row = y * STRIP; row < min(y * STRIP + STRIP, a.in.height); row++) {
            __global const T *from = CROW(T, in, row, a.in.stride);
            const bool first = row == y * STRIP;
            int x = FIRST_X;
            for (; x + 16 <= last_x; x += 16) {
                const uint16 v = convert_uint16(LOAD(T, 16, from + x));
                STORE(uint, 16, first ? v : v + LOAD(uint, 16, to + x), to + x);
            }
            for (; x < last_x; x++)
                to[x] = first ? from[x] : to[x] + from[x];
        }
    }
}

/* Row y: the sums of the columns of all strips before y. */
FLYNN_KERNEL(strip_totals, T, uint)
{
    const int last_x = LAST_X(a.out.width * a.out.channels);
    for (int y = 0; y < a.out.height; y++) {
        __global uint *to = ROW(uint, out, y, a.out.stride);
        __global const uint *total = CROW(uint, out, max(y - 1, 0), a.out.stride);
        __global const uint *sums = CROW(uint, with, max(y - 1, 0), a.with.stride);
        for (int x = FIRST_X; x < last_x; x++)
            to[x] = y ? total[x] + sums[x] : 0;
    }
}

/* A row of the table from the one above, or, where that is not there yet, from the sums of the columns above. */
static void row_of_table(__global const T *from, __global const uint *columns, __global const uint *above,
                         __global uint *to, int n, int c)
{
    uint16 sum = (uint16)(0);
    uint last[16];
    int x = 0;
    for (; x + 16 <= n; x += 16) {
        const uint16 v = convert_uint16(LOAD(T, 16, from + x));
        sum = running_sums(columns ? v + LOAD(uint, 16, columns + x) : v, sum, c);
        STORE(uint, 16, columns ? sum : sum + LOAD(uint, 16, above + x), to + x);
    }
    vstore16(sum, 0, last);
    for (int k = 16 - c; x < n; x++, k = k == 15 ? 16 - c : k + 1) {
        last[k] += columns ? from[x] + columns[x] : from[x];
        to[x] = columns ? last[k] : last[k] + above[x];
    }
}

FLYNN_KERNEL(strips, T, uint)
{
    const int strip = (int)get_global_id(1), c = a.in.channels, n = a.in.width * c, first = strip * STRIP;
    if (get_global_id(0) > 0)
        return;
    for (int x = 0; strip == 0 && x < n + c; x++)
        out[x] = 0;
    for (int y = first; y < min(first + STRIP, a.in.height); y++) {
        __global uint *to = ROW(uint, out, y + 1, a.out.stride);
        __global const uint *columns = y == first ? CROW(uint, with, strip, a.with.stride) : 0;
        for (int k = 0; k < c; k++)
            to[k] = 0;
        row_of_table(CROW(T, in, y, a.in.stride), columns, CROW(uint, out, y, a.out.stride) + c, to + c, n, c);
    }
}

#endif
