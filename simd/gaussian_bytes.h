/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_GAUSSIAN_BYTES_H
#define FLYNN_SIMD_GAUSSIAN_BYTES_H

#include "simd/filter.h"

/** The kernels of gaussian for bytes, except those of large sigmas. The stages and their tables are described in
 * cpu/gaussian.c. `n` below is the number of taps when it is a constant that the compiler shall unroll for, and 0 when
 * it is to be read from the stage. */

#define STEP 4 /* output rows made of the same input rows */

/* ---- u8 across --------------------------------------------------------------------------------------------------- */

#if defined(FLYNN_ISA_SSE2)

/* low, high += w * (a + b), for each of 16 bytes. */
static inline void add_bytes(vi *low, vi *high, vi a, vi b, vi w)
{
    vi zero = v_zero();
    vi l = V(add_epi16)(V(unpacklo_epi8)(a, zero), V(unpacklo_epi8)(b, zero));
    vi h = V(add_epi16)(V(unpackhi_epi8)(a, zero), V(unpackhi_epi8)(b, zero));
    *low = V(add_epi16)(*low, V(mullo_epi16)(l, w));
    *high = V(add_epi16)(*high, V(mullo_epi16)(h, w));
}

FLYNN_UNROLLED void across_row(const struct flynn_stage *stage, const uint8_t *in, uint16_t *out, int samples, int n)
{
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    int channels = stage->in.channels, taps = stage->k[0];
    vi flip = v_set16(stage->k[3]);
    (void)n;
    for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
        vi low = v_zero(), high = v_zero();
        add_bytes(&low, &high, v_load(in + i), v_zero(), v_set16(weight[0]));
        for (int t = 1; t < taps; t++)
            add_bytes(&low, &high, v_load(in + i - distance[t] * channels), v_load(in + i + distance[t] * channels),
                      v_set16(weight[t]));
        v_store_row(out, i, samples, 2, v_xor(low, flip));
        if (i + VEC / 2 < samples)
            v_store_row(out, i + VEC / 2, samples, 2, v_xor(high, flip));
    }
}

#else

/* Samples [i, i + VEC) of a row, as two vectors in order; pair and channels serve where n is 0. Compilers read the
 * memory anew for either half: loads that cross a line are then what takes the time. */
FLYNN_UNROLLED void sum_bytes(const uint8_t *in, int i, int n, const ptrdiff_t *far, const vi *w,
                              const struct flynn_stage *stage, vi *low, vi *high)
{
    const int32_t *pair = stage->table[2].data;
    const int pairs = n ? n : stage->k[4];
    *low = *high = v_zero();
#pragma GCC unroll 8
    for (int t = 0; t < pairs; t++) {
        ptrdiff_t distance = n ? far[t] : (ptrdiff_t)pair[2 * t] * stage->in.channels;
        vi weight = n ? w[t] : v_set32(pair[2 * t + 1]);
        vi a = v_keep(v_load(in - distance + i)), b = v_keep(v_load(in + distance + i));
        *low = v_keep(V(add_epi16)(*low, V(maddubs_epi16)(V(unpacklo_epi8)(a, b), weight)));
        *high = v_keep(V(add_epi16)(*high, V(maddubs_epi16)(V(unpackhi_epi8)(a, b), weight)));
    }
    v_unpacked_order(low, high);
    *low = v_xor(*low, v_set16(stage->k[3]));
    *high = v_xor(*high, v_set16(stage->k[3]));
}

FLYNN_UNROLLED void across_row(const struct flynn_stage *stage, const uint8_t *in, uint16_t *out, int samples, int n)
{
    const int32_t *pair = stage->table[2].data;
    ptrdiff_t far[8];
    vi w[8], low, high;
    for (int t = 0; t < n; t++) {
        far[t] = (ptrdiff_t)pair[2 * t] * stage->in.channels;
        w[t] = v_set32(pair[2 * t + 1]);
    }
    int i = 0;
    for (; i + VEC <= samples; i += VEC) {
        sum_bytes(in, i, n, far, w, stage, &low, &high);
        v_store(out + i, low);
        v_store(out + i + VEC / 2, high);
    }
    if (i == samples)
        return;
    i = i ? samples - VEC : 0;
    sum_bytes(in, i, n, far, w, stage, &low, &high);
    v_store_row(out, i, samples, 2, low);
    if (i + VEC / 2 < samples)
        v_store_row(out, i + VEC / 2, samples, 2, high);
}

#endif

static void across_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        across_row(call->stage, call->in[r], call->out[r], call->width * call->stage->in.channels, 0);
}

/* ---- u8 down ----------------------------------------------------------------------------------------------------- */

static inline vi pack_sums(vi low, vi high)
{
    return V(packs_epi32)(V(srli_epi32)(low, 16), V(srli_epi32)(high, 16));
}

/* Four output rows at once: consecutive input rows are unpacked in pairs once and serve all four. What taps do not
 * reach is left out where n says so. */
FLYNN_UNROLLED void sum_four(const struct flynn_stage *stage, const void *const *row, int i, int n, vi out[STEP])
{
    const int32_t *weight = stage->table[3].data;
    int pairs = n ? n + 1 : stage->k[5], size = 2 * n - 1;
    vi low[STEP], high[STEP];
    for (int o = 0; o < STEP; o++)
        low[o] = high[o] = v_set32(stage->k[1]);
#pragma GCC unroll 8
    for (int p = 0; p < pairs; p++) {
        vi a = v_load((const int16_t *)row[2 * p] + i), b = v_load((const int16_t *)row[2 * p + 1] + i);
        vi l = V(unpacklo_epi16)(a, b), h = V(unpackhi_epi16)(a, b);
        for (int o = 0; o < STEP; o++) {
            if (n && (2 * p + 1 - o < 0 || 2 * p - o >= size))
                continue;
            vi w = v_set32(weight[p * STEP + o]);
            low[o] = v_keep(V(add_epi32)(low[o], V(madd_epi16)(l, w)));
            high[o] = v_keep(V(add_epi32)(high[o], V(madd_epi16)(h, w)));
        }
    }
    for (int o = 0; o < STEP; o++)
        out[o] = pack_sums(low[o], high[o]);
}

FLYNN_UNROLLED void down_four(const struct flynn_stage *stage, const void *const *row, uint8_t *const *out, int samples,
                              int n)
{
    int last = samples - VEC / 2;
    for (int i = 0; i < samples; i += VEC / 2) {
        vi sum[STEP];
        i = i > last && last > 0 ? last : i;
        sum_four(stage, row, i, n, sum);
        for (int o = 0; o < STEP; o += 2)
            v_store_halves(out[o], out[o + 1], i, samples, v_packed_order(V(packus_epi16)(sum[o], sum[o + 1])));
    }
}

static inline vi sum_one(const struct flynn_stage *stage, const void *const *row, int i)
{
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    vi x = v_load((const int16_t *)row[0] + i), w = v_set32(weight[0]), k = v_set32(stage->k[1]);
    vi low = V(add_epi32)(k, V(madd_epi16)(V(unpacklo_epi16)(x, v_zero()), w));
    vi high = V(add_epi32)(k, V(madd_epi16)(V(unpackhi_epi16)(x, v_zero()), w));
    for (int t = 1; t < stage->k[0]; t++) {
        vi a = v_load((const int16_t *)row[-distance[t]] + i), b = v_load((const int16_t *)row[distance[t]] + i);
        w = v_set16(weight[t]);
        low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(a, b), w));
        high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(a, b), w));
    }
    return pack_sums(low, high);
}

static void down_one(const struct flynn_call *call, int r)
{
    const struct flynn_stage *stage = call->stage;
    const void *const *row = call->in + stage->up + r;
    int samples = call->width * stage->in.channels;
    for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
        vi sum = sum_one(stage, row, i);
        v_store_halves(call->out[r], call->out[r], i, samples, v_packed_order(V(packus_epi16)(sum, sum)));
    }
}

static void down_u8(const struct flynn_call *call)
{
    if (call->rows < STEP || !call->stage->k[5]) {
        for (int r = 0; r < call->rows; r++)
            down_one(call, r);
        return;
    }
    uint8_t *const out[STEP] = {call->out[0], call->out[1], call->out[2], call->out[3]};
    down_four(call->stage, call->in, out, call->width * call->stage->in.channels, 0);
}

#endif
