/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/slope.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    return slope_lower(node, 3, 10);
}

const struct flynn_op FLYNN_OP_SYMBOL(scharr) = {
    .name = "scharr",
    .aliases = "",
    .group = "filter",
    .summary = "gradient magnitude by the pair of 3x3 Scharr kernels",
    .definition =
        "With p(row, column) around the sample: dx = 3*(p(-1,1) - p(-1,-1)) + 10*(p(0,1) - p(0,-1)) + 3*(p(1,1) - "
        "p(1,-1)),\n"
        "dy = 3*(p(1,-1) - p(-1,-1)) + 10*(p(1,0) - p(-1,0)) + 3*(p(1,1) - p(-1,1)). All else is as in sobel.",
    .source = "Scharr 2000; kernels as OpenCV's Scharr",
    .params = {SLOPE_PARAM_NORM, FLYNN_PARAM_BORDER, FLYNN_PARAM_FILL},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"l2", "l1,border=wrap", "l2,border=constant,fill=100%", "l1,border=constant", "l2,border=replicate"},
    .lower = lower,
};
