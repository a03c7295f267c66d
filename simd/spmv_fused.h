/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_SPMV_FUSED_H
#define FLYNN_SIMD_SPMV_FUSED_H

#include "core/spmv.h"
#include "simd/fused.h"

/** The products of a sparse matrix of f32 on tables without gathers and fused multiply-adds. */

enum { FUSED_LANES = 4, FUSED_COLUMNS = 8 };

/* ---- one vector ---- */

/** 4 rows of a slice, the longest first; false where a step may be wrong. */
static inline __attribute__((always_inline)) bool fused_rows(float y[FUSED_LANES], const float *value,
                                                             const int32_t *col, const int32_t *length, const float *x,
                                                             bool small)
{
    const simde__m128i lengths = simde_mm_loadu_si128((const simde__m128i *)(const void *)length);
    simde__m128d sum[2] = {simde_mm_setzero_pd(), simde_mm_setzero_pd()};
    simde__m128i seen = simde_mm_setzero_si128();
    for (int k = 0; k < length[0]; k++, value += FLYNN_SPMV_SLICE, col += FLYNN_SPMV_SLICE) {
        const simde__m128 factors = simde_mm_setr_ps(x[col[0]], x[col[1]], x[col[2]], x[col[3]]);
        simde__m128d next[2] = {sum[0], sum[1]}, a[2], b[2] = {simde_mm_cvtps_pd(factors)};
        b[1] = simde_mm_cvtps_pd(simde_mm_movehl_ps(factors, factors));
        fused_load(a, value);
        fused_step(next, a, b, &seen, small);
        if (k >= length[FUSED_LANES - 1]) { /* rows that have ended keep their sums */
            const simde__m128i m = simde_mm_cmpgt_epi32(lengths, simde_mm_set1_epi32(k));
            const simde__m128d longer[2] = {simde_mm_castsi128_pd(simde_mm_unpacklo_epi32(m, m)),
                                            simde_mm_castsi128_pd(simde_mm_unpackhi_epi32(m, m))};
            for (int i = 0; i < 2; i++)
                next[i] = simde_mm_or_pd(simde_mm_and_pd(longer[i], next[i]), simde_mm_andnot_pd(longer[i], sum[i]));
        }
        sum[0] = next[0];
        sum[1] = next[1];
    }
    fused_store(y, sum);
    return simde_mm_movemask_epi8(seen) == 0;
}

static void fused_rows_again(float y[FUSED_LANES], const float *value, const int32_t *col, const int32_t *length,
                             const float *x)
{
    for (int l = 0; l < FUSED_LANES; l++) {
        y[l] = 0;
        for (int k = 0; k < length[l]; k++)
            y[l] = fmaf(value[k * FLYNN_SPMV_SLICE + l], x[col[k * FLYNN_SPMV_SLICE + l]], y[l]);
    }
}

static void fused_slice(const struct flynn_spmv_slices *s, int slice, const float *x, float *y, bool small)
{
    for (int lane = 0; lane < FLYNN_SPMV_SLICE; lane += FUSED_LANES) {
        const ptrdiff_t first = (ptrdiff_t)s->begin[slice] * FLYNN_SPMV_SLICE + lane;
        const int32_t *length = s->length + slice * FLYNN_SPMV_SLICE + lane, *col = s->col + first;
        const int32_t *row = s->row + slice * FLYNN_SPMV_SLICE + lane;
        const float *value = (const float *)s->value + first;
        float sum[FUSED_LANES];
        if (!(small ? fused_rows(sum, value, col, length, x, true) : fused_rows(sum, value, col, length, x, false)))
            fused_rows_again(sum, value, col, length, x);
        for (int l = 0; l < FUSED_LANES && row[l] >= 0; l++)
            y[row[l]] = sum[l];
    }
}

static bool fused_spmv_small(const struct flynn_call *call)
{
    const struct flynn_table_data *value = &call->stage->table[FLYNN_SPMV_VALUE];
    return fused_may_be_small(fused_least(value->data, value->bytes / sizeof(float)), fused_least_image(call->src));
}

static void fused_vector(const struct flynn_call *call)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *begin = table[FLYNN_SPMV_SLICES].data, *start = table[FLYNN_SPMV_START].data;
    const int32_t *col = table[FLYNN_SPMV_COL].data;
    const float *value = table[FLYNN_SPMV_VALUE].data, *x = flynn_row(call->src, 0);
    int first = flynn_spmv_cut(call->stage, call->member, call->members), rows = call->stage->k[FLYNN_SPMV_ROWS];
    int last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    float *y = flynn_row(call->dst, 0);
    for (int row = first; row < last && !begin; row++) { /* rows differ too much for slices */
        y[row] = 0;
        for (int i = start[row]; i < start[row + 1]; i++)
            y[row] = fmaf(value[i], x[col[i]], y[row]);
    }
    if (!begin)
        return;
    int slices = (rows + FLYNN_SPMV_SLICE - 1) / FLYNN_SPMV_SLICE;
    bool small = fused_spmv_small(call);
    struct flynn_spmv_slices s =
        flynn_spmv_slices((void *)(uintptr_t)table[FLYNN_SPMV_SLICES].data, rows, begin[slices], sizeof(float));
    for (int slice = first / FLYNN_SPMV_SLICE; slice * FLYNN_SPMV_SLICE < last; slice++)
        fused_slice(&s, slice, x, y, small);
}

/* ---- several ---- */

/** FUSED_COLUMNS columns of a row of the output; false where a step may be wrong. */
static inline __attribute__((always_inline)) bool fused_columns_of(const struct flynn_call *call, int row, int j,
                                                                   bool small)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const float *value = table[FLYNN_SPMV_VALUE].data;
    simde__m128i seen = simde_mm_setzero_si128();
    simde__m128d sum[2][2], x[2];
    float *y = (float *)flynn_row(call->dst, row) + j;
    memset(sum, 0, sizeof sum);
    for (int i = start[row]; i < start[row + 1]; i++) {
        const float *from = (const float *)flynn_row(call->src, col[i]) + j;
        for (int v = 0; v < 2; v++) {
            fused_load(x, from + v * FUSED_LANES);
            fused_step_by(sum[v], value[i], x, &seen, small);
        }
    }
    for (int v = 0; v < 2; v++)
        fused_store(y + v * FUSED_LANES, sum[v]);
    return simde_mm_movemask_epi8(seen) == 0;
}

static void fused_columns_again(const struct flynn_call *call, int row, int j, int n)
{
    const struct flynn_table_data *table = call->stage->table;
    const int32_t *start = table[FLYNN_SPMV_START].data, *col = table[FLYNN_SPMV_COL].data;
    const float *value = table[FLYNN_SPMV_VALUE].data;
    float *restrict y = (float *)flynn_row(call->dst, row) + j;
    memset(y, 0, sizeof(float) * (size_t)n);
    for (int i = start[row]; i < start[row + 1]; i++) {
        const float *x = (const float *)flynn_row(call->src, col[i]) + j;
        for (int l = 0; l < n; l++)
            y[l] = fmaf(value[i], x[l], y[l]);
    }
}

static void fused_columns(const struct flynn_call *call)
{
    int width = call->dst->shape.width, last = flynn_spmv_cut(call->stage, call->member + 1, call->members);
    bool small = fused_spmv_small(call);
    for (int row = flynn_spmv_cut(call->stage, call->member, call->members); row < last; row++) {
        int j = 0;
        for (; j + FUSED_COLUMNS <= width; j += FUSED_COLUMNS) {
            if (!(small ? fused_columns_of(call, row, j, true) : fused_columns_of(call, row, j, false)))
                fused_columns_again(call, row, j, FUSED_COLUMNS);
        }
        if (j < width)
            fused_columns_again(call, row, j, width - j);
    }
}

#endif
