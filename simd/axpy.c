/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/doubles.h"

static inline vi axpy_floats(vi y, vi x, const void *by)
{
    const vf *factor = by;
    return V_AS_I(V(add_ps)(V(mul_ps)(V_AS_F(x), *factor), V_AS_F(y)));
}

static inline vd axpy_doubles(vd y, vd x, const void *by)
{
    const vd *factor = by;
    return V(add_pd)(V(mul_pd)(x, *factor), y);
}

static void axpy_f32(const struct flynn_call *call)
{
    vf factor = V(set1_ps)(call->stage->f[0]);
    point_kernel2(call, sizeof(float), axpy_floats, &factor);
}

static void axpy_f64(const struct flynn_call *call)
{
    vd factor = V(set1_pd)(call->stage->d[0]);
    doubles_kernel(call, axpy_doubles, &factor);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(axpy);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(axpy) = {
    .fn = {{[FLYNN_F32] = axpy_f32, [FLYNN_F64] = axpy_f64}},
};
