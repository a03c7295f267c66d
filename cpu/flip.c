/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/turn.h"

/* The kernels are those of rotate. */

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const enum flynn_turn turns[] = {FLYNN_TURN_MIRROR, FLYNN_TURN_UPSIDE, FLYNN_TURN_180};
    (void)err;
    flynn_turn_lower(node, turns[flynn_node_value(node, "axis")->integer]);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(flip) = {
    .name = "flip",
    .aliases = "flop mirror pamflip pnmflip",
    .group = "geometry",
    .summary = "mirrors the picture left to right, top to bottom, or both",
    .definition =
        "For an input of W x H pixels, the output pixel in column x of row y is the input's pixel\n"
        "horizontal: column W-1-x of row y; vertical: column x of row H-1-y; both: column W-1-x of row H-1-y.\n"
        "Samples are copied as they are, alpha too.",
    .source = "OpenCV flip (codes 1, 0 and -1), Netpbm pamflip (-lr, -tb)",
    .params = {{.name = "axis",
                .kind = FLYNN_PARAM_CHOICE,
                .choices = "horizontal|vertical|both",
                .preset = "horizontal",
                .help = "the direction in which pixels change places"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"horizontal", "vertical", "both"},
    .lower = lower,
};
