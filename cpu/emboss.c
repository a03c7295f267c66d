/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/taps.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double s = flynn_node_value(node, "strength")->real;
    struct flynn_taps taps = {.width = 3,
                              .height = 3,
                              .weight = {-2 * s, -s, 0, -s, 1, s, 0, s, 2 * s},
                              .divisor = 1,
                              .offset = flynn_node_sample(node, "offset")};
    return flynn_taps_lower(node, &taps, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(emboss) = {
    .name = "emboss",
    .aliases = "",
    .group = "filter",
    .summary = "lights edges from the upper left, as if the image were a relief",
    .definition = "convolve with -2s -s 0, -s 1 s, 0 s 2s, s = strength, plus offset.",
    .source = "the customary 3x3 emboss kernel",
    .params =
        {
            {.name = "strength",
             .kind = FLYNN_PARAM_REAL,
             .min = -100,
             .max = 100,
             .preset = "1",
             .help = "the weight of the differences"},
            FLYNN_TAPS_PARAM_OFFSET,
            FLYNN_PARAM_BORDER,
            FLYNN_PARAM_FILL,
        },
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .cases = {"0.5", "-1,offset=50%", "2.3,border=wrap", "1,border=constant,fill=100%"},
    .lower = lower,
};
