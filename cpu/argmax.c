/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extreme.h"

static void greatest_u8(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_U8, extreme_plain);
}

static void greatest_u16(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_U16, extreme_plain);
}

static void greatest_f32(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_F32, extreme_plain);
}

static void greatest_f64(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMAX, FLYNN_F64, extreme_plain);
}

static void least_u8(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_U8, extreme_plain);
}

static void least_u16(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_U16, extreme_plain);
}

static void least_f32(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_F32, extreme_plain);
}

static void least_f64(const struct flynn_call *call)
{
    extreme_stage(call, BLOCK_ARGMIN, FLYNN_F64, extreme_plain);
}

static void combine(const struct flynn_call *call)
{
    extreme_finish(call);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    int least = flynn_node_value(node, "kind")->integer;
    (void)err;
    block_lower(node, least, least ? BLOCK_ARGMIN : BLOCK_ARGMAX, 2);
    node->stage[0].out.width = 2;
    node->stage[1].in.width = 2;
    node->stage[1].out.width = 3;
    node->stage[1].k[1] = node->in.width;
    for (int i = 0; i < node->launches; i++) {
        node->launch[i].in = node->launch[i].stage->in;
        node->launch[i].out = node->launch[i].stage->out;
    }
    node->out = node->stage[1].out;
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(argmax) = {
    .name = "argmax",
    .aliases = "iamax amax",
    .group = "matrix",
    .summary = "where the greatest (or least) sample stands",
    .definition =
        "A matrix of three f64 in a row: the greatest sample, its row and its column, both from 0; of equal samples "
        "the first, row by row. kind=min: the least. NaN is passed over; a matrix of nothing else gives NaN, 0, "
        "0.",
    .source = "OpenCV minMaxLoc; BLAS amax, with signs",
    .params = {{.name = "kind",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "max",
                .choices = "max|min",
                .help = "the greatest or the least sample"}},
    .types = BLOCK_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .lower = lower,
    .kernels =
        {.fn = {{[FLYNN_U8] = greatest_u8,
                 [FLYNN_U16] = greatest_u16,
                 [FLYNN_F32] = greatest_f32,
                 [FLYNN_F64] = greatest_f64},
                {[FLYNN_U8] = least_u8, [FLYNN_U16] = least_u16, [FLYNN_F32] = least_f32, [FLYNN_F64] = least_f64},
                {[FLYNN_F64] = combine}}},
};
