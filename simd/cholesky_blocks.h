/* SPDX-License-Identifier: Apache-2.0 */
/* Cholesky factors in one type: included by simd/cholesky.c once for each. */

#include "simd/real.h"
#include "simd/matmul_tiles.h"
#include "simd/factor_tiles.h"
#include "simd/factor_lanes.h"

#define MOST_ROWS ((int)(FLYNN_FACTOR_ROWS_BYTES / sizeof(REAL)) / TILE_ROWS * TILE_ROWS)

/* Up to INNER columns, one after the other. */
static void F(factor_columns)(REAL *at, ptrdiff_t stride, int n)
{
    REAL column[INNER];
    for (int k = 0; k < n; k++) {
        REAL pivot = at[k * stride + k], root = pivot > 0 && pivot < (REAL)INFINITY ? REAL_M(sqrt)(pivot) : (REAL)NAN;
        at[k * stride + k] = root;
        for (int i = k + 1; i < n; i++)
            column[i] = at[i * stride + k] = at[i * stride + k] / root;
        for (int i = k + 1; i < n; i++) {
            REAL *row = at + i * stride, l = -column[i];
            for (int j = k + 1; j <= i; j++)
                row[j] = REAL_M(fma)(l, column[j], row[j]);
        }
    }
}

static REAL *F(panel_of)(REAL *panels, const struct flynn_call *call, int number, int width)
{
    return panels + (ptrdiff_t)(number / call->members) * PANEL_ROWS(width) * TILE_COLS;
}

/* The rows of L below a factored block of `width` columns: panels of rows as columns are taken in turn by the members,
 * and stay in `panels` for the update. */
static void F(solve_below)(const struct flynn_call *call, struct F(result) m, const REAL *triangle, REAL *panels,
                           int width)
{
    for (int p = call->member, i; (i = width + p * TILE_COLS) < m.rows; p += call->members) {
        int lines = m.rows - i < TILE_COLS ? m.rows - i : TILE_COLS;
        REAL *panel = F(panel_of)(panels, call, p, width);
        F(pack_lines)(panel, TILE_COLS, m.at + i * m.stride, m.stride, lines, width);
        F(clear_rest)(panel, width);
        for (int k = 0; k < width; k += TILE_ROWS)
            F(solve_tile)(triangle + (ptrdiff_t)k * width, panel, k, false);
        F(unpack_lines)(m.at + i * m.stride, m.stride, panel, lines, width);
    }
}

/* What lies right of the block minus the product of the rows below it with their transpose; of a tile on the diagonal
 * both sides are made. */
static void F(update)(const struct flynn_call *call, struct F(result) m, REAL *panels, REAL *packed, int width)
{
    for (int i = width; i < m.rows; i += MOST_ROWS) {
        int rows = m.rows - i < MOST_ROWS ? m.rows - i : MOST_ROWS;
        F(pack_a)(packed, (struct F(matrix)){m.at + i * m.stride, m.stride, 1}, rows, width);
        for (int p = call->member, j; (j = width + p * TILE_COLS) < i + rows; p += call->members) {
            int from = j > i ? (j - i) / TILE_ROWS * TILE_ROWS : 0;
            struct F(matrix) a = {packed + (ptrdiff_t)from * width, 1, TILE_ROWS};
            struct F(result) c = {m.at + (i + from) * m.stride + j, m.stride, rows - from,
                                  m.rows - j < TILE_COLS ? m.rows - j : TILE_COLS};
            F(multiply_blocks)(a, true, F(panel_of)(panels, call, p, width), c, width, false);
        }
    }
}

static void F(copy_lower)(REAL *to, ptrdiff_t to_stride, const REAL *from, ptrdiff_t stride, int n)
{
    for (int i = 0; i < n; i++)
        memcpy(to + i * to_stride, from + i * stride, sizeof(REAL) * (size_t)(i + 1));
}

/* Blocks of INNER columns, alone. */
static void F(factor_inner)(const struct flynn_call *call, struct F(result) m, REAL *scratch)
{
    struct flynn_call alone = {.stage = call->stage, .members = 1};
    REAL *panels = F(after)(scratch, PANEL_ROWS(INNER) * INNER + TILE_ROWS * TILE_ROWS);
    REAL *packed = F(after)(panels, (ptrdiff_t)(m.rows + TILE_COLS) * PANEL_ROWS(INNER));
    for (int k = 0; k < m.rows; k += INNER) {
        struct F(result) rest = {m.at + k * m.stride + k, m.stride, m.rows - k, m.rows - k};
        int width = rest.rows < INNER ? rest.rows : INNER;
        F(factor_columns)(rest.at, rest.stride, width);
        if (width == rest.rows)
            break;
        F(pack_triangle)(scratch, (struct F(matrix)){rest.at, rest.stride, 1}, width);
        F(solve_below)(&alone, rest, scratch, panels, width);
        F(update)(&alone, rest, panels, packed, width);
    }
}

/* Blocks of FLYNN_FACTOR_BLOCK columns. Every member factors the block on the diagonal for itself; one of them puts it
 * into the matrix when none reads that any more. */
static void F(factor)(const struct flynn_call *call, struct F(result) m)
{
    enum { WIDTH = FLYNN_FACTOR_BLOCK, STRIDE = WIDTH + 16 };
    REAL *block = call->scratch, *triangle = block + WIDTH * STRIDE;
    REAL *panels = F(after)(triangle, (PANEL_ROWS(WIDTH) + TILE_ROWS) * PANEL_ROWS(WIDTH));
    REAL *packed = F(after)(panels, (ptrdiff_t)(m.rows + TILE_COLS) * PANEL_ROWS(WIDTH));
    for (int k = 0; k < m.rows; k += WIDTH) {
        struct F(result) rest = {m.at + k * m.stride + k, m.stride, m.rows - k, m.rows - k};
        int width = rest.rows < WIDTH ? rest.rows : WIDTH;
        F(copy_lower)(block, STRIDE, rest.at, m.stride, width);
        F(factor_inner)(call, (struct F(result)){block, STRIDE, width, width}, triangle);
        F(pack_triangle)(triangle, (struct F(matrix)){block, STRIDE, 1}, width);
        F(solve_below)(call, rest, triangle, panels, width);
        flynn_team_wait(call);
        if (call->member == 0)
            F(copy_lower)(rest.at, m.stride, block, STRIDE, width);
        F(update)(call, rest, panels, packed, width);
        flynn_team_wait(call);
    }
}

static void F(clear_upper)(const struct flynn_call *call, struct F(result) m)
{
    for (int i = call->member; i < m.rows; i += call->members)
        memset(m.at + i * m.stride + i + 1, 0, sizeof(REAL) * (size_t)(m.rows - 1 - i));
}

static void F(factor_one)(const struct flynn_call *call, int number)
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER];
    ptrdiff_t stride = (ptrdiff_t)(call->dst->stride / sizeof(REAL));
    struct F(result) m = {flynn_row(call->dst, number * n), stride, n, n};
    for (int i = call->member; i < n; i += call->members)
        memmove(m.at + i * stride, flynn_row(call->src, number * n + i), sizeof(REAL) * (size_t)(i + 1));
    flynn_team_wait(call);
    if (n <= FLYNN_FACTOR_SMALL)
        F(factor_inner)(call, m, call->scratch);
    else
        F(factor)(call, m);
    F(clear_upper)(call, m);
}

/* ---- side by side ------------------------------------------------------------------------------------------------ */

/* `rows` rows of two columns, the rows on the diagonal first where it runs through them. */
static inline __attribute__((always_inline)) void F(lane_columns)(const struct F(lanes) * m, int i, int j, int rows,
                                                                  bool diagonal)
{
    REAL_V c[LANE_ROWS][LANE_COLS], first, below, second;
    F(load_tile)(c, rows, F(of)(m, i, j), LANE_STRIDE);
    F(lane_steps)(c, rows, F(of)(m, i, 0), LANE_STRIDE, F(of)(m, j, 0), LANE_STRIDE, LANES, j);
    if (diagonal) {
        first = F(usable)(c[0][0], REAL_L(sqrt)(c[0][0]));
        below = REAL_L(div)(c[1][0], first);
        c[1][1] = TILE_STEP(below, below, c[1][1]);
        second = F(usable)(c[1][1], REAL_L(sqrt)(c[1][1]));
        c[0][0] = first;
        c[0][1] = REAL_L(setzero)();
        c[1][0] = below;
        c[1][1] = second;
        for (int q = LANE_COLS; q < LANE_WIDTH && j % LANE_WIDTH == 0; q++) {
            REAL_L(storeu)(F(of)(m, i, j + q), REAL_L(setzero)());
            REAL_L(storeu)(F(of)(m, i + 1, j + q), REAL_L(setzero)());
        }
    } else {
        first = REAL_L(loadu)(F(of)(m, j, j));
        below = REAL_L(loadu)(F(of)(m, j + 1, j));
        second = REAL_L(loadu)(F(of)(m, j + 1, j + 1));
    }
    for (int r = diagonal ? 2 : 0; r < rows; r++) {
        c[r][0] = REAL_L(div)(c[r][0], first);
        c[r][1] = REAL_L(div)(TILE_STEP(c[r][0], below, c[r][1]), second);
    }
    F(store_tile)(F(of)(m, i, j), LANE_STRIDE, c, rows);
}

static inline __attribute__((always_inline)) void F(lane_left)(const struct F(lanes) * m, int i, int rows, int first)
{
    for (int j = first; j < i; j += LANE_COLS)
        F(lane_columns)(m, i, j, rows, false);
}

/* `rows` rows, of which there are 2, 4 or LANE_ROWS, from column `first` on. */
static void F(lane_rows)(const struct F(lanes) * m, int i, int rows, int first)
{
    if (rows == LANE_ROWS)
        F(lane_left)(m, i, LANE_ROWS, first);
    else if (rows == 4)
        F(lane_left)(m, i, 4, first);
    else
        F(lane_left)(m, i, 2, first);
    for (; rows > 0; i += LANE_COLS, rows -= LANE_COLS) {
        if (rows == LANE_ROWS)
            F(lane_columns)(m, i, i, LANE_ROWS, true);
        else if (rows == 4)
            F(lane_columns)(m, i, i, 4, true);
        else
            F(lane_columns)(m, i, i, 2, true);
    }
}

/* Two tiles of rows, which share the rows above them while those are in the first cache. */
static void F(lane_both)(const struct F(lanes) * m, int i)
{
    for (int j = 0; j < i; j += LANE_COLS) {
        F(lane_columns)(m, i, j, LANE_ROWS, false);
        F(lane_columns)(m, i + LANE_ROWS, j, LANE_ROWS, false);
    }
    F(lane_rows)(m, i, LANE_ROWS, i);
    F(lane_rows)(m, i + LANE_ROWS, LANE_ROWS, i);
}

/* Columns of rows up to `end`: whole blocks, with 0 right of the diagonal. */
static inline int F(lane_width)(int end, int n)
{
    int width = (end + LANE_WIDTH - 1) / LANE_WIDTH * LANE_WIDTH;
    return width < n ? width : n;
}

/* Rows [i, end) of the matrices: those of a group together. */
static void F(load_rows)(const struct flynn_call *call, const int *number, const struct F(lanes) * m, int i, int end)
{
    ptrdiff_t stride = (ptrdiff_t)(call->src->stride / sizeof(REAL));
    int group = F(lane_group)(m->n, stride);
    for (int rows; i < end; i += rows) {
        const REAL *from[LANES];
        rows = end - i < group ? 1 : group;
        for (int l = 0; l < LANES; l++)
            from[l] = flynn_row(call->src, number[l] * m->n + i);
        if (rows == 1)
            F(load_group)(F(of)(m, i, 0), from, stride, 1, F(lane_width)(i + 1, m->n));
        else
            F(load_group)(F(of)(m, i, 0), from, stride, LANE_GROUP, F(lane_width)(i + LANE_GROUP, m->n));
    }
}

static void F(store_rows)(const struct flynn_call *call, const int *number, const struct F(lanes) * m, int i, int end)
{
    ptrdiff_t stride = (ptrdiff_t)(call->dst->stride / sizeof(REAL));
    int group = F(lane_group)(m->n, stride);
    for (int rows; i < end; i += rows) {
        REAL *to[LANES];
        rows = end - i < group ? 1 : group;
        int cols = F(lane_width)(i + rows, m->n);
        for (int l = 0; l < LANES; l++)
            to[l] = flynn_row(call->dst, number[l] * m->n + i);
        if (rows == 1) {
            F(store_group)(to, stride, F(of)(m, i, 0), 1, cols);
            F(clear_group)(to, stride, 1, cols, m->n);
        } else {
            F(store_group)(to, stride, F(of)(m, i, 0), LANE_GROUP, cols);
            F(clear_group)(to, stride, LANE_GROUP, cols, m->n);
        }
    }
}

/* As many rows at a time as stay in the first cache from where they are read to where they are written. */
static void F(factor_lanes)(const struct flynn_call *call, const int *number)
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER], whole = F(lane_whole)(n);
    struct F(lanes) m = {call->scratch, n};
    memset(F(of)(&m, n, 0), 0, sizeof(REAL) * (size_t)(whole * LANES * (whole - n)));
    for (int i = 0, rows; i < whole; i += rows) {
        rows = whole - i < 2 * LANE_ROWS ? whole - i : 2 * LANE_ROWS;
        int end = i + rows < n ? i + rows : n;
        F(load_rows)(call, number, &m, i, end);
        if (rows == 2 * LANE_ROWS) {
            F(lane_both)(&m, i);
        } else {
            int first = rows < LANE_ROWS ? rows : LANE_ROWS;
            F(lane_rows)(&m, i, first, 0);
            if (first < rows)
                F(lane_rows)(&m, i + first, rows - first, 0);
        }
        F(store_rows)(call, number, &m, i, end);
    }
}

static void F(cholesky)(const struct flynn_call *call)
{
    struct flynn_call own = *call;
    struct flynn_factor_share share = flynn_factor_share_out(&own);
    F(share_lanes)(&own, share, F(factor_lanes), F(factor_one));
}

#undef LANES
#undef TILE_COLS
#undef BLOCK
#undef PANEL_ROWS
#undef MOST_ROWS
#include "simd/real_end.h"
