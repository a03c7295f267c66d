/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_FILTER_H
#define FLYNN_SIMD_FILTER_H

#include "simd/vec.h"

/** What the kernels of the neighbourhood filters share. */

/** Inline even where the compiler would not: the callers pass constants for which the loops unroll. */
#define FLYNN_UNROLLED static inline __attribute__((always_inline))

/** v, which the compiler must have in a register here: compilers regroup long sums so that every product is alive at
 * once and spills. */
static inline vi v_keep(vi v)
{
#if defined(__x86_64__) && !defined(FLYNN_ISA_EMULATED)
    __asm__ volatile("" : "+v"(v));
#endif
    return v;
}

/** What unpacklo and unpackhi made of one vector, put into the order of the samples: *low the first half, *high the
 * second. */
static inline void v_unpacked_order(vi *low, vi *high)
{
#if defined(FLYNN_ISA_AVX512)
    vi first = simde_mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0),
       second = simde_mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    vi a = simde_mm512_permutex2var_epi64(*low, first, *high);
    *high = simde_mm512_permutex2var_epi64(*low, second, *high);
    *low = a;
#elif defined(FLYNN_ISA_AVX2)
    vi a = simde_mm256_permute2x128_si256(*low, *high, 0x20);
    *high = simde_mm256_permute2x128_si256(*low, *high, 0x31);
    *low = a;
#else
    (void)low;
    (void)high;
#endif
}

/** What a pack instruction made of two vectors whose samples are in order, put into the order of the samples. */
static inline vi v_packed_order(vi v)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_permutexvar_epi64(simde_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), v);
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_permute4x64_epi64(v, 0xd8);
#else
    return v;
#endif
}

/** VEC / 2 bytes as 16-bit integers. */
static inline vi v_widen8(const uint8_t *p)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_cvtepu8_epi16(simde_mm256_loadu_si256((const void *)p));
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_cvtepu8_epi16(simde_mm_loadu_si128((const void *)p));
#else
    return simde_mm_unpacklo_epi8(simde_mm_loadl_epi64((const void *)p), v_zero());
#endif
}

/** b where a byte of mask is all ones, a where it is 0: for such masks quicker than v_select. */
static inline vi v_choose(vi mask, vi a, vi b)
{
#if defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_SSE41)
    return V(blendv_epi8)(a, b, mask);
#else
    return v_select(mask, a, b);
#endif
}

/** All ones where a > b. */
static inline vi v_gt_i32(vi a, vi b)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_maskz_mov_epi32(simde_mm512_cmpgt_epi32_mask(a, b), v_set32(-1));
#else
    return V(cmpgt_epi32)(a, b);
#endif
}

/** 32-bit integers from 0 to 65535 to 16 bits, in the order of a pack instruction. */
static inline vi v_pack_words(vi a, vi b)
{
#if defined(FLYNN_ISA_SSE2)
    return V(packs_epi32)(V(srai_epi32)(V(slli_epi32)(a, 16), 16), V(srai_epi32)(V(slli_epi32)(b, 16), 16));
#else
    return V(packus_epi32)(a, b);
#endif
}

/** Where the next vector of `lanes` samples starts, of `samples` in all, when the one at `i` is done. The last one is
 * moved back, over samples that are already done, so that it ends with the row. Rows shorter than a vector have one at
 * 0 that is cut short when it is stored. Returns `samples` at the end. */
static inline int v_advance(int i, int lanes, int samples)
{
    int next = i + lanes;
    return next >= samples ? samples : next + lanes <= samples ? next : samples - lanes;
}

/** Store a vector of samples of `bytes` bytes at sample i of a row of `samples`. */
static inline void v_store_row(void *row, int i, int samples, size_t bytes, vi v)
{
    size_t lanes = VEC / bytes, left = (size_t)(samples - i);
    if (left >= lanes)
        v_store((uint8_t *)row + (size_t)i * bytes, v);
    else
        v_store_n((uint8_t *)row + (size_t)i * bytes, v, left * bytes);
}

/** The halves of a vector of bytes to sample i of two rows of `samples`. */
static inline void v_store_halves(void *row0, void *row1, int i, int samples, vi v)
{
    uint8_t *low = (uint8_t *)row0 + i, *high = (uint8_t *)row1 + i;
    if (samples - i < VEC / 2) {
        uint8_t bytes[VEC];
        v_store(bytes, v);
        memcpy(low, bytes, (size_t)(samples - i));
        memcpy(high, bytes + VEC / 2, (size_t)(samples - i));
        return;
    }
#if defined(FLYNN_ISA_AVX512)
    simde_mm256_storeu_si256(low, simde_mm512_castsi512_si256(v));
    simde_mm256_storeu_si256(high, simde_mm512_extracti64x4_epi64(v, 1));
#elif defined(FLYNN_ISA_AVX2)
    simde_mm_storeu_si128(low, simde_mm256_castsi256_si128(v));
    simde_mm_storeu_si128(high, simde_mm256_extracti128_si256(v, 1));
#else
    simde_mm_storel_epi64((void *)low, v);
    simde_mm_storel_epi64((void *)high, simde_mm_srli_si128(v, 8));
#endif
}

#endif
