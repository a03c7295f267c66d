/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/taps.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double a = flynn_node_value(node, "amount")->real;
    struct flynn_taps taps = {.width = 3, .height = 3, .weight = {0, -a, 0, -a, 1 + 4 * a, -a, 0, -a, 0}, .divisor = 1};
    return flynn_taps_lower(node, &taps, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(sharpen) = {
    .name = "sharpen",
    .aliases = "",
    .group = "filter",
    .summary = "strengthens the difference from the four neighbours",
    .definition = "convolve with 0 -a 0, -a 1+4a -a, 0 -a 0, a = amount.",
    .source = "the customary 3x3 sharpening kernel",
    .params =
        {
            {.name = "amount",
             .kind = FLYNN_PARAM_REAL,
             .min = 0,
             .max = 100,
             .preset = "1",
             .help = "how much of the difference is added; whole, half and quarter numbers are fastest"},
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"0.5", "0.3,border=wrap", "7,border=replicate", "1,border=constant,fill=100%"},
    .lower = lower,
};
