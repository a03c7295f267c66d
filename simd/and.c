/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi and_bits(vi x, vi w, const void *by)
{
    (void)by;
    return v_and(x, w);
}

static void and_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, and_bits, NULL);
}

static void and_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, and_bits, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(and);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(and) = {
    .fn = {{[FLYNN_U8] = and_u8, [FLYNN_U16] = and_u16}},
};
