/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tophat.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_tophat_gradient(node, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(morphology_gradient) = {
    .name = "morphology-gradient",
    .aliases = "gradient morphgradient edgein-edgeout",
    .group = "morphology",
    .summary = "dilation less erosion: outlines",
    .definition = "out = dilate(x) - erode(x) with the same window.\n" FLYNN_MORPH_WINDOW,
    .source = "OpenCV morphologyEx MORPH_GRADIENT",
    .params = {FLYNN_MORPH_PARAMS},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {FLYNN_MORPH_CASES},
    .lower = lower,
};
