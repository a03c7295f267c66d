/* SPDX-License-Identifier: Apache-2.0 */
/* A row times a vector in one type: included by simd/matvec.c once for each, with REAL the type, REAL_V its vector,
 * REAL_L(name) an intrinsic and F(name) the name of a function. */

#define WIDTH   ((int)(VEC / sizeof(REAL)))
#define VECTORS (FLYNN_LANES / WIDTH)

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

static REAL F(block)(const REAL *a, const REAL *x, int n)
{
    REAL_V lane[VECTORS];
    int k = 0;
    for (int v = 0; v < VECTORS; v++)
        lane[v] = REAL_L(setzero)();
    for (; k + FLYNN_LANES <= n; k += FLYNN_LANES)
        F(add_products)(lane, a + k, x + k);
    if (k < n) {
        REAL rest_a[FLYNN_LANES] = {0}, rest_x[FLYNN_LANES] = {0};
        memcpy(rest_a, a + k, sizeof(REAL) * (size_t)(n - k));
        memcpy(rest_x, x + k, sizeof(REAL) * (size_t)(n - k));
        F(add_products)(lane, rest_a, rest_x);
    }
    return F(add_lanes)(lane);
}

static void F(matvec)(const struct flynn_call *call)
{
    const REAL *a = call->in[0], *x = call->stage->table[0].data;
    REAL sum = 0;
    for (int k = 0, n = call->stage->in.width; k < n; k += FLYNN_LANE_BLOCK)
        sum += F(block)(a + k, x + k, n - k < FLYNN_LANE_BLOCK ? n - k : FLYNN_LANE_BLOCK);
    *(REAL *)call->out[0] = sum;
}

#undef WIDTH
#undef VECTORS
