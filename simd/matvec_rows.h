/* SPDX-License-Identifier: Apache-2.0 */
/* Rows times a vector in one type: included by simd/matvec.c once for each, with REAL the type, REAL_V its vector,
 * REAL_L(name) an intrinsic and F(name) the name of a function. */

#define WIDTH   ((int)(VEC / sizeof(REAL)))
#define VECTORS (FLYNN_LANES / WIDTH)
#define OWN     (VECTORS < 8 ? VECTORS : 8)

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

static inline REAL_V F(in_register)(REAL_V v)
{
#if defined(__x86_64__) && !defined(FLYNN_ISA_EMULATED)
    __asm__ volatile("" : "+x"(v));
#endif
    return v;
}

/* The same, fetched. A step begins when the last one has put its lanes into memory. */
static inline void F(add_fetched)(REAL_V lane[VECTORS], const REAL *a, const REAL *x, int n)
{
    enum { STEP = OWN * WIDTH };
    for (int k = 0; k < n; k += STEP) {
        REAL_V own[OWN], *held = lane + k % FLYNN_LANES / WIDTH;
        for (int v = 0; v < OWN; v++)
            own[v] = F(in_register)(held[v]);
        for (size_t b = 0; b < OWN * VEC; b += LINE)
            __builtin_prefetch((const char *)(a + k) + FETCH_BYTES + b, 0, 2);
        for (int v = 0; v < OWN; v++)
            held[v] =
                REAL_L(add)(own[v], REAL_L(mul)(REAL_L(loadu)(a + k + v * WIDTH), REAL_L(loadu)(x + k + v * WIDTH)));
        __asm__ volatile("" : : : "memory");
    }
}

/* Columns [from, from + n) of some rows, onto their sums. */
static void F(block)(REAL *const *sum, const REAL *const *a, const REAL *x, struct side side, int from, int n)
{
    REAL_V lane[MATVEC_ROWS][VECTORS];
    int rest = n % FLYNN_LANES, whole = n - rest, run = side.run / (int)sizeof(REAL);
    for (int r = 0; r < side.rows; r++) {
        for (int v = 0; v < VECTORS; v++)
            lane[r][v] = REAL_L(setzero)();
    }
    for (int k = 0; k < whole; k += run) {
        int some = whole - k < run ? whole - k : run;
        for (int r = 0; r < side.rows; r++) {
            if (side.fetch)
                F(add_fetched)(lane[r], a[r] + from + k, x + from + k, some);
            else
                F(add_run)(lane[r], a[r] + from + k, x + from + k, some);
        }
    }
    for (int r = 0; r < side.rows; r++) {
        if (rest) {
            REAL rest_a[FLYNN_LANES] = {0}, rest_x[FLYNN_LANES] = {0};
            memcpy(rest_a, a[r] + from + whole, sizeof(REAL) * (size_t)rest);
            memcpy(rest_x, x + from + whole, sizeof(REAL) * (size_t)rest);
            F(add_products)(lane[r], rest_a, rest_x);
        }
        *sum[r] += F(add_lanes)(lane[r]);
    }
}

static void F(matvec)(const struct flynn_call *call)
{
    const REAL *const *a = (const REAL *const *)call->in, *x = call->stage->table[0].data;
    REAL *const *sum = (REAL *const *)call->out;
    struct side side = side_of(&call->stage->in, sizeof(REAL));
    for (int r = 0, most = side.rows; r < call->rows; r += most) {
        side.rows = call->rows - r < most ? call->rows - r : most;
        for (int i = r; i < r + side.rows; i++)
            *sum[i] = 0;
        for (int k = 0, n = call->stage->in.width; k < n; k += FLYNN_LANE_BLOCK)
            F(block)(sum + r, a + r, x, side, k, n - k < FLYNN_LANE_BLOCK ? n - k : FLYNN_LANE_BLOCK);
    }
}

#undef WIDTH
#undef VECTORS
#undef OWN
