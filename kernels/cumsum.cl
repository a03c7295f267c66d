/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

#if T_FLOAT
#define SUM     T
#define SUM16   T16
#define OF16(x) (x)
#else
#define SUM     uint
#define SUM16   uint16
#define OF16(x) convert_uint16(x)
#endif

/* Along the rows. Additions of one row wait for each other; four rows at once keep a CPU busy. */
FLYNN_KERNEL(cumsum_rows, T, SUM)
{
    const int width = a.out.width, last_y = LAST_Y(a.out.height);
    int y = FIRST_Y;
    for (; y + 4 <= last_y; y += 4) {
        __global const T *a0 = CROW(T, in, y, a.in.stride), *a1 = CROW(T, in, y + 1, a.in.stride);
        __global const T *a2 = CROW(T, in, y + 2, a.in.stride), *a3 = CROW(T, in, y + 3, a.in.stride);
        __global SUM *o0 = ROW(SUM, out, y, a.out.stride), *o1 = ROW(SUM, out, y + 1, a.out.stride);
        __global SUM *o2 = ROW(SUM, out, y + 2, a.out.stride), *o3 = ROW(SUM, out, y + 3, a.out.stride);
        SUM s0 = a0[0], s1 = a1[0], s2 = a2[0], s3 = a3[0];
        o0[0] = s0;
        o1[0] = s1;
        o2[0] = s2;
        o3[0] = s3;
        for (int x = 1; x < width; x++) {
            o0[x] = s0 += a0[x];
            o1[x] = s1 += a1[x];
            o2[x] = s2 += a2[x];
            o3[x] = s3 += a3[x];
        }
    }
    for (; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global SUM *to = ROW(SUM, out, y, a.out.stride);
        SUM sum = from[0];
        to[0] = sum;
        for (int x = 1; x < width; x++)
            to[x] = sum += from[x];
    }
}

/* Down the columns: the item's columns through all rows. */
FLYNN_KERNEL(cumsum_columns, T, SUM)
{
    const int last_x = LAST_X(a.out.width), height = a.out.height;
    int x = FIRST_X;
    for (; x + 16 <= last_x; x += 16) {
        SUM16 sum = OF16(LOAD(T, 16, in + x));
        STORE(SUM, 16, sum, out + x);
        for (int y = 1; y < height; y++) {
            sum += OF16(LOAD(T, 16, CROW(T, in, y, a.in.stride) + x));
            STORE(SUM, 16, sum, ROW(SUM, out, y, a.out.stride) + x);
        }
    }
    for (; x < last_x; x++) {
        SUM sum = in[x];
        out[x] = sum;
        for (int y = 1; y < height; y++) {
            sum += CROW(T, in, y, a.in.stride)[x];
            ROW(SUM, out, y, a.out.stride)[x] = sum;
        }
    }
}

/* Through the whole matrix: what the rows above come to is added to the sums along the rows. */
FLYNN_KERNEL(cumsum_totals, SUM, SUM)
{
    const int width = a.out.width, last_y = LAST_Y(a.out.height);
    SUM total = 0;
    for (int y = 0; y < FIRST_Y; y++)
        total += CROW(SUM, in, y, a.in.stride)[width - 1];
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const SUM *from = CROW(SUM, in, y, a.in.stride);
        __global SUM *to = ROW(SUM, out, y, a.out.stride);
        int x = 0;
        for (; x + 16 <= width; x += 16)
            STORE(SUM, 16, total + LOAD(SUM, 16, from + x), to + x);
        for (; x < width; x++)
            to[x] = total + from[x];
        total += from[width - 1];
    }
}
