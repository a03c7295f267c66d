/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/factor.h"

#include <string.h>

/* Column by column, each at once applied to what lies right of it. While a matrix is in work the columns of L stand
 * also above the diagonal, as rows, so that the innermost loop goes along rows. */

static void factor_f32(const struct flynn_image *dst, int top, int n)
{
    for (int k = 0; k < n; k++) {
        float *upper = flynn_row(dst, top + k);
        float pivot = upper[k], root = pivot > 0 && pivot < INFINITY ? sqrtf(pivot) : NAN;
        upper[k] = root;
        for (int i = k + 1; i < n; i++) {
            float *restrict row = flynn_row(dst, top + i), l = row[k] / root;
            row[k] = upper[i] = l;
            for (int j = k + 1; j <= i; j++)
                row[j] = fmaf(-l, upper[j], row[j]);
        }
    }
    for (int i = 0; i < n; i++)
        memset((float *)flynn_row(dst, top + i) + i + 1, 0, sizeof(float) * (size_t)(n - 1 - i));
}

static void factor_f64(const struct flynn_image *dst, int top, int n)
{
    for (int k = 0; k < n; k++) {
        double *upper = flynn_row(dst, top + k);
        double pivot = upper[k], root = pivot > 0 && pivot < (double)INFINITY ? sqrt(pivot) : (double)NAN;
        upper[k] = root;
        for (int i = k + 1; i < n; i++) {
            double *restrict row = flynn_row(dst, top + i), l = row[k] / root;
            row[k] = upper[i] = l;
            for (int j = k + 1; j <= i; j++)
                row[j] = fma(-l, upper[j], row[j]);
        }
    }
    for (int i = 0; i < n; i++)
        memset((double *)flynn_row(dst, top + i) + i + 1, 0, sizeof(double) * (size_t)(n - 1 - i));
}

/* Every matrix by one member of the team. */
static void cholesky(const struct flynn_call *call, void (*factor)(const struct flynn_image *, int, int))
{
    int n = call->stage->k[FLYNN_FACTOR_ORDER];
    size_t sample = flynn_type_bytes(call->dst->shape.type);
    for (int b = call->member; b < call->stage->k[FLYNN_FACTOR_BATCH]; b += call->members) {
        for (int i = 0; i < n; i++)
            memmove(flynn_row(call->dst, b * n + i), flynn_row(call->src, b * n + i), sample * (size_t)(i + 1));
        factor(call->dst, b * n, n);
    }
}

static void cholesky_f32(const struct flynn_call *call)
{
    cholesky(call, factor_f32);
}

static void cholesky_f64(const struct flynn_call *call)
{
    cholesky(call, factor_f64);
}

/* A column whose pivot has no root is all NaN, and so is what comes after it. */
static int check(const struct flynn_stage *stage, const struct flynn_image *out, struct flynn_err *err)
{
    return flynn_factor_check_cholesky("cholesky", stage, out, err);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int n = 0, code = flynn_factor_order(&n, node, err);
    if (code)
        return code;
    flynn_factor_cholesky(node, n)->check = check;
    node->out_matrix = true;
    return FLYNN_OK;
}

static double flops(const struct flynn_node *node)
{
    double n = node->stage[0].k[FLYNN_FACTOR_ORDER];
    return n * n * n / 3 * node->stage[0].k[FLYNN_FACTOR_BATCH];
}

static void input_shape(struct flynn_shape *shape, const struct flynn_value *value)
{
    flynn_factor_input_shape(shape, value);
}

static void input_samples(const struct flynn_image *m, const struct flynn_value *value)
{
    (void)value;
    flynn_factor_dominate(m);
}

const struct flynn_op FLYNN_OP_SYMBOL(cholesky) = {
    .name = "cholesky",
    .aliases = "potrf chol",
    .group = "matrix",
    .summary = "the Cholesky factor L of a symmetric positive definite matrix, A = L L'",
    .definition =
        "For a square A, of which only the lower triangle is read: L is lower triangular, with +0 above the diagonal. "
        "Every element is one chain in ascending order of k, each step rounded once in the type of the matrix: "
        "c = A[i][j]; c = fma(-L[i][k], L[j][k], c) for k = 0 .. j-1; then L[i][j] = c / L[j][j] below the diagonal, "
        "and "
        "L[j][j] = sqrt(c) on it.\n"
        "A pivot c that is not positive and finite, NaN included, ends the run with an error that names it (counted "
        "from 0); inside, L[j][j] is then NaN.\n"
        "batch=b: b matrices below each other (an NPY array of three dimensions is read so), each by itself.\n"
        "Tables without a fused multiply-add (sse2, sse41) have no kernel of their own and use the scalar one.",
    .source = "LAPACK potrf; Golub and Van Loan, Matrix Computations, 4.2",
    .params = {FLYNN_FACTOR_PARAM_BATCH},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .input_shape = input_shape,
    .input_samples = input_samples,
    .cases = {"", "batch=2", "batch=3", "batch=9", "batch=17"},
    .lower = lower,
    .flops = flops,
    .kernels = {.fn = {[0] = {[FLYNN_F32] = cholesky_f32, [FLYNN_F64] = cholesky_f64}}},
};
