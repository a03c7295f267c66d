/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/alpha.h"

/* n / a for integers below 2^16 and 2^8: with half added to n, the error of the reciprocal cannot reach an integer. */
static inline wi divide_bytes(wi n, wi a)
{
    wf inverse = W(div_ps)(W(set1_ps)(1.0f), W(cvtepi32_ps)(a));
    return W(cvttps_epi32)(W(mul_ps)(W(add_ps)(W(cvtepi32_ps)(n), W(set1_ps)(0.5f)), inverse));
}

/* x * 255 + alpha / 2 fits 16 bits where x is at most alpha. An alpha of 0 makes x 0 and may then be 1. Where white
 * stands for alpha, x is divided by what it is multiplied with. */
static inline wi words(wi x, const struct alpha *t)
{
    wi alpha = alpha_words(x, t);
    x = W(min_epi16)(x, alpha);
    wi n = W(add_epi16)(W(mullo_epi16)(x, w_set16(255)), W(srli_epi16)(alpha, 1));
    wi a = W(max_epi16)(alpha, w_set16(1)), zero = w_zero();
    return W(packs_epi32)(divide_bytes(W(unpacklo_epi16)(n, zero), W(unpacklo_epi16)(a, zero)),
                          divide_bytes(W(unpackhi_epi16)(n, zero), W(unpackhi_epi16)(a, zero)));
}

static inline wi map_u8(wi x, const void *by)
{
    wi low = words(W(unpacklo_epi8)(x, w_zero()), by), high = words(W(unpackhi_epi8)(x, w_zero()), by);
    return W(packus_epi16)(low, high);
}

/* The quotient of n = x * 65535 + a / 2, at most one off. */
static inline wi estimate(wi x, wi a)
{
    wf n = W(mul_ps)(W(cvtepi32_ps)(x), W(set1_ps)(65535.0f));
    n = W(add_ps)(n, W(cvtepi32_ps)(W(srli_epi32)(a, 1)));
    return W(cvttps_epi32)(W(div_ps)(n, W(cvtepi32_ps)(a)));
}

/* What the estimate must change by: its product is taken from n, in 32 bits without a sign. */
static inline wi change(wi x, wi a, wi product)
{
    wi n = W(add_epi32)(W(sub_epi32)(W(slli_epi32)(x, 16), x), W(srli_epi32)(a, 1));
    wi rest = W(sub_epi32)(n, product);
    wi below = W(cmpgt_epi32)(w_zero(), rest), enough = W(cmpgt_epi32)(a, rest);
    return W(sub_epi32)(W(add_epi32)(below, w_set32(1)), W_SI(and)(enough, w_set32(1)));
}

static inline wi map_u16(wi v, const void *by)
{
    const wi zero = w_zero();
    wi alpha = alpha_words(v, by), x = W(sub_epi16)(v, W(subs_epu16)(v, alpha));
    alpha = W(sub_epi16)(alpha, W(cmpeq_epi16)(alpha, zero));
    wi x0 = W(unpacklo_epi16)(x, zero), x1 = W(unpackhi_epi16)(x, zero);
    wi a0 = W(unpacklo_epi16)(alpha, zero), a1 = W(unpackhi_epi16)(alpha, zero);
    wi q = w_pack_u16(estimate(x0, a0), estimate(x1, a1));
    wi low = W(mullo_epi16)(q, alpha), high = W(mulhi_epu16)(q, alpha);
    wi c0 = change(x0, a0, W(unpacklo_epi16)(low, high)), c1 = change(x1, a1, W(unpackhi_epi16)(low, high));
    return alpha_keep(v, W(add_epi16)(q, W(packs_epi32)(c0, c1)), by);
}

static inline wi map_f32(wi x, const void *by)
{
    const struct alpha *t = by;
    wf alpha = alpha_floats(W_AS_F(x), t);
    wi y = W_AS_I(W(div_ps)(W_AS_F(x), alpha));
    return alpha_keep(x, W_SI(andnot)(alpha_is_zero(alpha), y), t);
}

static void unpremultiply_u8(const struct flynn_call *call)
{
    struct alpha t = alpha_of(call->stage->in.channels, 1);
    wide_point(call, 1, map_u8, &t);
}

static void unpremultiply_u16(const struct flynn_call *call)
{
    struct alpha t = alpha_of(call->stage->in.channels, 2);
    wide_point(call, 2, map_u16, &t);
}

static void unpremultiply_f32(const struct flynn_call *call)
{
    struct alpha t = alpha_of(call->stage->in.channels, sizeof(float));
    wide_point(call, sizeof(float), map_f32, &t);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(unpremultiply);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(unpremultiply) = {
    .fn = {{[FLYNN_U8] = unpremultiply_u8, [FLYNN_U16] = unpremultiply_u16, [FLYNN_F32] = unpremultiply_f32}},
};
