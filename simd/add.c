/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi add_bytes(vi x, vi w, const void *by)
{
    (void)by;
    return V(adds_epu8)(x, w);
}

static inline vi add_shorts(vi x, vi w, const void *by)
{
    (void)by;
    return V(adds_epu16)(x, w);
}

static inline vi add_floats(vi x, vi w, const void *by)
{
    (void)by;
    return V_AS_I(V(add_ps)(V_AS_F(x), V_AS_F(w)));
}

static inline vd add_doubles(vd x, vd w, const void *by)
{
    (void)by;
    return V(add_pd)(x, w);
}

static void add_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, add_bytes, NULL);
}

static void add_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, add_shorts, NULL);
}

static void add_f32(const struct flynn_call *call)
{
    point_kernel2(call, sizeof(float), add_floats, NULL);
}

static void add_f64(const struct flynn_call *call)
{
    doubles_kernel(call, add_doubles, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(add);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(add) = {
    .fn = {{[FLYNN_U8] = add_u8, [FLYNN_U16] = add_u16, [FLYNN_F32] = add_f32, [FLYNN_F64] = add_f64}},
};
