/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_CONVOLVE_FACTORS_H
#define FLYNN_SIMD_CONVOLVE_FACTORS_H

#include "core/taps.h"
#include "simd/filter.h"

/** Quotients of the op convolve, and its sums for kernels that have factors (core/taps.h). */

/** The quotients of sums of 16 bits. */
static inline vi narrow_quotient(const struct flynn_stage *stage, vi sum)
{
    sum = V(adds_epu16)(V(subs_epu16)(sum, v_set16(stage->k[8])), v_set16(stage->k[9]));
    if (stage->k[3] == 0)
        return V(sub_epi16)(sum, V(subs_epu16)(sum, v_set16(255)));
    if (stage->k[3] > 0)
        return V(srl_epi16)(sum, simde_mm_cvtsi32_si128(stage->k[3]));
    return V(srl_epi16)(V(mulhi_epu16)(sum, v_set16(stage->k[10])), simde_mm_cvtsi32_si128(stage->k[11]));
}

/** From 0 to most; the result is divided by d: exactly, because for bytes half a unit is more than the float's error.
 */
static inline vi wide_quotient(const struct flynn_stage *stage, vi sum, vi most, vf inverse)
{
    vi v = V(min_epi32)(V(max_epi32)(sum, v_zero()), most);
    if (stage->k[3] >= 0)
        return V(sra_epi32)(v, simde_mm_cvtsi32_si128(stage->k[3]));
    vf half = V(set1_ps)(0.5f);
    return V(cvttps_epi32)(V(mul_ps)(V(add_ps)(V(cvtepi32_ps)(v), half), inverse));
}

/** The float's quotient is the result or one away from it. */
static inline vi word_quotient(const struct flynn_stage *stage, vi sum, vi most, vf inverse)
{
    vi v = V(min_epi32)(V(max_epi32)(sum, v_zero()), most);
    if (stage->k[3] >= 0)
        return V(sra_epi32)(v, simde_mm_cvtsi32_si128(stage->k[3]));
    vi d = v_set32(stage->k[2]), one = v_set32(1);
    vi q = V(cvttps_epi32)(V(mul_ps)(V(cvtepi32_ps)(v), inverse));
    vi rest = V(sub_epi32)(v, V(mullo_epi32)(q, d));
    vi more = v_gt_i32(rest, V(sub_epi32)(d, one)), less = v_gt_i32(v_zero(), rest);
    return V(add_epi32)(V(sub_epi32)(q, more), less);
}

#if defined(FLYNN_ISA_SSE2)
#define FACTORS_WIDE 0 /* no multiplication of 32 bits by 32: the sum over all taps is faster */
#else
#define FACTORS_WIDE 1
#endif

static inline bool has_factors(const struct flynn_stage *stage)
{
    return stage->k[12] && (FACTORS_WIDE || stage->k[6]);
}

#define FACTORS_CHUNK 512 /* samples whose sums over rows stay in the first-level cache */
#define FACTORS_SIDE  ((FLYNN_TAPS_SIDE - 1) * FLYNN_MAX_CHANNELS + 4 * VEC)
#define AT_ONCE       (VEC == 64 ? 2 : 4) /* vectors; at most FLYNN_ROW_PAD bytes are read beyond a row */

/* ---- sums of 16 bits, modulo 65536 ------------------------------------------------------------------------------- */

/* What the rows of a kernel with factors have in common. */
struct factors {
    const struct flynn_stage *stage;
    vi across[FLYNN_TAPS_SIDE], down[FLYNN_TAPS_SIDE];
    const uint8_t *row[FLYNN_TAPS_SIDE]; /* below each other, at the first column of the kernel */
};

static inline void spread_factors(struct factors *f, const struct flynn_stage *stage)
{
    const int32_t *factor = stage->table[3].data;
    f->stage = stage;
    for (int x = 0; x < stage->k[12]; x++)
        f->across[x] = stage->k[6] ? v_set16(factor[x]) : v_set32(factor[x]);
    for (int y = 0; y < stage->k[13]; y++)
        f->down[y] = stage->k[6] ? v_set16(factor[stage->k[12] + y]) : v_set32(factor[stage->k[12] + y]);
}

/* AT_ONCE vectors from sample i on. */
static inline void narrow_down(const struct factors *f, int i, vi *sum)
{
    for (int v = 0; v < AT_ONCE; v++)
        sum[v] = v_zero();
    for (int y = 0; y < f->stage->k[13]; y++) {
        for (int v = 0; v < AT_ONCE; v++)
            sum[v] = V(add_epi16)(sum[v], V(mullo_epi16)(v_widen8(f->row[y] + i + v * VEC / 2), f->down[y]));
    }
}

static inline void narrow_across(const struct factors *f, const uint16_t *line, vi *sum)
{
    int channels = f->stage->in.channels;
    for (int v = 0; v < AT_ONCE; v++)
        sum[v] = v_set16(f->stage->k[7]);
    for (int x = 0; x < f->stage->k[12]; x++) {
        for (int v = 0; v < AT_ONCE; v++)
            sum[v] = V(add_epi16)(sum[v], V(mullo_epi16)(v_load(line + x * channels + v * VEC / 2), f->across[x]));
    }
    for (int v = 0; v < AT_ONCE; v++)
        sum[v] = narrow_quotient(f->stage, sum[v]);
}

/* `n` samples from `from` on. */
static inline void factored_narrow(const struct factors *f, int from, int n, uint8_t *out)
{
    uint16_t line[FACTORS_CHUNK + FACTORS_SIDE];
    int end = n + (f->stage->k[12] - 1) * f->stage->in.channels, step = AT_ONCE * VEC / 2, i = 0;
    vi sum[AT_ONCE];
    for (; i < end; i += step) {
        narrow_down(f, from + i, sum);
        for (int v = 0; v < AT_ONCE; v++)
            v_store(line + i + v * VEC / 2, sum[v]);
    }
    for (; i < end + step; i += VEC / 2) /* read by the last vectors, and not used */
        v_store(line + i, v_zero());
    for (i = 0; i < n; i += step) {
        narrow_across(f, line + i, sum);
        for (int v = 0; v < AT_ONCE && i + v * VEC / 2 < n; v += 2)
            v_store_row(out + from, i + v * VEC / 2, n, 1, v_packed_order(V(packus_epi16)(sum[v], sum[v + 1])));
    }
}

/* ---- sums of 32 bits --------------------------------------------------------------------------------------------- */

#if FACTORS_WIDE

/* VEC / 4 samples of `bytes` bytes. */
static inline vi v_widen32(const uint8_t *p, int bytes)
{
#if defined(FLYNN_ISA_AVX512)
    simde__m256i words = bytes == 1 ? simde_mm256_cvtepu8_epi16(simde_mm_loadu_si128((const void *)p))
                                    : simde_mm256_loadu_si256((const void *)p);
    return simde_mm512_cvtepu16_epi32(words);
#elif defined(FLYNN_ISA_AVX2)
    return bytes == 1 ? simde_mm256_cvtepu8_epi32(simde_mm_loadl_epi64((const void *)p))
                      : simde_mm256_cvtepu16_epi32(simde_mm_loadu_si128((const void *)p));
#else
    simde__m128i v = simde_mm_loadl_epi64((const void *)p);
    return bytes == 1 ? simde_mm_cvtepu8_epi32(v) : simde_mm_cvtepu16_epi32(v);
#endif
}

/* AT_ONCE vectors from the byte `offset` on. */
FLYNN_UNROLLED void wide_down(const struct factors *f, ptrdiff_t offset, int bytes, vi *sum)
{
    for (int v = 0; v < AT_ONCE; v++)
        sum[v] = v_zero();
    for (int y = 0; y < f->stage->k[13]; y++) {
        for (int v = 0; v < AT_ONCE; v++) {
            vi x = v_widen32(f->row[y] + offset + v * VEC / 4 * bytes, bytes);
            sum[v] = V(add_epi32)(sum[v], V(mullo_epi32)(x, f->down[y]));
        }
    }
}

static inline void wide_across(const struct factors *f, const int32_t *line, vi *sum)
{
    int channels = f->stage->in.channels;
    for (int v = 0; v < 4; v++)
        sum[v] = v_set32(f->stage->k[1]);
    for (int x = 0; x < f->stage->k[12]; x++) {
        for (int v = 0; v < 4; v++)
            sum[v] = V(add_epi32)(sum[v], V(mullo_epi32)(v_load(line + x * channels + v * VEC / 4), f->across[x]));
    }
}

static inline vi wide_bytes(const struct flynn_stage *stage, vi *sum)
{
    vi most = v_set32(256 * stage->k[2] - 1);
    vf inverse = V(set1_ps)(1.0f / (float)stage->k[2]);
    for (int v = 0; v < 4; v++)
        sum[v] = wide_quotient(stage, sum[v], most, inverse);
    vi low = v_packed_order(V(packs_epi32)(sum[0], sum[1])), high = v_packed_order(V(packs_epi32)(sum[2], sum[3]));
    return v_packed_order(V(packus_epi16)(low, high));
}

static inline vi wide_words(const struct flynn_stage *stage, vi *sum)
{
    vi most = v_set32((int32_t)(65536u * (uint32_t)stage->k[2] - 1));
    vf inverse = V(set1_ps)(1.0f / (float)stage->k[2]);
    return v_packed_order(
        v_pack_words(word_quotient(stage, sum[0], most, inverse), word_quotient(stage, sum[1], most, inverse)));
}

FLYNN_UNROLLED void factored_wide(const struct factors *f, int from, int n, int bytes, uint8_t *out)
{
    int32_t line[FACTORS_CHUNK + FACTORS_SIDE];
    int end = n + (f->stage->k[12] - 1) * f->stage->in.channels, i = 0;
    uint8_t *at = out + (ptrdiff_t)from * bytes;
    vi sum[4];
    for (; i < end; i += AT_ONCE * VEC / 4) {
        wide_down(f, (ptrdiff_t)(from + i) * bytes, bytes, sum);
        for (int v = 0; v < AT_ONCE; v++)
            v_store(line + i + v * VEC / 4, sum[v]);
    }
    for (; i < end + VEC; i += VEC / 4) /* read by the last vectors, and not used */
        v_store(line + i, v_zero());
    for (i = 0; i < n; i += VEC) {
        wide_across(f, line + i, sum);
        if (bytes == 1)
            v_store_row(at, i, n, 1, wide_bytes(f->stage, sum));
        else
            v_store_row(at, i, n, 2, wide_words(f->stage, sum));
        if (bytes == 2 && i + VEC / 2 < n)
            v_store_row(at, i + VEC / 2, n, 2, wide_words(f->stage, sum + 2));
    }
}

#else

FLYNN_UNROLLED void factored_wide(const struct factors *f, int from, int n, int bytes, uint8_t *out)
{
    (void)f, (void)from, (void)n, (void)bytes, (void)out;
}

#endif

FLYNN_UNROLLED void convolve_factors(const struct flynn_call *call, int bytes)
{
    const struct flynn_stage *stage = call->stage;
    struct factors f;
    int samples = call->width * stage->in.channels;
    spread_factors(&f, stage);
    for (int r = 0; r < call->rows; r++) {
        for (int y = 0; y < stage->k[13]; y++)
            f.row[y] = (const uint8_t *)call->in[r + y] - (ptrdiff_t)stage->left * stage->in.channels * bytes;
        for (int from = 0; from < samples; from += FACTORS_CHUNK) {
            int n = samples - from < FACTORS_CHUNK ? samples - from : FACTORS_CHUNK;
            if (bytes == 1 && stage->k[6])
                factored_narrow(&f, from, n, call->out[r]);
            else
                factored_wide(&f, from, n, bytes, call->out[r]);
        }
    }
}

#endif
