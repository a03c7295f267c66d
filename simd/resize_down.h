/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RESIZE_DOWN_H
#define FLYNN_SIMD_RESIZE_DOWN_H

#include "simd/filter.h"

/** Resize with a filter, down the columns; tables and the samples between the passes are described in
 * cpu/resize_filter.h. Two rows are put sample beside sample, so that one instruction multiplies and adds both. */

static inline const int16_t *filter_row_weights(const struct flynn_call *call)
{
    return (const int16_t *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
}

/* Weights of rows k and k + 1. */
static inline vi filter_pair(const int16_t *w, int k)
{
    int32_t pair;
    memcpy(&pair, w + k, sizeof pair);
    return v_set32(pair);
}

/* Row k at byte `at`; a row beyond the last, whose weight is 0, is the last. */
static inline const uint8_t *filter_row(const struct flynn_call *call, int k, size_t at)
{
    int last = call->stage->k[0] - 1;
    return (const uint8_t *)call->in[k < last ? k : last] + at;
}

/* Load a vector, or the first bytes of one. */
static inline vi filter_load(const uint8_t *p, size_t n)
{
    return n < VEC ? v_load_n(p, n) : v_load(p);
}

static inline vi filter_scale(vi sum, int bits)
{
    return V(srai_epi32)(V(add_epi32)(sum, v_set32(1 << (bits - 1))), bits);
}

static inline void down_first_u8_block(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi a = v_zero(), b = a, c = a, d = a, zero = a;
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = filter_load(filter_row(call, k, (size_t)i), n), q = filter_load(filter_row(call, k + 1, (size_t)i), n);
        vi pair = filter_pair(w, k), low = V(unpacklo_epi8)(p, q), high = V(unpackhi_epi8)(p, q);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi8)(low, zero), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi8)(low, zero), pair));
        c = V(add_epi32)(c, V(madd_epi16)(V(unpacklo_epi8)(high, zero), pair));
        d = V(add_epi32)(d, V(madd_epi16)(V(unpackhi_epi8)(high, zero), pair));
    }
    vi low = V(packs_epi32)(filter_scale(a, 8), filter_scale(b, 8));
    vi high = V(packs_epi32)(filter_scale(c, 8), filter_scale(d, 8));
    v_unpacked_order(&low, &high);
    uint8_t *out = (uint8_t *)call->out[0] + (size_t)i * 2;
    if (n >= VEC) {
        v_store(out, low);
        v_store(out + VEC, high);
        return;
    }
    uint8_t both[2 * VEC];
    v_store(both, low);
    v_store(both + VEC, high);
    memcpy(out, both, 2 * n);
}

static void down_first_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
        if (samples - i >= VEC)
            down_first_u8_block(call, i, VEC);
        else
            down_first_u8_block(call, i, (size_t)(samples - i));
    }
}

/* The upper bits of t in the upper half, the lower 8 in the lower. */
static inline vi filter_join(vi t)
{
    return v_or(V(slli_epi32)(V(srai_epi32)(t, 8), 16), v_and(t, v_set32(255)));
}

static inline void down_first_u16_block(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi a = v_zero(), b = a, sign = v_set16(-32768);
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = v_xor(filter_load(filter_row(call, k, (size_t)i * 2), n), sign);
        vi q = v_xor(filter_load(filter_row(call, k + 1, (size_t)i * 2), n), sign);
        vi pair = filter_pair(w, k);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi16)(p, q), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi16)(p, q), pair));
    }
    a = filter_join(filter_scale(a, 8));
    b = filter_join(filter_scale(b, 8));
    v_unpacked_order(&a, &b);
    uint8_t *out = (uint8_t *)call->out[0] + (size_t)i * 4, both[2 * VEC];
    v_store(both, a);
    v_store(both + VEC, b);
    memcpy(out, both, n >= VEC ? 2 * VEC : 2 * n);
}

static void down_first_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
        if (samples - i >= VEC / 2)
            down_first_u16_block(call, i, VEC);
        else
            down_first_u16_block(call, i, (size_t)(samples - i) * 2);
    }
}

/* VEC / 2 samples of the last pass as int16 that may be outside of 0 to 255. */
static inline vi down_last_u8_half(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi a = v_zero(), b = a;
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = filter_load(filter_row(call, k, (size_t)i * 2), n);
        vi q = filter_load(filter_row(call, k + 1, (size_t)i * 2), n), pair = filter_pair(w, k);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi16)(p, q), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi16)(p, q), pair));
    }
    return V(packs_epi32)(filter_scale(a, 20), filter_scale(b, 20));
}

static void down_last_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    uint8_t *out = call->out[0];
    for (int i = 0; i < samples; i = v_advance(i, VEC, samples)) {
        size_t n = (size_t)(samples - i), low = n < VEC / 2 ? n : VEC / 2;
        if (n >= VEC) {
            vi v = V(packus_epi16)(down_last_u8_half(call, i, VEC), down_last_u8_half(call, i + VEC / 2, VEC));
            v_store(out + i, v_packed_order(v));
        } else {
            vi a = down_last_u8_half(call, i, 2 * low);
            vi b = low < n ? down_last_u8_half(call, i + VEC / 2, 2 * (n - low)) : v_zero();
            v_store_n(out + i, v_packed_order(V(packus_epi16)(a, b)), n);
        }
    }
}

/* Sums of lower and upper halves in turn, of two vectors, to the samples less 32768 in order. */
static inline vi filter_last_joined(vi a, vi b)
{
    vi p = V(add_epi32)(V(srli_epi64)(a, 32), filter_scale(a, 8));
    vi q = V(add_epi32)(V(srli_epi64)(b, 32), filter_scale(b, 8));
    return V_AS_I(V(shuffle_ps)(V_AS_F(p), V_AS_F(q), 0x88));
}

/* VEC / 4 samples. To the sum of the lower halves 2^19 is added, here and by filter_last_joined; both are shifted by 20
 * in all. */
static inline vi down_last_u16_quarter(const struct flynn_call *call, int i, size_t n)
{
    const int16_t *w = filter_row_weights(call);
    vi round = V(set1_epi64x)((1 << 19) - 128), a = round, b = round;
    for (int k = 0; k < call->stage->k[0]; k += 2) {
        vi p = filter_load(filter_row(call, k, (size_t)i * 4), n);
        vi q = filter_load(filter_row(call, k + 1, (size_t)i * 4), n), pair = filter_pair(w, k);
        a = V(add_epi32)(a, V(madd_epi16)(V(unpacklo_epi16)(p, q), pair));
        b = V(add_epi32)(b, V(madd_epi16)(V(unpackhi_epi16)(p, q), pair));
    }
    return V(srai_epi32)(filter_last_joined(a, b), 12);
}

static void down_last_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    vi sign = v_set16(-32768);
    for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
        size_t n = (size_t)(samples - i), low = n < VEC / 4 ? n : VEC / 4, high = n - low < VEC / 4 ? n - low : VEC / 4;
        vi a = down_last_u16_quarter(call, i, 4 * low);
        vi b = high ? down_last_u16_quarter(call, i + VEC / 4, 4 * high) : v_zero();
        v_store_row(call->out[0], i, samples, 2, v_xor(v_packed_order(V(packs_epi32)(a, b)), sign));
    }
}

static void down_filter_f32(const struct flynn_call *call)
{
    enum { LANES = VEC / 4 };
    const float *w = (const float *)call->stage->table[1].data + (size_t)call->y * (size_t)call->stage->k[1];
    int samples = call->width * call->stage->in.channels, taps = call->stage->k[0], i = 0;
    float *out = call->out[0];
    for (; i + 2 * LANES <= samples; i += 2 * LANES) {
        const float *in = (const float *)call->in[0] + i;
        vf a = V(mul_ps)(V(set1_ps)(w[0]), vf_load(in)), b = V(mul_ps)(V(set1_ps)(w[0]), vf_load(in + LANES));
        for (int k = 1; k < taps; k++) {
            vf weight = V(set1_ps)(w[k]);
            in = (const float *)call->in[k] + i;
            a = V(add_ps)(a, V(mul_ps)(weight, vf_load(in)));
            b = V(add_ps)(b, V(mul_ps)(weight, vf_load(in + LANES)));
        }
        vf_store(out + i, a);
        vf_store(out + i + LANES, b);
    }
    for (; i < samples; i++) {
        float sum = w[0] * ((const float *)call->in[0])[i];
        for (int k = 1; k < taps; k++)
            sum += w[k] * ((const float *)call->in[k])[i];
        out[i] = sum;
    }
}

#endif
