/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/normalize.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    return flynn_normalize_stages(node, 0, 0, flynn_node_value(node, "channels")->integer == 0, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(auto_level) = {
    .name = "auto-level",
    .aliases = "autolevels stretch",
    .group = "statistics",
    .summary = "stretch the values to the full range: the least becomes black, the greatest white",
    .definition = "normalize:black=0,white=0.",
    .source = "ImageMagick -auto-level, OpenCV normalize with NORM_MINMAX",
    .params = {FLYNN_NORMALIZE_CHANNELS},
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_REDUCE,
    .lower = lower,
};
