/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/normalize.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    double black = flynn_node_value(node, "black")->real, white = flynn_node_value(node, "white")->real;
    if (black + white > 1)
        return flynn_fail(err, FLYNN_EUSAGE,
                          "normalize: black=%g and white=%g are shares of the samples; together they are at most 1",
                          black, white);
    return flynn_normalize_stages(node, black, white, flynn_node_value(node, "channels")->integer == 0, err);
}

const struct flynn_op FLYNN_OP_SYMBOL(normalize) = {
    .name = "normalize",
    .aliases = "contrast-stretch pnmnorm hist_norm linear-stretch",
    .group = "statistics",
    .summary = "stretch the values so that a part of the samples becomes black and another white",
    .definition =
        "b and w: black and white times 2^20, rounded to the nearest integer. low is the least value v for which n(v), "
        "the samples up to v, have n(v) * 2^20 > b * N for N samples in all; high is the greatest v for which the "
        "samples from v on have their number * 2^20 > w * N. x becomes ((x - low) * W + (high - low) / 2) / (high - "
        "low) in integers within 0..W (255 or 65535); where high <= low, x stays as it is.\n"
        "channels=all: one low and high from all channels but alpha together; each: every channel its own. Alpha is "
        "kept.",
    .source = "ImageMagick -normalize and -contrast-stretch, Netpbm pnmnorm",
    .params = {{.name = "black",
                .kind = FLYNN_PARAM_REAL,
                .min = 0,
                .max = 1,
                .preset = "2%",
                .help = "part of the samples that becomes black at most"},
               {.name = "white",
                .kind = FLYNN_PARAM_REAL,
                .min = 0,
                .max = 1,
                .preset = "1%",
                .help = "part of the samples that becomes white at most"},
               FLYNN_NORMALIZE_CHANNELS},
    .types = FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_REDUCE,
    .cases = {"", "10%,white=20%", "0,white=0", "50%,white=50%", "5%,channels=each"},
    .lower = lower,
};
