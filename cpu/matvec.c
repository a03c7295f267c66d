/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matvec.h"
#include "core/table.h"

#include <string.h>

/* table[0] holds the vector, its elements next to each other. */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static float block_f32(const float *a, const float *x, int n)
{
    float lane[FLYNN_LANES] = {0};
    for (int k = 0; k < n; k += FLYNN_LANES) {
        for (int j = 0; j < least(FLYNN_LANES, n - k); j++)
            lane[j] += a[k + j] * x[k + j];
    }
    for (int half = FLYNN_LANES / 2; half; half /= 2) {
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    }
    return lane[0];
}

static void matvec_f32(const struct flynn_call *call)
{
    const float *x = call->stage->table[0].data;
    for (int r = 0; r < call->rows; r++) {
        const float *a = call->in[r];
        float sum = 0;
        for (int k = 0, n = call->stage->in.width; k < n; k += FLYNN_LANE_BLOCK)
            sum += block_f32(a + k, x + k, least(FLYNN_LANE_BLOCK, n - k));
        *(float *)call->out[r] = sum;
    }
}

static double block_f64(const double *a, const double *x, int n)
{
    double lane[FLYNN_LANES] = {0};
    for (int k = 0; k < n; k += FLYNN_LANES) {
        for (int j = 0; j < least(FLYNN_LANES, n - k); j++)
            lane[j] += a[k + j] * x[k + j];
    }
    for (int half = FLYNN_LANES / 2; half; half /= 2) {
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    }
    return lane[0];
}

static void matvec_f64(const struct flynn_call *call)
{
    const double *x = call->stage->table[0].data;
    for (int r = 0; r < call->rows; r++) {
        const double *a = call->in[r];
        double sum = 0;
        for (int k = 0, n = call->stage->in.width; k < n; k += FLYNN_LANE_BLOCK)
            sum += block_f64(a + k, x + k, least(FLYNN_LANE_BLOCK, n - k));
        *(double *)call->out[r] = sum;
    }
}

/* Rows that one group of items makes one after the other. */
static void launch(struct flynn_node *node, const struct flynn_stage *stage)
{
    enum { GROUP = 64, MOST_GROUPS = 1 << 16 };
    struct flynn_launch *launch = flynn_node_launch(node, "matvec", stage);
    launch->local_x = GROUP;
    launch->items_x = GROUP * least(stage->in.height, MOST_GROUPS);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *x = flynn_node_value(node, "with")->input;
    size_t sample = flynn_type_bytes(node->in.type);
    bool row = x->shape.height == 1;
    if (x->shape.type != node->in.type || x->shape.channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "matvec: the vector must be of %s in 1 channel, not of %s in %d",
                          flynn_type_name(node->in.type), flynn_type_name(x->shape.type), x->shape.channels);
    if ((!row && x->shape.width != 1) || (row ? x->shape.width : x->shape.height) != node->in.width)
        return flynn_fail(err, FLYNN_EINPUT,
                          "matvec: %d columns of the matrix need a vector of as many elements, one row or one column; "
                          "with is %d rows x %d columns",
                          node->in.width, x->shape.height, x->shape.width);
    uint8_t *elements = flynn_node_alloc(node, (size_t)node->in.width * sample, err);
    if (!elements)
        return err->code;
    for (int k = 0; k < node->in.width; k++)
        memcpy(elements + (size_t)k * sample, row ? x->data + (size_t)k * sample : flynn_row(x, k), sample);
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->table[0] = (struct flynn_table_data){elements, (size_t)node->in.width * sample};
    stage->out.width = 1;
    stage->full_width = true;
    stage->step = MATVEC_ROWS;
    node->out = stage->out;
    node->out_matrix = true;
    launch(node, stage);
    return FLYNN_OK;
}

static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    (void)value;
    (void)param;
    bool column = shape->height % 2;
    shape->height = column ? shape->width : 1;
    shape->width = column ? 1 : shape->width;
}

const struct flynn_op FLYNN_OP_SYMBOL(matvec) = {
    .name = "matvec",
    .aliases = "gemv mv sgemv dgemv",
    .group = "matrix",
    .summary = "the product of the input, a matrix, and a vector",
    .definition =
        "y = A x for A of m rows x k columns and a vector x of k elements, given as one row or one column; y is a "
        "column "
        "of m elements. A row is cut into blocks of 8192 elements. In each, lane j of 64 starts at +0 and adds the "
        "products of the elements j, j + 64, j + 128, ... in this order, product and sum each rounded; then lane j "
        "adds "
        "lane j + 32 for j < 32, then lane j + 16 for j < 16, and so on down to lane 0. y starts at +0 and adds the "
        "blocks in ascending order.",
    .source = "BLAS gemv with alpha = 1 and beta = 0",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the vector x"}},
    .types = FLYNN_MATRIX_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_ROWS,
    .second_shape = second_shape,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_F32] = matvec_f32, [FLYNN_F64] = matvec_f64}}},
};
