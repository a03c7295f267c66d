/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/doubles.h"

/* round(n / 255) = (t + (t >> 8)) >> 8 with t = n + 128, for n up to 255 * 255. */
static inline vi multiply_words(vi x, vi w)
{
    vi t = V(add_epi16)(V(mullo_epi16)(x, w), v_set16(128));
    return V(srli_epi16)(V(add_epi16)(t, V(srli_epi16)(t, 8)), 8);
}

static inline vi multiply_bytes(vi x, vi w, const void *by)
{
    (void)by;
    vi low = multiply_words(V(unpacklo_epi8)(x, v_zero()), V(unpacklo_epi8)(w, v_zero()));
    vi high = multiply_words(V(unpackhi_epi8)(x, v_zero()), V(unpackhi_epi8)(w, v_zero()));
    return V(packus_epi16)(low, high);
}

/* round(n / 65535) = (t + (t >> 16)) >> 16 with t = n + 32768: the upper half of t, and what its sum with the lower
 * half carries, which is the top bit of their mean. */
static inline vi multiply_shorts(vi x, vi w, const void *by)
{
    (void)by;
    vi low = V(mullo_epi16)(x, w);
    vi high = V(add_epi16)(V(mulhi_epu16)(x, w), V(srli_epi16)(low, 15));
    low = v_xor(low, v_set16(-32768));
    vi mean = V(add_epi16)(v_and(low, high), V(srli_epi16)(v_xor(low, high), 1));
    return V(add_epi16)(high, V(srli_epi16)(mean, 15));
}

static inline vi multiply_floats(vi x, vi w, const void *by)
{
    (void)by;
    return V_AS_I(V(mul_ps)(V_AS_F(x), V_AS_F(w)));
}

static inline vd multiply_doubles(vd x, vd w, const void *by)
{
    (void)by;
    return V(mul_pd)(x, w);
}

static void multiply_u8(const struct flynn_call *call)
{
    point_kernel2_heavy(call, 1, multiply_bytes, NULL);
}

static void multiply_u16(const struct flynn_call *call)
{
    point_kernel2_heavy(call, 2, multiply_shorts, NULL);
}

static void multiply_f32(const struct flynn_call *call)
{
    point_kernel2(call, sizeof(float), multiply_floats, NULL);
}

static void multiply_f64(const struct flynn_call *call)
{
    doubles_kernel(call, multiply_doubles, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(multiply);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(multiply) = {
    .fn = {{[FLYNN_U8] = multiply_u8,
            [FLYNN_U16] = multiply_u16,
            [FLYNN_F32] = multiply_f32,
            [FLYNN_F64] = multiply_f64}},
};
