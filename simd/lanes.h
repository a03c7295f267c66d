/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LANES_H
#define FLYNN_SIMD_LANES_H

#include "simd/filter.h"

/** Samples of u8 and u16 as 32-bit lanes of a vector, for arithmetic that needs them: LANES at once, in the order of
 * memory. */

#define LANES (VEC / 4)

static inline vi lanes_load_u8(const uint8_t *p)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_cvtepu16_epi32(simde_mm256_cvtepu8_epi16(simde_mm_loadu_si128((const void *)p)));
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_cvtepu8_epi32(simde_mm_loadl_epi64((const void *)p));
#else
    int32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return simde_mm_unpacklo_epi16(simde_mm_unpacklo_epi8(simde_mm_cvtsi32_si128(bytes), v_zero()), v_zero());
#endif
}

static inline vi lanes_load_u16(const uint16_t *p)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_cvtepu16_epi32(simde_mm256_loadu_si256((const void *)p));
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_cvtepu16_epi32(simde_mm_loadu_si128((const void *)p));
#else
    return simde_mm_unpacklo_epi16(simde_mm_loadl_epi64((const void *)p), v_zero());
#endif
}

#if defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_AVX512)

static inline void lanes_store8_u8(uint8_t *p, simde__m256i x)
{
    simde__m128i words = simde_mm_packs_epi32(simde_mm256_castsi256_si128(x), simde_mm256_extracti128_si256(x, 1));
    simde_mm_storel_epi64((void *)p, simde_mm_packus_epi16(words, words));
}

static inline void lanes_store8_u16(uint16_t *p, simde__m256i x)
{
    simde_mm_storeu_si128((void *)p,
                          simde_mm_packus_epi32(simde_mm256_castsi256_si128(x), simde_mm256_extracti128_si256(x, 1)));
}

static inline simde__m256i lanes_gather8(const uint32_t *word)
{
    return simde_mm256_set_epi32((int)word[7], (int)word[6], (int)word[5], (int)word[4], (int)word[3], (int)word[2],
                                 (int)word[1], (int)word[0]);
}

#endif

/** Lanes within 0..255. */
static inline void lanes_store_u8(uint8_t *p, vi x)
{
#if defined(FLYNN_ISA_AVX512)
    lanes_store8_u8(p, simde_mm512_castsi512_si256(x));
    lanes_store8_u8(p + 8, simde_mm512_extracti64x4_epi64(x, 1));
#elif defined(FLYNN_ISA_AVX2)
    lanes_store8_u8(p, x);
#else
    x = simde_mm_packs_epi32(x, x);
    int32_t bytes = simde_mm_cvtsi128_si32(simde_mm_packus_epi16(x, x));
    memcpy(p, &bytes, sizeof bytes);
#endif
}

/** Lanes within 0..65535. */
static inline void lanes_store_u16(uint16_t *p, vi x)
{
#if defined(FLYNN_ISA_AVX512)
    lanes_store8_u16(p, simde_mm512_castsi512_si256(x));
    lanes_store8_u16(p + 8, simde_mm512_extracti64x4_epi64(x, 1));
#elif defined(FLYNN_ISA_AVX2)
    lanes_store8_u16(p, x);
#else
    simde_mm_storel_epi64((void *)p, v_pack_words(x, x));
#endif
}

/** Lanes from LANES words that were just computed one by one: not through memory, where they would have to wait. */
static inline vi lanes_gather(const uint32_t *word)
{
#if defined(FLYNN_ISA_AVX512)
    return V_AS_I(flynn_mm512_join_ps(simde_mm256_castsi256_ps(lanes_gather8(word)),
                                      simde_mm256_castsi256_ps(lanes_gather8(word + 8))));
#elif defined(FLYNN_ISA_AVX2)
    return lanes_gather8(word);
#else
    return simde_mm_set_epi32((int)word[3], (int)word[2], (int)word[1], (int)word[0]);
#endif
}

#endif
