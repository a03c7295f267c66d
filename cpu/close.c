/* SPDX-License-Identifier: Apache-2.0 */
#include "core/morphology.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int code = flynn_morph_erode_shape(node, 1, err);
    return code ? code : flynn_morph_erode_shape(node, 0, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(close) = {
    FLYNN_MORPH_OP,
    .name = "close",
    .aliases = "closing",
    .summary = "dilation, then erosion: removes what is darker and smaller than the window",
    .definition = "out = erode(dilate(x)) with the same window, each with its border.\n" FLYNN_MORPH_WINDOW
                  "shape and mask: see erode.",
    .source = "OpenCV morphologyEx MORPH_CLOSE",
    .params = {FLYNN_MORPH_PARAMS, FLYNN_MORPH_SHAPE_PARAMS},
    .cases = {FLYNN_MORPH_CASES, "5,shape=ellipse,border=wrap", "9,shape=cross,border=constant"},
    .lower = lower,
};
