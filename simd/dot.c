/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/blocks.h"

static void dot_u8(const struct flynn_call *call)
{
    block_bytes_stage(call, BLOCK_PRODUCT);
}

static void dot_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_U16, block_doubles);
}

static void dot_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_F32, block_doubles);
}

static void dot_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_PRODUCT, FLYNN_F64, block_doubles);
}

static void combine(const struct flynn_call *call)
{
    block_finish(call);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(dot);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(dot) = {
    .fn = {{[FLYNN_U8] = dot_u8, [FLYNN_U16] = dot_u16, [FLYNN_F32] = dot_f32, [FLYNN_F64] = dot_f64},
           {[FLYNN_F64] = combine}},
};
