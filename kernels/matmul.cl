/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* C = A B, every element one chain of fma in ascending k that starts at +0 (cpu/matmul.c). C is cut into tiles, and a group
 * takes every tile whose number is its own modulo the number of groups. */

#if defined(T_F64)
#define FLOATS 8 /* elements of 64 bytes */
#define TV     double8
#else
#define FLOATS 16
#define TV     float16
#endif
#define LOAD(i, p)     PASTE(vload, FLOATS)(i, p)
#define STORE(v, i, p) PASTE(vstore, FLOATS)(v, i, p)

#ifdef ON_CPU

/* The first item of a group makes the whole tile, the others nothing. A panel of B as wide as a vector goes to local memory,
 * KC rows at a time, and six rows of C at once go through it in registers; between panels they are kept in C. */

#define TILE_ROWS 240
#define TILE_COLS (4 * FLOATS)
#define KC        256

/* The first n elements; the rest is 0. */
static TV load_some(__global const T *p, int n)
{
    T v[FLOATS];
    for (int i = 0; i < FLOATS; i++)
        v[i] = i < n ? p[i] : (T)0;
    return LOAD(0, v);
}

static void store_some(TV v, __global T *p, int n)
{
    T all[FLOATS];
    STORE(v, 0, all);
    for (int i = 0; i < n; i++)
        p[i] = all[i];
}

static inline TV load_c(__global const T *p, int n)
{
    return n == FLOATS ? LOAD(0, p) : load_some(p, n);
}

static inline void store_c(TV v, __global T *p, int n)
{
    if (n == FLOATS)
        STORE(v, 0, p);
    else
        store_some(v, p, n);
}

/* Six rows, or as many as there are: the missing ones repeat the last, with the same result. */
static void run_rows(__global const T *a, size_t a_row, __local const T *panel, __global T *c, size_t c_row, int rows, int n,
                     int depth, bool first)
{
    const size_t r1 = min(1, rows - 1), r2 = min(2, rows - 1), r3 = min(3, rows - 1), r4 = min(4, rows - 1),
                 r5 = min(5, rows - 1);
    __global const T *a0 = a, *a1 = a + r1 * a_row, *a2 = a + r2 * a_row, *a3 = a + r3 * a_row, *a4 = a + r4 * a_row,
                     *a5 = a + r5 * a_row;
    TV c0 = (TV)(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
    if (!first) {
        c0 = load_c(c, n);
        c1 = load_c(c + r1 * c_row, n);
        c2 = load_c(c + r2 * c_row, n);
        c3 = load_c(c + r3 * c_row, n);
        c4 = load_c(c + r4 * c_row, n);
        c5 = load_c(c + r5 * c_row, n);
    }
    for (int k = 0; k < depth; k++) {
        const TV b = LOAD(k, panel);
        c0 = fma((TV)(a0[k]), b, c0);
        c1 = fma((TV)(a1[k]), b, c1);
        c2 = fma((TV)(a2[k]), b, c2);
        c3 = fma((TV)(a3[k]), b, c3);
        c4 = fma((TV)(a4[k]), b, c4);
        c5 = fma((TV)(a5[k]), b, c5);
    }
    store_c(c0, c, n);
    store_c(c1, c + r1 * c_row, n);
    store_c(c2, c + r2 * c_row, n);
    store_c(c3, c + r3 * c_row, n);
    store_c(c4, c + r4 * c_row, n);
    store_c(c5, c + r5 * c_row, n);
}

/* A panel of columns [x, x + n) of C in rows [y, y + rows). */
static void run_panel(__global const T *a, size_t a_row, __global const T *b, size_t b_row, __global T *c, size_t c_row,
                      __local T *panel, int rows, int n, int depth)
{
    for (int k0 = 0; k0 < depth; k0 += KC) {
        const int some = min(KC, depth - k0);
        for (int k = 0; k < some; k++)
            STORE(load_c(b + (size_t)(k0 + k) * b_row, n), k, panel);
        for (int y = 0; y < rows; y += 6)
            run_rows(a + (size_t)y * a_row + k0, a_row, panel, c + (size_t)y * c_row, c_row, min(6, rows - y), n, some,
                     k0 == 0);
    }
}

FLYNN_KERNEL(matmul, T, T)
{
    __local T panel[KC * FLOATS];
    const int width = a.out.width, height = a.out.height;
    const int across = (width + TILE_COLS - 1) / TILE_COLS, down = (height + TILE_ROWS - 1) / TILE_ROWS;
    const size_t a_row = (size_t)a.in.stride / sizeof(T), b_row = (size_t)a.with.stride / sizeof(T),
                 c_row = (size_t)a.out.stride / sizeof(T);

    if (get_local_id(0) > 0)
        return;
    for (long tile = (long)get_group_id(0); tile < (long)across * down; tile += (long)get_num_groups(0)) {
        const int y = (int)(tile / across) * TILE_ROWS, x0 = (int)(tile % across) * TILE_COLS;
        const int last = min(width, x0 + TILE_COLS);
        for (int x = x0; x < last; x += FLOATS)
            run_panel(in + (size_t)y * a_row, a_row, with + x, b_row, out + (size_t)y * c_row + x, c_row, panel,
                      min(TILE_ROWS, height - y), min(FLOATS, last - x), a.in.width);
    }
}

#else

/* 64 items make a tile of 64 x 64 elements, 8 x 8 each. KC columns of A and rows of B at a time go to local memory, where
 * what lies beyond the matrices is 0; columns of A are stored as rows. */

#define TILE 64
#define KC   16

static void load_tiles(__global const T *in, __global const T *with, const struct flynn_args *a, __local T *ta, __local T *tb,
                       int x0, int y0, int k0)
{
    const int lane = (int)get_local_id(0);
    for (int i = lane; i < TILE * KC; i += TILE) {
        const int row = y0 + i / KC, k = k0 + i % KC;
        const bool inside = row < a->in.height && k < a->in.width;
        ta[i % KC * TILE + i / KC] = inside ? CROW(T, in, row, a->in.stride)[k] : (T)0;
    }
    for (int k = 0; k < KC; k++) {
        const bool inside = k0 + k < a->with.height && x0 + lane < a->with.width;
        tb[k * TILE + lane] = inside ? CROW(T, with, k0 + k, a->with.stride)[x0 + lane] : (T)0;
    }
}

static void store_row(T8 v, __global T *out, const struct flynn_args *a, int x, int y)
{
    T all[8];
    if (y >= a->out.height)
        return;
    vstore8(v, 0, all);
    for (int i = 0; i < 8 && x + i < a->out.width; i++)
        ROW(T, out, y, a->out.stride)[x + i] = all[i];
}

/* The item's elements lie side by side in a row, so that a vector of B serves eight rows. */
FLYNN_KERNEL(matmul, T, T)
{
    __local T ta[KC * TILE], tb[KC * TILE];
    const int across = (a.out.width + TILE - 1) / TILE, down = (a.out.height + TILE - 1) / TILE;
    const int lane = (int)get_local_id(0), depth = a.in.width;

    for (long tile = (long)get_group_id(0); tile < (long)across * down; tile += (long)get_num_groups(0)) {
        const int y0 = (int)(tile / across) * TILE, x0 = (int)(tile % across) * TILE;
        T8 c0 = (T8)(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        for (int k0 = 0; k0 < depth; k0 += KC) {
            const int some = min(KC, depth - k0);
            load_tiles(in, with, &a, ta, tb, x0, y0, k0);
            barrier(CLK_LOCAL_MEM_FENCE);
            for (int k = 0; k < some; k++) {
                const T8 b = vload8(0, tb + k * TILE + lane % 8 * 8), v = vload8(0, ta + k * TILE + lane / 8 * 8);
                c0 = fma((T8)(v.s0), b, c0);
                c1 = fma((T8)(v.s1), b, c1);
                c2 = fma((T8)(v.s2), b, c2);
                c3 = fma((T8)(v.s3), b, c3);
                c4 = fma((T8)(v.s4), b, c4);
                c5 = fma((T8)(v.s5), b, c5);
                c6 = fma((T8)(v.s6), b, c6);
                c7 = fma((T8)(v.s7), b, c7);
            }
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        const int x = x0 + lane % 8 * 8, y = y0 + lane / 8 * 8;
        store_row(c0, out, &a, x, y);
        store_row(c1, out, &a, x, y + 1);
        store_row(c2, out, &a, x, y + 2);
        store_row(c3, out, &a, x, y + 3);
        store_row(c4, out, &a, x, y + 4);
        store_row(c5, out, &a, x, y + 5);
        store_row(c6, out, &a, x, y + 6);
        store_row(c7, out, &a, x, y + 7);
    }
}

#endif
