/* SPDX-License-Identifier: Apache-2.0 */
#include "core/morphology.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_morph_erode_shape(node, 1, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(dilate) = {
    FLYNN_MORPH_OP,
    .name = "dilate",
    .aliases = "dilation",
    .summary = "the largest sample of a window",
    .definition = "out = the largest sample of the channel in the window, which is that of erode: it is not "
                  "reflected.\n" FLYNN_MORPH_WINDOW
                  "shape and mask: see erode. For rectangles of odd sides the borders reflect, "
                  "reflect101 and replicate all mean that\n"
                  "nothing lies outside.",
    .source = "OpenCV dilate; its default border is border=constant,fill=0",
    .params = {FLYNN_MORPH_PARAMS, FLYNN_MORPH_SHAPE_PARAMS},
    .cases = {FLYNN_MORPH_CASES, "5,shape=ellipse,border=wrap", "4,height=3,shape=ellipse,border=replicate",
              "9,shape=cross,border=constant"},
    .lower = lower,
};
