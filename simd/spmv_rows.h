/* SPDX-License-Identifier: Apache-2.0 */
/* The products of a sparse matrix in one type: included by simd/spmv.c once for each, with REAL the type, REAL_V its
 * vector of 256 bits, REAL_L(name) an intrinsic, FMA the C function and F(name) the name of a function. */

#define LANES ((int)(32 / sizeof(REAL)))
#define VECS  (FLYNN_SPMV_SLICE / LANES)

/* ---- one vector ---- */

static inline void F(run_slice)(const struct flynn_spmv_slices *s, int slice, const REAL *x, REAL *y)
{
    const int32_t *length = s->length + slice * FLYNN_SPMV_SLICE, *row = s->row + slice * FLYNN_SPMV_SLICE;
    const int32_t *col = s->col + (ptrdiff_t)s->begin[slice] * FLYNN_SPMV_SLICE;
    const REAL *value = (const REAL *)s->value + (ptrdiff_t)s->begin[slice] * FLYNN_SPMV_SLICE;
    int k = 0, all = length[FLYNN_SPMV_SLICE - 1];
    REAL_V sum[VECS];
    for (int v = 0; v < VECS; v++)
        sum[v] = REAL_L(setzero)();
    for (; k < all; k++, col += FLYNN_SPMV_SLICE, value += FLYNN_SPMV_SLICE) {
        for (int v = 0; v < VECS; v++)
            sum[v] = REAL_L(fmadd)(REAL_L(loadu)(value + v * LANES), F(gather)(x, col + v * LANES), sum[v]);
    }
    for (; k < length[0]; k++, col += FLYNN_SPMV_SLICE, value += FLYNN_SPMV_SLICE) {
        for (int v = 0; v < VECS; v++) {
            REAL_V next = REAL_L(fmadd)(REAL_L(loadu)(value + v * LANES), F(gather)(x, col + v * LANES), sum[v]);
            sum[v] = REAL_L(blendv)(sum[v], next, F(longer)(length + v * LANES, k));
        }
    }
    REAL result[FLYNN_SPMV_SLICE];
    for (int v = 0; v < VECS; v++)
        REAL_L(storeu)(result + v * LANES, sum[v]);
    for (int lane = 0; lane < FLYNN_SPMV_SLICE && row[lane] >= 0; lane++)
        y[row[lane]] = result[lane];
}

/* Where rows differ too much for slices. */
static void F(run_rows)(const struct flynn_table_data *table, const REAL *x, REAL *y, int first, int last)
{
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const REAL *value = table[FLYNN_SPMV_VALUE].data;
    for (int row = first; row < last; row++) {
        REAL sum = 0;
        for (int i = start[row]; i < start[row + 1]; i++)
            sum = FMA(value[i], x[col[i]], sum);
        y[row] = sum;
    }
}

static void F(vector)(const struct flynn_call *call)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *begin = table[FLYNN_SPMV_SLICES].data;
    int first = flynn_spmv_cut(call->stage, call->member, call->members), rows = call->stage->k[FLYNN_SPMV_ROWS];
    int last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    if (!begin) {
        F(run_rows)(table, flynn_row(call->src, 0), flynn_row(call->dst, 0), first, last);
        return;
    }
    int slices = (rows + FLYNN_SPMV_SLICE - 1) / FLYNN_SPMV_SLICE;
    struct flynn_spmv_slices s =
        flynn_spmv_slices((void *)(uintptr_t)table[FLYNN_SPMV_SLICES].data, rows, begin[slices], sizeof(REAL));
    for (int slice = first / FLYNN_SPMV_SLICE; slice * FLYNN_SPMV_SLICE < last; slice++)
        F(run_slice)(&s, slice, flynn_row(call->src, 0), flynn_row(call->dst, 0));
}

/* ---- several ---- */

/* `vecs` vectors of one row of the output. */
static inline __attribute__((always_inline)) void F(run_columns)(const struct flynn_call *call, int row, int j,
                                                                 int vecs)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const REAL *value = table[FLYNN_SPMV_VALUE].data;
    REAL_V sum[8];
    for (int v = 0; v < vecs; v++)
        sum[v] = REAL_L(setzero)();
    for (int i = start[row]; i < start[row + 1]; i++) {
        const REAL *x = (const REAL *)flynn_row(call->src, col[i]) + j;
        REAL_V a = REAL_L(set1)(value[i]);
        for (int v = 0; v < vecs; v++)
            sum[v] = REAL_L(fmadd)(a, REAL_L(loadu)(x + v * LANES), sum[v]);
    }
    for (int v = 0; v < vecs; v++)
        REAL_L(storeu)((REAL *)flynn_row(call->dst, row) + j + v * LANES, sum[v]);
}

static void F(rest_of_row)(const struct flynn_call *call, int row, int j)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const REAL *value = table[FLYNN_SPMV_VALUE].data;
    REAL sum[32 / sizeof(REAL)] = {0};
    int n = call->dst->shape.width - j;
    for (int i = start[row]; i < start[row + 1]; i++) {
        const REAL *x = (const REAL *)flynn_row(call->src, col[i]) + j;
        for (int l = 0; l < n; l++)
            sum[l] = FMA(value[i], x[l], sum[l]);
    }
    memcpy((REAL *)flynn_row(call->dst, row) + j, sum, sizeof(REAL) * (size_t)n);
}

static void F(columns)(const struct flynn_call *call)
{
    int width = call->dst->shape.width, last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    for (int row = flynn_spmv_cut(call->stage, call->member, call->members); row < last; row++) {
        int j = 0;
        for (; j + 8 * LANES <= width; j += 8 * LANES)
            F(run_columns)(call, row, j, 8);
        for (; j + 2 * LANES <= width; j += 2 * LANES)
            F(run_columns)(call, row, j, 2);
        for (; j + LANES <= width; j += LANES)
            F(run_columns)(call, row, j, 1);
        if (j < width)
            F(rest_of_row)(call, row, j);
    }
}

#undef LANES
#undef VECS
