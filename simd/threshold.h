/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_THRESHOLD_H
#define FLYNN_SIMD_THRESHOLD_H

#include "simd/point.h"

/** The kernels of threshold, for ops that find the value themselves. */

/* What is kept and what is set at and below the threshold, and the bits in which that differs above it. */
struct threshold {
    vi level, keep, set, keep_change, set_change;
};

static inline vi choose(vi x, vi above, const struct threshold *t)
{
    vi keep = v_xor(t->keep, v_and(above, t->keep_change));
    vi set = v_xor(t->set, v_and(above, t->set_change));
    return v_or(v_and(x, keep), set);
}

/* Unsigned comparisons: both sides moved by half of the range. */
static inline vi threshold_bytes(vi x, const void *by)
{
    const struct threshold *t = by;
    return choose(x, v_gt_i8(v_xor(x, v_set8(-128)), t->level), t);
}

/* The binary types keep nothing of a sample. */
static inline vi binary_bytes(vi x, const void *by)
{
    const struct threshold *t = by;
    vi above = v_gt_i8(v_xor(x, v_set8(-128)), t->level);
    return v_xor(t->set, v_and(above, t->set_change));
}

static inline vi threshold_shorts(vi x, const void *by)
{
    const struct threshold *t = by;
    return choose(x, v_gt_i16(v_xor(x, v_set16(-32768)), t->level), t);
}

#if defined(FLYNN_ISA_AVX512)
static inline vi above_f32(vf x, vf level)
{
    return simde_mm512_movm_epi32(simde_mm512_cmp_ps_mask(x, level, SIMDE_CMP_GT_OQ));
}
#elif defined(FLYNN_ISA_AVX2)
static inline vi above_f32(vf x, vf level)
{
    return V_AS_I(simde_mm256_cmp_ps(x, level, SIMDE_CMP_GT_OQ));
}
#else
static inline vi above_f32(vf x, vf level)
{
    return V_AS_I(simde_mm_cmpgt_ps(x, level));
}
#endif

static inline vi threshold_floats(vi x, const void *by)
{
    const struct threshold *t = by;
    return choose(x, above_f32(V_AS_F(x), V_AS_F(t->level)), t);
}

static inline void run_threshold_u8(const struct flynn_call *call)
{
    const int32_t *k = call->stage->k;
    struct threshold t = {v_set8(k[5] ^ 128), v_set8(k[3]), v_set8(k[4]), v_set8(k[3] ^ k[1]), v_set8(k[4] ^ k[2])};
    if (k[1] == 0 && k[3] == 0)
        point_kernel(call, 1, binary_bytes, &t);
    else
        point_kernel(call, 1, threshold_bytes, &t);
}

static inline void run_threshold_u16(const struct flynn_call *call)
{
    const int32_t *k = call->stage->k;
    struct threshold t = {v_set16(k[5] ^ 32768), v_set16(k[3]), v_set16(k[4]), v_set16(k[3] ^ k[1]),
                          v_set16(k[4] ^ k[2])};
    point_kernel(call, 2, threshold_shorts, &t);
}

static inline void run_threshold_f32(const struct flynn_call *call)
{
    const int32_t *k = call->stage->k;
    struct threshold t = {V_AS_I(V(set1_ps)(call->stage->f[0])), v_set32(k[3]), v_set32(k[4]), v_set32(k[3] ^ k[1]),
                          v_set32(k[4] ^ k[2])};
    point_kernel(call, sizeof(float), threshold_floats, &t);
}

#endif
