/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tophat.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_tophat_gradient(node, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(morphology_gradient) = {
    FLYNN_MORPH_RECTANGLE_OP,
    .name = "morphology-gradient",
    .aliases = "gradient morphgradient edgein-edgeout",
    .summary = "dilation less erosion: outlines",
    .definition = "out = dilate(x) - erode(x) with the same window.\n" FLYNN_MORPH_WINDOW,
    .source = "OpenCV morphologyEx MORPH_GRADIENT",
    .lower = lower,
};
