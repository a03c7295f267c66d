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
