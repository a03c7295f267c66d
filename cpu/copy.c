/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "cpu/copy.h"
#include "cpu/point.h"

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    flynn_node_launch(node, "copy", flynn_point_stage(node, 0));
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(copy) = {
    .name = "copy",
    .aliases = "clone",
    .group = "matrix",
    .summary = "the input as it is: what moving the bytes takes",
    .definition = "Every sample, bit for bit.",
    .source = "STREAM copy",
    .types = FLYNN_IMAGE_TYPES | FLYNN_TYPE_BIT(FLYNN_F64),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_ROWS,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = flynn_copy_rows,
                        [FLYNN_U16] = flynn_copy_rows,
                        [FLYNN_F32] = flynn_copy_rows,
                        [FLYNN_F64] = flynn_copy_rows}}},
};
