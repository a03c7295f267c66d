/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/point.h"

struct limits {
    vi low, high;
};

static inline vi clamp_bytes(vi x, const void *by)
{
    const struct limits *t = by;
    return V(min_epu8)(V(max_epu8)(x, t->low), t->high);
}

/* SSE2 compares signed numbers alone: all are moved by half of the range. */
static inline vi clamp_shorts(vi x, const void *by)
{
    const struct limits *t = by;
    const vi sign = v_set16(-32768);
    return v_xor(V(min_epi16)(V(max_epi16)(v_xor(x, sign), t->low), t->high), sign);
}

/* The second operand is taken where one is a NaN. */
static inline vi clamp_floats(vi x, const void *by)
{
    const struct limits *t = by;
    return V_AS_I(V(min_ps)(V(max_ps)(V_AS_F(x), V_AS_F(t->low)), V_AS_F(t->high)));
}

static void clamp_u8(const struct flynn_call *call)
{
    struct limits t = {v_set8(call->stage->k[1]), v_set8(call->stage->k[2])};
    point_kernel(call, 1, clamp_bytes, &t);
}

static void clamp_u16(const struct flynn_call *call)
{
    struct limits t = {v_set16(call->stage->k[1] ^ 32768), v_set16(call->stage->k[2] ^ 32768)};
    point_kernel(call, 2, clamp_shorts, &t);
}

static void clamp_f32(const struct flynn_call *call)
{
    struct limits t = {V_AS_I(V(set1_ps)(call->stage->f[0])), V_AS_I(V(set1_ps)(call->stage->f[1]))};
    point_kernel(call, sizeof(float), clamp_floats, &t);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(clamp);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(clamp) = {
    .fn = {{[FLYNN_U8] = clamp_u8, [FLYNN_U16] = clamp_u16, [FLYNN_F32] = clamp_f32}},
};
