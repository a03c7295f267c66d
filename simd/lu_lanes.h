/* SPDX-License-Identifier: Apache-2.0 */
/* LU factors of LANES small matrices side by side, in one type: included by simd/lu_blocks.h.
 *
 * Rows are not exchanged, because every matrix would exchange other ones: they stay where they are, and `place` says
 * where each would be. When a row becomes the pivot its part of U is copied out, after which the row goes on through
 * the steps of the others; what that makes of it is right of L and never used. Rows find their place when they are
 * stored. */

#define LANE_BLOCK 8 /* columns that are factored before they are applied to the rest */

struct F(lane_order) {
    F(lane) place[FLYNN_FACTOR_SMALL][LANES]; /* of a row */
    F(lane) row[FLYNN_FACTOR_SMALL][LANES];   /* at a place */
};

/* The places of the largest elements of column k from place k on, the first of equal ones; NaN is the largest. */
static vi F(lane_largest)(const struct F(lane_order) * order, const struct F(lanes) * m, int k)
{
    const vi nan = F(lane_bits)((REAL)NAN), sign = F(lane_bits)(-(REAL)0), column = F(lane_set)(k);
    vi best = F(lane_set)(-1), at = column;
    for (int i = 0; i < m->n; i++) {
        vi place = v_load(order->place[i]), key = v_andnot(sign, v_load(F(of)(m, i, k)));
        key = v_or(F(lane_pick)(F(lane_gt)(key, nan), key, nan), F(lane_gt)(column, place));
        vi better = v_or(F(lane_gt)(key, best), v_and(F(lane_eq)(key, best), F(lane_gt)(at, place)));
        best = F(lane_pick)(better, best, key);
        at = F(lane_pick)(better, at, place);
    }
    return at;
}

/* Choose the pivots of column k and keep what the exchange makes of the order. */
static void F(lane_exchange)(struct F(lane_order) * order, const struct F(lanes) * m, int k, REAL *const *pivots)
{
    F(lane) with[LANES];
    v_store(with, F(lane_largest)(order, m, k));
    for (int l = 0; l < LANES; l++) {
        F(lane) at = with[l], chosen = order->row[at][l], other = order->row[k][l];
        order->row[at][l] = other;
        order->row[k][l] = chosen;
        order->place[other][l] = at;
        order->place[chosen][l] = k;
        pivots[l][k] = (REAL)at;
    }
}

/* Columns [from, to) of the rows at place k, to row k of U. */
static void F(lane_upper)(const struct F(lane_order) * order, const struct F(lanes) * m, const struct F(lanes) * u,
                          int k, int from, int to)
{
    const REAL *row[LANES];
    for (int l = 0; l < LANES; l++)
        row[l] = F(of)(m, (int)order->row[k][l], 0) + l;
    for (int j = from; j < to; j++) {
        for (int l = 0; l < LANES; l++)
            F(of)(u, k, j)[l] = row[l][j * LANES];
    }
}

/* Divide column k, and take it out of the columns after it of a block that ends at `last`. */
static void F(lane_column)(const struct F(lanes) * m, const struct F(lanes) * u, int k, int last)
{
    const REAL_V found = REAL_L(loadu)(F(of)(u, k, k)), none = REAL_L(set1)(-(REAL)0);
    const REAL_V pivot = F(usable)(REAL_L(andnot)(none, found), found);
    REAL_L(storeu)(F(of)(u, k, k), pivot);
    for (int i = 0; i < m->n; i++) {
        REAL *row = F(of)(m, i, 0);
        REAL_V l = REAL_L(div)(REAL_L(loadu)(row + k * LANES), pivot);
        REAL_L(storeu)(row + k * LANES, l);
        for (int j = k + 1; j < last; j++)
            REAL_L(storeu)
        (row + j * LANES, TILE_STEP(l, REAL_L(loadu)(F(of)(u, k, j)), REAL_L(loadu)(row + j * LANES)));
    }
}

/* Rows [first, first + LANE_BLOCK) of U in column j: L is left of them in the same rows. */
static void F(lane_solve)(const struct F(lanes) * u, int first, int j)
{
    REAL_V x[LANE_BLOCK];
    for (int k = 0; k < LANE_BLOCK; k++) {
        REAL *row = F(of)(u, first + k, 0);
        x[k] = REAL_L(loadu)(row + j * LANES);
        for (int q = 0; q < k; q++)
            x[k] = TILE_STEP(REAL_L(loadu)(row + (first + q) * LANES), x[q], x[k]);
        REAL_L(storeu)(row + j * LANES, x[k]);
    }
}

/* Take a block of columns out of all that are right of it. */
static void F(lane_update)(const struct F(lanes) * m, const struct F(lanes) * u, int first)
{
    int from = first + LANE_BLOCK;
    for (int i = 0; i < m->n; i += LANE_ROWS) {
        for (int j = from; j < m->n; j += LANE_COLS) {
            REAL_V c[LANE_ROWS][LANE_COLS];
            F(lane_tile)(c, F(of)(m, i, j), m->row);
            F(lane_steps)(c, F(of)(m, i, first), m->row, F(of)(u, first, j), LANES, u->row, LANE_BLOCK);
            for (int r = 0; r < LANE_ROWS; r++) {
                REAL_L(storeu)(F(of)(m, i + r, j), c[r][0]);
                REAL_L(storeu)(F(of)(m, i + r, j + 1), c[r][1]);
            }
        }
    }
}

static void F(lane_factor)(struct F(lane_order) * order, const struct F(lanes) * m, const struct F(lanes) * u,
                           REAL *const *pivots)
{
    for (int i = 0; i < m->n; i++) {
        v_store(order->place[i], F(lane_set)(i));
        v_store(order->row[i], F(lane_set)(i));
    }
    for (int first = 0; first < m->n; first += LANE_BLOCK) {
        int last = first + LANE_BLOCK < m->n ? first + LANE_BLOCK : m->n;
        for (int k = first; k < last; k++) {
            F(lane_exchange)(order, m, k, pivots);
            F(lane_upper)(order, m, u, k, first, last);
            F(lane_column)(m, u, k, last);
        }
        for (int k = first; k < last; k++)
            F(lane_upper)(order, m, u, k, last, m->n);
        for (int j = last; j < m->n; j++)
            F(lane_solve)(u, first, j);
        F(lane_update)(m, u, first);
    }
}

static void F(factor_lanes)(const struct flynn_call *call, int number)
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER], whole = (n + LANE_ROWS - 1) / LANE_ROWS * LANE_ROWS;
    ptrdiff_t stride = (ptrdiff_t)(call->src->stride / sizeof(REAL));
    struct F(lanes) m = F(make_lanes)(call->scratch, n), u = F(make_lanes)(m.at + m.row * whole, n);
    struct F(lane_order) order;
    REAL *to[LANES];
    memset(F(of)(&m, n, 0), 0, sizeof(REAL) * (size_t)(m.row * (whole - n)));
    for (int i = 0; i < n; i++)
        F(pack_lines)
    (F(of)(&m, i, 0), LANES, (const REAL *)flynn_row(call->src, number * n + i), n * stride, LANES, n);
    for (int l = 0; l < LANES; l++)
        to[l] = flynn_row(call->dst, (number + l) * (n + 1) + n);
    F(lane_factor)(&order, &m, &u, to);
    for (int i = 0; i < n; i++) {
        for (int l = 0; l < LANES; l++)
            to[l] = flynn_row(call->dst, (number + l) * (n + 1) + (int)order.place[i][l]);
        F(store_lanes)(to, F(of)(&m, i, 0), 0, n);
    }
    for (int i = 0; i < n; i++) {
        for (int l = 0; l < LANES; l++)
            to[l] = flynn_row(call->dst, (number + l) * (n + 1) + i);
        F(store_lanes)(to, F(of)(&u, i, 0), i, n);
    }
}
