/* SPDX-License-Identifier: Apache-2.0 */
/* LU factors in one type: included by simd/lu.c once for each. */

#include "simd/real.h"
#include "simd/matmul_tiles.h"
#include "simd/factor_tiles.h"
#include "simd/factor_lanes.h"
#include "simd/lu_lanes.h"

#define MOST_ROWS ((int)(FLYNN_FACTOR_ROWS_BYTES / sizeof(REAL)) / TILE_ROWS * TILE_ROWS)

/* A block of columns, each of them contiguous, with a tile's row to spare behind each. */
struct F(columns) {
    REAL *at;
    ptrdiff_t stride;
    int rows, width;
    int32_t *pivots; /* of its columns, counted from its first row */
    REAL *scratch;   /* for a triangle and a panel */
};

static inline REAL *F(column)(const struct F(columns) * p, int number)
{
    return p->at + number * p->stride;
}

#if REAL_IS_FLOAT
typedef uint32_t F(key);
#else
typedef uint64_t F(key);
#endif

/* The absolute value as an integer of the same order, in which NaN comes last. */
static inline F(key) F(key_of)(REAL x)
{
    F(key) key;
    memcpy(&key, &x, sizeof key);
    return key << 1 >> 1;
}

static int F(largest)(const REAL *column, int from, int to)
{
    F(key) best = 0;
    int at = from;
    for (int i = from; i < to; i++) {
        F(key) key = F(key_of)(column[i]);
        best = key > best ? key : best;
    }
    while (F(key_of)(column[at]) != best)
        at++;
    return at;
}

/* Steps [0, n) of the chains of rows from `from` on. */
static inline __attribute__((always_inline)) void F(apply)(const struct F(columns) * p, int first, int n, int from)
{
    REAL *column = F(column)(p, first + n);
    REAL_V x[LEAF];
    for (int q = 0; q < n; q++)
        x[q] = REAL_L(set1)(column[first + q]);
    for (int i = from; i < p->rows; i += LANES) {
        REAL_V c = REAL_L(loadu)(column + i);
        for (int q = 0; q < n; q++)
            c = TILE_STEP(REAL_L(loadu)(F(column)(p, first + q) + i), x[q], c);
        REAL_L(storeu)(column + i, c);
    }
}

static void F(apply_any)(const struct F(columns) * p, int first, int n, int from)
{
    switch (n) {
    case 1:
        F(apply)(p, first, 1, from);
        break;
    case 2:
        F(apply)(p, first, 2, from);
        break;
    case 3:
        F(apply)(p, first, 3, from);
        break;
    case 4:
        F(apply)(p, first, 4, from);
        break;
    case 5:
        F(apply)(p, first, 5, from);
        break;
    case 6:
        F(apply)(p, first, 6, from);
        break;
    case 7:
        F(apply)(p, first, 7, from);
        break;
    default:
        break;
    }
}

/* Find the pivot of a column, exchange its row in the whole block, divide. */
static void F(finish_column)(const struct F(columns) * p, int k)
{
    REAL *column = F(column)(p, k);
    int at = p->pivots[k] = F(largest)(column, k, p->rows);
    for (int j = 0; j < p->width && at != k; j++) {
        REAL *other = F(column)(p, j), held = other[k];
        other[k] = other[at];
        other[at] = held;
    }
    REAL size = REAL_M(fabs)(column[k]);
    REAL pivot = size > 0 && size < (REAL)INFINITY ? column[k] : (REAL)NAN;
    REAL_V divisor = REAL_L(set1)(pivot);
    for (int i = k + 1; i < p->rows; i += LANES)
        REAL_L(storeu)(column + i, REAL_L(div)(REAL_L(loadu)(column + i), divisor));
    column[k] = pivot;
}

/* What rows [first, first + n) of a column become: of U. */
static void F(finish_upper)(const struct F(columns) * p, int first, int n, int at)
{
    REAL *column = F(column)(p, at);
    for (int q = first; q < first + n; q++) {
        const REAL *l = F(column)(p, q);
        REAL u = -column[q];
        for (int i = q + 1; i < first + n; i++)
            column[i] = REAL_M(fma)(l[i], u, column[i]);
    }
}

/* The same for columns [next, last), in panels. */
static void F(finish_uppers)(const struct F(columns) * p, int first, int n, int next, int last)
{
    REAL *triangle = p->scratch, *panel = F(after)(triangle, (PANEL_ROWS(n) + TILE_ROWS) * PANEL_ROWS(n));
    F(pack_triangle)(triangle, (struct F(matrix)){F(column)(p, first) + first, 1, p->stride}, n);
    for (int j = next; j < last; j += TILE_COLS) {
        int lines = last - j < TILE_COLS ? last - j : TILE_COLS;
        REAL *at = F(column)(p, j) + first;
        F(pack_lines)(panel, TILE_COLS, at, p->stride, lines, n);
        F(clear_rest)(panel, n);
        for (int k = 0; k < n; k += TILE_ROWS)
            F(solve_tile)(triangle + (ptrdiff_t)k * n, panel, k, true);
        F(unpack_lines)(at, p->stride, panel, lines, n);
    }
}

static void F(factor_leaf)(const struct F(columns) * p, int first, int n)
{
    for (int k = 0; k < n; k++) {
        F(finish_upper)(p, first, k, first + k);
        F(apply_any)(p, first, k, first + k);
        F(finish_column)(p, first + k);
    }
}

/* Columns [first, first + n), to which those before have been applied: the left half, what it does to the right one,
 * and that. */
static void F(factor_columns)(const struct F(columns) * p, int first, int n)
{
    if (n <= LEAF) {
        F(factor_leaf)(p, first, n);
        return;
    }
    int half = (n / 2 + LEAF - 1) / LEAF * LEAF, next = first + half;
    F(factor_columns)(p, first, half);
    F(finish_uppers)(p, first, half, next, first + n);
    for (int i = next; i < p->rows; i += TILE_COLS) {
        struct F(tile) t = {.a = F(column)(p, next) + first,
                            .b = F(column)(p, first) + i,
                            .a_row = p->stride,
                            .a_step = 1,
                            .b_step = p->stride,
                            .c = F(column)(p, next) + i,
                            .c_row = p->stride,
                            .depth = half,
                            .first = false};
        F(tile_rows)(&t, n - half, 2);
    }
    F(factor_columns)(p, next, n - half);
}

/* Rows of the matrix from the block, [from, to) of it. */
static void F(store_columns)(const struct F(columns) * p, struct F(result) m, int from, int to)
{
    int whole = from + (to - from) / BLOCK * BLOCK, even = p->width / BLOCK * BLOCK;
    for (int i = from; i < whole; i += BLOCK) {
        for (int k = 0; k < even; k += BLOCK)
            F(transpose)(m.at + i * m.stride + k, m.stride, F(column)(p, k) + i, p->stride);
    }
    for (int i = from; i < to; i++) {
        for (int k = i < whole ? even : 0; k < p->width; k++)
            m.at[i * m.stride + k] = F(column)(p, k)[i];
    }
}

static void F(load_columns)(const struct F(columns) * p, struct F(result) m)
{
    int whole = p->rows / BLOCK * BLOCK, even = p->width / BLOCK * BLOCK;
    for (int i = 0; i < whole; i += BLOCK) {
        for (int k = 0; k < even; k += BLOCK)
            F(transpose)(F(column)(p, k) + i, p->stride, m.at + i * m.stride + k, m.stride);
    }
    for (int i = 0; i < p->rows; i++) {
        for (int k = i < whole ? even : 0; k < p->width; k++)
            F(column)(p, k)[i] = m.at[i * m.stride + k];
    }
    for (int k = 0; k < p->width; k++)
        memset(F(column)(p, k) + p->rows, 0, sizeof(REAL) * TILE_COLS);
}

/* Exchange rows as the block did, in `cols` columns from `at` on. */
static void F(exchange)(const struct F(columns) * p, REAL *at, ptrdiff_t stride, int cols)
{
    for (int k = 0; k < p->width; k++) {
        REAL *a = at + k * stride, *b = at + p->pivots[k] * stride;
        for (int j = 0; j < cols && a != b; j++) {
            REAL held = a[j];
            a[j] = b[j];
            b[j] = held;
        }
    }
}

/* Everything beside a factored block: members take panels of columns in turn. m begins at the block's first row and
 * column, `left` columns into the matrix. */
static void F(apply_block)(const struct flynn_call *call, const struct F(columns) * p, struct F(result) m, int left,
                           REAL *triangle)
{
    int width = p->width, depth = PANEL_ROWS(width), share = (left + call->members - 1) / call->members;
    REAL *panels = F(after)(triangle, (depth + TILE_ROWS) * depth);
    REAL *packed = F(after)(panels, (ptrdiff_t)(m.cols + TILE_COLS) * depth);
    int own = share * call->member, last = own + share < left ? own + share : left;
    if (own < last)
        F(exchange)(p, m.at - left + own, m.stride, last - own);
    F(store_columns)
    (p, m, (int)((int64_t)m.rows * call->member / call->members),
     (int)((int64_t)m.rows * (call->member + 1) / call->members));
    if (width == m.cols)
        return;
    F(pack_triangle)(triangle, (struct F(matrix)){p->at, 1, p->stride}, width);
    for (int q = call->member, j; (j = width + q * TILE_COLS) < m.cols; q += call->members) {
        int cols = m.cols - j < TILE_COLS ? m.cols - j : TILE_COLS;
        REAL *panel = panels + (ptrdiff_t)(q / call->members) * depth * TILE_COLS;
        F(exchange)(p, m.at + j, m.stride, cols);
        F(pack_b)(panel, (struct F(matrix)){m.at + j, m.stride, 1}, width, cols);
        F(clear_rest)(panel, width);
        for (int k = 0; k < width; k += TILE_ROWS)
            F(solve_tile)(triangle + (ptrdiff_t)k * width, panel, k, true);
        for (int k = 0; k < width; k++)
            memcpy(m.at + k * m.stride + j, panel + k * TILE_COLS, sizeof(REAL) * (size_t)cols);
    }
    for (int i = width; i < m.rows; i += MOST_ROWS) {
        int rows = m.rows - i < MOST_ROWS ? m.rows - i : MOST_ROWS;
        F(pack_a)(packed, (struct F(matrix)){p->at + i, 1, p->stride}, rows, width);
        for (int q = call->member, j; (j = width + q * TILE_COLS) < m.cols; q += call->members) {
            struct F(result)
                c = {m.at + i * m.stride + j, m.stride, rows, m.cols - j < TILE_COLS ? m.cols - j : TILE_COLS};
            F(multiply_blocks)
            ((struct F(matrix)){packed, 1, TILE_ROWS}, true,
             panels + (ptrdiff_t)(q / call->members) * depth * TILE_COLS, c, width, false);
        }
    }
}

/* One member factors a block of columns for all, who then apply it. */
static void F(factor)(const struct flynn_call *call, struct F(result) m, REAL *pivots)
{
    int32_t *exchanged = call->shared;
    int room = (m.rows + 47) / 32 * 32 + 16, left; /* columns that are no power of two apart */
    REAL *at = (REAL *)call->shared + room,
         *triangle = (REAL *)call->scratch + room + (ptrdiff_t)room * FLYNN_FACTOR_BLOCK;
    for (int k = 0; k < m.rows; k += FLYNN_FACTOR_BLOCK) {
        struct F(result) rest = {m.at + k * m.stride + k, m.stride, m.rows - k, m.cols - k};
        struct F(columns) p = {at, room, rest.rows, 0, exchanged, triangle};
        left = m.rows - k;
        p.width = left < FLYNN_FACTOR_BLOCK ? left : FLYNN_FACTOR_BLOCK;
        if (call->member == 0) {
            F(load_columns)(&p, rest);
            F(factor_columns)(&p, 0, p.width);
            for (int i = 0; i < p.width; i++)
                pivots[k + i] = (REAL)(k + p.pivots[i]);
        }
        flynn_team_wait(call);
        F(apply_block)(call, &p, rest, k, triangle);
        flynn_team_wait(call);
    }
}

static void F(factor_one)(const struct flynn_call *call, int number)
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER];
    ptrdiff_t stride = (ptrdiff_t)(call->dst->stride / sizeof(REAL));
    struct F(result) m = {flynn_row(call->dst, number * (n + 1)), stride, n, n};
    for (int i = call->member; i < n; i += call->members)
        memmove(m.at + i * stride, flynn_row(call->src, number * n + i), sizeof(REAL) * (size_t)n);
    flynn_team_wait(call);
    F(factor)(call, m, flynn_row(call->dst, number * (n + 1) + n));
}

static void F(lu)(const struct flynn_call *call)
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
