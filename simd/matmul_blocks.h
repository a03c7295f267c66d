/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix product in one type, included by simd/matmul.c as simd/matmul_tiles.h is. */

#include "simd/matmul_tiles.h"

/* Steps, rows and columns of a block; columns of one that only one block of rows uses. */
#define MC      ((int)(FLYNN_MATMUL_MC_BYTES / sizeof(REAL)))
#define NC      ((int)(FLYNN_MATMUL_NC_BYTES / sizeof(REAL)))
#define KC      (VEC == 64 ? FLYNN_MATMUL_KC_WIDE : FLYNN_MATMUL_KC)
#define NC_ONCE ((int)(FLYNN_MATMUL_NC_ONCE_BYTES / sizeof(REAL)))

_Static_assert(KC <= FLYNN_MATMUL_KC_WIDE, "the op asks for memory of blocks of so many steps");

/* Whether rows fall on different lines of a cache. */
static bool F(apart)(struct F(matrix) m)
{
    return (size_t)m.row * sizeof(REAL) % FEW_APART;
}

/* Whether tiles may as well read rows of A where they are. With short vectors, which read fewer rows at a time, packing
 * pays again for many columns. */
static bool F(reads_rows)(struct F(matrix) a, int cols)
{
    return a.col == 1 && F(apart)(a) && (VEC == 64 || cols <= IN_ROWS_COLS);
}

/* Whether C is as well made from A and B where they are. */
static bool F(reads_both)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth)
{
    size_t bytes = sizeof(REAL) * (size_t)depth * (size_t)c.cols;
    int most = a.col == 1 && F(apart)(a) && F(apart)(b) ? IN_PLACE_ROWS : IN_PLACE_ROWS_NEAR;
    return b.col == 1 && c.cols >= TILE_COLS && bytes <= IN_PLACE_BYTES && depth <= IN_PLACE_DEPTH && c.rows <= most;
}

static void F(by_blocks)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth, void *scratch)
{
    int blocks = (depth + KC - 1) / KC, kc = (depth + blocks - 1) / blocks;
    bool once = c.rows <= MC, shared = c.rows > TILE_ROWS && c.rows < 2 * TILE_ROWS && !F(whole_tiles)(c.rows);
    bool packs = c.cols >= 4 * TILE_COLS && !shared && !F(reads_rows)(a, c.cols); /* enough columns use them again */
    int mc = once ? (c.rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS : MC, columns = once ? NC_ONCE : NC;
    REAL *packed_a = scratch, *packed_b = packed_a + ((ptrdiff_t)mc * kc + 15) / 16 * 16;
    for (int k = 0; k < depth; k += kc) {
        int some = depth - k < kc ? depth - k : kc;
        for (int j = 0; j < c.cols; j += columns) {
            int nc = c.cols - j < columns ? c.cols - j : columns;
            F(pack_b)(packed_b, F(part)(b, k, j), some, nc);
            for (int i = 0; i < c.rows; i += mc) {
                struct F(result) block = {c.at + i * c.stride + j, c.stride, c.rows - i < mc ? c.rows - i : mc, nc};
                struct F(matrix) from = F(part)(a, i, k);
                if (packs && (!once || j == 0))
                    F(pack_a)(packed_a, from, block.rows, some);
                if (packs)
                    from.at = packed_a;
                F(multiply_blocks)(from, packs, packed_b, block, some, k == 0);
            }
        }
    }
}

/* The whole panels of C's columns, or one of a single vector, from A and B where they are. */
static void F(panels_in_place)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth, bool first)
{
    struct F(tile) t = {.a = a.at,
                        .b = b.at,
                        .a_row = a.row,
                        .a_step = a.col,
                        .b_step = b.row,
                        .c = c.at,
                        .c_row = c.stride,
                        .depth = depth,
                        .first = first,
                        .panels = c.cols / TILE_COLS};
    F(tile_rows)(&t, c.rows, c.cols == LANES ? 1 : 2);
}

#ifdef REAL_HALF
/* Rows of half a vector: 256 bits take half of the time that 512 do. */
static inline __attribute__((always_inline)) void F(half_tile)(const struct F(tile) * t, int rows)
{
    const ptrdiff_t a_bytes = t->a_step * (ptrdiff_t)sizeof(REAL), b_step = t->b_step, c_row = t->c_row;
    const REAL *b = t->b, *end = b + t->depth * b_step;
    REAL *to = t->c;
    struct F(column) x = F(column_at)(t->a, t->a_row);
    REAL_HALF c[TILE_ROWS];
    for (int i = 0; i < rows; i++)
        c[i] = REAL_HALF_L(setzero)();
    do {
        REAL_HALF at = REAL_HALF_L(loadu)(b);
        for (int i = 0; i < rows; i++)
            c[i] = REAL_HALF_L(fmadd)(REAL_HALF_L(set1)(F(column_element)(&x, i)), at, c[i]);
        x.at += a_bytes;
        x.at7 += a_bytes;
        b += b_step;
        __asm__("" : "+r"(x.one), "+r"(x.three), "+r"(x.five)); /* as in the tiles of whole vectors */
    } while (b != end);
    for (int i = 0; i < rows; i++, to += c_row)
        REAL_HALF_L(storeu)(to, c[i]);
}

static void F(half_panel)(struct F(tile) * t, int rows)
{
    for (int some; rows > 0; rows -= some) {
        some = F(whole_tiles)(rows) ? TILE_ROWS : rows >= 8 ? 8 : rows >= 4 ? 4 : 1;
        if (some == TILE_ROWS)
            F(half_tile)(t, TILE_ROWS);
        else if (some == 8)
            F(half_tile)(t, 8);
        else if (some == 4)
            F(half_tile)(t, 4);
        else
            F(half_tile)(t, 1);
        t->a += some * t->a_row;
        t->c += some * t->c_row;
    }
}
#endif

/* A panel of whole vectors, or of half of one, over columns that may lie in part in the panel before: they are made
 * again. */
static void F(last_in_place)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int cols, int depth)
{
    int last = c.cols - cols;
    struct F(result) to = {c.at + last, c.stride, c.rows, cols};
    b = F(part)(b, 0, last);
#ifdef REAL_HALF
    if (cols < LANES) {
        struct F(tile) t = {.a = a.at, .b = b.at, .a_row = a.row, .a_step = a.col, .b_step = b.row};
        t.c = to.at;
        t.c_row = to.stride;
        t.depth = depth;
        F(half_panel)(&t, to.rows);
        return;
    }
#endif
    F(panels_in_place)(a, b, to, depth, true);
}

/* The columns at the right, fewer than a panel has. */
static void F(rest_in_place)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int left, int depth)
{
#ifdef REAL_HALF
    const int half = LANES / 2;
    if (left > LANES && left <= LANES + half) {
        struct F(result) first = c;
        first.cols -= left - LANES;
        F(last_in_place)(a, b, first, LANES, depth);
        left -= LANES;
    }
    if (left <= half) {
        F(last_in_place)(a, b, c, half, depth);
        return;
    }
#endif
    F(last_in_place)(a, b, c, left > LANES ? TILE_COLS : LANES, depth);
}

/* Where B is small: no packing, but rows of A in blocks that stay in the cache. */
static void F(in_place)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth)
{
    for (int i = 0; i < c.rows; i += MC) {
        struct F(result) block = {c.at + i * c.stride, c.stride, c.rows - i < MC ? c.rows - i : MC, c.cols};
        int left = c.cols % TILE_COLS;
        F(panels_in_place)(F(part)(a, i, 0), b, block, depth, true);
        if (left)
            F(rest_in_place)(F(part)(a, i, 0), b, block, left, depth);
    }
}

/* Where there are few rows: B goes by once, some rows of it at a time, so that it is read in as many runs. */
static void F(few_rows)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth, REAL *scratch)
{
    enum { ROWS = 8 };
    int whole = c.cols / TILE_COLS * TILE_COLS;
    for (int k = 0; k < depth; k += ROWS) {
        int some = depth - k < ROWS ? depth - k : ROWS;
        struct F(matrix) from = F(part)(a, 0, k);
        F(panels_in_place)(from, F(part)(b, k, 0), c, some, k == 0);
        if (whole < c.cols) {
            struct F(result) rest = {c.at + whole, c.stride, c.rows, c.cols - whole};
            F(pack_b)(scratch, F(part)(b, k, whole), some, rest.cols);
            F(multiply_blocks)(from, false, scratch, rest, some, k == 0);
        }
    }
}

static struct F(matrix) F(view)(const struct flynn_image *image, int row, bool transposed)
{
    ptrdiff_t stride = (ptrdiff_t)(image->stride / sizeof(REAL));
    return (struct F(matrix)){flynn_row(image, row), transposed ? 1 : stride, transposed ? stride : 1};
}

/* Rows [y, y + rows) of the columns [x, x + cols) of C, all of one product. */
static void F(multiply)(const struct flynn_call *call, int y, int rows, int x, int cols)
{
    const int32_t *k = call->stage->k;
    bool trans_a = k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_A, trans_b = k[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_B;
    int depth = k[FLYNN_MATMUL_DEPTH], number = y / k[FLYNN_MATMUL_ROWS];
    struct F(matrix) a = F(view)(call->src, number * (trans_a ? depth : k[FLYNN_MATMUL_ROWS]), trans_a);
    struct F(matrix) b = F(view)(call->src2, number * (trans_b ? call->dst->shape.width : depth), trans_b);
    struct F(result)
        c = {(REAL *)flynn_row(call->dst, y) + x, (ptrdiff_t)(call->dst->stride / sizeof(REAL)), rows, cols};
    bool few = rows <= TILE_ROWS || (rows <= TILE_ROWS + 3 && F(apart)(b));
    a = F(part)(a, y % k[FLYNN_MATMUL_ROWS], 0);
    b = F(part)(b, 0, x);
    if (F(reads_both)(a, b, c, depth))
        F(in_place)(a, b, c, depth);
    else if (!trans_b && few && cols >= TILE_COLS)
        F(few_rows)(a, b, c, depth, call->scratch);
    else
        F(by_blocks)(a, b, c, depth, call->scratch);
}

static void F(matmul)(const struct flynn_call *call)
{
    struct flynn_matmul_share share = flynn_matmul_share(call, TILE_ROWS, TILE_COLS);
    int every = call->stage->k[FLYNN_MATMUL_ROWS];
    for (int y = share.first_row, some; y < share.last_row && share.first_col < share.last_col; y += some) {
        int left = share.last_row - y, last = every - y % every;
        some = left < last ? left : last;
        F(multiply)(call, y, some, share.first_col, share.last_col - share.first_col);
    }
}

#undef LANES
#undef TILE_COLS
#undef MC
#undef NC
#undef NC_ONCE
#undef KC
#undef BLOCK
