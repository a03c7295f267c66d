/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_CONVOLVE_FACTORS_H
#define FLYNN_SIMD_CONVOLVE_FACTORS_H

#include "core/taps.h"
#include "simd/filter.h"

#include <stdlib.h>

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
    vi pair[FLYNN_TAPS_SIDE / 2 + 1];    /* the rows' factors as bytes, where `bytes` says that sums of two fit */
    const uint8_t *row[FLYNN_TAPS_SIDE]; /* below each other, at the first column of the kernel */
    bool bytes, even;                    /* even: the columns' factors are the same from both ends */
};

static inline void spread_factors(struct factors *f, const struct flynn_stage *stage)
{
    const int32_t *factor = stage->table[3].data, *down = factor + stage->k[12];
    int columns = stage->k[12], rows = stage->k[13];
    f->stage = stage;
    f->bytes = f->even = true;
    for (int x = 0; x < columns; x++) {
        f->across[x] = stage->k[6] ? v_set16(factor[x]) : v_set32(factor[x]);
        f->even &= factor[x] == factor[columns - 1 - x];
    }
    for (int y = 0; y < rows; y++) {
        int next = y + 1 < rows ? down[y + 1] : 0;
        f->down[y] = stage->k[6] ? v_set16(down[y]) : v_set32(down[y]);
        f->bytes &= abs(down[y]) + abs(next) <= 128 && down[y] < 128 && next < 128;
        if (y % 2 == 0)
            f->pair[y / 2] = v_set16((down[y] & 255) | (int)((uint32_t)next << 8));
    }
}

/* The sums over `rows` rows of `n` vectors of words from sample i on. */
FLYNN_UNROLLED void narrow_down(const struct factors *f, int rows, int i, int n, vi *sum)
{
    for (int v = 0; v < n; v++)
        sum[v] = v_zero();
    for (int y = 0; y < rows; y++) {
        for (int v = 0; v < n; v++)
            sum[v] = V(add_epi16)(sum[v], V(mullo_epi16)(v_widen8(f->row[y] + i + v * VEC / 2), f->down[y]));
    }
}

#if defined(FLYNN_ISA_SSE2)
#define narrow_pairs narrow_down
#else

/* The same by pairs of bytes. */
FLYNN_UNROLLED void narrow_pairs(const struct factors *f, int rows, int i, int n, vi *sum)
{
    for (int v = 0; v < n; v++)
        sum[v] = v_zero();
    for (int y = 0; y < rows; y += 2) {
        for (int v = 0; v < n; v += 2) {
            vi a = v_load(f->row[y] + i + v * VEC / 2), b = v_zero();
            if (y + 1 < rows)
                b = v_load(f->row[y + 1] + i + v * VEC / 2);
            sum[v] = V(add_epi16)(sum[v], V(maddubs_epi16)(V(unpacklo_epi8)(a, b), f->pair[y / 2]));
            sum[v + 1] = V(add_epi16)(sum[v + 1], V(maddubs_epi16)(V(unpackhi_epi8)(a, b), f->pair[y / 2]));
        }
    }
    for (int v = 0; v < n; v += 2)
        v_unpacked_order(&sum[v], &sum[v + 1]);
}

#endif

/* The line of the sums over rows of n samples from `from` on, `once` vectors at a time. The last sums over columns read
 * some vectors more, and do not use them. */
FLYNN_UNROLLED void narrow_line(const struct factors *f, int rows, bool bytes, int once, int from, int n,
                                uint16_t *line)
{
    vi sum[AT_ONCE];
    int i = 0;
    for (; i < n; i += once * VEC / 2) {
        if (bytes)
            narrow_pairs(f, rows, from + i, once, sum);
        else
            narrow_down(f, rows, from + i, once, sum);
        for (int v = 0; v < once; v++)
            v_store(line + i + v * VEC / 2, sum[v]);
    }
    for (int v = 0; v < AT_ONCE; v++)
        v_store(line + i + v * VEC / 2, v_zero());
}

FLYNN_UNROLLED void narrow_sums(const vi *across, int columns, bool even, const uint16_t *line, int channels, int n,
                                vi *sum)
{
    const uint16_t *last = line + (columns - 1) * channels;
    for (int x = 0; x < columns && !even; x++) {
        for (int v = 0; v < n; v++)
            sum[v] = V(add_epi16)(sum[v], V(mullo_epi16)(v_load(line + x * channels + v * VEC / 2), across[x]));
    }
    for (int x = 0; x < columns / 2 && even; x++) {
        for (int v = 0; v < n; v++) {
            vi a = v_load(line + x * channels + v * VEC / 2), b = v_load(last - x * channels + v * VEC / 2);
            sum[v] = V(add_epi16)(sum[v], V(mullo_epi16)(V(add_epi16)(a, b), across[x]));
        }
    }
    for (int v = 0; v < n && even && columns % 2; v++) {
        vi middle = v_load(line + columns / 2 * channels + v * VEC / 2);
        sum[v] = V(add_epi16)(sum[v], V(mullo_epi16)(middle, across[columns / 2]));
    }
}

FLYNN_UNROLLED void narrow_across(const struct factors *f, const vi *across, int columns, bool even, int once,
                                  const uint16_t *line, int n, uint8_t *out)
{
    const struct flynn_stage *stage = f->stage;
    vi start = v_set16(stage->k[7]), sum[AT_ONCE];
    int channels = stage->in.channels;
    for (int i = 0; i < n; i += once * VEC / 2) {
        for (int v = 0; v < once; v++)
            sum[v] = start;
        narrow_sums(across, columns, even, line + i, channels, once, sum);
        for (int v = 0; v < once && i + v * VEC / 2 < n; v += 2) {
            vi low = narrow_quotient(stage, sum[v]), high = narrow_quotient(stage, sum[v + 1]);
            v_store_row(out, i + v * VEC / 2, n, 1, v_packed_order(V(packus_epi16)(low, high)));
        }
    }
}

/* Factors that nothing stored can change stay in registers. */
FLYNN_UNROLLED void narrow_even(const struct factors *f, int columns, const uint16_t *line, int n, uint8_t *out)
{
    vi across[FLYNN_TAPS_SIDE];
    for (int x = 0; x <= columns / 2; x++)
        across[x] = f->across[x];
    narrow_across(f, across, columns, true, 2, line, n, out);
}

/* `n` samples from `from` on. */
static inline void factored_narrow(const struct factors *f, int from, int n, uint8_t *out)
{
    uint16_t line[FACTORS_CHUNK + FACTORS_SIDE];
    int columns = f->stage->k[12], rows = f->stage->k[13], all = n + (columns - 1) * f->stage->in.channels;
    if (rows == 5 && f->bytes)
        narrow_line(f, 5, true, 2, from, all, line);
    else if (f->bytes)
        narrow_line(f, rows, true, AT_ONCE, from, all, line);
    else
        narrow_line(f, rows, false, AT_ONCE, from, all, line);
    if (columns == 5 && f->even)
        narrow_even(f, 5, line, n, out + from);
    else if (f->even)
        narrow_across(f, f->across, columns, true, AT_ONCE, line, n, out + from);
    else
        narrow_across(f, f->across, columns, false, AT_ONCE, line, n, out + from);
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
