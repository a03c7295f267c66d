/* SPDX-License-Identifier: Apache-2.0 */
/* LU factors of LANES small matrices side by side, in one type: included by simd/lu_blocks.h.
 *
 * Blocks of columns are read from the matrices when their turn comes, in the order that the rows have by then, and
 * go through all steps of the blocks before them; then the block itself is factored. Every matrix exchanges other rows:
 * an exchange takes one lane each from vectors, and puts it back by itself. */

#define LANE_BLOCK (2 * LANE_ROWS)

/* Where the row lies in its matrix that is at a place by now, in elements. */
typedef ptrdiff_t F(lane_order)[FLYNN_FACTOR_SMALL][LANES];

/* The largest element so far of a column, and its row. */
struct F(lane_best) {
    vi key, row;
};

/* Compare |x| of a row; the first of equal ones stays, and NaN is the largest. */
static inline __attribute__((always_inline)) void F(lane_compare)(struct F(lane_best) * best, REAL_V x, int row)
{
    vi key, most = F(lane_bits)((REAL)INFINITY);
    memcpy(&key, &x, sizeof key);
    key = v_andnot(F(lane_bits)(-(REAL)0), key);
    key = F(lane_pick)(F(lane_gt)(key, most), key, F(lane_bits)((REAL)NAN));
    vi better = F(lane_gt)(key, best->key);
    best->key = F(lane_pick)(better, best->key, key);
    best->row = F(lane_pick)(better, best->row, F(lane_set)(row));
}

/* Exchange row k with the best one of each matrix, in columns [0, last). Those rows get single elements; that makes
 * whole vectors of them wait, so the columns that are read next come first. */
static void F(lane_exchange)(F(lane_order) order, const struct F(lanes) * m, int k, vi best, int last,
                             REAL *const *pivots)
{
    static const F(lane) lanes[2 * LANES] = {[LANES] = -1};
    F(lane) with[LANES];
    REAL *row[LANES], *own = F(of)(m, k, 0);
    v_store(with, best);
    for (int l = 0; l < LANES; l++) {
        ptrdiff_t held = order[k][l];
        order[k][l] = order[with[l]][l];
        order[with[l]][l] = held;
        row[l] = F(of)(m, (int)with[l], 0);
        pivots[l][k] = (REAL)with[l];
    }
    for (int j = (last - 1) * LANES; j >= 0; j -= LANES) {
        vi x = v_load(row[0] + j);
        for (int l = 1; l < LANES; l++)
            x = F(lane_pick)(v_load(lanes + LANES - l), x, v_load(row[l] + j));
        for (int l = 0; l < LANES; l++)
            row[l][j + l] = own[j + l];
        v_store(own + j, x);
    }
}

/* Divide column k, take it out of the columns after it of a block that ends at `last`, and find the best of the next
 * one. */
static struct F(lane_best) F(lane_column)(const struct F(lanes) * m, int k, int last)
{
    struct F(lane_best) best = {F(lane_set)(-1), v_zero()};
    const REAL *upper = F(of)(m, k, 0);
    const REAL_V found = REAL_L(loadu)(upper + k * LANES), none = REAL_L(set1)(-(REAL)0);
    const REAL_V pivot = F(usable)(REAL_L(andnot)(none, found), found);
    REAL_L(storeu)(F(of)(m, k, k), pivot);
    for (int i = k + 1; i < m->n; i++) {
        REAL *row = F(of)(m, i, 0);
        REAL_V l = REAL_L(div)(REAL_L(loadu)(row + k * LANES), pivot);
        REAL_L(storeu)(row + k * LANES, l);
        if (k + 1 == last)
            continue;
        REAL_V next = TILE_STEP(l, REAL_L(loadu)(upper + (k + 1) * LANES), REAL_L(loadu)(row + (k + 1) * LANES));
        REAL_L(storeu)(row + (k + 1) * LANES, next);
        F(lane_compare)(&best, next, i);
        for (int j = (k + 2) * LANES; j < last * LANES; j += LANES)
            REAL_L(storeu)(row + j, TILE_STEP(l, REAL_L(loadu)(upper + j), REAL_L(loadu)(row + j)));
    }
    return best;
}

/* Two columns of rows that are solved for, or have `depth` steps behind them. */
static inline __attribute__((always_inline)) void F(lane_columns)(const struct F(lanes) * m, int i, int j, int rows,
                                                                  int depth, bool solve)
{
    REAL_V c[LANE_ROWS][LANE_COLS];
    F(load_tile)(c, rows, F(of)(m, i, j), LANE_STRIDE);
    F(lane_steps)(c, rows, F(of)(m, i, 0), LANE_STRIDE, F(of)(m, 0, j), LANES, LANE_STRIDE, depth);
    for (int q = 0; q < rows && solve; q++) {
        for (int r = q + 1; r < rows; r++) {
            REAL_V x = REAL_L(loadu)(F(of)(m, i + r, i + q));
            for (int v = 0; v < LANE_COLS; v++)
                c[r][v] = TILE_STEP(x, c[q][v], c[r][v]);
        }
    }
    F(store_tile)(F(of)(m, i, j), LANE_STRIDE, c, rows);
}

/* All steps of the columns before `first` in those of [first, last). */
static void F(lane_steps_before)(const struct F(lanes) * m, int first, int last)
{
    int whole = F(lane_whole)(m->n);
    for (int i = 0; i < whole; i += LANE_ROWS) {
        for (int j = first; j < last; j += LANE_COLS) {
            if (i < first)
                F(lane_columns)(m, i, j, LANE_ROWS, i, true);
            else if (whole - i >= LANE_ROWS)
                F(lane_columns)(m, i, j, LANE_ROWS, first, false);
            else if (whole - i == 4)
                F(lane_columns)(m, i, j, 4, first, false);
            else
                F(lane_columns)(m, i, j, 2, first, false);
        }
    }
}

static void F(lane_block)(F(lane_order) order, const struct F(lanes) * m, int first, int last, REAL *const *pivots)
{
    struct F(lane_best) best = {F(lane_set)(-1), v_zero()};
    for (int i = first; i < m->n; i++)
        F(lane_compare)(&best, REAL_L(loadu)(F(of)(m, i, first)), i);
    for (int k = first; k < last; k++) {
        F(lane_exchange)(order, m, k, best.row, last, pivots);
        best = F(lane_column)(m, k, last);
    }
}

static void F(factor_lanes)(const struct flynn_call *call, const int *number)
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER], whole = F(lane_whole)(n);
    struct F(lanes) m = {call->scratch, n};
    F(lane_order) order;
    const REAL *from[LANES], *line[LANES];
    REAL *to[LANES];
    memset(F(of)(&m, n, 0), 0, sizeof(REAL) * (size_t)(whole * LANES * (whole - n)));
    for (int l = 0; l < LANES; l++) {
        from[l] = flynn_row(call->src, number[l] * n);
        to[l] = flynn_row(call->dst, number[l] * (n + 1) + n);
        for (int i = 0; i < n; i++)
            order[i][l] = i * (ptrdiff_t)(call->src->stride / sizeof(REAL));
    }
    for (int first = 0; first < n; first += LANE_BLOCK) {
        int last = first + LANE_BLOCK < n ? first + LANE_BLOCK : n;
        for (int i = 0; i < n; i++) {
            for (int l = 0; l < LANES; l++)
                line[l] = from[l] + order[i][l];
            F(load_lanes)(F(of)(&m, i, first), line, first, last);
            memset(F(of)(&m, i, last), 0, sizeof(REAL) * (size_t)(LANES * (last % LANE_COLS)));
        }
        F(lane_steps_before)(&m, first, last);
        F(lane_block)(order, &m, first, last, to);
    }
    ptrdiff_t stride = (ptrdiff_t)(call->dst->stride / sizeof(REAL));
    for (int i = 0, rows; i < n; i += rows) {
        rows = n - i < LANE_GROUP ? 1 : LANE_GROUP;
        for (int l = 0; l < LANES; l++)
            to[l] = flynn_row(call->dst, number[l] * (n + 1) + i);
        if (rows == 1)
            F(store_group)(to, stride, F(of)(&m, i, 0), 1, n);
        else
            F(store_group)(to, stride, F(of)(&m, i, 0), LANE_GROUP, n);
    }
}
