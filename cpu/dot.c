/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/binary.h"
#include "core/blocks.h"

static void dot_u8(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_U8, block_plain);
}

static void dot_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_U16, block_plain);
}

static void dot_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_F32, block_plain);
}

static void dot_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_F64, block_plain);
}

static void combine(const struct flynn_call *call)
{
    block_finish(call);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int code = binary_check(node, err);
    if (!code)
        block_lower(node, 0, BLOCK_PRODUCT, 1);
    return code;
}

const struct flynn_op FLYNN_OP_SYMBOL(dot) = {
    .name = "dot",
    .aliases = "sdot ddot inner",
    .group = "matrix",
    .summary = "the sum of the products of the samples of two matrices",
    .definition =
        "A matrix of one f64, the sum of x * w for all samples x of the input and w of `with`; products of f64 are "
        "rounded once. " BLOCK_DEFINITION,
    .source = "BLAS dot, with an order of additions that any number of lanes, threads and groups can keep",
    .params = {{.name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the second matrix, of the input's shape and type"}},
    .cases = {"@"},
    .types = BLOCK_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .lower = lower,
    .kernels = {.fn = {{[FLYNN_U8] = dot_u8, [FLYNN_U16] = dot_u16, [FLYNN_F32] = dot_f32, [FLYNN_F64] = dot_f64},
                       {[FLYNN_F64] = combine}}},
};
