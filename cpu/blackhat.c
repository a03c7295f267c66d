/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tophat.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_tophat_stages(node, 1, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(blackhat) = {
    FLYNN_MORPH_RECTANGLE_OP,
    .name = "blackhat",
    .aliases = "black-hat bottomhat bottom-hat",
    .summary = "what a closing fills: dark spots smaller than the window",
    .definition = "out = close(x) - x, integers not below 0.\n" FLYNN_MORPH_WINDOW,
    .source = "OpenCV morphologyEx MORPH_BLACKHAT",
    .lower = lower,
};
