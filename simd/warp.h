/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WARP_H
#define FLYNN_SIMD_WARP_H

#include "core/warp_source.h"
#include "simd/wide.h"

/** Groups of W_GROUP pixels of a warp whose samples all lie inside, with room for loads of 16 or 8 bytes.
 *
 * A pixel is mixed in a lane of 128 bits, its channels side by side in 32 bits each, so that one way serves every
 * channel count; pixel i of a group shares a vector with pixel i + 4. Groups are written in order to a buffer, in which
 * what is stored beyond a group is overwritten by the next one: up to WARP_SLACK bytes. */

#define W_GROUP    (WIDE / 4)
#define WARP_SLACK 16

/** Method, type and channels are known where these functions are called, which only pays when they are inlined; what is
 * rare must not be. */
#define WARP_INLINE static inline __attribute__((always_inline))
#define WARP_APART  static __attribute__((noinline))

/** A group: the samples' addresses and the fractions as vectors of 32 bits. */
struct group {
    const uint8_t *origin;  /**< the first of the samples of a pixel at (0, 0) */
    const uint8_t *below;   /**< and of the row below */
    const uint32_t *offset; /**< where those of each pixel are */
    size_t stride;
    wi fx, fy;
};

WARP_INLINE const uint8_t *at(const struct group *g, int i)
{
    return g->origin + g->offset[i];
}

/** The row below; from a base of its own, which saves an addition for each pixel. */
WARP_INLINE const uint8_t *under(const struct group *g, int i)
{
    return g->below + g->offset[i];
}

WARP_INLINE simde__m128i load_low(const void *p)
{
    return simde_mm_loadl_epi64(p);
}

/** 8 bytes at p and 8 at q. */
WARP_INLINE simde__m128i load_pair(const uint8_t *p, const uint8_t *q)
{
    simde__m128d low = simde_mm_castsi128_pd(load_low(p));
    return simde_mm_castpd_si128(simde_mm_loadh_pd(low, (const simde_float64 *)(const void *)q));
}

/** Lane l is the pair of pixel i + 4 l and of the row below. */
WARP_INLINE wi load_rows_of(const struct group *g, int i)
{
#if WIDE == 32
    simde__m128i low = load_pair(at(g, i), under(g, i));
    simde__m128i high = load_pair(at(g, i + 4), under(g, i + 4));
    return simde_mm256_inserti128_si256(simde_mm256_castsi128_si256(low), high, 1);
#else
    return load_pair(at(g, i), under(g, i));
#endif
}

/** Lane l is the 16 bytes at offset `from` from pixel i + 4 l. */
WARP_INLINE wi load_16_of(const struct group *g, int i, size_t from)
{
#if WIDE == 32
    return simde_mm256_inserti128_si256(simde_mm256_castsi128_si256(w_load16(at(g, i) + from)),
                                        w_load16(at(g, i + 4) + from), 1);
#else
    return w_load16(at(g, i) + from);
#endif
}

/** 32 bits of pixel i (and i + 4) in all of their lane. */
WARP_INLINE wi spread(wi v, int i)
{
    switch (i) {
    case 0:
        return W(shuffle_epi32)(v, 0x00);
    case 1:
        return W(shuffle_epi32)(v, 0x55);
    case 2:
        return W(shuffle_epi32)(v, 0xaa);
    default:
        return W(shuffle_epi32)(v, 0xff);
    }
}

/** Two 16-bit halves: 32 - f and f. */
WARP_INLINE wi two_weights(wi f)
{
    return W_SI(or)(W(sub_epi32)(W(set1_epi32)(32), f), W(slli_epi32)(f, 16));
}

/* ---- u8, bilinear ------------------------------------------------------------------------------------------------ */

#if W_SHUFFLES

/** The lower words of two of the four pixels of each lane, four times each. */
WARP_INLINE wi words_of(wi v, int first)
{
    int8_t order[16];
    for (int i = 0; i < 16; i++)
        order[i] = (int8_t)(4 * (first + i / 8) + i % 2);
    return W(shuffle_epi8)(v, w_repeat16(order));
}

/** Half a lane for each pixel, i and i + 1 in lane 0: for each channel the bytes of the two columns. */
WARP_INLINE wi order_of(int channels)
{
    int8_t order[16];
    for (int i = 0; i < 16; i++)
        order[i] = (int8_t)(i % 8 / 2 < channels ? i / 8 * 8 + i % 8 / 2 + (i & 1 ? channels : 0) : -1);
    return w_repeat16(order);
}

WARP_INLINE wi load_two_of(const uint8_t *base, const struct group *g, int i)
{
    simde__m128i low = load_pair(base + g->offset[i], base + g->offset[i + 1]);
#if WIDE == 32
    simde__m128i high = load_pair(base + g->offset[i + 4], base + g->offset[i + 5]);
    return simde_mm256_inserti128_si256(simde_mm256_castsi128_si256(low), high, 1);
#else
    return low;
#endif
}

/** Bytes: 32 - f and f. */
WARP_INLINE wi across_u8(const struct group *g)
{
    return W(add_epi16)(W(mullo_epi16)(g->fx, W(set1_epi32)(255)), W(set1_epi32)(32));
}

/** Of the rows' mixtures a and b, which have 5 bits of fraction. With d = b - a the result is (32 a + d fy + 512) >>
 * 10, which is (a + (d fy >> 5) + 16) >> 5; wy holds fy << 10. */
WARP_INLINE wi mix_rows_u8(wi a, wi b, wi wy)
{
    wi d = W(sub_epi16)(b, a), part = W(mulhi_epi16)(W(add_epi16)(d, d), wy);
    return W(mulhrs_epi16)(W(add_epi16)(a, part), W(set1_epi16)(1 << 10));
}

/** Pixels i and i + 1 of each lane. */
WARP_INLINE wi mix_two_u8(const struct group *g, int i, wi order, wi wx, wi wy)
{
    wi a = W(maddubs_epi16)(W(shuffle_epi8)(load_two_of(g->origin, g, i), order), wx);
    wi b = W(maddubs_epi16)(W(shuffle_epi8)(load_two_of(g->below, g, i), order), wx);
    return mix_rows_u8(a, b, wy);
}

#if WIDE == 32
/** 4 bytes of each pixel: loads that fill the vector and blends, which need no shuffles. */
WARP_INLINE wi load_words_of(const uint8_t *base, const struct group *g)
{
    int32_t word[W_GROUP];
    for (int i = 0; i < W_GROUP; i++)
        memcpy(&word[i], base + g->offset[i], sizeof *word);
    wi a = simde_mm256_blend_epi32(W(set1_epi32)(word[0]), W(set1_epi32)(word[1]), 0x02);
    wi b = simde_mm256_blend_epi32(W(set1_epi32)(word[2]), W(set1_epi32)(word[3]), 0x08);
    wi c = simde_mm256_blend_epi32(W(set1_epi32)(word[4]), W(set1_epi32)(word[5]), 0x20);
    wi d = simde_mm256_blend_epi32(W(set1_epi32)(word[6]), W(set1_epi32)(word[7]), 0x80);
    return simde_mm256_blend_epi32(simde_mm256_blend_epi32(a, b, 0x0c), simde_mm256_blend_epi32(c, d, 0xc0), 0xf0);
}

/** One channel: a pixel has 32 bits, so that weights need not be spread. */
WARP_INLINE void bilinear_gray(const struct group *g, uint8_t *to)
{
    wi wx = across_u8(g), wy = W(slli_epi32)(g->fy, 10);
    wi a = W(maddubs_epi16)(load_words_of(g->origin, g), wx), b = W(maddubs_epi16)(load_words_of(g->below, g), wx);
    wi v = mix_rows_u8(a, b, wy);
    simde__m128i low = simde_mm256_castsi256_si128(v), high = simde_mm256_extracti128_si256(v, 1);
    low = simde_mm_packs_epi32(low, high);
    simde_mm_storel_epi64((void *)to, simde_mm_packus_epi16(low, low));
}
#endif

/** Four bytes for each pixel. */
WARP_INLINE wi mixed_u8(const struct group *g, int channels)
{
    wi wx = across_u8(g), wy = W(slli_epi32)(g->fy, 10), order = order_of(channels);
    wi low = mix_two_u8(g, 0, order, words_of(wx, 0), words_of(wy, 0));
    wi high = mix_two_u8(g, 2, order, words_of(wx, 2), words_of(wy, 2));
    return W(packus_epi16)(low, high);
}

#else

/** First down, then across. */
WARP_INLINE wi mix_u8(const struct group *g, int i, wi wx, wi wy, int channels)
{
    wi rows = load_rows_of(g, i), down = spread(wy, i), zero = W_SI(setzero)();
    rows = W(unpacklo_epi8)(rows, W_SI(srli)(rows, 8));
    wi low = W(madd_epi16)(W(unpacklo_epi8)(rows, zero), down);
    wi high = W(madd_epi16)(W(unpackhi_epi8)(rows, zero), down);
    wi v = W(packs_epi32)(low, high), right;
    switch (channels) {
    case 1:
        right = W_SI(srli)(v, 2);
        break;
    case 2:
        right = W_SI(srli)(v, 4);
        break;
    case 3:
        right = W_SI(srli)(v, 6);
        break;
    default:
        right = W_SI(srli)(v, 8);
    }
    v = W(madd_epi16)(W(unpacklo_epi16)(v, right), spread(wx, i));
    return W(srli_epi32)(W(add_epi32)(v, W(set1_epi32)(512)), 10);
}

WARP_INLINE wi mixed_u8(const struct group *g, int channels)
{
    wi wx = two_weights(g->fx), wy = two_weights(g->fy);
    wi low = W(packs_epi32)(mix_u8(g, 0, wx, wy, channels), mix_u8(g, 1, wx, wy, channels));
    wi high = W(packs_epi32)(mix_u8(g, 2, wx, wy, channels), mix_u8(g, 3, wx, wy, channels));
    return W(packus_epi16)(low, high);
}

#endif

#if W_SHUFFLES
/** One or two bytes of every 4. */
WARP_INLINE void store_narrow_u8(uint8_t *to, wi v, int channels)
{
    int8_t order[16];
    for (int i = 0; i < 16; i++)
        order[i] = (int8_t)(i < 4 * channels ? i / channels * 4 + i % channels : -1);
    v = W(shuffle_epi8)(v, w_repeat16(order));
#if WIDE == 32
    simde__m128i low = simde_mm256_castsi256_si128(v), high = simde_mm256_extracti128_si256(v, 1);
    low = channels == 1 ? simde_mm_unpacklo_epi32(low, high) : simde_mm_unpacklo_epi64(low, high);
    memcpy(to, &low, (size_t)(W_GROUP * channels));
#else
    memcpy(to, &v, (size_t)(W_GROUP * channels));
#endif
}
#endif

/** The first `channels` bytes of every 4, packed, to memory: W_GROUP pixels. */
WARP_INLINE void store_pixels_u8(uint8_t *to, wi v, int channels)
{
#if W_SHUFFLES
    if (channels == 3) {
        static const int8_t order[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1};
        v = W(shuffle_epi8)(v, w_repeat16(order));
#if WIDE == 32
        w_store16(to, simde_mm256_castsi256_si128(v));
        w_store16(to + 12, simde_mm256_extracti128_si256(v, 1));
#else
        w_store(to, v);
#endif
        return;
    }
    if (channels < 3) {
        store_narrow_u8(to, v, channels);
        return;
    }
#endif
    if (channels == 4) {
        w_store(to, v);
        return;
    }
    uint8_t bytes[WIDE];
    w_store(bytes, v);
    for (ptrdiff_t i = 0; i < W_GROUP; i++)
        memcpy(to + i * channels, bytes + 4 * i, (size_t)channels);
}

WARP_INLINE void bilinear_u8(const struct group *g, int channels, uint8_t *to)
{
#if WIDE == 32
    if (channels == 1) {
        bilinear_gray(g, to);
        return;
    }
#endif
    store_pixels_u8(to, mixed_u8(g, channels), channels);
}

/* ---- u16, bilinear ----------------------------------------------------------------------------------------------- */

/** The samples of 8 at p next to those of the pixel after. */
WARP_INLINE wi beside_u16(wi v, int channels)
{
    switch (channels) {
    case 1:
        return W(unpacklo_epi16)(v, W_SI(srli)(v, 2));
    case 2:
        return W(unpacklo_epi16)(v, W_SI(srli)(v, 4));
    case 3:
        return W(unpacklo_epi16)(v, W_SI(srli)(v, 6));
    default:
        return W(unpacklo_epi16)(v, W_SI(srli)(v, 8));
    }
}

/** Pixels of 4 samples of 16 bits, two and two in the lanes of `low` (0, 1 and 4, 5) and `high` (2, 3 and 6, 7), to
 * memory; what a store writes beyond its pixel the next one overwrites. */
WARP_INLINE void store_pixels_u16(uint8_t *to, wi low, wi high, int channels)
{
    uint8_t bytes[2 * WIDE];
    size_t pixel = 2 * (size_t)channels;
    for (int l = 0; l < W_LANES; l++) {
        memcpy(bytes + 32 * l, (const uint8_t *)&low + 16 * l, 16);
        memcpy(bytes + 32 * l + 16, (const uint8_t *)&high + 16 * l, 16);
    }
    for (size_t i = 0; i < W_GROUP; i++)
        memcpy(to + i * pixel, bytes + 8 * i, channels == 1 ? 2 : 8);
}

WARP_INLINE void bilinear_u16(const struct group *g, int channels, uint8_t *to)
{
    wi x = two_weights(g->fx), fy = W_SI(or)(g->fy, W(slli_epi32)(g->fy, 16)), sign = W(set1_epi16)((int16_t)-32768);
    wi upper = W(mullo_epi16)(x, W(sub_epi16)(W(set1_epi16)(32), fy)), lower = W(mullo_epi16)(x, fy), v[4];
    for (int i = 0; i < 4; i++) {
        wi above = beside_u16(W_SI(xor)(load_16_of(g, i, 0), sign), channels);
        wi below = beside_u16(W_SI(xor)(load_16_of(g, i, g->stride), sign), channels);
        wi sum = W(add_epi32)(W(madd_epi16)(above, spread(upper, i)), W(madd_epi16)(below, spread(lower, i)));
        v[i] = W(srai_epi32)(W(add_epi32)(sum, W(set1_epi32)(512)), 10);
    }
    store_pixels_u16(to, W_SI(xor)(W(packs_epi32)(v[0], v[1]), sign), W_SI(xor)(W(packs_epi32)(v[2], v[3]), sign),
                     channels);
}

/* ---- f32, bilinear ----------------------------------------------------------------------------------------------- */

WARP_INLINE simde__m128 load_f32(const uint8_t *p)
{
    return simde_mm_loadu_ps((const float *)(const void *)p);
}

WARP_INLINE void bilinear_f32(const struct group *g, int channels, uint8_t *to)
{
    size_t pixel = 4 * (size_t)channels;
    int32_t fx[W_GROUP], fy[W_GROUP];
    w_store(fx, g->fx);
    w_store(fy, g->fy);
    for (int i = 0; i < W_GROUP; i++) {
        const uint8_t *p = at(g, i), *q = p + g->stride;
        const float unit = 1.0F / 1024;
        float right = (float)fx[i], left = (float)(32 - fx[i]), below = (float)fy[i] * unit;
        float above = (float)(32 - fy[i]) * unit;
        simde__m128 v = simde_mm_mul_ps(load_f32(p), simde_mm_set1_ps(left * above));
        v = simde_mm_add_ps(v, simde_mm_mul_ps(load_f32(p + pixel), simde_mm_set1_ps(right * above)));
        v = simde_mm_add_ps(v, simde_mm_mul_ps(load_f32(q), simde_mm_set1_ps(left * below)));
        v = simde_mm_add_ps(v, simde_mm_mul_ps(load_f32(q + pixel), simde_mm_set1_ps(right * below)));
        memcpy(to + (size_t)i * pixel, &v, channels == 1 ? 4 : 16);
    }
}

#endif
