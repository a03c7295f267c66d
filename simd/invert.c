/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/point.h"

/* Integers: x ^ 11..1 is white - x. */
static vi invert_bits(vi x, const void *by)
{
    (void)by;
    return v_xor(x, v_set8(-1));
}

static vi invert_floats(vi x, const void *by)
{
    (void)by;
    return V_AS_I(V(sub_ps)(V(set1_ps)(1.0f), V_AS_F(x)));
}

static void invert_u8(const struct flynn_call *call)
{
    point_kernel(call, 1, invert_bits, NULL);
}

static void invert_u16(const struct flynn_call *call)
{
    point_kernel(call, 2, invert_bits, NULL);
}

static void invert_f32(const struct flynn_call *call)
{
    point_kernel(call, sizeof(float), invert_floats, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(invert);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(invert) = {
    .fn = {{[FLYNN_U8] = invert_u8, [FLYNN_U16] = invert_u16, [FLYNN_F32] = invert_f32}},
};
