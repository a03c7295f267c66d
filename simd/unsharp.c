/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/filter.h"
#include "simd/point.h"

/* The stage is described in cpu/unsharp.c. */

struct by {
    vi amount, threshold;
    vf real, least;
};

/* x of 16 bits with d = x - g. */
static inline vi sharper_words(vi x, vi g, const struct by *by)
{
    vi d = V(sub_epi16)(x, g), size = V(max_epi16)(d, V(sub_epi16)(v_zero(), d));
    d = v_andnot(v_gt_i16(by->threshold, size), d);
#if defined(FLYNN_ISA_SSE2)
    vi one = v_set16(1), low = V(madd_epi16)(V(unpacklo_epi16)(d, one), by->amount);
    vi high = V(madd_epi16)(V(unpackhi_epi16)(d, one), by->amount);
    return V(add_epi16)(x, V(packs_epi32)(V(srai_epi32)(low, 8), V(srai_epi32)(high, 8)));
#else
    return V(add_epi16)(x, V(mulhrs_epi16)(V(slli_epi16)(d, 7), by->amount));
#endif
}

POINT_INLINE vi sharper_u8(vi g, vi x, const void *by)
{
    vi zero = v_zero();
    return V(packus_epi16)(sharper_words(V(unpacklo_epi8)(x, zero), V(unpacklo_epi8)(g, zero), by),
                           sharper_words(V(unpackhi_epi8)(x, zero), V(unpackhi_epi8)(g, zero), by));
}

static inline vi sharper_longs(vi x, vi g, const struct by *by)
{
    vi d = V(sub_epi32)(x, g), size = V(abs_epi32)(d);
    d = v_andnot(v_gt_i32(by->threshold, size), d);
    vi more = V(srai_epi32)(V(add_epi32)(V(mullo_epi32)(d, by->amount), v_set32(128)), 8);
    return V(min_epi32)(V(max_epi32)(V(add_epi32)(x, more), v_zero()), v_set32(65535));
}

POINT_INLINE vi sharper_u16(vi g, vi x, const void *by)
{
    vi zero = v_zero();
    return v_pack_words(sharper_longs(V(unpacklo_epi16)(x, zero), V(unpacklo_epi16)(g, zero), by),
                        sharper_longs(V(unpackhi_epi16)(x, zero), V(unpackhi_epi16)(g, zero), by));
}

POINT_INLINE vi sharper_f32(vi g, vi x, const void *as)
{
    const struct by *by = as;
    vf d = V(sub_ps)(V_AS_F(x), V_AS_F(g)), sharp = V(add_ps)(V_AS_F(x), V(mul_ps)(by->real, d));
    vf size = V_AS_F(v_and(V_AS_I(d), v_set32(INT32_MAX)));
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_mask_mov_epi32(V_AS_I(sharp), simde_mm512_cmp_ps_mask(size, by->least, SIMDE_CMP_LT_OQ), x);
#elif defined(FLYNN_ISA_AVX2)
    return v_select(V_AS_I(simde_mm256_cmp_ps(size, by->least, SIMDE_CMP_LT_OQ)), V_AS_I(sharp), x);
#else
    return v_select(V_AS_I(simde_mm_cmplt_ps(size, by->least)), V_AS_I(sharp), x);
#endif
}

/* Alpha is filtered like all else: one channel for the rows of a point op. */
POINT_INLINE void unsharp(const struct flynn_call *call, size_t sample, point_map2 *map, const struct by *by)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * sample;
    for (int r = 0; r < call->rows; r++)
        point_row(call->in[r], call->with[r], call->out[r], bytes, call->stream, NULL, map, by, NULL);
}

static void unsharp_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    struct by by = {.threshold = v_set16(stage->k[1]), .amount = v_set16(stage->k[0])};
#if defined(FLYNN_ISA_SSE2)
    by.amount = v_set32(stage->k[0] | 128 << 16);
#endif
    unsharp(call, 1, sharper_u8, &by);
}

static void unsharp_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    struct by by = {.threshold = v_set32(stage->k[1]), .amount = v_set32(stage->k[0])};
    unsharp(call, 2, sharper_u16, &by);
}

static void unsharp_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    struct by by = {.real = V(set1_ps)(stage->f[0]), .least = V(set1_ps)(stage->f[1])};
    unsharp(call, 4, sharper_f32, &by);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(unsharp);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(unsharp) = {
    .fn = {{[FLYNN_U8] = unsharp_u8, [FLYNN_U16] = unsharp_u16, [FLYNN_F32] = unsharp_f32}},
};
