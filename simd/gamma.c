/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lookup.h"

#include <float.h>

#if !defined(FLYNN_ISA_SSE2)
static void gamma_u8(const struct flynn_call *call)
{
    lookup_kernel(call);
}
#endif

/* ---- the power of a float, step by step as in cpu/gamma.c -------------------------------------------------------- */

#define SQRT_HALF 0x3fe6a09e667f3bcd
#define MANTISSA  0x000fffffffffffff
#define TWO_52    0x4330000000000000
#define BIAS      1024
#define ROUND     6755399441055744.0

struct exponent {
    double e, c[14];
};

#if defined(FLYNN_ISA_AVX512)
#define VD_AS_I(x) simde_mm512_castpd_si512(x)
#define VI_AS_D(x) simde_mm512_castsi512_pd(x)
#elif defined(FLYNN_ISA_AVX2)
#define VD_AS_I(x) simde_mm256_castpd_si256(x)
#define VI_AS_D(x) simde_mm256_castsi256_pd(x)
#else
#define VD_AS_I(x) simde_mm_castpd_si128(x)
#define VI_AS_D(x) simde_mm_castsi128_pd(x)
#endif

static inline vi set64(uint64_t x)
{
    return V(set1_epi64x)((int64_t)x);
}

static inline vd add(vd a, vd b)
{
    return V(add_pd)(a, b);
}

static inline vd mul(vd a, vd b)
{
    return V(mul_pd)(a, b);
}

/* c[0] + x * c[1], in two roundings. */
static inline vd line(const double *c, vd x)
{
    return add(V(set1_pd)(c[0]), mul(x, V(set1_pd)(c[1])));
}

/* x = 2^k * m, m in [sqrt(1/2), sqrt(2)); s = (m - 1) / (m + 1). */
struct split {
    vd k, s;
};

static inline struct split split(vd x)
{
    const vd one = V(set1_pd)(1);
    vi t = V(add_epi64)(V(sub_epi64)(VD_AS_I(x), set64(SQRT_HALF)), set64((uint64_t)BIAS << 52));
    vd k = V(sub_pd)(VI_AS_D(v_or(V(srli_epi64)(t, 52), set64(TWO_52))), V(set1_pd)(4503599627370496.0 + BIAS));
    vd m = VI_AS_D(V(add_epi64)(v_and(t, set64(MANTISSA)), set64(SQRT_HALF)));
    return (struct split){k, V(div_pd)(V(sub_pd)(m, one), add(m, one))};
}

/* e * log2(x), within the limits c[12] and c[13]. */
static inline vd logarithm(struct split x, double e, const double *c)
{
    vd z = mul(x.s, x.s), z2 = mul(z, z);
    vd q = add(line(c, z), mul(z2, add(line(c + 2, z), mul(z2, V(set1_pd)(c[4])))));
    vd y = mul(V(set1_pd)(e), add(x.k, mul(x.s, q)));
    return V(min_pd)(V(max_pd)(y, V(set1_pd)(c[12])), V(set1_pd)(c[13]));
}

/* 2^y */
static inline vd power_of_two(vd y, const double *c)
{
    vd n = add(y, V(set1_pd)(ROUND)), r = V(sub_pd)(y, V(sub_pd)(n, V(set1_pd)(ROUND))), r2 = mul(r, r);
    vd p = add(add(V(set1_pd)(1), mul(r, V(set1_pd)(c[5]))), mul(r2, line(c + 6, r)));
    p = add(p, mul(mul(r2, r2), add(line(c + 8, r), mul(r2, line(c + 10, r)))));
    return mul(p, VI_AS_D(V(slli_epi64)(V(add_epi64)(VD_AS_I(n), set64(1023)), 52)));
}

/* All ones where 0 < x, and where x is a number below infinity. */
#if defined(FLYNN_ISA_AVX512)
static inline vi above_zero(vf x)
{
    return simde_mm512_movm_epi32(simde_mm512_cmp_ps_mask(x, simde_mm512_set1_ps(0), SIMDE_CMP_GT_OQ));
}

static inline vi below_infinity(vf x)
{
    return simde_mm512_movm_epi32(simde_mm512_cmp_ps_mask(x, simde_mm512_set1_ps(FLT_MAX), SIMDE_CMP_LE_OQ));
}

static inline vd low_half(vf x)
{
    return simde_mm512_cvtps_pd(simde_mm512_castps512_ps256(x));
}

static inline vd high_half(vf x)
{
    return simde_mm512_cvtps_pd(flynn_mm512_upper_ps(x));
}

static inline vf join(vd low, vd high)
{
    return flynn_mm512_join_ps(simde_mm512_cvtpd_ps(low), simde_mm512_cvtpd_ps(high));
}
#elif defined(FLYNN_ISA_AVX2)
static inline vi above_zero(vf x)
{
    return V_AS_I(simde_mm256_cmp_ps(x, simde_mm256_set1_ps(0), SIMDE_CMP_GT_OQ));
}

static inline vi below_infinity(vf x)
{
    return V_AS_I(simde_mm256_cmp_ps(x, simde_mm256_set1_ps(FLT_MAX), SIMDE_CMP_LE_OQ));
}

static inline vd low_half(vf x)
{
    return simde_mm256_cvtps_pd(simde_mm256_castps256_ps128(x));
}

static inline vd high_half(vf x)
{
    return simde_mm256_cvtps_pd(simde_mm256_extractf128_ps(x, 1));
}

static inline vf join(vd low, vd high)
{
    return simde_mm256_set_m128(simde_mm256_cvtpd_ps(high), simde_mm256_cvtpd_ps(low));
}
#else
static inline vi above_zero(vf x)
{
    return V_AS_I(simde_mm_cmpgt_ps(x, simde_mm_set1_ps(0)));
}

static inline vi below_infinity(vf x)
{
    return V_AS_I(simde_mm_cmple_ps(x, simde_mm_set1_ps(FLT_MAX)));
}

static inline vd low_half(vf x)
{
    return simde_mm_cvtps_pd(x);
}

static inline vd high_half(vf x)
{
    return simde_mm_cvtps_pd(simde_mm_movehl_ps(x, x));
}

static inline vf join(vd low, vd high)
{
    return simde_mm_movelh_ps(simde_mm_cvtpd_ps(low), simde_mm_cvtpd_ps(high));
}
#endif

/* n vectors side by side, because each step waits for the one before. Infinity and NaN pass; zero and below are zero.
 */
POINT_INLINE void power_floats(vi *bits, int n, const struct exponent *exponent)
{
    const double *c = exponent->c;
    struct split s[4];
    vd y[4];
    for (int i = 0; i < n; i++) {
        s[2 * i] = split(low_half(V_AS_F(bits[i])));
        s[2 * i + 1] = split(high_half(V_AS_F(bits[i])));
    }
    for (int i = 0; i < 2 * n; i++)
        y[i] = logarithm(s[i], exponent->e, c);
    for (int i = 0; i < 2 * n; i++)
        y[i] = power_of_two(y[i], c);
    for (int i = 0; i < n; i++) {
        vf x = V_AS_F(bits[i]);
        vi power = v_and(V_AS_I(join(y[2 * i], y[2 * i + 1])), above_zero(x));
        bits[i] = v_select(below_infinity(x), bits[i], power);
    }
}

static inline vi gamma_floats(vi x, const void *by)
{
    power_floats(&x, 1, by);
    return x;
}

static void gamma_f32(const struct flynn_call *call)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * sizeof(float);
    const vi alpha = v_alpha_mask(call->stage->in.channels, sizeof(float));
    struct exponent exponent = {.e = call->stage->d[0]};

    memcpy(exponent.c, call->stage->table[0].data, sizeof exponent.c);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        size_t i = 0;
        for (; i + 2 * VEC <= bytes; i += 2 * VEC) {
            vi x[2] = {v_load(in + i), v_load(in + i + VEC)}, y[2] = {x[0], x[1]};
            power_floats(y, 2, &exponent);
            v_store(out + i, v_select(alpha, y[0], x[0]));
            v_store(out + i + VEC, v_select(alpha, y[1], x[1]));
        }
        point_row(in + i, in + i, out + i, bytes - i, false, gamma_floats, NULL, &exponent, &alpha);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(gamma);

/* 65536 entries are beyond every register: u16 is the scalar loop, and so is u8 where there is no byte shuffle. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(gamma) = {
#if defined(FLYNN_ISA_SSE2)
    .fn = {{[FLYNN_F32] = gamma_f32}},
#else
    .fn = {{[FLYNN_U8] = gamma_u8, [FLYNN_F32] = gamma_f32}},
#endif
};
