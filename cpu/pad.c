/* SPDX-License-Identifier: Apache-2.0 */
#include "core/canvas.h"
#include "core/canvas_row.h"
#include "core/table.h"

/* The layout of k and table stands in core/canvas_row.h. */

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t bytes, bool stream)
{
    (void)stream;
    memcpy(to, from, bytes);
}

static void pad_rows(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    for (int r = 0; r < call->rows; r++) {
        const void *in = call->in[stage->first[call->y + r] - stage->first[call->y]];
        flynn_canvas_row(stage, call->y + r, in, call->out[r], false, copy_bytes);
    }
}

static void pad_whole(const struct flynn_call *call)
{
    for (int y = call->y; y < call->y + call->rows; y++) {
        int row = flynn_border_index(call->stage->border, (int64_t)y - call->stage->k[1], call->src->shape.height);
        const void *in = flynn_row(call->src, row < 0 ? 0 : row); /* not read where the border is constant */
        flynn_canvas_row(call->stage, y, in, flynn_row(call->dst, y), false, copy_bytes);
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
    .aliases = "copymakeborder extent embed pnmpad border",
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
