/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/factor.h"

#include <string.h>

/* Row by row of X, which starts as B with its rows exchanged. Columns of X are independent of each other. */

static void step_f32(const struct flynn_image *dst, int row, int from, float factor, struct flynn_solve_share s)
{
    float *restrict x = flynn_row(dst, row);
    const float *restrict y = flynn_row(dst, from);
    for (int j = s.first_col; j < s.last_col; j++)
        x[j] = fmaf(-factor, y[j], x[j]);
}

static void step_f64(const struct flynn_image *dst, int row, int from, double factor, struct flynn_solve_share s)
{
    double *restrict x = flynn_row(dst, row);
    const double *restrict y = flynn_row(dst, from);
    for (int j = s.first_col; j < s.last_col; j++)
        x[j] = fma(-factor, y[j], x[j]);
}

static void divide(const struct flynn_image *dst, int row, double divisor, struct flynn_solve_share s)
{
    float *f = flynn_row(dst, row), g = (float)divisor;
    double *d = flynn_row(dst, row);
    for (int j = s.first_col; j < s.last_col; j++) {
        if (dst->shape.type == FLYNN_F64)
            d[j] /= divisor;
        else
            f[j] /= g;
    }
}

static void step(const struct flynn_image *dst, int row, int from, double factor, struct flynn_solve_share s)
{
    if (dst->shape.type == FLYNN_F64)
        step_f64(dst, row, from, factor, s);
    else
        step_f32(dst, row, from, (float)factor, s);
}

/* Part of the rows of B, in the order that the pivots of a general matrix put them into. */
static void start(const struct flynn_call *call, int number, int n, struct flynn_solve_share s)
{
    size_t sample = flynn_type_bytes(call->dst->shape.type), at = sample * (size_t)s.first_col;
    size_t bytes = sample * (size_t)(s.last_col - s.first_col);
    for (int i = 0; i < n; i++) {
        int from = i;
        if (call->stage->kernel == FLYNN_SOLVE_GENERAL)
            from = flynn_factor_origin(call->src, number * (n + 1), n, i);
        memcpy((uint8_t *)flynn_row(call->dst, number * n + i) + at,
               (const uint8_t *)flynn_row(call->src2, number * n + from) + at, bytes);
    }
}

static void solve_general(const struct flynn_call *call)
{
    struct flynn_solve_share s = flynn_solve_share(call);
    int n = call->stage->k[FLYNN_FACTOR_ORDER];
    for (int b = s.first; b < s.last; b++) {
        int top = b * n, factors = b * (n + 1);
        start(call, b, n, s);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++)
                step(call->dst, top + i, top + k, flynn_factor_at(call->src, factors + i, k), s);
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = n - 1; k > i; k--)
                step(call->dst, top + i, top + k, flynn_factor_at(call->src, factors + i, k), s);
            divide(call->dst, top + i, flynn_factor_at(call->src, factors + i, i), s);
        }
    }
}

static void solve_positive(const struct flynn_call *call)
{
    struct flynn_solve_share s = flynn_solve_share(call);
    int n = call->stage->k[FLYNN_FACTOR_ORDER];
    for (int b = s.first; b < s.last; b++) {
        int top = b * n;
        start(call, b, n, s);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++)
                step(call->dst, top + i, top + k, flynn_factor_at(call->src, top + i, k), s);
            divide(call->dst, top + i, flynn_factor_at(call->src, top + i, i), s);
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = n - 1; k > i; k--)
                step(call->dst, top + i, top + k, flynn_factor_at(call->src, top + k, i), s);
            divide(call->dst, top + i, flynn_factor_at(call->src, top + i, i), s);
        }
    }
}

static int check_general(const struct flynn_stage *stage, const struct flynn_image *out, struct flynn_err *err)
{
    return flynn_factor_check_lu("solve", stage, out, err);
}

static int check_positive(const struct flynn_stage *stage, const struct flynn_image *out, struct flynn_err *err)
{
    return flynn_factor_check_cholesky("solve", stage, out, err);
}

static int check_second(const struct flynn_node *node, const struct flynn_shape *b, struct flynn_err *err)
{
    if (b->type != node->in.type || b->channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "solve: both matrices must have one channel of one type, not %s and %s",
                          flynn_type_name(node->in.type), flynn_type_name(b->type));
    if (b->height != node->in.height)
        return flynn_fail(err, FLYNN_EINPUT,
                          "solve: the right-hand sides are the columns of a matrix of %d rows, not of %d rows x %d "
                          "columns",
                          node->in.height, b->height, b->width);
    return FLYNN_OK;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *b = flynn_node_value(node, "with")->input;
    bool positive = flynn_node_value(node, "assume")->integer == FLYNN_SOLVE_POSITIVE;
    int n = 0, code = flynn_factor_order(&n, node, err);
    if (!code)
        code = check_second(node, &b->shape, err);
    if (code)
        return code;
    struct flynn_stage *factors = positive ? flynn_factor_cholesky(node, n) : flynn_factor_lu(node, n);
    factors->check = positive ? check_positive : check_general;
    struct flynn_stage *stage = flynn_factor_stage(node, positive ? FLYNN_SOLVE_POSITIVE : FLYNN_SOLVE_GENERAL, n);
    stage->with = b;
    stage->out = b->shape;
    stage->scratch_bytes = flynn_factor_scratch(n, 1, node->in.type) +
                           flynn_type_bytes(node->in.type) * ((size_t)n + 32) * ((size_t)b->shape.width + 64);
    node->out = stage->out;
    node->out_matrix = true;
    struct flynn_launch *launch = flynn_node_launch(node, positive ? "solve_positive" : "solve_general", stage);
    launch->items_x = b->shape.width;
    launch->items_y = stage->k[FLYNN_FACTOR_BATCH];
    return FLYNN_OK;
}

static double flops(const struct flynn_node *node)
{
    double n = node->stage[0].k[FLYNN_FACTOR_ORDER], m = node->out.width;
    double factors = node->stage[1].kernel == FLYNN_SOLVE_GENERAL ? 2 : 1;
    return (factors * n * n * n / 3 + 2 * n * n * m) * node->stage[0].k[FLYNN_FACTOR_BATCH];
}

static void input_shape(struct flynn_shape *shape, const struct flynn_value *value)
{
    flynn_factor_input_shape(shape, value ? &value[2] : NULL);
}

/* Large on the diagonal: positive definite, and with a pivot in every column. */
static void input_samples(const struct flynn_image *m, const struct flynn_value *value)
{
    (void)value;
    flynn_factor_dominate(m);
}

static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)param;
    if (value)
        shape->width = shape->width * 2 / 3 + 1;
}

const struct flynn_op FLYNN_OP_SYMBOL(solve) = {
    .name = "solve",
    .aliases = "gesv posv",
    .group = "matrix",
    .summary = "the solution X of the linear systems A X = B for the columns of a second matrix",
    .definition =
        "assume=general: the factors P A = L U of the op lu; Y = L^-1 P B, then X = U^-1 Y. Every element is one "
        "chain, "
        "each step rounded once in the type of the matrices: c = (P B)[i][j]; c = fma(-L[i][k], Y[k][j], c) for k = "
        "0 .. "
        "i-1; Y[i][j] = c. Then c = fma(-U[i][k], X[k][j], c) for k = n-1 down to i+1; X[i][j] = c / U[i][i].\n"
        "assume=positive: the factor of the op cholesky (which reads the lower triangle of A alone), no P, L for L "
        "with "
        "Y[i][j] = c / L[i][i], and its transpose for U.\n"
        "A matrix that is singular, or not positive definite, ends the run with the error of lu or cholesky.\n"
        "batch=b: A and B are b matrices each, below each other (an NPY array of three dimensions is read so).\n"
        "Tables without a fused multiply-add (sse2, sse41) have no kernel of their own and use the scalar one.",
    .source = "LAPACK gesv, posv; Golub and Van Loan, Matrix Computations, 3.1",
    .params = {{.name = "with",
                .kind = FLYNN_PARAM_INPUT,
                .help = "the second matrix, B: a right-hand side in each column"},
               {.name = "assume",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "general",
                .choices = "general|positive",
                .help = "what A is: any, or symmetric and positive definite"},
               FLYNN_FACTOR_PARAM_BATCH},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .input_shape = input_shape,
    .input_samples = input_samples,
    .second_shape = second_shape,
    .cases = {"", "assume=positive", "batch=2", "assume=positive,batch=3", "batch=9"},
    .lower = lower,
    .flops = flops,
    .kernels = {.fn = {[FLYNN_SOLVE_GENERAL] = {[FLYNN_F32] = solve_general, [FLYNN_F64] = solve_general},
                       [FLYNN_SOLVE_POSITIVE] = {[FLYNN_F32] = solve_positive, [FLYNN_F64] = solve_positive}}},
};
