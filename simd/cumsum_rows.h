/* SPDX-License-Identifier: Apache-2.0 */
/* Running sums along rows in one type: included by simd/cumsum.c once for each, with REAL the type, WR its vector of
 * WIDE bytes, WR_L(name) an intrinsic and F(name) the name of a function.
 *
 * One chain of additions waits for itself, so that rows are lanes: ROWS rows make up VECTORS chains. A square has as
 * many columns as a vector has rows. */

#define SIDE    ((int)(WIDE / sizeof(REAL)))
#define ROWS    8
#define VECTORS (ROWS / SIDE)
#define LINE    ((int)(64 / sizeof(REAL)))

/* Squares of all rows from columns x and on, to columns `at` and on. */
static inline __attribute__((always_inline)) void F(scan_squares)(const REAL *const *in, int x, REAL *const *out,
                                                                  int at, WR sum[VECTORS])
{
    for (int c = 0; c < VECTORS; c++) {
        WR v[SIDE];
        for (int j = 0; j < SIDE; j++)
            v[j] = WR_L(loadu)(in[c * SIDE + j] + x);
        F(turn)(v);
        for (int j = 0; j < SIDE; j++)
            v[j] = sum[c] = WR_L(add)(sum[c], v[j]);
        F(turn)(v);
        for (int j = 0; j < SIDE; j++)
            WR_L(storeu)(out[c * SIDE + j] + at, v[j]);
    }
}

/* A sum starts as -0, so that adding the first sample gives that sample. What goes past the caches goes in whole lines,
 * because there are more rows than lines that are put together on their way. */
static void F(scan_rows)(const REAL *const *in, REAL *const *out, int width, bool stream)
{
    _Alignas(64) REAL held[ROWS][LINE];
    REAL *line[ROWS], last[ROWS];
    WR sum[VECTORS];
    int x = 0;
    for (int c = 0; c < VECTORS; c++)
        sum[c] = WR_L(set1)(-(REAL)0);
    for (int r = 0; r < ROWS; r++)
        line[r] = held[r];
    for (; x + LINE <= width && stream; x += LINE) {
        for (int c = 0; c < LINE; c += SIDE)
            F(scan_squares)(in, x + c, line, c, sum);
        for (int r = 0; r < ROWS; r++) {
            for (int c = 0; c < LINE; c += VEC / (int)sizeof(REAL))
                v_stream(out[r] + x + c, v_load(held[r] + c));
        }
    }
    for (; x + SIDE <= width; x += SIDE)
        F(scan_squares)(in, x, out, x, sum);
    for (int c = 0; c < VECTORS; c++)
        WR_L(storeu)(last + c * SIDE, sum[c]);
    for (; x < width; x++) {
        for (int r = 0; r < ROWS; r++)
            out[r][x] = last[r] += in[r][x];
    }
}

static void F(rows)(const struct flynn_call *call)
{
    int r = 0;
    for (; r + ROWS <= call->rows; r += ROWS) {
        const REAL *in[ROWS];
        REAL *out[ROWS];
        uintptr_t any = 0;
        for (int i = 0; i < ROWS; i++) {
            in[i] = call->in[r + i];
            out[i] = call->out[r + i];
            any |= (uintptr_t)out[i];
        }
        F(scan_rows)(in, out, call->width, call->stream && any % 64 == 0);
    }
    for (; r < call->rows; r++) {
        const REAL *in = call->in[r];
        REAL *out = call->out[r], sum = out[0] = in[0];
        for (int x = 1; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

#undef SIDE
#undef ROWS
#undef VECTORS
#undef LINE
#undef REAL
#undef WR
#undef WR_L
#undef F
