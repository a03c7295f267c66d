/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"
#include "core/table.h"

#include <string.h>

/* k[0], k[1]: the column and row of the output where the input's first pixel lies. table[0]: a constant border's
 * pixels, as many as an output row has; table[1]: for other borders the input column of each output column. Pixels move
 * as they are, so all sample types share a kernel. */

/* n pixels, all the same. */
static void repeat(uint8_t *to, const uint8_t *pixel, size_t bytes, int n)
{
    size_t all = n > 0 ? bytes * (size_t)n : 0;
    if (!all)
        return;
    memcpy(to, pixel, bytes);
    for (size_t done = bytes; done < all; done *= 2)
        memcpy(to + done, to, done < all - done ? done : all - done);
}

/* Output columns [x, end) from the columns that the table names; inlined for each size of pixels. */
static inline void gather(const uint8_t *in, uint8_t *out, const int32_t *column, int x, int end, size_t bytes)
{
    for (ptrdiff_t i = x; i < end; i++)
        memcpy(out + (size_t)i * bytes, in + (size_t)column[i] * bytes, bytes);
}

static void gather_any(const uint8_t *in, uint8_t *out, const int32_t *column, int x, int end, size_t bytes)
{
    switch (bytes) {
    case 1:
        gather(in, out, column, x, end, 1);
        break;
    case 2:
        gather(in, out, column, x, end, 2);
        break;
    case 3:
        gather(in, out, column, x, end, 3);
        break;
    case 4:
        gather(in, out, column, x, end, 4);
        break;
    case 6:
        gather(in, out, column, x, end, 6);
        break;
    case 8:
        gather(in, out, column, x, end, 8);
        break;
    case 12:
        gather(in, out, column, x, end, 12);
        break;
    default:
        gather(in, out, column, x, end, 16);
    }
}

/* Output columns [x, end), all of them beside the input. */
static void beside(const struct flynn_stage *stage, const uint8_t *in, uint8_t *out, int x, int end)
{
    size_t bytes = (size_t)stage->in.channels * flynn_type_bytes(stage->in.type);
    if (x >= end)
        return;
    if (stage->border == FLYNN_CONSTANT)
        memcpy(out + (size_t)x * bytes, stage->table[0].data, (size_t)(end - x) * bytes);
    else if (stage->border == FLYNN_REPLICATE)
        repeat(out + (size_t)x * bytes, in + (x < stage->k[0] ? 0 : (size_t)(stage->in.width - 1) * bytes), bytes,
               end - x);
    else
        gather_any(in, out, stage->table[1].data, x, end, bytes);
}

/* Output row y; `in` is the input row that stands there, in which nothing is read where the border is constant. */
static void make_row(const struct flynn_stage *stage, int y, const uint8_t *in, uint8_t *out)
{
    size_t bytes = (size_t)stage->in.channels * flynn_type_bytes(stage->in.type);
    int64_t row = (int64_t)y - stage->k[1], past = (int64_t)stage->k[0] + stage->in.width;
    int width = stage->out.width, first = stage->k[0] > 0 ? stage->k[0] : 0, last = past < width ? (int)past : width;

    if (stage->border == FLYNN_CONSTANT && (row < 0 || row >= stage->in.height)) {
        beside(stage, in, out, 0, width);
        return;
    }
    beside(stage, in, out, 0, first);
    memcpy(out + (size_t)first * bytes, in + (size_t)(first - stage->k[0]) * bytes, (size_t)(last - first) * bytes);
    beside(stage, in, out, last, width);
}

static void pad_rows(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        make_row(call->stage, call->y + r, call->in[r], call->out[r]);
}

static void pad_whole(const struct flynn_call *call)
{
    for (int y = call->y; y < call->y + call->rows; y++) {
        int row = flynn_border_index(call->stage->border, (int64_t)y - call->stage->k[1], call->src->shape.height);
        make_row(call->stage, y, flynn_row(call->src, row), flynn_row(call->dst, y));
    }
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    struct flynn_canvas canvas = {
        .left = flynn_node_value(node, "left")->integer,
        .top = flynn_node_value(node, "top")->integer,
        .border = (enum flynn_border)flynn_node_value(node, "border")->integer,
        .fill = flynn_node_sample(node, "fill"),
    };
    int64_t width = (int64_t)node->in.width + canvas.left + flynn_node_value(node, "right")->integer;
    int64_t height = (int64_t)node->in.height + canvas.top + flynn_node_value(node, "bottom")->integer;
    if (width > FLYNN_MAX_SIDE || height > FLYNN_MAX_SIDE)
        return flynn_fail(err, FLYNN_ELIMIT, "pad: the output would be %lld x %lld pixels; a side is at most %d",
                          (long long)width, (long long)height, FLYNN_MAX_SIDE);
    canvas.width = (int32_t)width;
    canvas.height = (int32_t)height;
    return flynn_canvas_lower(node, &canvas, err);
}

#define SIDE(side)                                                                                                     \
    {                                                                                                                  \
        .name = side, .kind = FLYNN_PARAM_INT, .min = 0, .max = FLYNN_MAX_SIDE, .preset = "0",                         \
        .help = "pixels to add on this side"                                                                           \
    }

const struct flynn_op FLYNN_OP_SYMBOL(pad) = {
    .name = "pad",
    .aliases = "copymakeborder extent embed",
    .group = "geometry",
    .summary = "adds pixels around the picture",
    .definition =
        "The output has left and right more columns and top and bottom more rows than the input. Its pixel in column x "
        "of\n"
        "row y is the input's in column x - left of row y - top. Outside of the input the border decides, for rows "
        "and\n"
        "columns apart: constant: all samples are `fill`, alpha too; replicate aaaa|abcd|dddd; reflect "
        "dcba|abcd|dcba;\n"
        "reflect101 edcb|abcd|cbab; wrap abcd|abcd|abcd.",
    .source = "OpenCV copyMakeBorder",
    .params = {SIDE("left"),
               SIDE("right"),
               SIDE("top"),
               SIDE("bottom"),
               {.name = "border",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "constant",
                .choices = FLYNN_BORDER_CHOICES,
                .help = "what the new pixels are"},
               FLYNN_PARAM_FILL},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"left=3,right=5,top=2,bottom=7", "left=40,right=1,top=70,bottom=90", "left=1,right=2,border=replicate",
              "top=9,bottom=30,right=17,border=replicate", "left=1,top=2,right=35,bottom=4,fill=50%",
              "left=7,bottom=3,border=reflect101,fill=100%", "left=77,right=66,top=55,bottom=44,border=wrap",
              "left=20,right=40,top=30,bottom=10,border=reflect"},
    .lower = lower,
    .kernels =
        {.fn = {[FLYNN_CANVAS_ROWS] = {[FLYNN_U8] = pad_rows, [FLYNN_U16] = pad_rows, [FLYNN_F32] = pad_rows},
                [FLYNN_CANVAS_WHOLE] = {[FLYNN_U8] = pad_whole, [FLYNN_U16] = pad_whole, [FLYNN_F32] = pad_whole}}},
};
