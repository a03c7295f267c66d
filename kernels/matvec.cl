/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* A group makes every row whose number is its own modulo the number of groups. The order of the sum is that of
 * core/lanes.h; table0 holds the vector. */

#define LANES 64
#define BLOCK 8192

#ifdef ON_CPU

/* The first item of a group makes the whole row, the others nothing. */

static T sum_block(__global const T *a, __global const T *x, int n)
{
    T16 l0 = (T16)(0), l1 = l0, l2 = l0, l3 = l0;
    T lane[LANES];
    int k = 0;
    for (; k + LANES <= n; k += LANES) {
        l0 += LOAD(T, 16, a + k) * LOAD(T, 16, x + k);
        l1 += LOAD(T, 16, a + k + 16) * LOAD(T, 16, x + k + 16);
        l2 += LOAD(T, 16, a + k + 32) * LOAD(T, 16, x + k + 32);
        l3 += LOAD(T, 16, a + k + 48) * LOAD(T, 16, x + k + 48);
    }
    vstore16(l0, 0, lane);
    vstore16(l1, 1, lane);
    vstore16(l2, 2, lane);
    vstore16(l3, 3, lane);
    for (int j = 0; k + j < n; j++)
        lane[j] += a[k + j] * x[k + j];
    for (int h = LANES / 2; h > 0; h /= 2) {
        for (int j = 0; j < h; j++)
            lane[j] += lane[j + h];
    }
    return lane[0];
}

FLYNN_KERNEL(matvec, T, T)
{
    __global const T *x = (__global const T *)table0;
    if (get_local_id(0) > 0)
        return;
    for (int y = (int)get_group_id(0); y < a.in.height; y += (int)get_num_groups(0)) {
        __global const T *row = CROW(T, in, y, a.in.stride);
        T sum = 0;
        for (int k = 0; k < a.in.width; k += BLOCK)
            sum += sum_block(row + k, x + k, min(BLOCK, a.in.width - k));
        *ROW(T, out, y, a.out.stride) = sum;
    }
}

#else

/* An item is a lane. */
FLYNN_KERNEL(matvec, T, T)
{
    __local T lane[LANES];
    __global const T *x = (__global const T *)table0;
    const int j = (int)get_local_id(0);

    for (int y = (int)get_group_id(0); y < a.in.height; y += (int)get_num_groups(0)) {
        __global const T *row = CROW(T, in, y, a.in.stride);
        T sum = 0;
        for (int k = 0; k < a.in.width; k += BLOCK) {
            const int last = min(a.in.width, k + BLOCK);
            T mine = 0;
            for (int i = k + j; i < last; i += LANES)
                mine += row[i] * x[i];
            lane[j] = mine;
            barrier(CLK_LOCAL_MEM_FENCE);
            for (int h = LANES / 2; h > 0; h /= 2) {
                if (j < h)
                    lane[j] += lane[j + h];
                barrier(CLK_LOCAL_MEM_FENCE);
            }
            sum += lane[0];
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        if (j == 0)
            *ROW(T, out, y, a.out.stride) = sum;
    }
}

#endif
