/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/blocks.h"

static void abs_u8(const struct flynn_call *call)
{
    block_bytes_stage(call, BLOCK_ABS);
}

static void abs_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_U16, block_doubles);
}

static void abs_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_F32, block_doubles);
}

static void abs_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_ABS, FLYNN_F64, block_doubles);
}

static void square_u8(const struct flynn_call *call)
{
    block_bytes_stage(call, BLOCK_SQUARE);
}

static void square_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_U16, block_doubles);
}

static void square_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_F32, block_doubles);
}

static void square_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SQUARE, FLYNN_F64, block_doubles);
}

static void greatest_u8(const struct flynn_call *call)
{
    block_bytes_stage(call, BLOCK_MAX);
}

static void greatest_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_U16, block_doubles);
}

static void greatest_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_F32, block_doubles);
}

static void greatest_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_MAX, FLYNN_F64, block_doubles);
}

static void combine(const struct flynn_call *call)
{
    block_finish(call);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(norm);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(norm) = {
    .fn =
        {{[FLYNN_U8] = abs_u8, [FLYNN_U16] = abs_u16, [FLYNN_F32] = abs_f32, [FLYNN_F64] = abs_f64},
         {[FLYNN_U8] = square_u8, [FLYNN_U16] = square_u16, [FLYNN_F32] = square_f32, [FLYNN_F64] = square_f64},
         {[FLYNN_U8] = greatest_u8, [FLYNN_U16] = greatest_u16, [FLYNN_F32] = greatest_f32, [FLYNN_F64] = greatest_f64},
         {[FLYNN_F64] = combine}},
};
