/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/point.h"

/* max and min take their second operand where one is a NaN. */
static inline vi posterize_floats(vi bits, const void *by)
{
    const vf *most = by;
    vf x = V(min_ps)(V(max_ps)(V_AS_F(bits), V(set1_ps)(0.0f)), V(set1_ps)(1.0f));
    vi level = V(cvttps_epi32)(V(add_ps)(V(mul_ps)(x, *most), V(set1_ps)(0.5f)));
    return V_AS_I(V(div_ps)(V(cvtepi32_ps)(level), *most));
}

static void posterize_f32(const struct flynn_call *call)
{
    vf most = V(set1_ps)(call->stage->f[0]);
    point_kernel(call, sizeof(float), posterize_floats, &most);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(posterize);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(posterize) = {
    .fn = {{[FLYNN_F32] = posterize_f32}},
};
