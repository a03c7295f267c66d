/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/color_matrix.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const double sepia[12] = {0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0};
    double amount = flynn_node_value(node, "amount")->real, m[12];
    for (int i = 0; i < 12; i++)
        m[i] = sepia[i] * amount + (i % 5 == 0 ? 1 - amount : 0);
    return flynn_color_matrix_stage(node, m, err);
}

/* The kernels are color-matrix's. */
const struct flynn_op FLYNN_OP_SYMBOL(sepia) = {
    .name = "sepia",
    .aliases = "sepia-tone",
    .group = "color",
    .summary = "the brown tone of old photographs",
    .definition = "color-matrix with 1 - amount times the identity plus amount times the rows (0.393, 0.769, 0.189), "
                  "(0.349, 0.686, 0.168), (0.272, 0.534, 0.131), in double.",
    .source = "W3C Filter Effects, sepia()",
    .params = {{.name = "amount",
                .kind = FLYNN_PARAM_REAL,
                .min = 0,
                .max = 1,
                .preset = "1",
                .help = "0 changes nothing, 1 is all brown"}},
    .types = FLYNN_IMAGE_TYPES,
    .channels = FLYNN_CHANNEL_BIT(3) | FLYNN_CHANNEL_BIT(4),
    .kind = FLYNN_ROWS,
    .cases = {"0.5"},
    .lower = lower,
};
