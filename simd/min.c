/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi min_bytes(vi x, vi w, const void *by)
{
    (void)by;
    return V(min_epu8)(x, w);
}

static inline vi min_shorts(vi x, vi w, const void *by)
{
    (void)by;
    return V(sub_epi16)(x, V(subs_epu16)(x, w));
}

static inline vi min_floats(vi x, vi w, const void *by)
{
    (void)by;
    return V_AS_I(V(min_ps)(V_AS_F(x), V_AS_F(w)));
}

static inline vd min_doubles(vd x, vd w, const void *by)
{
    (void)by;
    return V(min_pd)(x, w);
}

static void min_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, min_bytes, NULL);
}

static void min_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, min_shorts, NULL);
}

static void min_f32(const struct flynn_call *call)
{
    point_kernel2(call, sizeof(float), min_floats, NULL);
}

static void min_f64(const struct flynn_call *call)
{
    doubles_kernel(call, min_doubles, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(min);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(min) = {
    .fn = {{[FLYNN_U8] = min_u8, [FLYNN_U16] = min_u16, [FLYNN_F32] = min_f32, [FLYNN_F64] = min_f64}},
};
