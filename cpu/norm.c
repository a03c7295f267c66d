/* SPDX-License-Identifier: Apache-2.0 */
#include "core/blocks.h"

static void abs_u8(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_U8, block_plain);
}

static void abs_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_U16, block_plain);
}

static void abs_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_F32, block_plain);
}

static void abs_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_F64, block_plain);
}

static void square_u8(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_U8, block_plain);
}

static void square_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_U16, block_plain);
}

static void square_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_F32, block_plain);
}

static void square_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_F64, block_plain);
}

static void greatest_u8(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_U8, block_plain);
}

static void greatest_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_U16, block_plain);
}

static void greatest_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_F32, block_plain);
}

static void greatest_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_F64, block_plain);
}

static void combine(const struct flynn_call *call)
{
    block_finish(call);
}

static int lower(struct flynn_node *node, struct flynn_err *err)
{
    static const enum block_kind kinds[] = {BLOCK_SQUARE, BLOCK_SQUARE, BLOCK_ABS, BLOCK_MAX};
    enum block_kind kind = kinds[flynn_node_value(node, "kind")->integer];
    (void)err;
    block_lower(node, kind == BLOCK_ABS ? 0 : kind == BLOCK_SQUARE ? 1 : 2, kind, 3);
    return FLYNN_OK;
}

const struct flynn_op FLYNN_OP_SYMBOL(norm) = {
    .name = "norm",
    .aliases = "nrm2 asum",
    .group = "matrix",
    .summary = "a norm of the matrix as one vector: 2 (Frobenius), 1 or the largest magnitude",
    .definition =
        "A matrix of one f64. kind=2 and fro: the square root, rounded once, of the sum of x * x; products of f64 "
        "are rounded once, and nothing is scaled, so that squares beyond the range of f64 are infinite. 1: the "
        "sum of |x|. inf: the greatest |x|, or NaN where there is one. " BLOCK_DEFINITION,
    .source = "OpenCV norm; BLAS nrm2 and asum, without the scaling",
    .params = {{.name = "kind",
                .kind = FLYNN_PARAM_CHOICE,
                .preset = "2",
                .choices = "2|fro|1|inf",
                .help = "2 and fro: root of the sum of squares; 1: sum of magnitudes; inf: greatest magnitude"}},
    .types = BLOCK_TYPES,
    .channels = FLYNN_CHANNEL_BIT(1),
    .kind = FLYNN_WHOLE,
    .lower = lower,
    .kernels =
        {.fn = {{[FLYNN_U8] = abs_u8, [FLYNN_U16] = abs_u16, [FLYNN_F32] = abs_f32, [FLYNN_F64] = abs_f64},
                {[FLYNN_U8] = square_u8, [FLYNN_U16] = square_u16, [FLYNN_F32] = square_f32, [FLYNN_F64] = square_f64},
                {[FLYNN_U8] = greatest_u8,
                 [FLYNN_U16] = greatest_u16,
                 [FLYNN_F32] = greatest_f32,
                 [FLYNN_F64] = greatest_f64},
                {[FLYNN_F64] = combine}}},
};
