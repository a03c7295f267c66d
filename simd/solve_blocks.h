/* SPDX-License-Identifier: Apache-2.0 */
/* Triangular systems in one type: included by simd/solve.c once for each. */

#include "simd/real.h"
#include "simd/matmul_tiles.h"
#include "simd/factor_tiles.h"

/* pack_a of a matrix with any strides. */
static void F(pack_any)(REAL *to, struct F(matrix) a, int rows, int depth)
{
    for (int i = 0; i < rows; i += TILE_ROWS) {
        for (int k = 0; k < depth; k++, to += TILE_ROWS) {
            for (int r = 0; r < TILE_ROWS; r++)
                to[r] = i + r < rows ? a.at[(i + r) * a.row + k * a.col] : 0;
        }
    }
}

/* Panels of `n` rows below each other; `panels` of them. */
struct F(unknowns) {
    REAL *at;
    ptrdiff_t size;
    int n, panels;
};

/* Solve for all rows, in blocks: what is known is taken out of a block by the tiles of the product. */
static void F(substitute)(const struct F(unknowns) * x, struct F(matrix) a, bool unit, REAL *packed)
{
    enum { WIDTH = 96 / TILE_ROWS * TILE_ROWS }; /* whole tiles: what a tile has beyond its block is lost */
    for (int i = 0; i < x->n; i += WIDTH) {
        int rows = x->n - i < WIDTH ? x->n - i : WIDTH;
        for (int k = 0; k < i; k += WIDTH) {
            F(pack_any)(packed, F(part)(a, i, k), rows, WIDTH);
            for (int p = 0; p < x->panels; p++) {
                REAL *panel = x->at + p * x->size;
                struct F(result) c = {panel + i * TILE_COLS, TILE_COLS, rows, TILE_COLS};
                F(multiply_blocks)
                ((struct F(matrix)){packed, 1, TILE_ROWS}, true, panel + k * TILE_COLS, c, WIDTH, false);
            }
        }
        F(pack_any)(packed, F(part)(a, i, i), rows, rows);
        memset(packed + (ptrdiff_t)PANEL_ROWS(rows) * rows, 0, sizeof(REAL) * TILE_ROWS * TILE_ROWS);
        for (int p = 0; p < x->panels; p++) {
            REAL *panel = x->at + p * x->size + i * TILE_COLS;
            F(clear_rest)(panel, rows);
            for (int k = 0; k < rows; k += TILE_ROWS) {
                if (unit)
                    F(solve_tile)(packed + (ptrdiff_t)k * rows, panel, k, true);
                else
                    F(solve_tile)(packed + (ptrdiff_t)k * rows, panel, k, false);
            }
        }
    }
}

static void F(reverse)(const struct F(unknowns) * x)
{
    REAL held[TILE_COLS];
    for (int p = 0; p < x->panels; p++) {
        REAL *low = x->at + p * x->size, *high = low + (ptrdiff_t)(x->n - 1) * TILE_COLS;
        for (; low < high; low += TILE_COLS, high -= TILE_COLS) {
            memcpy(held, low, sizeof held);
            memcpy(low, high, sizeof held);
            memcpy(high, held, sizeof held);
        }
    }
}

/* The columns [first, last) of right-hand sides into panels, with their rows exchanged by the pivots, if any. */
static void F(load)(const struct F(unknowns) * x, const struct flynn_image *b, int top, const REAL *pivots, int first,
                    int last)
{
    for (int p = 0; p < x->panels; p++) {
        REAL *panel = x->at + p * x->size, held[TILE_COLS];
        int col = first + p * TILE_COLS, cols = last - col < TILE_COLS ? last - col : TILE_COLS;
        memset(panel, 0, sizeof(REAL) * (size_t)x->size);
        for (int i = 0; i < x->n; i++)
            memcpy(panel + i * TILE_COLS, (const REAL *)flynn_row(b, top + i) + col, sizeof(REAL) * (size_t)cols);
        for (int k = 0; k < x->n && pivots; k++) {
            REAL *row = panel + k * TILE_COLS, *other = panel + (int)pivots[k] * TILE_COLS;
            memcpy(held, row, sizeof held);
            memcpy(row, other, sizeof held);
            memcpy(other, held, sizeof held);
        }
    }
}

static void F(store)(const struct F(unknowns) * x, const struct flynn_image *to, int top, int first, int last)
{
    for (int p = 0; p < x->panels; p++) {
        int col = first + p * TILE_COLS, cols = last - col < TILE_COLS ? last - col : TILE_COLS;
        for (int i = 0; i < x->n; i++)
            memcpy((REAL *)flynn_row(to, top + i) + col, x->at + p * x->size + (x->n - 1 - i) * TILE_COLS,
                   sizeof(REAL) * (size_t)cols);
    }
}

/* The second system is the first one seen from its end: its unknowns and its matrix are turned round. */
static void F(solve)(const struct flynn_call *call, bool general)
{
    struct flynn_solve_share s = flynn_solve_share(call);
    int n = call->stage->k[FLYNN_FACTOR_ORDER], rows = general ? n + 1 : n;
    ptrdiff_t stride = (ptrdiff_t)(call->src->stride / sizeof(REAL));
    struct F(unknowns) x = {call->scratch, (ptrdiff_t)(n + TILE_ROWS) * TILE_COLS, n,
                            (s.last_col - s.first_col + TILE_COLS - 1) / TILE_COLS};
    REAL *packed = F(after)(x.at, x.size * x.panels);
    for (int b = s.first; b < s.last && x.panels; b++) {
        const REAL *a = flynn_row(call->src, b * rows), *end = a + (n - 1) * stride + n - 1;
        F(load)(&x, call->src2, b * n, general ? a + n * stride : NULL, s.first_col, s.last_col);
        F(substitute)(&x, (struct F(matrix)){a, stride, 1}, general, packed);
        F(reverse)(&x);
        F(substitute)(&x, (struct F(matrix)){end, general ? -stride : -1, general ? -1 : -stride}, false, packed);
        F(store)(&x, call->dst, b * n, s.first_col, s.last_col);
    }
}

static void F(solve_general)(const struct flynn_call *call)
{
    F(solve)(call, true);
}

static void F(solve_positive)(const struct flynn_call *call)
{
    F(solve)(call, false);
}

#undef LANES
#undef TILE_COLS
#undef BLOCK
#undef PANEL_ROWS
#include "simd/real_end.h"
