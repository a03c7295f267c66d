/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tophat.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_tophat_stages(node, 1, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(blackhat) = {
    .name = "blackhat",
    .aliases = "black-hat bottomhat bottom-hat",
    .group = "morphology",
    .summary = "what a closing fills: dark spots smaller than the window",
    .definition = "out = close(x) - x, integers not below 0.\n" FLYNN_MORPH_WINDOW,
    .source = "OpenCV morphologyEx MORPH_BLACKHAT",
    .params = {FLYNN_MORPH_PARAMS},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {FLYNN_MORPH_CASES},
    .lower = lower,
};
