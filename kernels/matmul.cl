/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* C = A B, every element one chain of fma in ascending k that starts at +0 (cpu/matmul.c). C of each product of a batch is
 * cut into tiles, and a group takes every tile whose number is its own modulo the number of groups. k[] holds the sides
 * that are stored transposed (1: A, 2: B), the rows of a product, and the length of its chains. */

#define TRANS_A (a.k[0] & 1)
#define TRANS_B (a.k[0] & 2)
#define HEIGHT  a.k[1]
#define DEPTH   a.k[2]

/* Where a matrix of the batch begins, and the steps from one of its rows and columns to the next. */
struct matrix {
    __global const T *at;
    size_t row, col;
};

static struct matrix find(__global const T *p, int stride, int trans, size_t stored_rows)
{
    const size_t row = (size_t)stride / sizeof(T);
    struct matrix m = {p + stored_rows * row, trans ? 1 : row, trans ? row : 1};
    return m;
}

/* alpha C, and alpha C + beta D, every operation rounded. */
#ifdef T_F64
#define ALPHA D0
#define BETA  D1
#else
#define ALPHA a.f[0]
#define BETA  a.f[1]
#endif

FLYNN_KERNEL(matmul_scale, T, T)
{
    const T alpha = ALPHA;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        __global const T *c = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= LAST_X(a.out.width); x += 16)
            STORE(T, 16, (T16)(alpha) * LOAD(T, 16, c + x), to + x);
        for (; x < LAST_X(a.out.width); x++)
            to[x] = alpha * c[x];
    }
}

FLYNN_KERNEL(matmul_add, T, T)
{
    const T alpha = ALPHA, beta = BETA;
    for (int y = FIRST_Y; y < LAST_Y(a.out.height); y++) {
        __global const T *c = CROW(T, in, y, a.in.stride), *d = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= LAST_X(a.out.width); x += 16)
            STORE(T, 16, (T16)(alpha) * LOAD(T, 16, c + x) + (T16)(beta) * LOAD(T, 16, d + x), to + x);
        for (; x < LAST_X(a.out.width); x++)
            to[x] = alpha * c[x] + beta * d[x];
    }
}

#if defined(T_F64)
#define FLOATS 8 /* elements of 64 bytes */
#define TV     double8
#else
#define FLOATS 16
#define TV     float16
#endif
#define LOADS(i, p)     PASTE(vload, FLOATS)(i, p)
#define STORES(v, i, p) PASTE(vstore, FLOATS)(v, i, p)

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
    return LOADS(0, v);
}

static void store_some(TV v, __global T *p, int n)
{
    T all[FLOATS];
    STORES(v, 0, all);
    for (int i = 0; i < n; i++)
        p[i] = all[i];
}

static inline TV load_c(__global const T *p, int n)
{
    return n == FLOATS ? LOADS(0, p) : load_some(p, n);
}

static inline void store_c(TV v, __global T *p, int n)
{
    if (n == FLOATS)
        STORES(v, 0, p);
    else
        store_some(v, p, n);
}

/* Six rows, or as many as there are: the missing ones repeat the last, with the same result. */
static void run_rows(struct matrix m, __local const T *panel, __global T *c, size_t c_row, int rows, int n, int depth,
                     bool first)
{
    const size_t r1 = min(1, rows - 1), r2 = min(2, rows - 1), r3 = min(3, rows - 1), r4 = min(4, rows - 1),
                 r5 = min(5, rows - 1);
    __global const T *a = m.at;
    const size_t o1 = r1 * m.row, o2 = r2 * m.row, o3 = r3 * m.row, o4 = r4 * m.row, o5 = r5 * m.row;
    TV c0 = (TV)(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
    if (!first) {
        c0 = load_c(c, n);
        c1 = load_c(c + r1 * c_row, n);
        c2 = load_c(c + r2 * c_row, n);
        c3 = load_c(c + r3 * c_row, n);
        c4 = load_c(c + r4 * c_row, n);
        c5 = load_c(c + r5 * c_row, n);
    }
    for (int k = 0; k < depth; k++, a += m.col) {
        const TV b = LOADS(k, panel);
        c0 = fma((TV)(a[0]), b, c0);
        c1 = fma((TV)(a[o1]), b, c1);
        c2 = fma((TV)(a[o2]), b, c2);
        c3 = fma((TV)(a[o3]), b, c3);
        c4 = fma((TV)(a[o4]), b, c4);
        c5 = fma((TV)(a[o5]), b, c5);
    }
    store_c(c0, c, n);
    store_c(c1, c + r1 * c_row, n);
    store_c(c2, c + r2 * c_row, n);
    store_c(c3, c + r3 * c_row, n);
    store_c(c4, c + r4 * c_row, n);
    store_c(c5, c + r5 * c_row, n);
}

/* n elements of B; the rest is 0. */
static void load_line(__local T *to, __global const T *from, size_t step, int n)
{
    if (step == 1) {
        STORES(load_c(from, n), 0, to);
        return;
    }
    for (int i = 0; i < FLOATS; i++)
        to[i] = i < n ? from[(size_t)i * step] : (T)0;
}

/* A panel of columns [x, x + n) of C in rows [y, y + rows). */
static void run_panel(struct matrix a, struct matrix b, __global T *c, size_t c_row, __local T *panel, int rows, int n,
                      int depth)
{
    for (int k0 = 0; k0 < depth; k0 += KC) {
        const int some = min(KC, depth - k0);
        for (int k = 0; k < some; k++)
            load_line(panel + k * FLOATS, b.at + (size_t)(k0 + k) * b.row, b.col, n);
        for (int y = 0; y < rows; y += 6) {
            struct matrix part = {a.at + (size_t)y * a.row + (size_t)k0 * a.col, a.row, a.col};
            run_rows(part, panel, c + (size_t)y * c_row, c_row, min(6, rows - y), n, some, k0 == 0);
        }
    }
}

FLYNN_KERNEL(matmul, T, T)
{
    __local T panel[KC * FLOATS];
    const int width = a.out.width, height = HEIGHT, depth = DEPTH;
    const int across = (width + TILE_COLS - 1) / TILE_COLS, down = (height + TILE_ROWS - 1) / TILE_ROWS;
    const long each = (long)across * down, tiles = each * (a.out.height / height);
    const size_t c_row = (size_t)a.out.stride / sizeof(T);

    if (get_local_id(0) > 0)
        return;
    for (long tile = (long)get_group_id(0); tile < tiles; tile += (long)get_num_groups(0)) {
        const size_t number = (size_t)(tile / each);
        const int y = (int)(tile % each / across) * TILE_ROWS, x0 = (int)(tile % across) * TILE_COLS;
        const int last = min(width, x0 + TILE_COLS);
        const struct matrix from = find(in, a.in.stride, TRANS_A, number * (size_t)(TRANS_A ? depth : height));
        const struct matrix b = find(with, a.with.stride, TRANS_B, number * (size_t)(TRANS_B ? width : depth));
        const struct matrix rows = {from.at + (size_t)y * from.row, from.row, from.col};
        __global T *c = out + (number * (size_t)height + (size_t)y) * c_row;
        for (int x = x0; x < last; x += FLOATS) {
            const struct matrix columns = {b.at + (size_t)x * b.col, b.row, b.col};
            run_panel(rows, columns, c + x, c_row, panel, min(TILE_ROWS, height - y), min(FLOATS, last - x), depth);
        }
    }
}

#else

/* 64 items make a tile of 64 x 64 elements, 8 x 8 each. KC columns of A and rows of B at a time go to local memory, where
 * what lies beyond the matrices is 0; columns of A are stored as rows. */

#define TILE 64
#define KC   16

static void load_tiles(struct matrix m, int height, struct matrix b, int width, int depth, __local T *ta, __local T *tb,
                       int k0)
{
    const int lane = (int)get_local_id(0);
    for (int i = lane; i < TILE * KC; i += TILE) {
        /* Neighbouring items read neighbouring elements. */
        const int row = m.col == 1 ? i / KC : i % TILE, k = m.col == 1 ? i % KC : i / TILE;
        const bool inside = row < height && k0 + k < depth;
        ta[k * TILE + row] = inside ? m.at[(size_t)row * m.row + (size_t)(k0 + k) * m.col] : (T)0;
    }
    for (int i = lane; i < TILE * KC; i += TILE) {
        const int col = b.col == 1 ? i % TILE : i / KC, k = b.col == 1 ? i / TILE : i % KC;
        const bool inside = col < width && k0 + k < depth;
        tb[k * TILE + col] = inside ? b.at[(size_t)(k0 + k) * b.row + (size_t)col * b.col] : (T)0;
    }
}

static void store_row(T8 v, __global T *c, size_t c_row, int y, int rows, int cols)
{
    T all[8];
    if (y >= rows)
        return;
    vstore8(v, 0, all);
    for (int i = 0; i < 8 && i < cols; i++)
        c[(size_t)y * c_row + i] = all[i];
}

/* The item's elements lie side by side in a row, so that a vector of B serves eight rows. */
FLYNN_KERNEL(matmul, T, T)
{
    __local T ta[KC * TILE], tb[KC * TILE];
    const int width = a.out.width, height = HEIGHT, depth = DEPTH;
    const int across = (width + TILE - 1) / TILE, down = (height + TILE - 1) / TILE;
    const long each = (long)across * down, tiles = each * (a.out.height / height);
    const size_t c_row = (size_t)a.out.stride / sizeof(T);
    const int lane = (int)get_local_id(0);

    for (long tile = (long)get_group_id(0); tile < tiles; tile += (long)get_num_groups(0)) {
        const size_t number = (size_t)(tile / each);
        const int y0 = (int)(tile % each / across) * TILE, x0 = (int)(tile % across) * TILE;
        struct matrix m = find(in, a.in.stride, TRANS_A, number * (size_t)(TRANS_A ? depth : height));
        struct matrix b = find(with, a.with.stride, TRANS_B, number * (size_t)(TRANS_B ? width : depth));
        m.at += (size_t)y0 * m.row;
        b.at += (size_t)x0 * b.col;
        T8 c0 = (T8)(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        for (int k0 = 0; k0 < depth; k0 += KC) {
            const int some = min(KC, depth - k0);
            load_tiles(m, height - y0, b, width - x0, depth, ta, tb, k0);
            barrier(CLK_LOCAL_MEM_FENCE);
            for (int k = 0; k < some; k++) {
                const T8 w = vload8(0, tb + k * TILE + lane % 8 * 8), v = vload8(0, ta + k * TILE + lane / 8 * 8);
                c0 = fma((T8)(v.s0), w, c0);
                c1 = fma((T8)(v.s1), w, c1);
                c2 = fma((T8)(v.s2), w, c2);
                c3 = fma((T8)(v.s3), w, c3);
                c4 = fma((T8)(v.s4), w, c4);
                c5 = fma((T8)(v.s5), w, c5);
                c6 = fma((T8)(v.s6), w, c6);
                c7 = fma((T8)(v.s7), w, c7);
            }
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        const int x = x0 + lane % 8 * 8, y = lane / 8 * 8, cols = width - x;
        __global T *c = out + (number * (size_t)height + (size_t)y0) * c_row + x;
        store_row(c0, c, c_row, y, height - y0, cols);
        store_row(c1, c, c_row, y + 1, height - y0, cols);
        store_row(c2, c, c_row, y + 2, height - y0, cols);
        store_row(c3, c, c_row, y + 3, height - y0, cols);
        store_row(c4, c, c_row, y + 4, height - y0, cols);
        store_row(c5, c, c_row, y + 5, height - y0, cols);
        store_row(c6, c, c_row, y + 6, height - y0, cols);
        store_row(c7, c, c_row, y + 7, height - y0, cols);
    }
}

#endif
