/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/alpha.h"

/* p / 255 to the nearest, for a product of two bytes; white times x is x again. */
static inline wi words(wi x, const struct alpha *t)
{
    wi p = W(add_epi16)(W(mullo_epi16)(x, alpha_words(x, t)), w_set16(128));
    return W(srli_epi16)(W(add_epi16)(p, W(srli_epi16)(p, 8)), 8);
}

static inline wi map_u8(wi x, const void *by)
{
    wi low = words(W(unpacklo_epi8)(x, w_zero()), by), high = words(W(unpackhi_epi8)(x, w_zero()), by);
    return W(packus_epi16)(low, high);
}

/* p / 65535 to the nearest. */
static inline wi ints(wi p)
{
    p = W(add_epi32)(p, w_set32(32768));
    return W(srli_epi32)(W(add_epi32)(p, W(srli_epi32)(p, 16)), 16);
}

static inline wi map_u16(wi x, const void *by)
{
    wi alpha = alpha_words(x, by), low = W(mullo_epi16)(x, alpha), high = W(mulhi_epu16)(x, alpha);
    return w_pack_u16(ints(W(unpacklo_epi16)(low, high)), ints(W(unpackhi_epi16)(low, high)));
}

static inline wi map_f32(wi x, const void *by)
{
    const struct alpha *t = by;
    wi y = W_AS_I(W(mul_ps)(W_AS_F(x), alpha_floats(W_AS_F(x), t)));
    return alpha_keep(x, y, t);
}

static void premultiply_u8(const struct flynn_call *call)
{
    struct alpha t = alpha_of(call->stage->in.channels, 1);
    wide_point(call, 1, map_u8, &t);
}

static void premultiply_u16(const struct flynn_call *call)
{
    struct alpha t = alpha_of(call->stage->in.channels, 2);
    wide_point(call, 2, map_u16, &t);
}

static void premultiply_f32(const struct flynn_call *call)
{
    struct alpha t = alpha_of(call->stage->in.channels, sizeof(float));
    wide_point(call, sizeof(float), map_f32, &t);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(premultiply);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(premultiply) = {
    .fn = {{[FLYNN_U8] = premultiply_u8, [FLYNN_U16] = premultiply_u16, [FLYNN_F32] = premultiply_f32}},
};
