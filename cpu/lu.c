/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/factor.h"

#include <string.h>

/* Column by column, as in cpu/cholesky.c. Row n of a matrix gets the pivots. */

static float pivot_f32(const struct flynn_image *dst, int top, int n, int k)
{
    int at = k;
    for (int i = k + 1; i < n; i++) {
        float best = ((float *)flynn_row(dst, top + at))[k], next = ((float *)flynn_row(dst, top + i))[k];
        if (!(fabsf(next) <= fabsf(best)) && !isnan(best))
            at = i;
    }
    float *a = flynn_row(dst, top + k), *b = flynn_row(dst, top + at), pivot = b[k];
    ((float *)flynn_row(dst, top + n))[k] = (float)at;
    for (int j = 0; j < n && at != k; j++) {
        float held = a[j];
        a[j] = b[j];
        b[j] = held;
    }
    return fabsf(pivot) > 0 && fabsf(pivot) < INFINITY ? pivot : NAN;
}

static double pivot_f64(const struct flynn_image *dst, int top, int n, int k)
{
    int at = k;
    for (int i = k + 1; i < n; i++) {
        double best = ((double *)flynn_row(dst, top + at))[k], next = ((double *)flynn_row(dst, top + i))[k];
        if (!(fabs(next) <= fabs(best)) && !isnan(best))
            at = i;
    }
    double *a = flynn_row(dst, top + k), *b = flynn_row(dst, top + at), pivot = b[k];
    ((double *)flynn_row(dst, top + n))[k] = at;
    for (int j = 0; j < n && at != k; j++) {
        double held = a[j];
        a[j] = b[j];
        b[j] = held;
    }
    return fabs(pivot) > 0 && fabs(pivot) < (double)INFINITY ? pivot : (double)NAN;
}

static void factor_f32(const struct flynn_image *dst, int top, int n)
{
    for (int k = 0; k < n; k++) {
        float *upper = flynn_row(dst, top + k), pivot = pivot_f32(dst, top, n, k);
        upper[k] = pivot;
        for (int i = k + 1; i < n; i++) {
            float *restrict row = flynn_row(dst, top + i), l = row[k] / pivot;
            row[k] = l;
            for (int j = k + 1; j < n; j++)
                row[j] = fmaf(-l, upper[j], row[j]);
        }
    }
}

static void factor_f64(const struct flynn_image *dst, int top, int n)
{
    for (int k = 0; k < n; k++) {
        double *upper = flynn_row(dst, top + k), pivot = pivot_f64(dst, top, n, k);
        upper[k] = pivot;
        for (int i = k + 1; i < n; i++) {
            double *restrict row = flynn_row(dst, top + i), l = row[k] / pivot;
            row[k] = l;
            for (int j = k + 1; j < n; j++)
                row[j] = fma(-l, upper[j], row[j]);
        }
    }
}

/* Every matrix by one member of the team. */
static void lu(const struct flynn_call *call, void (*factor)(const struct flynn_image *, int, int))
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER];
    for (int b = call->member; b < call->stage->k[FLYNN_FACTOR_BATCH]; b += call->members) {
        for (int i = 0; i < n; i++)
            memmove(flynn_row(call->dst, b * (n + 1) + i), flynn_row(call->src, b * n + i),
                    flynn_row_bytes(&call->src->shape));
        factor(call->dst, b * (n + 1), n);
    }
}

static void lu_f32(const struct flynn_call *call)
{
    lu(call, factor_f32);
}

static void lu_f64(const struct flynn_call *call)
{
    lu(call, factor_f64);
}

/* ---- parts of the factors ---------------------------------------------------------------------------------------- */

static void set(const struct flynn_image *m, int row, int col, double value)
{
    if (m->shape.type == FLYNN_F64)
        ((double *)flynn_row(m, row))[col] = value;
    else
        ((float *)flynn_row(m, row))[col] = (float)value;
}

static void part(const struct flynn_call *call)
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER], which = call->stage->k[FLYNN_FACTOR_OUTPUT];
    for (int row = call->y; row < call->y + call->rows; row++) {
        int top = row / n * (n + 1), y = row % n,
            from = which == FLYNN_LU_P ? flynn_factor_origin(call->src, top, n, y) : -1;
        for (int x = 0; x < n; x++) {
            bool taken = which == FLYNN_LU_L ? x < y : which == FLYNN_LU_U && x >= y;
            bool one = which == FLYNN_LU_L ? x == y : x == from;
            set(call->dst, row, x, taken ? flynn_factor_at(call->src, top + y, x) : one ? 1 : 0);
        }
    }
}

/* A column whose pivot cannot divide is all NaN, and so is what comes after it. */
static int check(const struct flynn_stage *stage, const struct flynn_image *out, struct flynn_err *err)
{
    return flynn_factor_check_lu("lu", stage, out, err);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int n = 0, code = flynn_factor_order(&n, node, err), output = flynn_node_value(node, "output")->integer;
    if (code)
        return code;
    struct flynn_stage *stage = flynn_factor_lu(node, n);
    stage->check = check;
    node->out = stage->out;
    if (output != FLYNN_LU_PACKED) {
        struct flynn_stage *parts = flynn_node_stage(node, FLYNN_WHOLE, FLYNN_LU_PART);
        parts->k[FLYNN_FACTOR_ORDER] = n;
        parts->k[FLYNN_FACTOR_BATCH] = stage->k[FLYNN_FACTOR_BATCH];
        parts->k[FLYNN_FACTOR_OUTPUT] = output;
        parts->out = node->out = node->in;
        flynn_node_launch(node, "lu_part", parts);
    }
    node->out_matrix = true;
    return FLYNN_OK;
}

static double flops(const struct flynn_node *node)
{
    double n = node->stage[0].k[FLYNN_FACTOR_ORDER];
    return 2 * n * n * n / 3 * node->stage[0].k[FLYNN_FACTOR_BATCH];
}

static void input_shape(struct flynn_shape *shape, const struct flynn_value *value)
{
    flynn_factor_input_shape(shape, value ? &value[1] : NULL);
}

/* Noise has factors; what is constant has none. */
static void input_samples(const struct flynn_image *m, const struct flynn_value *value)
{
    (void)value;
    for (int y = 0, n = m->shape.width; y < m->shape.height; y++)
        set(m, y, (y * 7 + 3) % n, flynn_factor_at(m, y, (y * 7 + 3) % n) + 0.75 * (1 + y % 5));
}

const struct flynn_op FLYNN_OP_SYMBOL(lu) = {
    .name = "lu",
    .aliases = "getrf lu-factor",
    .group = "matrix",
    .summary = "the LU factors of a square matrix with partial pivoting, P A = L U",
    .definition =
        "Gaussian elimination with the exchange of rows. For k = 0, 1, ..: the pivot is the element of the largest "
        "absolute value in column k from row k down, the first of equal ones (a NaN counts as the largest); its row is "
        "exchanged with row k as a whole. Then every element is one chain in ascending order of k, each step rounded "
        "once in the type of the matrix: c = A[i][j] (after the exchanges); c = fma(-L[i][k], U[k][j], c); "
        "U[i][j] = c "
        "for i <= j, and L[i][j] = c / U[j][j] for i > j. The diagonal of L is 1 and not stored.\n"
        "output=packed: n + 1 rows of n columns: U with L below its diagonal, and in the last row the pivots as in "
        "LAPACK, counted from 0: row k was exchanged with row pivot[k]. output=l, u or p: one of the three square "
        "matrices.\n"
        "A pivot that is 0, infinite or NaN ends the run with an error that names its column (counted from 0); inside, "
        "U[k][k] is then NaN.\n"
        "batch=b: b matrices below each other (an NPY array of three dimensions is read so), each by itself.\n"
        "Tables without a fused multiply-add (sse2, sse41) have no kernel of their own and use the scalar one.",
    .source = "LAPACK getrf; Golub and Van Loan, Matrix Computations, 3.4",
    .params = {{.name = "output",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "packed",
                .choices = "packed|l|u|p",
                .help = "L and U in one matrix with a row of pivots below, or one of L, U and P"},
               FLYNN_FACTOR_PARAM_BATCH},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .input_shape = input_shape,
    .input_samples = input_samples,
    .cases = {"", "batch=2", "l,batch=3", "u,batch=2", "p,batch=2", "batch=9", "batch=17"},
    .lower = lower,
    .flops = flops,
    .kernels = {.fn = {[FLYNN_LU_FACTOR] = {[FLYNN_F32] = lu_f32, [FLYNN_F64] = lu_f64},
                       [FLYNN_LU_PART] = {[FLYNN_F32] = part, [FLYNN_F64] = part}}},
};
