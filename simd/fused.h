/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_FUSED_H
#define FLYNN_SIMD_FUSED_H

#include "simd/vec.h"

#include <math.h>

/** Chains of fma in f32 on SSE2, which has no such instruction.
 *
 * In f64 the product of two f32 is exact, and s = a b + c is rounded once. Rounding s to f32 gives fma(a, b, c) unless
 * s lies halfway between two f32, where the bits that s has lost decide (S. Boldo and G. Melquiond, "Emulation of FMA
 * and correctly rounded sums", 2008), or is so small that f32 keeps less of it. Both are rare and show in the bits of
 * s: a run of steps that saw one is done again with fmaf.
 *
 * Where every a b, and with it every c, is a multiple of 2^-149, f32 keeps all of a small s: then only ties are looked
 * for. A number with the biased exponent e is a multiple of 2^(e - 150). */

/** The least exponent of numbers other than 0, biased, of subnormal ones 1. */
static inline uint32_t fused_least(const float *v, size_t n)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, v + i, sizeof bits);
        bits = (bits & 0x7fffffffu) - 1; /* 0 becomes the largest */
        least = bits < least ? bits : least;
    }
    return least < 1u << 23 ? 1 : least >> 23;
}

static inline uint32_t fused_least_image(const struct flynn_image *image)
{
    uint32_t least = 511;
    for (int y = 0; y < image->shape.height; y++) {
        uint32_t row = fused_least(flynn_row(image, y), flynn_row_samples(&image->shape));
        least = row < least ? row : least;
    }
    return least;
}

/** Whether sums of products of numbers with these least exponents may be too small for f32. */
static inline bool fused_may_be_small(uint32_t a, uint32_t b)
{
    return a + b < 151;
}

/** One step of 4 chains, whose values stand in two vectors of f64; `seen` is not 0 where it may be wrong. */
static inline __attribute__((always_inline)) void fused_step(simde__m128d c[2], const simde__m128d a[2],
                                                             const simde__m128d b[2], simde__m128i *seen, bool small)
{
    const simde__m128i tie_bits = simde_mm_set1_epi32(0x1fffffff), tie = simde_mm_set1_epi32(0x10000000);
    /* |s| from its upper half: 0 becomes the largest number, what is less than 2^-126 one of the least. */
    const simde__m128i size = simde_mm_set1_epi32(INT32_MAX), least = simde_mm_set1_epi32(INT32_MIN + 0x380fffff);
    simde__m128d s0 = simde_mm_add_pd(simde_mm_mul_pd(a[0], b[0]), c[0]);
    simde__m128d s1 = simde_mm_add_pd(simde_mm_mul_pd(a[1], b[1]), c[1]);
    simde__m128 f0 = simde_mm_castpd_ps(s0), f1 = simde_mm_castpd_ps(s1);
    simde__m128i low = simde_mm_castps_si128(simde_mm_shuffle_ps(f0, f1, SIMDE_MM_SHUFFLE(2, 0, 2, 0)));
    low = simde_mm_cmpeq_epi32(simde_mm_and_si128(low, tie_bits), tie);
    *seen = simde_mm_or_si128(*seen, low);
    if (small) {
        simde__m128i high = simde_mm_castps_si128(simde_mm_shuffle_ps(f0, f1, SIMDE_MM_SHUFFLE(3, 1, 3, 1)));
        high = simde_mm_cmpgt_epi32(least, simde_mm_add_epi32(simde_mm_and_si128(high, size), size));
        *seen = simde_mm_or_si128(*seen, high);
    }
    c[0] = simde_mm_cvtps_pd(simde_mm_cvtpd_ps(s0));
    c[1] = simde_mm_cvtps_pd(simde_mm_cvtpd_ps(s1));
}

/** The same factor for all 4 chains. */
static inline __attribute__((always_inline)) void fused_step_by(simde__m128d c[2], float factor,
                                                                const simde__m128d b[2], simde__m128i *seen, bool small)
{
    const simde__m128d a = simde_mm_set1_pd((double)factor), both[2] = {a, a};
    fused_step(c, both, b, seen, small);
}

static inline void fused_load(simde__m128d to[2], const float *from)
{
    simde__m128 v = simde_mm_loadu_ps(from);
    to[0] = simde_mm_cvtps_pd(v);
    to[1] = simde_mm_cvtps_pd(simde_mm_movehl_ps(v, v));
}

static inline void fused_store(float *to, const simde__m128d from[2])
{
    simde_mm_storeu_ps(to, simde_mm_movelh_ps(simde_mm_cvtpd_ps(from[0]), simde_mm_cvtpd_ps(from[1])));
}

#endif
