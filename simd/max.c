/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi max_bytes(vi x, vi w, const void *by)
{
    (void)by;
    return V(max_epu8)(x, w);
}

static inline vi max_shorts(vi x, vi w, const void *by)
{
    (void)by;
    return V(add_epi16)(w, V(subs_epu16)(x, w));
}

static inline vi max_floats(vi x, vi w, const void *by)
{
    (void)by;
    return V_AS_I(V(max_ps)(V_AS_F(x), V_AS_F(w)));
}

static inline vd max_doubles(vd x, vd w, const void *by)
{
    (void)by;
    return V(max_pd)(x, w);
}

static void max_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, max_bytes, NULL);
}

static void max_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, max_shorts, NULL);
}

static void max_f32(const struct flynn_call *call)
{
    point_kernel2(call, sizeof(float), max_floats, NULL);
}

static void max_f64(const struct flynn_call *call)
{
    doubles_kernel(call, max_doubles, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(max);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(max) = {
    .fn = {{[FLYNN_U8] = max_u8, [FLYNN_U16] = max_u16, [FLYNN_F32] = max_f32, [FLYNN_F64] = max_f64}},
};
