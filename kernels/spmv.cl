/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* A sparse matrix by rows (core/spmv.h): table0 says where rows begin, table1 has columns, table2 values. Every element
 * is one chain of fma over its row (cpu/spmv.c). */

/* One vector, in a row. */
FLYNN_KERNEL(spmv, T, T)
{
    __global const int *start = (__global const int *)table0, *col = (__global const int *)table1;
    __global const T *value = (__global const T *)table2;
    for (int row = FIRST_X; row < LAST_X(a.out.width); row++) {
        T sum = 0;
        for (int i = start[row]; i < start[row + 1]; i++)
            sum = fma(value[i], in[col[i]], sum);
        out[row] = sum;
    }
}

/* Vectors that are the columns of the input; an item makes up to 16. */
FLYNN_KERNEL(spmm, T, T)
{
    __global const int *start = (__global const int *)table0, *col = (__global const int *)table1;
    __global const T *value = (__global const T *)table2;
    const int first = FIRST_X, last = LAST_X(a.out.width);
    for (int y = FIRST_Y; y < LAST_Y(a.out.height) && first < last; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        if (last - first == 16) {
            T16 sum = (T16)(0);
            for (int i = start[y]; i < start[y + 1]; i++)
                sum = fma((T16)(value[i]), LOAD(T, 16, CROW(T, in, col[i], a.in.stride) + first), sum);
            STORE(T, 16, sum, to + first);
            continue;
        }
        for (int x = first; x < last; x++) {
            T sum = 0;
            for (int i = start[y]; i < start[y + 1]; i++)
                sum = fma(value[i], CROW(T, in, col[i], a.in.stride)[x], sum);
            to[x] = sum;
        }
    }
}
