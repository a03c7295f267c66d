/* SPDX-License-Identifier: Apache-2.0 */
#include "core/blocks.h"

static void sum_u8(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_U8, block_plain);
}

static void sum_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_U16, block_plain);
}

static void sum_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_F32, block_plain);
}

static void sum_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_F64, block_plain);
}

static void combine(const struct flynn_call *call)
{
    block_finish(call);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    (void)err;
    block_lower(node, 0, BLOCK_SUM, 1);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(sum) = {
    .name = "sum",
    .aliases = "total",
    .group = "matrix",
    .summary = "the sum of all samples",
    .definition = "A matrix of one f64, the sum of all samples. " BLOCK_DEFINITION
                  " Sums of u8 and u16 are exact up to "
                  "2^53.",
    .source = "numpy.sum, with an order of additions that any number of lanes, threads and groups can keep",
    .types = BLOCK_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = sum_u8, [FLYNN_U16] = sum_u16, [FLYNN_F32] = sum_f32, [FLYNN_F64] = sum_f64},
                       {[FLYNN_F64] = combine}}},
};
