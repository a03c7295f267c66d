/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include <string.h>

static void copy(const struct flynn_call *call)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type);
    for (int r = 0; r < call->rows; r++)
        memcpy(call->out[r], call->in[r], bytes);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_ROWS, 0);
    stage->step = 8; /* shares out what a call costs */
    flynn_node_launch(node, "copy", stage);
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
    .kernels = {.fn = {{[FLYNN_U8] = copy, [FLYNN_U16] = copy, [FLYNN_F32] = copy, [FLYNN_F64] = copy}}},
};
