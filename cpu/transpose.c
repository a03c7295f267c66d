/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "core/turn.h"

/* The kernels are those of rotate. */

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    flynn_turn_lower(node, FLYNN_TURN_TRANSPOSE);
    node->out_matrix = !(FLYNN_IMAGE_TYPES & FLYNN_TYPE_BIT(node->in.type));
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(transpose) = {
    .name = "transpose",
    .aliases = "omatcopy xy",
    .group = "geometry",
    .summary = "exchanges rows and columns, of a picture or a matrix",
    .definition =
        "For an input of W x H pixels the output has H x W, and its pixel in column x of row y is the input's "
        "pixel in column y of row x. Samples are copied as they are.",
    .source = "OpenCV transpose, Netpbm pamflip -xy, the transposing omatcopy of BLAS libraries",
    .types = FLYNN_IMAGE_TYPES | FLYNN_TYPE_BIT(FLYNN_F64) | FLYNN_TYPE_BIT(FLYNN_U32) | FLYNN_TYPE_BIT(FLYNN_S32),
    .channels = FLYNN_ANY_CHANNELS,
    .kind = FLYNN_WHOLE,
    .lower = lower,
};
