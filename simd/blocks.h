/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BLOCKS_H
#define FLYNN_SIMD_BLOCKS_H

#include "core/blocks.h"
#include "simd/wide.h"

/** The lanes of core/blocks.h in vectors of f64, of at most 256 bits: memory is the limit. */

#if WIDE == 32
typedef simde__m256d wd;
#define BLOCK_UNORDERED(a) simde_mm256_cmp_pd(a, a, SIMDE_CMP_UNORD_Q)
#else
typedef simde__m128d wd;
#define BLOCK_UNORDERED(a) simde_mm_cmpunord_pd(a, a)
#endif

enum { BLOCK_STEP = WIDE / 8 };

/* Samples i.. as f64. */
BLOCK_INLINE wd block_load(enum flynn_type type, const void *row, size_t i)
{
    if (type == FLYNN_F64)
        return W(loadu_pd)((const double *)row + i);
#if WIDE == 32
    if (type == FLYNN_F32)
        return simde_mm256_cvtps_pd(simde_mm_loadu_ps((const float *)row + i));
    return simde_mm256_cvtepi32_pd(
        simde_mm_cvtepu16_epi32(simde_mm_loadl_epi64((const simde__m128i *)(const void *)((const uint16_t *)row + i))));
#else
    if (type == FLYNN_F32) {
        simde__m128i two = simde_mm_loadl_epi64((const simde__m128i *)(const void *)((const float *)row + i));
        return simde_mm_cvtps_pd(simde_mm_castsi128_ps(two));
    }
    int32_t pair;
    memcpy(&pair, (const uint16_t *)row + i, sizeof pair);
    return simde_mm_cvtepi32_pd(simde_mm_unpacklo_epi16(simde_mm_cvtsi32_si128(pair), simde_mm_setzero_si128()));
#endif
}

BLOCK_INLINE wd block_terms(enum block_kind kind, enum flynn_type type, const void *x, const void *w, size_t i)
{
    wd a = block_load(type, x, i);
    switch (kind) {
    case BLOCK_SQUARE:
        return W(mul_pd)(a, a);
    case BLOCK_PRODUCT:
        return W(mul_pd)(a, block_load(type, w, i));
    case BLOCK_SUM:
        return a;
    default:
        return W(andnot_pd)(W(set1_pd)(-0.0), a);
    }
}

/* The maximum gives its second operand where one is NaN; a NaN in the first must stay. */
BLOCK_INLINE wd block_folds(enum block_kind kind, wd a, wd b)
{
    if (kind == BLOCK_MAX)
        return W(or_pd)(W(max_pd)(a, b), BLOCK_UNORDERED(a));
    return W(add_pd)(a, b);
}

/* Less than 64 lanes. */
BLOCK_INLINE void block_some(enum block_kind kind, enum flynn_type type, double *lanes, const void *x, const void *w,
                             size_t i, int n)
{
    int j = 0;
    for (; j + BLOCK_STEP <= n; j += BLOCK_STEP) {
        wd sum = block_folds(kind, W(loadu_pd)(lanes + j), block_terms(kind, type, x, w, i + (size_t)j));
        W(storeu_pd)(lanes + j, sum);
    }
    for (; j < n; j++)
        lanes[j] = block_fold(kind, lanes[j], block_term(kind, type, x, w, i + (size_t)j));
}

/** The block_run of the other types. */
BLOCK_INLINE void block_doubles(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                                const void *w, int n)
{
    enum { VECTORS = BLOCK_LANES / BLOCK_STEP };
    int i = 0;
    if (lane) {
        i = BLOCK_LANES - lane < n ? BLOCK_LANES - lane : n;
        block_some(kind, type, lanes + lane, x, w, 0, i);
    }
    wd acc[VECTORS];
    for (int v = 0; v < VECTORS; v++)
        acc[v] = W(loadu_pd)(lanes + v * BLOCK_STEP);
    for (; i + BLOCK_LANES <= n; i += BLOCK_LANES) {
        for (int v = 0; v < VECTORS; v++)
            acc[v] = block_folds(kind, acc[v], block_terms(kind, type, x, w, (size_t)(i + v * BLOCK_STEP)));
    }
    for (int v = 0; v < VECTORS; v++)
        W(storeu_pd)(lanes + v * BLOCK_STEP, acc[v]);
    block_some(kind, type, lanes, x, w, (size_t)i, n - i);
}

/* ---- u8: sums of integers are exact in any order, so that they may all go to lane 0 ------------------------------ */

/* A run is at most a block long: the 32-bit sums of its squares stay below 2^32. */
#if defined(FLYNN_ISA_AVX512)

/* Sums of 32 or 64 bits, or the greatest bytes so far. Products take signed bytes on one side: w is moved by 128 there,
 * and *moved takes half of what that takes off. */
BLOCK_INLINE vi block_add_64(enum block_kind kind, vi acc, vi *moved, vi x, vi w)
{
    if (kind == BLOCK_MAX)
        return V(max_epu8)(acc, x);
    if (kind == BLOCK_SUM || kind == BLOCK_ABS)
        return V(add_epi64)(acc, V(sad_epu8)(x, v_zero()));
    *moved = V(dpbusd_epi32)(*moved, x, v_set8(64));
    return V(dpbusd_epi32)(acc, x, v_xor(kind == BLOCK_SQUARE ? x : w, v_set8(-128)));
}

BLOCK_INLINE vi block_join(enum block_kind kind, vi a, vi b)
{
    return kind == BLOCK_MAX ? V(max_epu8)(a, b) : V(add_epi32)(a, b);
}

/* The block_run: the lanes hold a vector of sums, because to turn it into a number takes as long as many samples. */
BLOCK_INLINE void block_bytes(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                              const void *w, int n)
{
    enum { CHAINS = 4 };
    const uint8_t *a = x, *b = w;
    vi acc[CHAINS], moved[CHAINS];
    int i = 0;
    (void)type;
    (void)lane;
    for (int c = 0; c < CHAINS; c++)
        acc[c] = moved[c] = v_zero();
    for (; i + CHAINS * VEC <= n; i += CHAINS * VEC) {
        for (int c = 0; c < CHAINS; c++)
            acc[c] = block_add_64(kind, acc[c], &moved[c], v_load(a + i + c * VEC), v_load(b + i + c * VEC));
    }
    for (; i + VEC <= n; i += VEC)
        acc[0] = block_add_64(kind, acc[0], &moved[0], v_load(a + i), v_load(b + i));
    if (i < n)
        acc[1] =
            block_add_64(kind, acc[1], &moved[1], v_load_n(a + i, (size_t)(n - i)), v_load_n(b + i, (size_t)(n - i)));
    vi all = block_join(kind, block_join(kind, acc[0], acc[1]), block_join(kind, acc[2], acc[3]));
    if (kind == BLOCK_SQUARE || kind == BLOCK_PRODUCT) {
        vi half = V(add_epi32)(V(add_epi32)(moved[0], moved[1]), V(add_epi32)(moved[2], moved[3]));
        all = V(add_epi32)(all, V(add_epi32)(half, half));
    }
    v_store(lanes, block_join(kind, v_load(lanes), all));
}

BLOCK_INLINE double block_bytes_result(enum block_kind kind, const double *lanes)
{
    uint32_t words[VEC / 4], all = 0;
    uint8_t bytes[VEC];
    memcpy(words, lanes, sizeof words);
    memcpy(bytes, lanes, sizeof bytes);
    for (int i = 0; i < VEC && kind == BLOCK_MAX; i++)
        all = bytes[i] > all ? bytes[i] : all;
    for (int i = 0; i < VEC / 4 && kind != BLOCK_MAX; i++)
        all += words[i];
    return all;
}

/** The first stage of u8. */
BLOCK_INLINE void block_bytes_stage(const struct flynn_call *call, enum block_kind kind)
{
    for (int b = call->y; b < call->y + call->rows; b++) {
        double lanes[BLOCK_LANES] = {0};
        block_rows(call, kind, FLYNN_U8, b, lanes, block_bytes);
        *(double *)flynn_row(call->dst, b) = block_bytes_result(kind, lanes);
    }
}

#else

/* Four sums of 64 bits (two without AVX2), or the greatest bytes so far; bytes of 0 change neither. */
BLOCK_INLINE wi block_add_bytes(enum block_kind kind, wi acc, wi x, wi w)
{
    const wi zero = W_SI(setzero)();
    if (kind == BLOCK_MAX)
        return W(max_epu8)(acc, x);
    if (kind == BLOCK_SUM || kind == BLOCK_ABS)
        return W(add_epi64)(acc, W(sad_epu8)(x, zero));
    w = kind == BLOCK_SQUARE ? x : w;
    wi low = W(madd_epi16)(W(unpacklo_epi8)(x, zero), W(unpacklo_epi8)(w, zero));
    wi high = W(madd_epi16)(W(unpackhi_epi8)(x, zero), W(unpackhi_epi8)(w, zero));
    return W(add_epi32)(acc, W(add_epi32)(low, high));
}

BLOCK_INLINE double block_bytes_result(enum block_kind kind, wi acc)
{
    uint64_t sums[WIDE / 8], all = 0;
    uint32_t words[WIDE / 4];
    uint8_t bytes[WIDE];
    w_store(sums, acc);
    w_store(words, acc);
    w_store(bytes, acc);
    for (int i = 0; i < WIDE && kind == BLOCK_MAX; i++)
        all = bytes[i] > all ? bytes[i] : all;
    for (int i = 0; i < WIDE / 8 && (kind == BLOCK_SUM || kind == BLOCK_ABS); i++)
        all += sums[i];
    for (int i = 0; i < WIDE / 4 && (kind == BLOCK_SQUARE || kind == BLOCK_PRODUCT); i++)
        all += words[i];
    return (double)all;
}

/* The block_run: all goes to lane 0. */
BLOCK_INLINE void block_bytes(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                              const void *w, int n)
{
    const uint8_t *a = x, *b = w;
    (void)type;
    (void)lane;
    wi acc = W_SI(setzero)(), other = acc;
    int i = 0;
#pragma GCC unroll 2
    for (; i + 2 * WIDE <= n; i += 2 * WIDE) {
        acc = block_add_bytes(kind, acc, w_load(a + i), w_load(b + i));
        other = block_add_bytes(kind, other, w_load(a + i + WIDE), w_load(b + i + WIDE));
    }
    acc = kind == BLOCK_MAX ? W(max_epu8)(acc, other) : W(add_epi32)(acc, other);
    for (; i + WIDE <= n; i += WIDE)
        acc = block_add_bytes(kind, acc, w_load(a + i), w_load(b + i));
    if (i < n) {
        uint8_t last[WIDE] = {0}, with[WIDE] = {0};
        memcpy(last, a + i, (size_t)(n - i));
        memcpy(with, b + i, (size_t)(n - i));
        acc = block_add_bytes(kind, acc, w_load(last), w_load(with));
    }
    lanes[0] = block_fold(kind, lanes[0], block_bytes_result(kind, acc));
}

/** The first stage of u8. */
BLOCK_INLINE void block_bytes_stage(const struct flynn_call *call, enum block_kind kind)
{
    block_stage(call, kind, FLYNN_U8, block_bytes);
}

#endif

#endif
