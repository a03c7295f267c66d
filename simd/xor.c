/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi xor_bits(vi x, vi w, const void *by)
{
    (void)by;
    return v_xor(x, w);
}

static void xor_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, xor_bits, NULL);
}

static void xor_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, xor_bits, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(xor);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(xor) = {
    .fn = {{[FLYNN_U8] = xor_u8, [FLYNN_U16] = xor_u16}},
};
