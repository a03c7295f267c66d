/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/point.h"

/* Weights of the input and of the second input, as each map below needs them. */
struct weights {
    vi a, b;
};

/* Both ends, where a weight of the maps below would not fit. */
static inline vi take_second(vi x, vi w, const void *by)
{
    (void)x;
    (void)by;
    return w;
}

static inline vi take_first(vi x, vi w, const void *by)
{
    (void)w;
    (void)by;
    return x;
}

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

/* A = 128: (x * 128 + w * 128 + 128) >> 8 is the rounded mean. */
static inline vi mean_bytes(vi x, vi w, const void *by)
{
    (void)by;
    return V(avg_epu8)(x, w);
}

#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)

/* x + (((w - x) * A + 128) >> 8) = (x * (256 - A) + w * A + 128) >> 8, which fits 16 unsigned bits. */
static inline vi blend_words(vi x, vi w, const struct weights *t)
{
    vi sum = V(add_epi16)(V(mullo_epi16)(x, t->a), V(mullo_epi16)(w, t->b));
    return V(srli_epi16)(V(add_epi16)(sum, v_set16(128)), 8);
}

static inline vi blend_bytes(vi x, vi w, const void *by)
{
    vi low = blend_words(V(unpacklo_epi8)(x, v_zero()), V(unpacklo_epi8)(w, v_zero()), by);
    vi high = blend_words(V(unpackhi_epi8)(x, v_zero()), V(unpackhi_epi8)(w, v_zero()), by);
    return V(packus_epi16)(low, high);
}

static void blend_u8(const struct flynn_call *call)
{
    int weight = call->stage->k[1];
    struct weights weights = {v_set16(256 - weight), v_set16(weight)};
    if (weight == 128)
        point_kernel2(call, 1, mean_bytes, &weights);
    else
        point_kernel2_heavy(call, 1, blend_bytes, &weights);
}

#else

/* base + (((other - base) * A + 128) >> 8) for A < 128: the product of a pair fits 16 bits, its rounded quotient 8. */
static inline vi change_bytes(vi base, vi other, const struct weights *t)
{
    vi low = V(maddubs_epi16)(V(unpacklo_epi8)(base, other), t->a);
    vi high = V(maddubs_epi16)(V(unpackhi_epi8)(base, other), t->a);
    return V(add_epi8)(base, V(packs_epi16)(V(mulhrs_epi16)(low, t->b), V(mulhrs_epi16)(high, t->b)));
}

static inline vi blend_bytes(vi x, vi w, const void *by)
{
    return change_bytes(x, w, by);
}

/* The same sum seen from the second input, whose weight is 256 - A. */
static inline vi blend_bytes_back(vi x, vi w, const void *by)
{
    return change_bytes(w, x, by);
}

static void blend_u8(const struct flynn_call *call)
{
    int weight = call->stage->k[1], less = weight < 128 ? weight : 256 - weight;
    struct weights weights = {v_set16((less << 8) | (-less & 255)), v_set16(128)};
    if (weight == 128)
        point_kernel2(call, 1, mean_bytes, &weights);
    else if (weight < 128)
        point_kernel2_heavy(call, 1, blend_bytes, &weights);
    else
        point_kernel2_heavy(call, 1, blend_bytes_back, &weights);
}

#endif

/* ---- u16 --------------------------------------------------------------------------------------------------------- */

/* x + (((w - x) * A + 16384) >> 15) = (x * (32768 - A) + w * A + 16384) >> 15. Moving samples down by 32768 to signed
 * ones moves the quotient down by as much. */
static inline vi blend_shorts(vi x, vi w, const void *by)
{
    const struct weights *t = by;
    const vi sign = v_set16(-32768);
    x = v_xor(x, sign);
    w = v_xor(w, sign);
    vi low = V(add_epi32)(V(madd_epi16)(V(unpacklo_epi16)(x, w), t->a), t->b);
    vi high = V(add_epi32)(V(madd_epi16)(V(unpackhi_epi16)(x, w), t->a), t->b);
    return v_xor(V(packs_epi32)(V(srai_epi32)(low, 15), V(srai_epi32)(high, 15)), sign);
}

static void blend_u16(const struct flynn_call *call)
{
    int weight = call->stage->k[1];
    struct weights weights = {v_set32((int32_t)((uint32_t)weight << 16 | (uint32_t)(32768 - weight))), v_set32(16384)};
    if (weight == 0)
        point_kernel2(call, 2, take_first, &weights);
    else if (weight == 32768)
        point_kernel2(call, 2, take_second, &weights);
    else
        point_kernel2_heavy(call, 2, blend_shorts, &weights);
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

static inline vi blend_floats(vi x, vi w, const void *by)
{
    const vf *weight = by;
    vf base = V_AS_F(x);
    return V_AS_I(V(add_ps)(base, V(mul_ps)(V(sub_ps)(V_AS_F(w), base), *weight)));
}

static void blend_f32(const struct flynn_call *call)
{
    vf weight = V(set1_ps)(call->stage->f[0]);
    point_kernel2(call, sizeof(float), blend_floats, &weight);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(blend);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(blend) = {
    .fn = {{[FLYNN_U8] = blend_u8, [FLYNN_U16] = blend_u16, [FLYNN_F32] = blend_f32}},
};
