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
#define PHASE      a.k[9]

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

/* 16 columns of one row of up to 4 filters. */
struct item {
    int x, y, filter, columns;
    __global const T *weight; /* of the first filter's next tap */
    size_t w1, w2, w3;        /* from there to that of the others */
    T16 c0, c1, c2, c3;
};

static inline struct item item_begin(struct flynn_args a, __global const uchar *table0)
{
    struct item m = {(int)get_global_id(0) * COLS, (int)get_global_id(1) % OUT_HEIGHT};
    m.filter = (int)get_global_id(1) / OUT_HEIGHT * 4;
    m.columns = m.filter < FILTERS ? a.out.width - m.x : 0;
    const size_t next = (size_t)CHANNELS * (size_t)KH * (size_t)KW;
    m.w1 = next * (size_t)min(1, FILTERS - 1 - m.filter);
    m.w2 = next * (size_t)min(2, FILTERS - 1 - m.filter);
    m.w3 = next * (size_t)min(3, FILTERS - 1 - m.filter);
    m.weight = (__global const T *)table0 + next * (size_t)m.filter;
    m.c0 = m.c1 = m.c2 = m.c3 = (T16)(0);
    return m;
}

static inline void item_tap(struct item *m, T16 v)
{
    m->c0 = fma((T16)(m->weight[0]), v, m->c0);
    m->c1 = fma((T16)(m->weight[m->w1]), v, m->c1);
    m->c2 = fma((T16)(m->weight[m->w2]), v, m->c2);
    m->c3 = fma((T16)(m->weight[m->w3]), v, m->c3);
    m->weight++;
}

static inline void item_end(const struct item *m, struct flynn_args a, __global T *out)
{
    const size_t row = (size_t)a.out.stride / sizeof(T), plane = (size_t)OUT_HEIGHT * row;
    __global T *to = out + plane * (size_t)m->filter + (size_t)m->y * row + m->x;
    store_samples(m->c0, to, m->columns);
    if (m->filter + 1 < FILTERS)
        store_samples(m->c1, to + plane, m->columns);
    if (m->filter + 2 < FILTERS)
        store_samples(m->c2, to + 2 * plane, m->columns);
    if (m->filter + 3 < FILTERS)
        store_samples(m->c3, to + 3 * plane, m->columns);
}

FLYNN_KERNEL(conv2d, T, T)
{
    struct item m = item_begin(a, table0);
    const int step = a.in.channels;
    if (m.columns <= 0)
        return;
    for (int c = 0; c < CHANNELS; c++) {
        for (int ky = 0; ky < KH; ky++) {
            const int at = m.y * STRIDE - PADDING + ky * DILATION;
            const bool inside = at >= 0 && at < HEIGHT;
            __global const T *row = CROW(T, in, (step > 1 ? 0 : (long)c * HEIGHT) + (inside ? at : 0), a.in.stride);
            row += step > 1 ? c : 0;
            for (int kx = 0; kx < KW; kx++) {
                const int from = m.x * STRIDE - PADDING + kx * DILATION;
                item_tap(&m, inside ? load_samples(row, from, STRIDE, step, a.in.width) : (T16)(0));
            }
        }
    }
    item_end(&m, a, out);
}

/* n samples of a row from number `from` on, `stride` apart, which are 0 outside of it. */
static inline void spread_run(__global T *to, __global const T *row, int from, int n, int stride, int step, int width)
{
    int i = 0;
    for (; i < n && from < 0; i++, from += stride)
        to[i] = (T)0;
    if (stride == 1 && step == 1)
        for (; i + 16 <= n && from + 16 <= width; i += 16, from += 16)
            STORE(T, 16, LOAD(T, 16, row + from), to + i);
    for (; i < n && from < width; i++, from += stride)
        to[i] = row[(size_t)from * (size_t)step];
    for (; i < n; i++)
        to[i] = (T)0;
}

/* Every channel with zeros around it, and each of its rows as STRIDE runs of PHASE samples: run p holds samples p,
 * p + STRIDE, ... */
FLYNN_KERNEL(conv2d_spread, T, T)
{
    const int rows = HEIGHT + 2 * PADDING, step = a.in.channels;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        const int c = y / rows, at = y % rows - PADDING;
        const bool inside = at >= 0 && at < HEIGHT;
        __global const T *row = CROW(T, in, (step > 1 ? 0 : (long)c * HEIGHT) + (inside ? at : 0), a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        row += step > 1 ? c : 0;
        for (int x = FIRST_X, n; x < LAST_X(a.out.width); x += n) {
            const int run = x / PHASE, first = x - run * PHASE;
            n = min(PHASE - first, LAST_X(a.out.width) - x);
            spread_run(to + x, row, first * STRIDE + run - PADDING, n, STRIDE, step, inside ? a.in.width : 0);
        }
    }
}

/* From what conv2d_spread made. */
FLYNN_KERNEL(conv2d_runs, T, T)
{
    struct item m = item_begin(a, table0);
    const int stride = STRIDE, kw = KW, runs = DILATION % stride * PHASE, samples = DILATION / stride;
    const int end = stride * PHASE;
    if (m.columns <= 0)
        return;
    for (int c = 0; c < CHANNELS; c++) {
        for (int ky = 0; ky < KH; ky++) {
            const long y = (long)c * (HEIGHT + 2 * PADDING) + m.y * STRIDE + ky * DILATION;
            __global const T *row = CROW(T, with, y, a.with.stride) + m.x;
            for (int kx = 0, run = 0; kx < kw; kx++) {
                item_tap(&m, LOAD(T, 16, row + run));
                row += samples;
                run += runs;
                if (run >= end) { /* past the last run: the next sample of the first */
                    run -= end;
                    row++;
                }
            }
        }
    }
    item_end(&m, a, out);
}
