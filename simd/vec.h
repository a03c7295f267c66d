/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_VEC_H
#define FLYNN_SIMD_VEC_H

#include "simd/isa.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(FLYNN_ISA_AVX512)
#include <simde/x86/avx512.h>
#include "simd/shim.h"
#elif defined(FLYNN_ISA_AVX2)
#include <simde/x86/avx2.h>
#include <simde/x86/fma.h>
#else
#include <simde/x86/sse4.1.h>
#endif

/** A vector as wide as this table's registers.
 *
 * V(add_epi8) is simde_mm_add_epi8, simde_mm256_add_epi8 or simde_mm512_add_epi8: most instructions have one name at
 * every width, and the names are the ones that every reference manual uses. Unpack, pack and byte shuffle work within
 * lanes of 128 bits at every width, so that unpack followed by pack restores the order. What differs in name or shape
 * between the widths (logic, loads, comparisons, tails) has a function below. */

#define VEC FLYNN_VEC_BYTES /**< bytes of a vector */

#if defined(FLYNN_ISA_AVX512)
#define V(name) simde_mm512_##name
typedef simde__m512i vi;
typedef simde__m512 vf;
typedef simde__m512d vd;
#elif defined(FLYNN_ISA_AVX2)
#define V(name) simde_mm256_##name
typedef simde__m256i vi;
typedef simde__m256 vf;
typedef simde__m256d vd;
#else
#define V(name) simde_mm_##name
typedef simde__m128i vi;
typedef simde__m128 vf;
typedef simde__m128d vd;
#endif

/* ---- loads, stores, constants ---------------------------------------------------------------------------------- */

static inline vi v_load(const void *p)
{
    vi v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void v_store(void *p, vi v)
{
    memcpy(p, &v, sizeof v);
}

/** Store past the caches; p is aligned to VEC. */
static inline void v_stream(void *p, vi v)
{
#if defined(FLYNN_ISA_AVX512)
    simde__m256i half[2];
    memcpy(half, &v, sizeof v);
    simde_mm256_stream_si256(p, half[0]);
    simde_mm256_stream_si256((simde__m256i *)p + 1, half[1]);
#elif defined(FLYNN_ISA_AVX2)
    simde_mm256_stream_si256(p, v);
#else
    simde_mm_stream_si128(p, v);
#endif
}

static inline vf vf_load(const float *p)
{
    return V(loadu_ps)(p);
}

static inline void vf_store(float *p, vf v)
{
    V(storeu_ps)(p, v);
}

static inline vd vd_load(const double *p)
{
    return V(loadu_pd)(p);
}

static inline void vd_store(double *p, vd v)
{
    V(storeu_pd)(p, v);
}

/** The first n bytes (n < VEC) of a vector; nothing beyond is read or written; the rest of a load is 0. */
static inline vi v_load_n(const void *p, size_t n)
{
    uint8_t bytes[VEC] = {0};
    memcpy(bytes, p, n);
    return v_load(bytes);
}

static inline void v_store_n(void *p, vi v, size_t n)
{
    uint8_t bytes[VEC];
    v_store(bytes, v);
    memcpy(p, bytes, n);
}

static inline vi v_zero(void)
{
    vi v;
    memset(&v, 0, sizeof v);
    return v;
}

static inline vi v_set8(int x)
{
    return V(set1_epi8)((int8_t)x);
}

static inline vi v_set16(int x)
{
    return V(set1_epi16)((int16_t)x);
}

static inline vi v_set32(int32_t x)
{
    return V(set1_epi32)(x);
}

/** 16 bytes in every lane. */
static inline vi v_repeat16(const void *p)
{
#if defined(FLYNN_ISA_AVX512)
    simde__m128i lane = simde_mm_loadu_si128(p);
    return simde_mm512_broadcast_i32x4(lane);
#elif defined(FLYNN_ISA_AVX2)
    simde__m128i lane = simde_mm_loadu_si128(p);
    return simde_mm256_broadcastsi128_si256(lane);
#else
    return v_load(p);
#endif
}

/* ---- the same bits as another kind of vector --------------------------------------------------------------------- */

#if defined(FLYNN_ISA_AVX512)
#define V_AS_I(x) simde_mm512_castps_si512(x)
#define V_AS_F(x) simde_mm512_castsi512_ps(x)
#elif defined(FLYNN_ISA_AVX2)
#define V_AS_I(x) simde_mm256_castps_si256(x)
#define V_AS_F(x) simde_mm256_castsi256_ps(x)
#else
#define V_AS_I(x) simde_mm_castps_si128(x)
#define V_AS_F(x) simde_mm_castsi128_ps(x)
#endif

/* ---- logic ----------------------------------------------------------------------------------------------------- */

#if defined(FLYNN_ISA_AVX512)
#define V_LOGIC(name) simde_mm512_##name##_si512
#elif defined(FLYNN_ISA_AVX2)
#define V_LOGIC(name) simde_mm256_##name##_si256
#else
#define V_LOGIC(name) simde_mm_##name##_si128
#endif

static inline vi v_and(vi a, vi b)
{
    return V_LOGIC(and)(a, b);
}

static inline vi v_or(vi a, vi b)
{
    return V_LOGIC(or)(a, b);
}

static inline vi v_xor(vi a, vi b)
{
    return V_LOGIC(xor)(a, b);
}

/** ~a & b */
static inline vi v_andnot(vi a, vi b)
{
    return V_LOGIC(andnot)(a, b);
}

/** Bits of b where mask is 1, bits of a where it is 0. */
static inline vi v_select(vi mask, vi a, vi b)
{
    return v_or(v_and(mask, b), v_andnot(mask, a));
}

/* ---- comparisons: all ones where true ---------------------------------------------------------------------------- */

#if defined(FLYNN_ISA_AVX512)
static inline vi v_gt_i8(vi a, vi b)
{
    return simde_mm512_movm_epi8(simde_mm512_cmpgt_epi8_mask(a, b));
}

static inline vi v_gt_i16(vi a, vi b)
{
    return simde_mm512_movm_epi16((simde__mmask32)~simde_mm512_cmple_epi16_mask(a, b));
}

static inline vi v_eq_i8(vi a, vi b)
{
    return simde_mm512_movm_epi8(simde_mm512_cmpeq_epi8_mask(a, b));
}
#else
static inline vi v_gt_i8(vi a, vi b)
{
    return V(cmpgt_epi8)(a, b);
}

static inline vi v_gt_i16(vi a, vi b)
{
    return V(cmpgt_epi16)(a, b);
}

static inline vi v_eq_i8(vi a, vi b)
{
    return V(cmpeq_epi8)(a, b);
}
#endif

/* ---- alpha ------------------------------------------------------------------------------------------------------- */

/** All ones at the samples of the alpha channel, for samples of `bytes` bytes (1, 2 or 4) and a vector that starts at a
 * pixel: channel 1 of 2 or 3 of 4. All zero when there is no alpha channel. */
static inline vi v_alpha_mask(int channels, int bytes)
{
    uint8_t mask[VEC];
    for (int i = 0; i < VEC; i++)
        mask[i] = channels % 2 == 0 && i / bytes % channels == channels - 1 ? 0xff : 0;
    return v_load(mask);
}

#endif
