/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/cumsum.h"

static void rows_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint32_t *out = call->out[r], sum = 0;
        for (int x = 0; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void rows_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint32_t *out = call->out[r], sum = 0;
        for (int x = 0; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void rows_f32(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r], sum = in[0];
        out[0] = sum;
        for (int x = 1; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void rows_f64(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const double *in = call->in[r];
        double *out = call->out[r], sum = in[0];
        out[0] = sum;
        for (int x = 1; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

/* ---- down the columns -------------------------------------------------------------------------------------------- */

static void columns_u8(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int y = 0; y < call->dst->shape.height; y++) {
        const uint8_t *in = flynn_row(call->src, y);
        const uint32_t *above = y ? flynn_row(call->dst, y - 1) : NULL;
        uint32_t *out = flynn_row(call->dst, y);
        for (int x = first; x < last; x++)
            out[x] = above ? above[x] + in[x] : in[x];
    }
}

static void columns_u16(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int y = 0; y < call->dst->shape.height; y++) {
        const uint16_t *in = flynn_row(call->src, y);
        const uint32_t *above = y ? flynn_row(call->dst, y - 1) : NULL;
        uint32_t *out = flynn_row(call->dst, y);
        for (int x = first; x < last; x++)
            out[x] = above ? above[x] + in[x] : in[x];
    }
}

static void columns_f32(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int y = 0; y < call->dst->shape.height; y++) {
        const float *in = flynn_row(call->src, y), *above = y ? flynn_row(call->dst, y - 1) : NULL;
        float *out = flynn_row(call->dst, y);
        for (int x = first; x < last; x++)
            out[x] = above ? above[x] + in[x] : in[x];
    }
}

static void columns_f64(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int y = 0; y < call->dst->shape.height; y++) {
        const double *in = flynn_row(call->src, y), *above = y ? flynn_row(call->dst, y - 1) : NULL;
        double *out = flynn_row(call->dst, y);
        for (int x = first; x < last; x++)
            out[x] = above ? above[x] + in[x] : in[x];
    }
}

/* ---- through the whole matrix ------------------------------------------------------------------------------------ */

static void through_u8(const struct flynn_call *call)
{
    int width = call->dst->shape.width;
    uint32_t total = 0;
    for (int y = 0; y < call->dst->shape.height && !call->member; y++) {
        const uint8_t *in = flynn_row(call->src, y);
        uint32_t *out = flynn_row(call->dst, y), sum = 0;
        for (int x = 0; x < width; x++)
            out[x] = sum += in[x];
        for (int x = 0; x < width; x++)
            out[x] = total + out[x];
        total += sum;
    }
}

static void through_u16(const struct flynn_call *call)
{
    int width = call->dst->shape.width;
    uint32_t total = 0;
    for (int y = 0; y < call->dst->shape.height && !call->member; y++) {
        const uint16_t *in = flynn_row(call->src, y);
        uint32_t *out = flynn_row(call->dst, y), sum = 0;
        for (int x = 0; x < width; x++)
            out[x] = sum += in[x];
        for (int x = 0; x < width; x++)
            out[x] = total + out[x];
        total += sum;
    }
}

static void through_f32(const struct flynn_call *call)
{
    int width = call->dst->shape.width;
    float total = 0;
    for (int y = 0; y < call->dst->shape.height && !call->member; y++) {
        const float *in = flynn_row(call->src, y);
        float *out = flynn_row(call->dst, y), sum = in[0];
        out[0] = sum;
        for (int x = 1; x < width; x++)
            out[x] = sum += in[x];
        for (int x = 0; x < width; x++)
            out[x] = total + out[x];
        total += sum;
    }
}

static void through_f64(const struct flynn_call *call)
{
    int width = call->dst->shape.width;
    double total = 0;
    for (int y = 0; y < call->dst->shape.height && !call->member; y++) {
        const double *in = flynn_row(call->src, y);
        double *out = flynn_row(call->dst, y), sum = in[0];
        out[0] = sum;
        for (int x = 1; x < width; x++)
            out[x] = sum += in[x];
        for (int x = 0; x < width; x++)
            out[x] = total + out[x];
        total += sum;
    }
}

static enum flynn_type sum_type(enum flynn_type type)
{
    return type == FLYNN_U8 || type == FLYNN_U16 ? FLYNN_U32 : type;
}

/* OpenCL: items take some rows, or strips of columns through all rows. */
static struct flynn_launch *launch(struct flynn_node *node, const struct flynn_stage *stage, const char *kernel)
{
    enum { COLUMNS_OF_ITEM = 16, ROWS_OF_ITEM = 8 };
    bool down = stage->kernel == CUMSUM_COLUMNS;
    struct flynn_launch *launch = flynn_node_launch(node, kernel, stage);
    launch->item_x = down ? COLUMNS_OF_ITEM : stage->out.width;
    launch->item_y = down ? stage->out.height : 1;
    launch->item_y_cpu = down ? stage->out.height : ROWS_OF_ITEM;
    return launch;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    enum { ALONG, DOWN, ALL, STEP = 8 };
    static const int kernel[] = {[ALONG] = CUMSUM_ROWS, [DOWN] = CUMSUM_COLUMNS, [ALL] = CUMSUM_THROUGH};
    int axis = flynn_node_value(node, "axis")->integer;
    (void)err;
    struct flynn_stage *stage = flynn_node_stage(node, axis == ALONG ? FLYNN_ROWS : FLYNN_WHOLE, kernel[axis]);
    stage->out.type = sum_type(node->in.type);
    stage->team = axis != ALONG;
    stage->in_place = axis == DOWN && stage->out.type == stage->in.type;
    stage->full_width = true;
    stage->step = axis == ALONG ? STEP : 0;
    if (axis == ALL)
        stage->scratch_bytes = sizeof(struct cumsum_lasts) + CUMSUM_GROUP * cumsum_held(&stage->out);
    launch(node, stage, axis == DOWN ? "cumsum_columns" : "cumsum_rows");
    if (axis == ALL)
        launch(node, stage, "cumsum_totals")->in = stage->out;
    node->out = stage->out;
    node->out_matrix = true;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(cumsum) = {
    .name = "cumsum",
    .aliases = "scan prefix-sum",
    .group = "matrix",
    .summary = "running sums along the rows, down the columns or through the whole matrix",
    .definition =
        "axis=row: out[y][0] = in[y][0], out[y][x] = out[y][x - 1] + in[y][x]. axis=column: out[0][x] = in[0][x], "
        "out[y][x] = out[y - 1][x] + in[y][x]. axis=all: t[0] = +0, t[y + 1] = t[y] + r[y][last] and out[y][x] = t[y] "
        "+ "
        "r[y][x], where r is the result of axis=row.\n"
        "f32 and f64 in their type, every sum rounded; u8 and u16 give u32, modulo 2^32.",
    .source = "numpy.cumsum with axis 1 and 0",
    .params = {{.name = "axis",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "row",
                .choices = "row|column|all",
                .help = "along each row, down each column, or row by row through the whole matrix"}},
    .types = FLYNN_MATRIX_TYPES | FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels =
        {.fn = {[CUMSUM_ROWS] =
                    {[FLYNN_U8] = rows_u8, [FLYNN_U16] = rows_u16, [FLYNN_F32] = rows_f32, [FLYNN_F64] = rows_f64},
                [CUMSUM_COLUMNS] = {[FLYNN_U8] = columns_u8,
                                    [FLYNN_U16] = columns_u16,
                                    [FLYNN_F32] = columns_f32,
                                    [FLYNN_F64] = columns_f64},
                [CUMSUM_THROUGH] = {[FLYNN_U8] = through_u8,
                                    [FLYNN_U16] = through_u16,
                                    [FLYNN_F32] = through_f32,
                                    [FLYNN_F64] = through_f64}}},
};
