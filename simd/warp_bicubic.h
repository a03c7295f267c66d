/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WARP_BICUBIC_H
#define FLYNN_SIMD_WARP_BICUBIC_H

#include "simd/warp.h"

/** Two weights of 16 bits in all lanes. */
WARP_INLINE simde__m128i weights_at(const int16_t *w)
{
    int32_t two;
    memcpy(&two, w, 4);
    return simde_mm_set1_epi32(two);
}

/* ---- u8: the channels of a pixel are summed side by side, 32 bits each ------------------------------------------- */

WARP_INLINE simde__m128i load_4(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, 4);
    return simde_mm_cvtsi32_si128(four);
}

#if W_SHUFFLES

/** For each channel the samples of columns `first` and first + 1, 16 bits each. */
WARP_INLINE wi pair_order(int first, int channels)
{
    int8_t order[16];
    for (int i = 0; i < 16; i++)
        order[i] = (int8_t)(i & 1 || i / 4 >= channels ? -1 : (first + i / 2 % 2) * channels + i / 4);
    return w_repeat16(order);
}

/** Four pixels, and whatever is behind them. */
WARP_INLINE simde__m128i load_taps(const uint8_t *p, int channels)
{
    return channels == 1 ? load_4(p) : channels == 2 ? load_low(p) : w_load16(p);
}

/** The sums of a pixel; with AVX2 those of rows 0 and 1 in one lane, those of rows 2 and 3 in the other. */
WARP_INLINE wi bicubic_sum_u8(const uint8_t *p, size_t stride, int channels, const int16_t *w)
{
    const wi left = pair_order(0, channels), right = pair_order(2, channels);
    wi sum = W_SI(setzero)();
    for (int first = 0; first < 4; first += 2 * W_LANES, w += 8 * W_LANES) {
        const wi weights = w_load(w);
        for (int r = 0; r < 2; r++, p += stride) {
#if WIDE == 32
            wi taps = simde_mm256_castsi128_si256(load_taps(p, channels));
            taps = simde_mm256_inserti128_si256(taps, load_taps(p + 2 * stride, channels), 1);
#else
            wi taps = load_taps(p, channels);
#endif
            sum = W(add_epi32)(sum, W(madd_epi16)(W(shuffle_epi8)(taps, left), spread(weights, 2 * r)));
            sum = W(add_epi32)(sum, W(madd_epi16)(W(shuffle_epi8)(taps, right), spread(weights, 2 * r + 1)));
        }
    }
    return sum;
}

#else

WARP_INLINE simde__m128i bicubic_sum_u8(const uint8_t *p, size_t stride, int channels, const int16_t *w)
{
    simde__m128i sum = simde_mm_setzero_si128(), zero = sum;
    for (int r = 0; r < 4; r++, p += stride, w += 4) {
        simde__m128i a = simde_mm_unpacklo_epi8(load_4(p), load_4(p + channels));
        simde__m128i b = simde_mm_unpacklo_epi8(load_4(p + 2 * channels), load_4(p + 3 * channels));
        sum = simde_mm_add_epi32(sum, simde_mm_madd_epi16(simde_mm_unpacklo_epi8(a, zero), weights_at(w)));
        sum = simde_mm_add_epi32(sum, simde_mm_madd_epi16(simde_mm_unpacklo_epi8(b, zero), weights_at(w + 2)));
    }
    return sum;
}

#endif

/** Pixel i in the lower lane, i + 4 in the upper one. Weights are negated: (16384 - sum) >> 15. */
WARP_INLINE wi bicubic_u8_of(const struct group *g, int i, int channels, const int16_t *weights, const int32_t *place)
{
    wi sum = bicubic_sum_u8(at(g, i), g->stride, channels, weights + place[i]);
#if WIDE == 32
    wi other = bicubic_sum_u8(at(g, i + 4), g->stride, channels, weights + place[i + 4]);
    sum = simde_mm256_add_epi32(simde_mm256_permute2x128_si256(sum, other, 0x20),
                                simde_mm256_permute2x128_si256(sum, other, 0x31));
#endif
    return W(srai_epi32)(W(sub_epi32)(W(set1_epi32)(16384), sum), 15);
}

WARP_INLINE void bicubic_u8(const struct group *g, const int16_t *weights, int channels, uint8_t *to)
{
    int32_t place[W_GROUP];
    w_store(place, W(slli_epi32)(W(add_epi32)(W(slli_epi32)(g->fy, 5), g->fx), 4));
    wi low =
        W(packs_epi32)(bicubic_u8_of(g, 0, channels, weights, place), bicubic_u8_of(g, 1, channels, weights, place));
    wi high =
        W(packs_epi32)(bicubic_u8_of(g, 2, channels, weights, place), bicubic_u8_of(g, 3, channels, weights, place));
    store_pixels_u8(to, W(packus_epi16)(low, high), channels);
}

/* ---- u16 and f32: a pixel at a time ------------------------------------------------------------------------------ */

WARP_INLINE simde__m128i bicubic_sum_u16(const uint8_t *p, size_t stride, int channels, const int16_t *w)
{
    size_t pixel = 2 * (size_t)channels;
    simde__m128i sum = simde_mm_setzero_si128(), sign = simde_mm_set1_epi16((int16_t)-32768);
    for (int r = 0; r < 4; r++, p += stride, w += 4) {
        simde__m128i a = simde_mm_unpacklo_epi16(load_low(p), load_low(p + pixel));
        simde__m128i b = simde_mm_unpacklo_epi16(load_low(p + 2 * pixel), load_low(p + 3 * pixel));
        sum = simde_mm_add_epi32(sum, simde_mm_madd_epi16(simde_mm_xor_si128(a, sign), weights_at(w)));
        sum = simde_mm_add_epi32(sum, simde_mm_madd_epi16(simde_mm_xor_si128(b, sign), weights_at(w + 2)));
    }
    return sum;
}

WARP_INLINE simde__m128i rounded_15(simde__m128i sum)
{
    return simde_mm_srai_epi32(simde_mm_sub_epi32(simde_mm_set1_epi32(16384), sum), 15);
}

WARP_INLINE simde__m128 bicubic_f32(const uint8_t *p, size_t stride, int channels, const float *across,
                                    const float *down)
{
    size_t pixel = 4 * (size_t)channels;
    simde__m128 sum = simde_mm_setzero_ps();
    for (int r = 0; r < 4; r++, p += stride) {
        simde__m128 row = simde_mm_mul_ps(load_f32(p), simde_mm_set1_ps(down[r] * across[0]));
        for (int k = 1; k < 4; k++) {
            simde__m128 v = load_f32(p + (size_t)k * pixel);
            row = simde_mm_add_ps(row, simde_mm_mul_ps(v, simde_mm_set1_ps(down[r] * across[k])));
        }
        sum = r ? simde_mm_add_ps(sum, row) : row;
    }
    return sum;
}

WARP_INLINE void bicubic(const struct group *g, const struct flynn_warp_source *s, enum flynn_type type, int channels,
                         uint8_t *to)
{
    int32_t fx[W_GROUP], fy[W_GROUP];
    size_t pixel = (size_t)channels * (type == FLYNN_U16 ? 2 : 4);
    if (type == FLYNN_U8) {
        bicubic_u8(g, s->ints, channels, to);
        return;
    }
    w_store(fx, g->fx);
    w_store(fy, g->fy);
    for (int i = 0; i < W_GROUP; i++) {
        ptrdiff_t place = (ptrdiff_t)(fy[i] * 32 + fx[i]) * 16;
        if (type == FLYNN_F32) {
            simde__m128 v =
                bicubic_f32(at(g, i), g->stride, channels, s->floats + 4 * fx[i], s->floats + (ptrdiff_t)4 * fy[i]);
            memcpy(to + (size_t)i * pixel, &v, pixel);
        } else {
            simde__m128i v = rounded_15(bicubic_sum_u16(at(g, i), g->stride, channels, s->ints + place));
            v = simde_mm_xor_si128(simde_mm_packs_epi32(v, v), simde_mm_set1_epi16((int16_t)-32768));
            memcpy(to + (size_t)i * pixel, &v, pixel);
        }
    }
}

#endif
