/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"

/* f[0] and d[0]: the factor. */

static void axpy_f32(const struct flynn_call *call)
{
    float factor = call->stage->f[0];
    for (int r = 0; r < call->rows; r++) {
        const float *y = call->in[r], *x = call->with[r];
        float *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = x[i] * factor + y[i];
    }
}

static void axpy_f64(const struct flynn_call *call)
{
    double factor = call->stage->d[0];
    for (int r = 0; r < call->rows; r++) {
        const double *y = call->in[r], *x = call->with[r];
        double *out = call->out[r];
        for (int i = 0; i < call->width; i++)
            out[i] = x[i] * factor + y[i];
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int code = binary_check(node, err);
    if (code)
        return code;
    struct flynn_stage *stage = binary_stage(node);
    stage->d[0] = flynn_node_value(node, "alpha")->real;
    stage->f[0] = (float)stage->d[0];
    node->out_matrix = true;
    flynn_node_launch(node, "binary", stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(axpy) = {
    .name = "axpy",
    .aliases = "saxpy daxpy triad scaleadd",
    .group = "matrix",
    .summary = "the input plus a multiple of a second matrix",
    .definition = "y + alpha * x for y of the input and x of `with`, in their type: the product is rounded, then the "
                  "sum. alpha is rounded to the type first.",
    .source = "BLAS axpy; the triad of STREAM, a = b + q c; OpenCV scaleAdd",
    .params = {{.name = "with",
                .kind = FLYNN_PARAM_INPUT,
                .help = "the second matrix, x, of the input's shape and type"},
               {.name = "alpha", .kind = FLYNN_PARAM_REAL, .min = -1e30, .max = 1e30, .preset = "1", .help = "factor"}},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_ROWS,
    .cases = {"@", "@,alpha=0.1", "@,alpha=-3", "@,alpha=0"},
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_F32] = axpy_f32, [FLYNN_F64] = axpy_f64}}},
};
