/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix product in one type: included by simd/matmul.c once for each, with REAL the type, REAL_V its vector,
 * REAL_L(name) an intrinsic and F(name) the name of a function. Strides count elements. */

/* Elements of a vector; columns of a tile; rows and columns of a block. */
#define LANES     ((int)(VEC / sizeof(REAL)))
#define TILE_COLS (2 * LANES)
#define MC        ((int)(FLYNN_MATMUL_MC_BYTES / sizeof(REAL)))
#define NC        ((int)(FLYNN_MATMUL_NC_BYTES / sizeof(REAL)))

struct F(matrix) {
    const REAL *at;
    ptrdiff_t stride;
};

struct F(result) {
    REAL *at;
    ptrdiff_t stride;
    int rows, cols;
};

/* Where a tile reads and writes: element (i, k) of A at a[i * a_row + k * a_step], row k of B at b + k * b_step. */
struct F(tile) {
    const REAL *a, *b;
    ptrdiff_t a_row, a_step, b_step;
    REAL *c;
    ptrdiff_t c_row;
    int depth;  /* 1 or more */
    bool first; /* start from 0 rather than from C */
};

/* Inlined into callers that know the strides, which then become part of the instructions. */
static inline __attribute__((always_inline)) void F(run_tile)(struct F(tile) t)
{
    REAL_V c[TILE_ROWS][2];
    for (int i = 0; i < TILE_ROWS; i++) {
        c[i][0] = t.first ? REAL_L(setzero)() : REAL_L(loadu)(t.c + i * t.c_row);
        c[i][1] = t.first ? REAL_L(setzero)() : REAL_L(loadu)(t.c + i * t.c_row + LANES);
    }
    do {
        REAL_V b0 = REAL_L(loadu)(t.b), b1 = REAL_L(loadu)(t.b + LANES);
        for (int i = 0; i < TILE_ROWS; i++) {
            REAL_V a = REAL_L(set1)(t.a[i * t.a_row]);
            c[i][0] = REAL_L(fmadd)(a, b0, c[i][0]);
            c[i][1] = REAL_L(fmadd)(a, b1, c[i][1]);
        }
        t.a += t.a_step;
        t.b += t.b_step;
    } while (--t.depth > 0);
    for (int i = 0; i < TILE_ROWS; i++) {
        REAL_L(storeu)(t.c + i * t.c_row, c[i][0]);
        REAL_L(storeu)(t.c + i * t.c_row + LANES, c[i][1]);
    }
}

static void F(packed_tile)(const REAL *a, const REAL *b, REAL *c, ptrdiff_t c_row, int depth, bool first)
{
    F(run_tile)
    ((struct F(tile)){.a = a,
                      .b = b,
                      .a_row = 1,
                      .a_step = TILE_ROWS,
                      .b_step = TILE_COLS,
                      .c = c,
                      .c_row = c_row,
                      .depth = depth,
                      .first = first});
}

/* A tile that reaches beyond C goes through a copy; what the padding of the packed blocks makes of it is dropped. */
static void F(edge_tile)(const REAL *a, const REAL *b, struct F(result) c, int depth, bool first)
{
    REAL copy[TILE_ROWS * TILE_COLS] = {0};
    for (int i = 0; i < c.rows && !first; i++)
        memcpy(copy + i * TILE_COLS, c.at + i * c.stride, (size_t)c.cols * sizeof(REAL));
    F(packed_tile)(a, b, copy, TILE_COLS, depth, first);
    for (int i = 0; i < c.rows; i++)
        memcpy(c.at + i * c.stride, copy + i * TILE_COLS, (size_t)c.cols * sizeof(REAL));
}

/* ---- packing -------------------------------------------------------------------------------------------------------
 */

/* TILE_ROWS rows at a time, column by column; rows that are missing are 0. */
static void F(pack_a)(REAL *to, struct F(matrix) a, int rows, int depth)
{
    for (int i = 0; i < rows; i += TILE_ROWS, to += (ptrdiff_t)TILE_ROWS * depth) {
        int some = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
        if (some < TILE_ROWS)
            memset(to, 0, sizeof(REAL) * TILE_ROWS * (size_t)depth);
        for (int r = 0; r < some; r++) {
            const REAL *from = a.at + (i + r) * a.stride;
            for (int k = 0; k < depth; k++)
                to[k * TILE_ROWS + r] = from[k];
        }
    }
}

/* TILE_COLS columns at a time, row by row; columns that are missing are 0. */
static void F(pack_b)(REAL *to, struct F(matrix) b, int depth, int cols)
{
    for (int j = 0; j < cols; j += TILE_COLS) {
        int some = cols - j < TILE_COLS ? cols - j : TILE_COLS;
        for (int k = 0; k < depth; k++, to += TILE_COLS) {
            const REAL *from = b.at + k * b.stride + j;
            if (some == TILE_COLS) {
                REAL_L(storeu)(to, REAL_L(loadu)(from));
                REAL_L(storeu)(to + LANES, REAL_L(loadu)(from + LANES));
            } else {
                memset(to, 0, sizeof(REAL) * TILE_COLS);
                memcpy(to, from, sizeof(REAL) * (size_t)some);
            }
        }
    }
}

/* ---- the loops over blocks -----------------------------------------------------------------------------------------
 */

/* A packed block of A times a packed block of B. */
static void F(multiply_blocks)(const REAL *a, const REAL *b, struct F(result) c, int depth, bool first)
{
    for (int j = 0; j < c.cols; j += TILE_COLS) {
        int width = c.cols - j < TILE_COLS ? c.cols - j : TILE_COLS;
        for (int i = 0; i < c.rows; i += TILE_ROWS) {
            int height = c.rows - i < TILE_ROWS ? c.rows - i : TILE_ROWS;
            const REAL *ta = a + (ptrdiff_t)i * depth, *tb = b + (ptrdiff_t)j * depth;
            REAL *tc = c.at + i * c.stride + j;
            if (height == TILE_ROWS && width == TILE_COLS)
                F(packed_tile)(ta, tb, tc, c.stride, depth, first);
            else
                F(edge_tile)(ta, tb, (struct F(result)){tc, c.stride, height, width}, depth, first);
        }
    }
}

static void F(by_blocks)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth, void *scratch)
{
    int blocks = (depth + FLYNN_MATMUL_KC - 1) / FLYNN_MATMUL_KC;
    int kc = (depth + blocks - 1) / blocks;
    int mc = c.rows < MC ? (c.rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS : MC;
    REAL *packed_a = scratch, *packed_b = packed_a + ((ptrdiff_t)mc * kc + 15) / 16 * 16;
    for (int j = 0; j < c.cols; j += NC) {
        int nc = c.cols - j < NC ? c.cols - j : NC;
        for (int k = 0; k < depth; k += kc) {
            int some = depth - k < kc ? depth - k : kc;
            F(pack_b)(packed_b, (struct F(matrix)){b.at + k * b.stride + j, b.stride}, some, nc);
            for (int i = 0; i < c.rows; i += mc) {
                struct F(result) block = {c.at + i * c.stride + j, c.stride, c.rows - i < mc ? c.rows - i : mc, nc};
                F(pack_a)(packed_a, (struct F(matrix)){a.at + i * a.stride + k, a.stride}, block.rows, some);
                F(multiply_blocks)(packed_a, packed_b, block, some, k == 0);
            }
        }
    }
}

/* The tiles of rows [from, to) of C, from A and B where they are. The last tile of a row or column lies over the one
 * before and makes the same elements again. */
static void F(tiles_in_place)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int from, int to, int depth)
{
    for (int j = 0; j < c.cols; j += TILE_COLS) {
        int x = c.cols - j < TILE_COLS ? c.cols - TILE_COLS : j;
        for (int i = from; i < to; i += TILE_ROWS) {
            int y = c.rows - i < TILE_ROWS ? c.rows - TILE_ROWS : i;
            F(run_tile)
            ((struct F(tile)){.a = a.at + y * a.stride,
                              .b = b.at + x,
                              .a_row = a.stride,
                              .a_step = 1,
                              .b_step = b.stride,
                              .c = c.at + y * c.stride + x,
                              .c_row = c.stride,
                              .depth = depth,
                              .first = true});
        }
    }
}

/* Where B is small: no packing, but rows of A in blocks that stay in the cache. */
static void F(in_place)(struct F(matrix) a, struct F(matrix) b, struct F(result) c, int depth)
{
    for (int i = 0; i < c.rows; i += MC)
        F(tiles_in_place)(a, b, c, i, c.rows - i < MC ? c.rows : i + MC, depth);
}

static void F(matmul)(const struct flynn_call *call)
{
    struct F(matrix) a = {flynn_row(call->src, call->y), (ptrdiff_t)(call->src->stride / sizeof(REAL))};
    struct F(matrix) b = {flynn_row(call->src2, 0), (ptrdiff_t)(call->src2->stride / sizeof(REAL))};
    struct F(result) c = {flynn_row(call->dst, call->y), (ptrdiff_t)(call->dst->stride / sizeof(REAL)), call->rows,
                          call->dst->shape.width};
    int depth = call->src->shape.width;
    bool small = sizeof(REAL) * (size_t)depth * (size_t)c.cols <= IN_PLACE_BYTES;
    if (small && c.rows >= TILE_ROWS && c.cols >= TILE_COLS)
        F(in_place)(a, b, c, depth);
    else
        F(by_blocks)(a, b, c, depth, call->scratch);
}

#undef LANES
#undef TILE_COLS
#undef MC
#undef NC
