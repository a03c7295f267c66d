/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi sub_bytes(vi x, vi w, const void *by)
{
    (void)by;
    return V(subs_epu8)(x, w);
}

static inline vi sub_shorts(vi x, vi w, const void *by)
{
    (void)by;
    return V(subs_epu16)(x, w);
}

static inline vi sub_floats(vi x, vi w, const void *by)
{
    (void)by;
    return V_AS_I(V(sub_ps)(V_AS_F(x), V_AS_F(w)));
}

static inline vd sub_doubles(vd x, vd w, const void *by)
{
    (void)by;
    return V(sub_pd)(x, w);
}

static void sub_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, sub_bytes, NULL);
}

static void sub_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, sub_shorts, NULL);
}

static void sub_f32(const struct flynn_call *call)
{
    point_kernel2(call, sizeof(float), sub_floats, NULL);
}

static void sub_f64(const struct flynn_call *call)
{
    doubles_kernel(call, sub_doubles, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(sub);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(sub) = {
    .fn = {{[FLYNN_U8] = sub_u8, [FLYNN_U16] = sub_u16, [FLYNN_F32] = sub_f32, [FLYNN_F64] = sub_f64}},
};
