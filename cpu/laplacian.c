/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/taps.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const int kernel[2][9] = {{0, 1, 0, 1, -4, 1, 0, 1, 0}, {2, 0, 2, 0, -8, 0, 2, 0, 2}};
    struct flynn_taps taps = {.width = 3, .height = 3, .divisor = 1, .offset = flynn_node_sample(node, "offset")};
    for (int i = 0; i < 9; i++)
        taps.weight[i] = kernel[flynn_node_value(node, "ksize")->integer][i] * flynn_node_value(node, "scale")->real;
    return flynn_taps_lower(node, &taps, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(laplacian) = {
    .name = "laplacian",
    .aliases = "",
    .group = "filter",
    .summary = "sum of the second differences along rows and columns",
    .definition =
        "convolve with 0 1 0, 1 -4 1, 0 1 0 (ksize 1) or 2 0 2, 0 -8 0, 2 0 2 (ksize 3), times scale, plus offset.",
    .source = "OpenCV Laplacian: the same bits for u8 and u16 where scale is 1",
    .params =
        {
            {.name = "ksize",
             .kind = FLYNN_PARAM_CHOICE,
             .preset = "1",
             .choices = "1|3",
             .help = "which of two kernels"},
            FLYNN_TAPS_PARAM_SCALE,
            FLYNN_TAPS_PARAM_OFFSET,
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"3", "1,offset=50%", "3,border=wrap,scale=-0.5", "1,scale=0.3,border=constant,fill=100%"},
    .lower = lower,
};
