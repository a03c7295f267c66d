/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MATMUL_FUSED_H
#define FLYNN_SIMD_MATMUL_FUSED_H

#include "core/matmul.h"
#include "simd/fused.h"

#include <math.h>

/** The product in f32 on tables without fused multiply-adds (simd/fused.h). */

/** What 4 columns of 2 rows of C and their next steps of k are made of. */
struct fused_tile {
    const float *a;          /**< element (i, k) at a[i * a_row + k * a_step] */
    ptrdiff_t a_row, a_step; /**< a_row is 0 where there is only one row */
    const float *b;          /**< 4 columns of row k at b + 4 k */
    bool small;              /**< fused_may_be_small */
};

enum { FUSED_COLS = 4, FUSED_ROWS = 2, FUSED_RUN = 64, FUSED_KC = 256 };

/** Steps [0, depth) of the tile into c; false, and c is as before, where a step may be wrong. */
static inline __attribute__((always_inline)) bool fused_run(const struct fused_tile *t, float c[FUSED_ROWS][FUSED_COLS],
                                                            int depth, bool small)
{
    simde__m128d sum[FUSED_ROWS][2];
    simde__m128i seen = simde_mm_setzero_si128();
    const float *a = t->a, *b = t->b;
    for (int i = 0; i < FUSED_ROWS; i++)
        fused_load(sum[i], c[i]);
    for (int k = 0; k < depth; k++, a += t->a_step, b += FUSED_COLS) {
        simde__m128d row[2];
        fused_load(row, b);
        fused_step_by(sum[0], a[0], row, &seen, small);
        fused_step_by(sum[1], a[t->a_row], row, &seen, small);
    }
    if (simde_mm_movemask_epi8(seen))
        return false;
    for (int i = 0; i < FUSED_ROWS; i++)
        fused_store(c[i], sum[i]);
    return true;
}

static void fused_again(const struct fused_tile *t, float c[FUSED_ROWS][FUSED_COLS], int depth)
{
    for (int i = 0; i < FUSED_ROWS; i++) {
        for (int k = 0; k < depth; k++) {
            for (int j = 0; j < FUSED_COLS; j++)
                c[i][j] = fmaf(t->a[i * t->a_row + k * t->a_step], t->b[k * FUSED_COLS + j], c[i][j]);
        }
    }
}

/** All `depth` steps of the tile, from what c holds. */
static void fused_steps(struct fused_tile t, float c[FUSED_ROWS][FUSED_COLS], int depth)
{
    for (int k = 0; k < depth; k += FUSED_RUN) {
        int some = depth - k < FUSED_RUN ? depth - k : FUSED_RUN;
        if (!(t.small ? fused_run(&t, c, some, true) : fused_run(&t, c, some, false)))
            fused_again(&t, c, some);
        t.a += some * t.a_step;
        t.b += some * FUSED_COLS;
    }
}

/* ---- the product ------------------------------------------------------------------------------------------------- */

/* Element (i, j) at at[i * row + j * col]. */
struct fused_matrix {
    const float *at;
    ptrdiff_t row, col;
};

static struct fused_matrix fused_view(const struct flynn_image *image, int row, bool transposed)
{
    ptrdiff_t stride = (ptrdiff_t)(image->stride / sizeof(float));
    return (struct fused_matrix){flynn_row(image, row), transposed ? 1 : stride, transposed ? stride : 1};
}

/* `depth` steps of `cols` columns of C: B is packed, with zeros beside it. */
static void fused_panel(struct fused_matrix a, struct fused_matrix b, float *c, ptrdiff_t c_row, int rows, int cols,
                        int depth, bool first, bool small)
{
    float panel[FUSED_KC * FUSED_COLS];
    for (int k = 0; k < depth; k++) {
        for (int j = 0; j < FUSED_COLS; j++)
            panel[k * FUSED_COLS + j] = j < cols ? b.at[k * b.row + j * b.col] : 0;
    }
    for (int i = 0; i < rows; i += FUSED_ROWS) {
        float tile[FUSED_ROWS][FUSED_COLS] = {{0}};
        int some = rows - i < FUSED_ROWS ? rows - i : FUSED_ROWS;
        struct fused_tile t = {a.at + i * a.row, some > 1 ? a.row : 0, a.col, panel, small};
        for (int r = 0; r < some && !first; r++)
            memcpy(tile[r], c + (i + r) * c_row, sizeof(float) * (size_t)cols);
        fused_steps(t, tile, depth);
        for (int r = 0; r < some; r++)
            memcpy(c + (i + r) * c_row, tile[r], sizeof(float) * (size_t)cols);
    }
}

static void fused_product(const struct flynn_call *call, int y, int rows, int x, int cols, bool small)
{
    const int32_t *p = call->stage->k;
    bool trans_a = p[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_A, trans_b = p[FLYNN_MATMUL_FLAGS] & FLYNN_MATMUL_TRANS_B;
    int depth = p[FLYNN_MATMUL_DEPTH], height = p[FLYNN_MATMUL_ROWS], number = y / height;
    struct fused_matrix a = fused_view(call->src, number * (trans_a ? depth : height), trans_a);
    struct fused_matrix b = fused_view(call->src2, number * (trans_b ? call->dst->shape.width : depth), trans_b);
    float *c = flynn_row(call->dst, y);
    ptrdiff_t c_row = (ptrdiff_t)(call->dst->stride / sizeof(float));
    for (int j = x; j < x + cols; j += FUSED_COLS) {
        int some = x + cols - j < FUSED_COLS ? x + cols - j : FUSED_COLS;
        for (int k = 0; k < depth; k += FUSED_KC) {
            struct fused_matrix rows_a = {a.at + (y % height) * a.row + k * a.col, a.row, a.col};
            struct fused_matrix rows_b = {b.at + k * b.row + j * b.col, b.row, b.col};
            fused_panel(rows_a, rows_b, c + j, c_row, rows, some, depth - k < FUSED_KC ? depth - k : FUSED_KC, k == 0,
                        small);
        }
    }
}

/** The kernel of matmul. */
static void fused_matmul(const struct flynn_call *call)
{
    struct flynn_matmul_share share = flynn_matmul_share(call, FUSED_ROWS, 16);
    int every = call->stage->k[FLYNN_MATMUL_ROWS];
    bool small = fused_may_be_small(fused_least_image(call->src), fused_least_image(call->src2));
    for (int y = share.first_row, some; y < share.last_row && share.first_col < share.last_col; y += some) {
        int left = share.last_row - y, last = every - y % every;
        some = left < last ? left : last;
        fused_product(call, y, some, share.first_col, share.last_col - share.first_col, small);
    }
}

#endif
