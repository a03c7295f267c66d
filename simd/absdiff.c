/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"
#include "simd/doubles.h"

static inline vi absdiff_bytes(vi x, vi w, const void *by)
{
    (void)by;
    return v_or(V(subs_epu8)(x, w), V(subs_epu8)(w, x));
}

static inline vi absdiff_shorts(vi x, vi w, const void *by)
{
    (void)by;
    return v_or(V(subs_epu16)(x, w), V(subs_epu16)(w, x));
}

static inline vi absdiff_floats(vi x, vi w, const void *by)
{
    (void)by;
    return v_and(V_AS_I(V(sub_ps)(V_AS_F(x), V_AS_F(w))), v_set32(INT32_MAX));
}

static inline vd absdiff_doubles(vd x, vd w, const void *by)
{
    (void)by;
    return vd_abs(V(sub_pd)(x, w));
}

static void absdiff_u8(const struct flynn_call *call)
{
    point_kernel2(call, 1, absdiff_bytes, NULL);
}

static void absdiff_u16(const struct flynn_call *call)
{
    point_kernel2(call, 2, absdiff_shorts, NULL);
}

static void absdiff_f32(const struct flynn_call *call)
{
    point_kernel2(call, sizeof(float), absdiff_floats, NULL);
}

static void absdiff_f64(const struct flynn_call *call)
{
    doubles_kernel(call, absdiff_doubles, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(absdiff);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(absdiff) = {
    .fn = {{[FLYNN_U8] = absdiff_u8, [FLYNN_U16] = absdiff_u16, [FLYNN_F32] = absdiff_f32, [FLYNN_F64] = absdiff_f64}},
};
