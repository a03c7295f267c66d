/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi or_bits(vi x, vi w, const void *by)
{
    (void)by;
    return v_or(x, w);
}

static void or_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, or_bits, NULL);
}

static void or_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, or_bits, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(or);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(or) = {
    .fn = {{[FLYNN_U8] = or_u8, [FLYNN_U16] = or_u16}},
};
