/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WIDE_H
#define FLYNN_SIMD_WIDE_H

#include "simd/vec.h"

/** Vectors of at most 256 bits, for kernels made of shuffles within lanes: there 512 bits give no more bytes per cycle,
 * and small tiles leave less to do at the edges. W(add_epi8) is simde_mm256_add_epi8, in tables without AVX2
 * simde_mm_add_epi8. */

#if defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_AVX512)
#define WIDE       32 /**< bytes of a vector */
#define W(name)    simde_mm256_##name
#define W_SI(name) simde_mm256_##name##_si256
typedef simde__m256i wi;
#else
#define WIDE       16
#define W(name)    simde_mm_##name
#define W_SI(name) simde_mm_##name##_si128
typedef simde__m128i wi;
#endif

#define W_LANES (WIDE / 16)

/** Set where a byte shuffle is an instruction; sse2 and unknown CPUs have to do without. */
#if defined(FLYNN_ISA_SSE41) || defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_AVX512)
#define W_SHUFFLES 1
#else
#define W_SHUFFLES 0
#endif

static inline wi w_load(const void *p)
{
    wi v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void w_store(void *p, wi v)
{
    memcpy(p, &v, sizeof v);
}

static inline simde__m128i w_load16(const void *p)
{
    return simde_mm_loadu_si128(p);
}

static inline void w_store16(void *p, simde__m128i v)
{
    simde_mm_storeu_si128(p, v);
}

/** Lane l holds the 16 bytes at p + l * step. */
static inline wi w_load_lanes(const uint8_t *p, ptrdiff_t step)
{
#if WIDE == 32
    return simde_mm256_inserti128_si256(simde_mm256_castsi128_si256(w_load16(p)), w_load16(p + step), 1);
#else
    (void)step;
    return w_load16(p);
#endif
}

/** 16 bytes in every lane. */
static inline wi w_repeat16(const void *p)
{
#if WIDE == 32
    return simde_mm256_broadcastsi128_si256(w_load16(p));
#else
    return w_load16(p);
#endif
}

/** Store the first 12 bytes of every lane next to each other: 12 * W_LANES bytes. */
static inline void w_store_12(uint8_t *p, wi v)
{
#if WIDE == 32
    wi joined = simde_mm256_permutevar8x32_epi32(v, simde_mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    w_store16(p, simde_mm256_castsi256_si128(joined));
    simde_mm_storel_epi64((void *)(p + 16), simde_mm256_extracti128_si256(joined, 1));
#else
    int32_t last = simde_mm_cvtsi128_si32(simde_mm_srli_si128(v, 8));
    simde_mm_storel_epi64((void *)p, v);
    memcpy(p + 8, &last, sizeof last);
#endif
}

#endif
