/* SPDX-License-Identifier: Apache-2.0 */
/* Rows times a vector in one type: included by simd/matvec.c once for each, with REAL the type, REAL_V its vector,
 * REAL_L(name) an intrinsic and F(name) the name of a function.
 *
 * One row after the other would be one stream from memory, of which CPUs fetch less in advance than of several: rows go
 * side by side, a run of each in turn. */

#define WIDTH   ((int)(VEC / sizeof(REAL)))
#define VECTORS (FLYNN_LANES / WIDTH)
#define RUN     ((int)(512 / sizeof(REAL)))

static inline void F(add_products)(REAL_V lane[VECTORS], const REAL *a, const REAL *x)
{
    for (int v = 0; v < VECTORS; v++)
        lane[v] = REAL_L(add)(lane[v], REAL_L(mul)(REAL_L(loadu)(a + v * WIDTH), REAL_L(loadu)(x + v * WIDTH)));
}

/* Lane j adds lane j + half, from half = 32 down to 1. */
static REAL F(add_lanes)(REAL_V lane[VECTORS])
{
    REAL all[WIDTH];
    for (int half = VECTORS / 2; half; half /= 2) {
        for (int v = 0; v < half; v++)
            lane[v] = REAL_L(add)(lane[v], lane[v + half]);
    }
    REAL_L(storeu)(all, lane[0]);
    for (int half = WIDTH / 2; half; half /= 2) {
        for (int j = 0; j < half; j++)
            all[j] += all[j + half];
    }
    return all[0];
}

/* `n` products of a row, whole groups of lanes. */
static inline void F(add_run)(REAL_V lane[VECTORS], const REAL *a, const REAL *x, int n)
{
    REAL_V own[VECTORS];
    for (int v = 0; v < VECTORS; v++)
        own[v] = lane[v];
    for (int k = 0; k < n; k += FLYNN_LANES)
        F(add_products)(own, a + k, x + k);
    for (int v = 0; v < VECTORS; v++)
        lane[v] = own[v];
}

/* Columns [from, from + n) of some rows, onto their sums. */
static void F(block)(REAL *const *sum, const REAL *const *a, const REAL *x, int rows, int from, int n)
{
    REAL_V lane[MATVEC_ROWS][VECTORS];
    int k = 0;
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < VECTORS; v++)
            lane[r][v] = REAL_L(setzero)();
    }
    for (; k + RUN <= n; k += RUN) {
        for (int r = 0; r < rows; r++)
            F(add_run)(lane[r], a[r] + from + k, x + from + k, RUN);
    }
    for (int r = 0; r < rows; r++) {
        int whole = (n - k) / FLYNN_LANES * FLYNN_LANES, rest = n - k - whole;
        F(add_run)(lane[r], a[r] + from + k, x + from + k, whole);
        if (rest) {
            REAL rest_a[FLYNN_LANES] = {0}, rest_x[FLYNN_LANES] = {0};
            memcpy(rest_a, a[r] + from + k + whole, sizeof(REAL) * (size_t)rest);
            memcpy(rest_x, x + from + k + whole, sizeof(REAL) * (size_t)rest);
            F(add_products)(lane[r], rest_a, rest_x);
        }
        *sum[r] += F(add_lanes)(lane[r]);
    }
}

static void F(matvec)(const struct flynn_call *call)
{
    const REAL *const *a = (const REAL *const *)call->in, *x = call->stage->table[0].data;
    REAL *const *sum = (REAL *const *)call->out;
    for (int r = 0; r < call->rows; r++)
        *sum[r] = 0;
    for (int k = 0, n = call->stage->in.width; k < n; k += FLYNN_LANE_BLOCK)
        F(block)(sum, a, x, call->rows, k, n - k < FLYNN_LANE_BLOCK ? n - k : FLYNN_LANE_BLOCK);
}

#undef RUN
#undef WIDTH
#undef VECTORS
