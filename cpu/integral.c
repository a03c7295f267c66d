/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <string.h>

/* A team makes the whole table: every member the running sums along its share of the rows, and, when all have met, the
 * running sums down its share of the columns. One member alone adds the row above at once. The scratch, of bytes alone,
 * has room for a row of the table. */

static inline void row_u8(const uint8_t *in, const uint32_t *above, uint32_t *out, int width, int channels)
{
    uint32_t sum[4] = {0};
    for (int c = 0; c < channels; c++)
        *out++ = 0;
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++, out++) {
            sum[c] += *in++;
            *out = sum[c];
        }
    }
    out -= (size_t)width * (size_t)channels;
    for (int i = 0; above && i < width * channels; i++)
        out[i] += above[i + channels];
}

static inline void row_u16(const uint16_t *in, const double *above, double *out, int width, int channels)
{
    double sum[4] = {0};
    for (int c = 0; c < channels; c++)
        *out++ = 0;
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++, out++) {
            sum[c] += *in++;
            *out = sum[c];
        }
    }
    out -= (size_t)width * (size_t)channels;
    for (int i = 0; above && i < width * channels; i++)
        out[i] += above[i + channels];
}

static inline void row_f32(const float *in, const double *above, double *out, int width, int channels)
{
    double sum[4] = {0};
    for (int c = 0; c < channels; c++)
        *out++ = 0;
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++, out++) {
            sum[c] += *in++;
            *out = sum[c];
        }
    }
    out -= (size_t)width * (size_t)channels;
    for (int i = 0; above && i < width * channels; i++)
        out[i] += above[i + channels];
}

/* Output row y + 1 from input row y; `above` is NULL where it is added later. */
static inline void make_row(const struct flynn_call *call, int y, bool add)
{
    const struct flynn_shape *shape = &call->src->shape;
    const void *in = flynn_row(call->src, y), *above = add ? flynn_row(call->dst, y) : NULL;
    void *out = flynn_row(call->dst, y + 1);
    if (shape->type == FLYNN_U8)
        row_u8(in, above, out, shape->width, shape->channels);
    else if (shape->type == FLYNN_U16)
        row_u16(in, above, out, shape->width, shape->channels);
    else
        row_f32(in, above, out, shape->width, shape->channels);
}

/* Samples [first, last) of all rows. */
static inline void add_down(const struct flynn_call *call, size_t first, size_t last)
{
    for (int y = 2; y <= call->src->shape.height; y++) {
        if (call->stage->variant == FLYNN_U8) {
            const uint32_t *above = flynn_row(call->dst, y - 1);
            uint32_t *out = flynn_row(call->dst, y);
            for (size_t i = first; i < last; i++)
                out[i] += above[i];
        } else {
            const double *above = flynn_row(call->dst, y - 1);
            double *out = flynn_row(call->dst, y);
            for (size_t i = first; i < last; i++)
                out[i] += above[i];
        }
    }
}

static void integral(const struct flynn_call *call)
{
    size_t samples = flynn_row_samples(&call->dst->shape), n = (size_t)call->members, m = (size_t)call->member;
    int64_t height = call->src->shape.height;
    int low = (int)(height * call->member / call->members), high = (int)(height * (call->member + 1) / call->members);
    if (call->member == 0)
        memset(flynn_row(call->dst, 0), 0, flynn_row_bytes(&call->dst->shape));
    for (int y = low; y < high; y++)
        make_row(call, y, call->members == 1);
    flynn_team_wait(call);
    if (call->members > 1)
        add_down(call, samples * m / n, samples * (m + 1) / n);
}

#define CL_STRIP 32 /* rows: kernels/integral.cl */

/* OpenCL: along the rows, then down the columns. */
static void launch(struct flynn_node *node, const struct flynn_stage *stage)
{
    struct flynn_launch *launch = flynn_node_launch(node, "along", stage);
    launch->item_x = flynn_row_samples(&stage->out);
    launch->item_y = 1;
    launch->item_y_cpu = 16;
    launch = flynn_node_launch(node, "down", stage);
    launch->in = stage->out;
    launch->item_x = 16;
    launch->item_y = stage->out.height;
}

/* CPUs: the columns of strips of rows, those of all strips above, and then strips of the table. */
static void launch_strips(struct flynn_node *node, const struct flynn_stage *stage)
{
    struct flynn_shape sums = stage->in;
    sums.type = FLYNN_U32;
    sums.height = (sums.height + CL_STRIP - 1) / CL_STRIP;
    for (int i = 0; i < node->launches; i++)
        node->launch[i].on = FLYNN_ON_OTHERS;
    struct flynn_launch *launch = flynn_node_launch(node, "strip_sums", stage);
    launch->item_y = 1;
    launch->out = sums;
    launch->aside = true;
    launch->on = FLYNN_ON_CPU;
    launch = flynn_node_launch(node, "strip_totals", stage);
    launch->item_x = 256;
    launch->item_y = sums.height;
    launch->out = sums;
    launch->aside = true;
    launch->on = FLYNN_ON_CPU;
    launch = flynn_node_launch(node, "strips", stage);
    launch->items_x = 1;
    launch->items_y = sums.height;
    launch->on = FLYNN_ON_CPU;
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_shape out = node->in;
    size_t stride, bytes;
    if (node->in.width == FLYNN_MAX_SIDE || node->in.height == FLYNN_MAX_SIDE)
        return flynn_fail(err, FLYNN_ELIMIT,
                          "integral: %dx%d pixels need a table of one more on each side, which may have %d",
                          node->in.width, node->in.height, FLYNN_MAX_SIDE);
    if ((int64_t)node->in.width * node->in.height > (int64_t)1 << 37)
        return flynn_fail(err, FLYNN_ELIMIT, "integral: %dx%d pixels are more than the 2^37 that are added exactly",
                          node->in.width, node->in.height);
    out.width++;
    out.height++;
    out.type = node->in.type == FLYNN_U8 ? FLYNN_U32 : FLYNN_F64;
    int code = flynn_shape_measure(&out, &stride, &bytes, err);
    if (code)
        return code;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, 0);
    stage->out = out;
    stage->team = stage->in_place = true;
    stage->scratch_bytes = node->in.type == FLYNN_U8 ? flynn_row_bytes(&out) : 0;
    stage->below = 1; /* and at the end, so that wider sums stay behind the samples */
    node->out = out;
    node->out_matrix = true;

    launch(node, stage);
    if (node->in.type == FLYNN_U8)
        launch_strips(node, stage);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(integral) = {
    .name = "integral",
    .aliases = "summed-area",
    .group = "statistics",
    .summary = "the sums of all samples above and to the left",
    .definition = "The table is (width + 1) x (height + 1), with the channels of the image, and begins with a row and "
                  "a column of "
                  "zeros:\n"
                  "entry (x, y) is the sum of the samples of pixels 0..x-1 in rows 0..y-1. u8: u32, modulo 2^32, so "
                  "that the sum of "
                  "a box,\n"
                  "t(x1, y1) - t(x0, y1) - t(x1, y0) + t(x0, y0), is exact where it is below 2^32. u16: f64, exact. "
                  "f32: f64; the "
                  "samples of a\n"
                  "row are added one after the other, then each entry is that of the row above plus the sum of its own "
                  "row, every\n"
                  "addition rounded once (in the sum of a row first, second in the sum with the row above).",
    .source = "OpenCV integral (CV_32S for u8, CV_64F for u16 and f32); Crow, Summed-area tables (1984)",
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .lower = lower,
    .kernels = {.fn = {{integral, integral, integral}}},
};
