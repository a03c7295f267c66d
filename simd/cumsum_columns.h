/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums down the columns in one type: included by simd/cumsum.c once for each, with REAL the type, REAL_V its
 * vector, REAL_L(name) an intrinsic and F(name) the name of a function.
 *
 * Some rows go side by side, because the sums do not stay in the first-level cache beside what streams through it. */

#define LANES        ((int)(VEC / sizeof(REAL)))
#define LINE         ((int)(64 / sizeof(REAL)))
#define ROWS         4
#define PART_COLUMNS ((int)(PART_BYTES / sizeof(REAL)))

static inline void F(put)(REAL *to, REAL_V v, bool stream)
{
    vi bits;
    memcpy(&bits, &v, sizeof bits);
    if (stream)
        v_stream(to, bits);
    else
        v_store(to, bits);
}

/* Columns [x, x + n) of some rows from row y on, whole lines: to the sums and to the output. */
static inline __attribute__((always_inline)) void F(add_lines)(const struct flynn_call *call, int y, int rows, int x,
                                                               int n, REAL *sum, bool stream)
{
    enum { VECTORS = LINE / LANES };
    const REAL *in[ROWS];
    REAL *out[ROWS];
    for (int r = 0; r < rows; r++) {
        in[r] = (const REAL *)flynn_row(call->src, y + r) + x;
        out[r] = (REAL *)flynn_row(call->dst, y + r) + x;
    }
    for (int i = 0; i < n; i += LINE) {
        REAL_V s[VECTORS];
        for (int v = 0; v < VECTORS; v++)
            s[v] = REAL_L(loadu)(sum + i + v * LANES);
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < VECTORS; v++) {
                s[v] = REAL_L(add)(s[v], REAL_L(loadu)(in[r] + i + v * LANES));
                F(put)(out[r] + i + v * LANES, s[v], stream);
            }
        }
        for (int v = 0; v < VECTORS; v++)
            REAL_L(storeu)(sum + i + v * LANES, s[v]);
    }
}

static inline void F(part_columns)(const struct flynn_call *call, int x, int n, bool stream)
{
    REAL sum[PART_COLUMNS];
    int whole = n / LINE * LINE, y = 0, height = call->dst->shape.height;
    for (int i = 0; i < n; i++)
        sum[i] = -(REAL)0;
    for (; y + ROWS <= height; y += ROWS)
        F(add_lines)(call, y, ROWS, x, whole, sum, stream);
    for (; y < height; y++)
        F(add_lines)(call, y, 1, x, whole, sum, stream);
    for (y = 0; y < height && whole < n; y++) {
        const REAL *in = (const REAL *)flynn_row(call->src, y) + x;
        REAL *out = (REAL *)flynn_row(call->dst, y) + x;
        for (int i = whole; i < n; i++)
            out[i] = sum[i] += in[i];
    }
}

static void F(columns)(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int x = first; x < last; x += PART_COLUMNS) {
        int n = last - x < PART_COLUMNS ? last - x : PART_COLUMNS;
        if (streams(call))
            F(part_columns)(call, x, n, true);
        else
            F(part_columns)(call, x, n, false);
    }
    if (streams(call))
        simde_mm_sfence();
}

#undef LANES
#undef LINE
#undef ROWS
#undef PART_COLUMNS
#undef REAL
#undef REAL_V
#undef REAL_L
#undef F
