/* SPDX-License-Identifier: Apache-2.0 */
#include "core/conv2d.h"
#include "core/table.h"

#include <math.h>
#include <string.h>

/* table[0] holds the kernel, every filter's taps next to each other. */

/* Output columns whose sample at `at` = x stride + offset lies inside [0, width): from *first to before *last. */
static void inside(int offset, int stride, int width, int columns, int *first, int *last)
{
    int from = offset < 0 ? (-offset + stride - 1) / stride : 0;
    int to = offset < width ? (width - 1 - offset) / stride + 1 : 0;
    *last = to < columns ? to : columns;
    *first = from < *last ? from : *last;
}

static void add_zeros(float *c, int from, int to, float weight)
{
    for (int x = from; x < to; x++)
        c[x] = fmaf(weight, 0, c[x]);
}

/* One weight into a row of the output. */
static void add_tap(const struct flynn_call *call, float *restrict c, float weight, const float *in, ptrdiff_t step,
                    int kx)
{
    const int32_t *k = call->stage->k;
    int columns = call->dst->shape.width, first = columns, last = columns;
    int offset = kx * k[FLYNN_CONV_DILATION] - k[FLYNN_CONV_PADDING];
    if (in)
        inside(offset, k[FLYNN_CONV_STRIDE], call->src->shape.width, columns, &first, &last);
    add_zeros(c, 0, first, weight);
    const ptrdiff_t next = step * k[FLYNN_CONV_STRIDE];
    const float *from = first < last ? in + first * next + offset * step : in;
    for (int x = first; x < last && next == 1; x++)
        c[x] = fmaf(weight, from[x - first], c[x]);
    for (int x = first; x < last && next != 1; x++)
        c[x] = fmaf(weight, from[(x - first) * next], c[x]);
    add_zeros(c, last, columns, weight);
}

static void conv2d_f32(const struct flynn_call *call)
{
    const int32_t *k = call->stage->k;
    int out_height = k[FLYNN_CONV_OUT_HEIGHT], rows = call->dst->shape.height;
    int y0 = (int)((int64_t)rows * call->member / call->members);
    int y1 = (int)((int64_t)rows * (call->member + 1) / call->members);
    for (int row = y0; row < y1; row++) {
        int filter = row / out_height, top = row % out_height * k[FLYNN_CONV_STRIDE] - k[FLYNN_CONV_PADDING];
        const float *weight = (const float *)call->stage->table[0].data + filter * flynn_conv_taps(k);
        float *out = flynn_row(call->dst, row);
        for (int x = 0; x < call->dst->shape.width; x++)
            out[x] = 0;
        for (int c = 0; c < k[FLYNN_CONV_CHANNELS]; c++) {
            for (int ky = 0; ky < k[FLYNN_CONV_KH]; ky++) {
                ptrdiff_t step;
                const float *in = flynn_conv_row(call, c, top + ky * k[FLYNN_CONV_DILATION], &step);
                for (int kx = 0; kx < k[FLYNN_CONV_KW]; kx++)
                    add_tap(call, out, *weight++, in, step, kx);
            }
        }
    }
}

/* ---- lowering ---- */

/* The sides of the output along one axis, or 0 where the kernel does not fit. */
static int out_side(const int32_t *k, int64_t side, int taps)
{
    int64_t room = side + 2 * k[FLYNN_CONV_PADDING] - (int64_t)k[FLYNN_CONV_DILATION] * (taps - 1) - 1;
    int64_t sides = room < 0 ? 0 : room / k[FLYNN_CONV_STRIDE] + 1;
    return sides > FLYNN_MAX_SIDE ? 0 : (int)sides;
}

static int find_channels(int32_t *k, const struct flynn_node *node, struct flynn_err *err)
{
    int planes = flynn_node_value(node, "channels")->integer;
    if (node->in.height % planes || (planes > 1 && node->in.channels > 1))
        return flynn_fail(
            err, FLYNN_EINPUT,
            "conv2d: channels=%d needs a matrix of as many planes below each other; the input has %d rows "
            "and %d samples a pixel",
            planes, node->in.height, node->in.channels);
    k[FLYNN_CONV_CHANNELS] = planes * node->in.channels;
    k[FLYNN_CONV_HEIGHT] = node->in.height / planes;
    return FLYNN_OK;
}

static int find_kernel(int32_t *k, const struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *kernel = flynn_node_value(node, "with")->input;
    int filters = flynn_node_value(node, "filters")->integer, channels = k[FLYNN_CONV_CHANNELS];
    if (kernel->shape.type != FLYNN_F32 || kernel->shape.channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "conv2d: the kernel must be a matrix of f32, not %s with %d channels",
                          flynn_type_name(kernel->shape.type), kernel->shape.channels);
    if (filters == 0)
        filters = kernel->planes > channels ? kernel->planes / channels : 1;
    int64_t planes = (int64_t)filters * channels;
    if (kernel->shape.height % planes || (kernel->planes > 1 && kernel->planes != planes))
        return flynn_fail(err, FLYNN_EINPUT,
                          "conv2d: %d filters of %d channels need as many matrices below each other; the kernel has %d "
                          "rows in %d matrices",
                          filters, channels, kernel->shape.height, kernel->planes > 1 ? kernel->planes : 1);
    k[FLYNN_CONV_FILTERS] = filters;
    k[FLYNN_CONV_KH] = kernel->shape.height / (int)planes;
    k[FLYNN_CONV_KW] = kernel->shape.width;
    return FLYNN_OK;
}

static int find_shape(struct flynn_stage *stage, struct flynn_err *err)
{
    int32_t *k = stage->k;
    int height = out_side(k, k[FLYNN_CONV_HEIGHT], k[FLYNN_CONV_KH]);
    stage->out.width = out_side(k, stage->in.width, k[FLYNN_CONV_KW]);
    k[FLYNN_CONV_OUT_HEIGHT] = height;
    if (!height || !stage->out.width || (int64_t)height * k[FLYNN_CONV_FILTERS] > FLYNN_MAX_SIDE)
        return flynn_fail(err, FLYNN_EINPUT,
                          "conv2d: a kernel of %d rows x %d columns does not fit into %d rows x %d columns; padding= "
                          "adds zeros around them",
                          k[FLYNN_CONV_KH], k[FLYNN_CONV_KW], k[FLYNN_CONV_HEIGHT], stage->in.width);
    stage->out.height = height * k[FLYNN_CONV_FILTERS];
    stage->out.channels = 1;
    return FLYNN_OK;
}

/* The kernel without gaps between its rows. */
static int make_weights(struct flynn_stage *stage, struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_image *kernel = flynn_node_value(node, "with")->input;
    size_t row = flynn_row_bytes(&kernel->shape), bytes = row * (size_t)kernel->shape.height;
    uint8_t *weights = flynn_node_alloc(node, bytes, err);
    if (!weights)
        return err->code;
    for (int y = 0; y < kernel->shape.height; y++)
        memcpy(weights + (size_t)y * row, flynn_row(kernel, y), row);
    stage->table[0] = (struct flynn_table_data){weights, bytes};
    return FLYNN_OK;
}

/* The copies of input rows, and where each tap reads them. */
static int find_scratch(struct flynn_stage *stage, struct flynn_err *err)
{
    const int32_t *k = stage->k;
    size_t row = (size_t)flynn_conv_phase(stage) * (size_t)k[FLYNN_CONV_STRIDE] * sizeof(float), rows;
    bool over = __builtin_mul_overflow((size_t)k[FLYNN_CONV_CHANNELS], (size_t)flynn_conv_rows(k), &rows) ||
                __builtin_mul_overflow(row, rows, &rows) ||
                __builtin_add_overflow(rows, (size_t)flynn_conv_taps(k) * sizeof(ptrdiff_t), &stage->scratch_bytes) ||
                stage->scratch_bytes > SIZE_MAX / 2;
    return over ? flynn_fail(err, FLYNN_ELIMIT,
                             "conv2d: the rows that the kernel covers take more memory than can be addressed")
                : FLYNN_OK;
}

/* The input with zeros around it and samples that are `stride` apart next to each other, so that the product reads
 * runs; only worth it where they are not runs already. False where that would be too large for an image. */
static bool spread_launch(struct flynn_node *node, struct flynn_stage *stage)
{
    const int32_t *k = stage->k;
    /* The last item of 16 columns may read past the end. */
    const int64_t more = (int64_t)(k[FLYNN_CONV_KW] - 1) * k[FLYNN_CONV_DILATION] / k[FLYNN_CONV_STRIDE] + 1;
    const int64_t phase = ((int64_t)stage->out.width + 15) / 16 * 16 + more, width = phase * k[FLYNN_CONV_STRIDE];
    const int64_t height = ((int64_t)k[FLYNN_CONV_HEIGHT] + 2 * k[FLYNN_CONV_PADDING]) * k[FLYNN_CONV_CHANNELS];
    if ((k[FLYNN_CONV_STRIDE] == 1 && node->in.channels == 1 && k[FLYNN_CONV_FILTERS] < 4) || width > FLYNN_MAX_SIDE ||
        height > FLYNN_MAX_SIDE)
        return false;
    stage->k[FLYNN_CONV_PHASE] = (int32_t)phase;
    struct flynn_launch *launch = flynn_node_launch(node, "conv2d_spread", stage);
    launch->out = (struct flynn_shape){(int)width, (int)height, 1, FLYNN_F32};
    launch->aside = true;
    return true;
}

static void add_launches(struct flynn_node *node, struct flynn_stage *stage)
{
    enum { ITEM_COLS = 16, ITEM_FILTERS = 4 };
    const char *kernel = spread_launch(node, stage) ? "conv2d_runs" : "conv2d";
    struct flynn_launch *launch = flynn_node_launch(node, kernel, stage);
    launch->items_x = (stage->out.width + ITEM_COLS - 1) / ITEM_COLS;
    launch->items_y =
        stage->k[FLYNN_CONV_OUT_HEIGHT] * ((stage->k[FLYNN_CONV_FILTERS] + ITEM_FILTERS - 1) / ITEM_FILTERS);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int32_t k[FLYNN_STAGE_INTS] = {0};
    int code = find_channels(k, node, err);
    if (!code)
        code = find_kernel(k, node, err);
    if (code)
        return code;
    k[FLYNN_CONV_STRIDE] = flynn_node_value(node, "stride")->integer;
    k[FLYNN_CONV_PADDING] = flynn_node_value(node, "padding")->integer;
    k[FLYNN_CONV_DILATION] = flynn_node_value(node, "dilation")->integer;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, 0);
    for (int i = 0; i < FLYNN_STAGE_INTS; i++)
        stage->k[i] = k[i];
    code = find_shape(stage, err);
    if (!code)
        code = find_scratch(stage, err);
    if (!code)
        code = make_weights(stage, node, err);
    if (code)
        return code;
    stage->team = true;
    stage->costly = true;
    node->out = stage->out;
    node->out_matrix = true;
    node->out_planes = k[FLYNN_CONV_FILTERS];
    add_launches(node, stage);
    return FLYNN_OK;
}

/* Tests: kernels of 1 to 4 columns and 1 to 3 rows that fit. */
static void second_shape(struct flynn_shape *shape, const struct flynn_value *value, int param)
{
    enum { FILTERS = 1, CHANNELS = 2 };
    (void)param;
    int planes = value[CHANNELS].integer, filters = value[FILTERS].integer ? value[FILTERS].integer : 1;
    int rows = shape->height % planes ? 1 : shape->height / planes;
    int kh = 1 + shape->width % 3, kw = 1 + shape->height % 4;
    kh = kh < rows ? kh : rows;
    shape->height = filters * planes * shape->channels * kh;
    shape->width = kw < shape->width ? kw : shape->width;
    shape->channels = 1;
}

static double flops(const struct flynn_node *node)
{
    const int32_t *k = node->stage[0].k;
    return 2.0 * node->out.width * node->out.height * (double)flynn_conv_taps(k);
}

const struct flynn_op FLYNN_OP_SYMBOL(conv2d) = {
    .name = "conv2d",
    .aliases = "correlate2d",
    .group = "matrix",
    .summary = "the convolution layer of neural networks: filters over all channels",
    .definition =
        "The input X is c = `channels` matrices of f32 below each other (an NPY array (c, height, width)), or a "
        "picture "
        "whose samples are the c channels. The kernel W is f matrices for each channel, below each other (an NPY array "
        "(f, c, kh, kw)); f is `filters`, or with 0 what an array of that many dimensions says, else 1. The output is "
        "f "
        "matrices below each other, of (height + 2 padding - dilation (kh - 1) - 1) / stride + 1 rows, rounded down, "
        "and as many columns by the same rule. As in neural networks the kernel is not turned round.\n"
        "Element (y, x) of filter o is one chain: s = +0; then, for every channel i, every row j and every column l of "
        "the kernel, in this order: s = fma(W[o][i][j][l], v, s) in f32, where v is "
        "X[i][y stride + j dilation - padding][x stride + l dilation - padding], and +0 outside of X.",
    .source = "torch.nn.functional.conv2d without bias and groups; the element order of an im2col matrix product",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the kernel, f32"},
               {.name = "filters",
                .kind = FLYNN_PARAM_INT,
                .min = 0,
                .max = 1024,
                .preset = "0",
                .help = "output planes; 0: as the kernel's dimensions say"},
               {.name = "channels",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = 1024,
                .preset = "1",
                .help = "planes of a matrix as input"},
               {.name = "stride",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = 64,
                .preset = "1",
                .help = "step between outputs, in samples"},
               {.name = "padding",
                .kind = FLYNN_PARAM_INT,
                .min = 0,
                .max = 64,
                .preset = "0",
                .help = "zeros on each side, in samples"},
               {.name = "dilation",
                .kind = FLYNN_PARAM_INT,
                .min = 1,
                .max = 64,
                .preset = "1",
                .help = "step between the kernel's elements, in samples"}},
    .types = FLYNN_TYPE_BIT(FLYNN_F32),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .square_second = true,
    .second_shape = second_shape,
    .cases = {"", "filters=7,padding=1", "filters=2,stride=2", "?channels=2,filters=3,padding=1",
              "?channels=3,filters=4,stride=3,padding=2,dilation=2", "?filters=6,dilation=2"},
    .lower = lower,
    .flops = flops,
    .kernels = {.fn = {{[FLYNN_F32] = conv2d_f32}}},
};
