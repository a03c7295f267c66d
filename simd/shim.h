/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_SHIM_H
#define FLYNN_SIMD_SHIM_H

/** 512-bit names that SIMDe (0.7.4) lacks, under the names that SIMDe would give them. Included by vec.h alone.
 *
 * With AVX-512 each is the instruction; in the emulated table it is two instructions of 256 bits. The functions have
 * names of their own, so that a SIMDe that has them is no conflict. */

#if defined(FLYNN_ISA_AVX512)

#if defined(FLYNN_ISA_EMULATED)

union flynn_shim {
    simde__m512i i;
    simde__m512 f;
    simde__m512d d;
    simde__m256i i256[2];
    simde__m256 f256[2];
    simde__m256d d256[2];
};

static inline simde__m512d flynn_mm512_cvtps_pd(simde__m256 x)
{
    union flynn_shim y;
    y.d256[0] = simde_mm256_cvtps_pd(simde_mm256_castps256_ps128(x));
    y.d256[1] = simde_mm256_cvtps_pd(simde_mm256_extractf128_ps(x, 1));
    return y.d;
}

static inline simde__m256 flynn_mm512_cvtpd_ps(simde__m512d x)
{
    union flynn_shim y = {.d = x};
    return simde_mm256_set_m128(simde_mm256_cvtpd_ps(y.d256[1]), simde_mm256_cvtpd_ps(y.d256[0]));
}

static inline simde__m256 flynn_mm512_upper_ps(simde__m512 x)
{
    union flynn_shim y = {.f = x};
    return y.f256[1];
}

static inline simde__m512 flynn_mm512_join_ps(simde__m256 low, simde__m256 high)
{
    union flynn_shim y = {.f256 = {low, high}};
    return y.f;
}

static inline simde__m512 flynn_mm512_cvtepi32_ps(simde__m512i x)
{
    union flynn_shim y = {.i = x}, z;
    z.f256[0] = simde_mm256_cvtepi32_ps(y.i256[0]);
    z.f256[1] = simde_mm256_cvtepi32_ps(y.i256[1]);
    return z.f;
}

static inline simde__m512i flynn_mm512_cvtps_epi32(simde__m512 x)
{
    union flynn_shim y = {.f = x}, z;
    z.i256[0] = simde_mm256_cvtps_epi32(y.f256[0]);
    z.i256[1] = simde_mm256_cvtps_epi32(y.f256[1]);
    return z.i;
}

/* Wrong by 2^-14 of itself, or here by 3 / 2^13. */
static inline simde__m512 flynn_mm512_rcp14_ps(simde__m512 x)
{
    union flynn_shim y = {.f = x};
    y.f256[0] = simde_mm256_rcp_ps(y.f256[0]);
    y.f256[1] = simde_mm256_rcp_ps(y.f256[1]);
    return y.f;
}

static inline simde__m512i flynn_mm512_cvttps_epi32(simde__m512 x)
{
    union flynn_shim y = {.f = x}, z;
    z.i256[0] = simde_mm256_cvttps_epi32(y.f256[0]);
    z.i256[1] = simde_mm256_cvttps_epi32(y.f256[1]);
    return z.i;
}

static inline simde__m512i flynn_mm512_srai_epi32(simde__m512i x, int n)
{
    union flynn_shim y = {.i = x};
    y.i256[0] = simde_mm256_srai_epi32(y.i256[0], n);
    y.i256[1] = simde_mm256_srai_epi32(y.i256[1], n);
    return y.i;
}

static inline simde__m512i flynn_mm512_mulhi_epu16(simde__m512i a, simde__m512i b)
{
    union flynn_shim x = {.i = a}, y = {.i = b};
    x.i256[0] = simde_mm256_mulhi_epu16(x.i256[0], y.i256[0]);
    x.i256[1] = simde_mm256_mulhi_epu16(x.i256[1], y.i256[1]);
    return x.i;
}

static inline simde__m512i flynn_mm512_sra_epi32(simde__m512i x, simde__m128i n)
{
    union flynn_shim y = {.i = x};
    y.i256[0] = simde_mm256_sra_epi32(y.i256[0], n);
    y.i256[1] = simde_mm256_sra_epi32(y.i256[1], n);
    return y.i;
}

static inline simde__m512i flynn_mm512_cvtepu8_epi16(simde__m256i x)
{
    union flynn_shim y;
    y.i256[0] = simde_mm256_cvtepu8_epi16(simde_mm256_castsi256_si128(x));
    y.i256[1] = simde_mm256_cvtepu8_epi16(simde_mm256_extracti128_si256(x, 1));
    return y.i;
}

static inline simde__m512i flynn_mm512_cvtepu16_epi32(simde__m256i x)
{
    union flynn_shim y;
    y.i256[0] = simde_mm256_cvtepu16_epi32(simde_mm256_castsi256_si128(x));
    y.i256[1] = simde_mm256_cvtepu16_epi32(simde_mm256_extracti128_si256(x, 1));
    return y.i;
}

static inline simde__m512i flynn_mm512_maskz_compress_epi8(uint64_t k, simde__m512i x)
{
    uint8_t from[64], to[64] = {0};
    simde__m512i y;
    memcpy(from, &x, sizeof x);
    for (int i = 0, n = 0; i < 64; i++) {
        if (k >> i & 1)
            to[n++] = from[i];
    }
    memcpy(&y, to, sizeof y);
    return y;
}

#else

static inline simde__m512d flynn_mm512_cvtps_pd(simde__m256 x)
{
    return _mm512_cvtps_pd(x);
}

static inline simde__m256 flynn_mm512_cvtpd_ps(simde__m512d x)
{
    return _mm512_cvtpd_ps(x);
}

static inline simde__m256 flynn_mm512_upper_ps(simde__m512 x)
{
    return _mm512_extractf32x8_ps(x, 1);
}

static inline simde__m512 flynn_mm512_join_ps(simde__m256 low, simde__m256 high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

static inline simde__m512 flynn_mm512_cvtepi32_ps(simde__m512i x)
{
    return _mm512_cvtepi32_ps(x);
}

static inline simde__m512i flynn_mm512_cvtps_epi32(simde__m512 x)
{
    return _mm512_cvtps_epi32(x);
}

static inline simde__m512 flynn_mm512_rcp14_ps(simde__m512 x)
{
    return _mm512_rcp14_ps(x);
}

static inline simde__m512i flynn_mm512_cvttps_epi32(simde__m512 x)
{
    return _mm512_cvttps_epi32(x);
}

static inline simde__m512i flynn_mm512_srai_epi32(simde__m512i x, int n)
{
    return _mm512_srai_epi32(x, (unsigned)n);
}

static inline simde__m512i flynn_mm512_mulhi_epu16(simde__m512i a, simde__m512i b)
{
    return _mm512_mulhi_epu16(a, b);
}

static inline simde__m512i flynn_mm512_sra_epi32(simde__m512i x, simde__m128i n)
{
    return _mm512_sra_epi32(x, n);
}

static inline simde__m512i flynn_mm512_cvtepu8_epi16(simde__m256i x)
{
    return _mm512_cvtepu8_epi16(x);
}

static inline simde__m512i flynn_mm512_cvtepu16_epi32(simde__m256i x)
{
    return _mm512_cvtepu16_epi32(x);
}

static inline simde__m512i flynn_mm512_maskz_compress_epi8(uint64_t k, simde__m512i x)
{
    return _mm512_maskz_compress_epi8(k, x);
}

#endif

#undef simde_mm512_cvtps_pd
#define simde_mm512_cvtps_pd flynn_mm512_cvtps_pd
#undef simde_mm512_cvtpd_ps
#define simde_mm512_cvtpd_ps flynn_mm512_cvtpd_ps
#undef simde_mm512_cvtepi32_ps
#define simde_mm512_cvtepi32_ps flynn_mm512_cvtepi32_ps
#undef simde_mm512_cvtps_epi32
#define simde_mm512_cvtps_epi32 flynn_mm512_cvtps_epi32
#undef simde_mm512_rcp14_ps
#define simde_mm512_rcp14_ps flynn_mm512_rcp14_ps
#undef simde_mm512_cvttps_epi32
#define simde_mm512_cvttps_epi32 flynn_mm512_cvttps_epi32
#undef simde_mm512_srai_epi32
#define simde_mm512_srai_epi32 flynn_mm512_srai_epi32
#undef simde_mm512_mulhi_epu16
#define simde_mm512_mulhi_epu16 flynn_mm512_mulhi_epu16
#undef simde_mm512_sra_epi32
#define simde_mm512_sra_epi32 flynn_mm512_sra_epi32
#undef simde_mm512_cvtepu8_epi16
#define simde_mm512_cvtepu8_epi16 flynn_mm512_cvtepu8_epi16
#undef simde_mm512_cvtepu16_epi32
#define simde_mm512_cvtepu16_epi32 flynn_mm512_cvtepu16_epi32
#undef simde_mm512_maskz_compress_epi8
#define simde_mm512_maskz_compress_epi8 flynn_mm512_maskz_compress_epi8
#undef simde_mm512_set1_epi64x
#define simde_mm512_set1_epi64x simde_mm512_set1_epi64

#endif

#endif
