/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* Every element is one chain of fma over channels, rows and columns of the kernel (cpu/conv2d.c). An item makes 16 columns
 * of one row of 4 filters; missing filters repeat the last one. k[] is that of
 * core/conv2d.h; table0 holds the filters. */

#define COLS       16
#define FILTERS    a.k[0]
#define CHANNELS   a.k[1]
#define KW         a.k[2]
#define KH         a.k[3]
#define STRIDE     a.k[4]
#define PADDING    a.k[5]
#define DILATION   a.k[6]
#define HEIGHT     a.k[7]
#define OUT_HEIGHT a.k[8]

/* The samples of columns x, x + stride, ..., which are 0 outside of the row. */
static T16 load_samples(__global const T *row, int x, int stride, int step, int width)
{
    if (stride == 1 && step == 1 && x >= 0 && x + COLS <= width)
        return LOAD(T, 16, row + x);
    T v[COLS];
    for (int i = 0; i < COLS; i++, x += stride)
        v[i] = x >= 0 && x < width ? row[(size_t)x * (size_t)step] : (T)0;
    return vload16(0, v);
}

static void store_samples(T16 v, __global T *to, int n)
{
    if (n >= COLS) {
        STORE(T, 16, v, to);
        return;
    }
    T all[COLS];
    vstore16(v, 0, all);
    for (int i = 0; i < n; i++)
        to[i] = all[i];
}

FLYNN_KERNEL(conv2d, T, T)
{
    const int x = (int)get_global_id(0) * COLS, y = (int)get_global_id(1) % OUT_HEIGHT;
    const int filter = (int)get_global_id(1) / OUT_HEIGHT * 4, step = a.in.channels, columns = a.out.width - x;
    if (columns <= 0 || filter >= FILTERS)
        return;
    const size_t next = (size_t)CHANNELS * (size_t)KH * (size_t)KW;
    const size_t w1 = next * (size_t)min(1, FILTERS - 1 - filter), w2 = next * (size_t)min(2, FILTERS - 1 - filter),
                 w3 = next * (size_t)min(3, FILTERS - 1 - filter);
    __global const T *weight = (__global const T *)table0 + next * (size_t)filter;
    T16 c0 = (T16)(0), c1 = c0, c2 = c0, c3 = c0;
    for (int c = 0; c < CHANNELS; c++) {
        for (int ky = 0; ky < KH; ky++) {
            const int at = y * STRIDE - PADDING + ky * DILATION;
            const bool inside = at >= 0 && at < HEIGHT;
            __global const T *row = CROW(T, in, (step > 1 ? 0 : (long)c * HEIGHT) + (inside ? at : 0), a.in.stride);
            row += step > 1 ? c : 0;
            for (int kx = 0; kx < KW; kx++, weight++) {
                const int from = x * STRIDE - PADDING + kx * DILATION;
                const T16 v = inside ? load_samples(row, from, STRIDE, step, a.in.width) : (T16)(0);
                c0 = fma((T16)(weight[0]), v, c0);
                c1 = fma((T16)(weight[w1]), v, c1);
                c2 = fma((T16)(weight[w2]), v, c2);
                c3 = fma((T16)(weight[w3]), v, c3);
            }
        }
    }
    const size_t plane = (size_t)OUT_HEIGHT * (size_t)a.out.stride / sizeof(T);
    __global T *to = out + plane * (size_t)filter + (size_t)y * (size_t)a.out.stride / sizeof(T) + x;
    store_samples(c0, to, columns);
    if (filter + 1 < FILTERS)
        store_samples(c1, to + plane, columns);
    if (filter + 2 < FILTERS)
        store_samples(c2, to + 2 * plane, columns);
    if (filter + 3 < FILTERS)
        store_samples(c3, to + 3 * plane, columns);
}
