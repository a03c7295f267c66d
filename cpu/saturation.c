/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/color_matrix.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const double luma[3] = {0.2126, 0.7152, 0.0722};
    double factor = flynn_node_value(node, "factor")->real, m[12] = {0};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            m[4 * i + j] = luma[j] * (1 - factor) + (i == j ? factor : 0);
    }
    return flynn_color_matrix_stage(node, m, err);
}

/* The kernels are color-matrix's. */
const struct flynn_op FLYNN_OP_SYMBOL(saturation) = {
    .name = "saturation",
    .aliases = "saturate",
    .group = "color",
    .summary = "colours away from their gray, or towards it",
    .definition = "color-matrix with 1 - factor times three rows (0.2126, 0.7152, 0.0722) plus factor times the "
                  "identity, in double: every pixel is its luma plus factor times its distance from the luma.",
    .source = "SVG feColorMatrix type=saturate, with the weights of ITU-R BT.709 to four digits",
    .params = {{.name = "factor",
                .kind = FLYNN_PARAM_REAL,
                .min = 0,
                .max = 4,
                .help = "0: gray; 1: unchanged; above 1: stronger colours"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .cases = {"1", "1.5"},
    .lower = lower,
};
