/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/blocks.h"

static void sum_u8(const struct flynn_call *call)
{
    block_bytes_stage(call, BLOCK_SUM);
}

static void sum_u16(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_U16, block_doubles);
}

static void sum_f32(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_F32, block_doubles);
}

static void sum_f64(const struct flynn_call *call)
{
    block_stage(call, BLOCK_SUM, FLYNN_F64, block_doubles);
}

static void combine(const struct flynn_call *call)
{
    block_finish(call);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(sum);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(sum) = {
    .fn = {{[FLYNN_U8] = sum_u8, [FLYNN_U16] = sum_u16, [FLYNN_F32] = sum_f32, [FLYNN_F64] = sum_f64},
           {[FLYNN_F64] = combine}},
};
