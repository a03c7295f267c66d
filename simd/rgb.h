/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RGB_H
#define FLYNN_SIMD_RGB_H

#include "simd/filter.h"
#include "simd/point.h"
#if defined(FLYNN_ISA_AVX512)
#include "simd/rgb_vbmi.h"
#endif

/** Kernels of ops that make each pixel of 3 or 4 interleaved channels from the same pixel, of the same type: an op
 * gives the function of one group of pixels with a vector for each channel.
 *
 * A group has VEC bytes of every channel. The order of its pixels within the vectors is the same for all channels, and
 * is not the order in memory: maps must not depend on it. */

struct rgb {
    vi r, g, b, a; /**< a: alpha; not used with 3 channels */
};

/* ---- blocks --------------------------------------------------------------------------------------------------------
 * Three blocks in a row hold whole pixels. With AVX-512 a block is a vector; else it has 16 bytes, and every lane of
 * the three vectors gets three. */

#if defined(FLYNN_ISA_AVX2)

/* Blocks 0 1, 2 3, 4 5 become 0 3, 1 4, 2 5. */
POINT_INLINE void rgb_load_blocks(vi v[3], const uint8_t *p)
{
    vi a = v_load(p), b = v_load(p + VEC), c = v_load(p + 2 * VEC);
    v[0] = simde_mm256_blend_epi32(a, b, 0xf0);
    v[1] = simde_mm256_permute2x128_si256(a, c, 0x21);
    v[2] = simde_mm256_blend_epi32(b, c, 0xf0);
}

/* And back. */
POINT_INLINE void rgb_order_blocks(vi v[3])
{
    vi a = v[0], b = v[1], c = v[2];
    v[0] = simde_mm256_permute2x128_si256(a, b, 0x20);
    v[1] = simde_mm256_blend_epi32(c, a, 0xf0);
    v[2] = simde_mm256_permute2x128_si256(b, c, 0x31);
}

#else

POINT_INLINE void rgb_load_blocks(vi v[3], const uint8_t *p)
{
    for (int j = 0; j < 3; j++)
        v[j] = v_load(p + VEC * j);
}

POINT_INLINE void rgb_order_blocks(vi v[3])
{
    (void)v;
}

#endif

/* ---- 4 channels ----------------------------------------------------------------------------------------------------
 * Four vectors of whole pixels. In every lane the samples of a channel are brought into one 32-bit unit; then units and
 * vectors change places. Both steps are their own inverse or have one. */

POINT_INLINE void rgb_transpose(vi v[4])
{
    vi a = V(unpacklo_epi32)(v[0], v[1]), b = V(unpacklo_epi32)(v[2], v[3]);
    vi c = V(unpackhi_epi32)(v[0], v[1]), d = V(unpackhi_epi32)(v[2], v[3]);
    v[0] = V(unpacklo_epi64)(a, b);
    v[1] = V(unpackhi_epi64)(a, b);
    v[2] = V(unpacklo_epi64)(c, d);
    v[3] = V(unpackhi_epi64)(c, d);
}

#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)

POINT_INLINE vi rgb_units(vi x, int sample)
{
    if (sample == 4)
        return x;
    if (sample == 2)
        return V(unpacklo_epi16)(x, V(srli_si128)(x, 8));
    x = V(unpacklo_epi8)(x, V(srli_si128)(x, 8));
    return V(unpacklo_epi8)(x, V(srli_si128)(x, 8));
}

POINT_INLINE vi rgb_pixels(vi x, int sample)
{
    if (sample == 4)
        return x;
    if (sample == 2)
        return V(shuffle_epi32)(V(shufflehi_epi16)(V(shufflelo_epi16)(x, 0xd8), 0xd8), 0xd8);
    return rgb_units(x, 1);
}

#else

POINT_INLINE vi rgb_units(vi x, int sample)
{
    static const int8_t bytes[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
    static const int8_t words[16] = {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15};
    return sample == 4 ? x : V(shuffle_epi8)(x, v_repeat16(sample == 2 ? words : bytes));
}

POINT_INLINE vi rgb_pixels(vi x, int sample)
{
    static const int8_t words[16] = {0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15};
    return sample == 2 ? V(shuffle_epi8)(x, v_repeat16(words)) : rgb_units(x, sample);
}

#endif

POINT_INLINE struct rgb rgb_from_pixels(vi v[4], int sample)
{
    for (int j = 0; j < 4; j++)
        v[j] = rgb_units(v[j], sample);
    rgb_transpose(v);
    return (struct rgb){.r = v[0], .g = v[1], .b = v[2], .a = v[3]};
}

POINT_INLINE void rgb_to_pixels(vi v[4], const struct rgb *px, int sample)
{
    v[0] = px->r;
    v[1] = px->g;
    v[2] = px->b;
    v[3] = px->a;
    rgb_transpose(v);
    for (int j = 0; j < 4; j++)
        v[j] = rgb_pixels(v[j], sample);
}

/* ---- 3 channels -------------------------------------------------------------------------------------------------- */

#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)

/* Without a shuffle of bytes: each quarter of 12 bytes is spread to 16 bytes, pixels of 4 channels. */
POINT_INLINE vi rgb_spread(vi x, int sample)
{
    if (sample == 4)
        return x;
    x = V(unpacklo_epi64)(x, V(srli_si128)(x, 6));
    if (sample == 2)
        return x;
    const vi low = V(set1_epi64x)(0xffffff), high = V(set1_epi64x)(0xffffff00000000);
    return v_or(v_and(x, low), v_and(V(slli_epi64)(x, 8), high));
}

POINT_INLINE struct rgb rgb_from_blocks(const vi v[3], int sample)
{
    vi q[4] = {v[0], v_or(V(srli_si128)(v[0], 12), V(slli_si128)(v[1], 4)),
               v_or(V(srli_si128)(v[1], 8), V(slli_si128)(v[2], 8)), V(srli_si128)(v[2], 4)};
    for (int j = 0; j < 4; j++)
        q[j] = rgb_spread(q[j], sample);
    return rgb_from_pixels(q, sample);
}

/* Pixels of 4 channels to 12 bytes of 3 channels, then zeros. */
POINT_INLINE vi rgb_squeeze(vi x, int sample)
{
    if (sample == 4)
        return v_and(x, simde_mm_set_epi32(0, -1, -1, -1));
    if (sample == 1) {
        const vi low = V(set1_epi64x)(0xffffff), high = V(set1_epi64x)(0xffffff000000);
        x = v_or(v_and(x, low), v_and(V(srli_epi64)(x, 8), high));
    }
    const vi low = simde_mm_set_epi32(0, 0, 0xffff, -1), high = simde_mm_set_epi32(0, -1, (int32_t)0xffff0000, 0);
    return v_or(v_and(x, low), v_and(V(srli_si128)(x, 2), high));
}

POINT_INLINE void rgb_to_blocks(vi v[3], const struct rgb *px, int sample, bool packed)
{
    (void)packed;
    vi q[4];
    rgb_to_pixels(q, px, sample);
    for (int j = 0; j < 4; j++)
        q[j] = rgb_squeeze(q[j], sample);
    v[0] = v_or(q[0], V(slli_si128)(q[1], 12));
    v[1] = v_or(V(srli_si128)(q[1], 4), V(slli_si128)(q[2], 8));
    v[2] = v_or(V(srli_si128)(q[2], 8), V(slli_si128)(q[3], 4));
}

#else

/* N = RGB_BLOCK / sample pixels of 3 samples are the blocks v[0..2]; sample p of block j is of channel (N * j + p) % 3.
 * So a channel has its N samples at different p in the three blocks: they are blended into one vector, where pixel k is
 * at (3 * k + channel) % N, and one shuffle puts them in order. The way back is the same in reverse. */

#if !defined(FLYNN_ISA_AVX512)
#define RGB_BLOCK 16

/* All ones at the samples p with p % 3 == i, for i = 0, 1, 2. */
static const int8_t rgb_class8[3][16] = {
    {-1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1},
    {0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0},
    {0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0},
};
static const int8_t rgb_gather8[3][16] = {
    {0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13},
    {1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14},
    {2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15},
};
static const int8_t rgb_scatter8[3][16] = {
    {0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5},
    {5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10},
    {10, 5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15},
};
static const int8_t rgb_class16[3][16] = {
    {-1, -1, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1, 0, 0},
    {0, 0, -1, -1, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1},
    {0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0},
};
static const int8_t rgb_gather16[3][16] = {
    {0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5, 10, 11},
    {2, 3, 8, 9, 14, 15, 4, 5, 10, 11, 0, 1, 6, 7, 12, 13},
    {4, 5, 10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15},
};
static const int8_t rgb_scatter16[3][16] = {
    {0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5, 10, 11},
    {10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15, 4, 5},
    {4, 5, 10, 11, 0, 1, 6, 7, 12, 13, 2, 3, 8, 9, 14, 15},
};
static const int8_t rgb_class32[3][16] = {
    {-1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1},
    {0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0},
};
static const int8_t rgb_gather32[3][16] = {
    {0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7},
    {4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11},
    {8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15},
};
static const int8_t rgb_scatter32[3][16] = {
    {0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7},
    {4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11},
    {8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15},
};

struct rgb_tables {
    const int8_t (*class)[16], (*gather)[16], (*scatter)[16];
};

POINT_INLINE struct rgb_tables rgb_tables(int sample)
{
    if (sample == 1)
        return (struct rgb_tables){rgb_class8, rgb_gather8, rgb_scatter8};
    if (sample == 2)
        return (struct rgb_tables){rgb_class16, rgb_gather16, rgb_scatter16};
    return (struct rgb_tables){rgb_class32, rgb_gather32, rgb_scatter32};
}

POINT_INLINE vi rgb_gather(vi x, int c, int sample)
{
    return V(shuffle_epi8)(x, v_repeat16(rgb_tables(sample).gather[c]));
}

POINT_INLINE vi rgb_scatter(vi x, int c, int sample, bool packed)
{
    (void)packed;
    return V(shuffle_epi8)(x, v_repeat16(rgb_tables(sample).scatter[c]));
}

/* b at the samples p with p % 3 == i, else a. */
POINT_INLINE vi rgb_mix(vi a, vi b, int i, int sample)
{
    return V(blendv_epi8)(a, b, v_repeat16(rgb_tables(sample).class[i]));
}
#endif

POINT_INLINE vi rgb_channel(const vi v[3], int c, int sample)
{
    int n = RGB_BLOCK / sample;
    vi x = rgb_mix(v[0], v[1], (c + 2 * n) % 3, sample);
    return rgb_gather(rgb_mix(x, v[2], (c + n) % 3, sample), c, sample);
}

POINT_INLINE struct rgb rgb_from_blocks(const vi v[3], int sample)
{
    struct rgb px = {.r = rgb_channel(v, 0, sample), .g = rgb_channel(v, 1, sample), .b = rgb_channel(v, 2, sample)};
    px.a = px.b;
    return px;
}

/* packed: bytes in the order of RGB_PLACE, which AVX-512 alone has. */
POINT_INLINE void rgb_to_blocks(vi v[3], const struct rgb *px, int sample, bool packed)
{
    vi r = rgb_scatter(px->r, 0, sample, packed), g = rgb_scatter(px->g, 1, sample, packed);
    vi b = rgb_scatter(px->b, 2, sample, packed);
    int n = RGB_BLOCK / sample;
    for (int j = 0; j < 3; j++)
        v[j] = rgb_mix(rgb_mix(r, g, (1 + 2 * n * j) % 3, sample), b, (2 + 2 * n * j) % 3, sample);
}

#endif

/* ---- masks ---------------------------------------------------------------------------------------------------------
 * Of bytes and of floats; with NaN no comparison holds. */

#if defined(FLYNN_ISA_AVX512)
typedef simde__mmask64 rgb_mask8;
typedef simde__mmask16 rgb_mask;

static inline rgb_mask8 rgb_equal8(vi a, vi b)
{
    return simde_mm512_cmpeq_epi8_mask(a, b);
}

/** a > b, signed. */
static inline rgb_mask8 rgb_over8(vi a, vi b)
{
    return simde_mm512_cmpgt_epi8_mask(a, b);
}

/** b where the mask is set, else a. */
static inline vi rgb_pick8(rgb_mask8 mask, vi a, vi b)
{
    return simde_mm512_mask_blend_epi8(mask, a, b);
}

/** 0 where the mask is set, else x. */
static inline vi rgb_clear8(rgb_mask8 mask, vi x)
{
    return simde_mm512_maskz_mov_epi8(~mask, x);
}

static inline rgb_mask rgb_equal(vf a, vf b)
{
    return simde_mm512_cmp_ps_mask(a, b, SIMDE_CMP_EQ_OQ);
}

static inline rgb_mask rgb_less(vf a, vf b)
{
    return simde_mm512_cmp_ps_mask(a, b, SIMDE_CMP_LT_OQ);
}

/** b where the mask is set, else a. */
static inline vf rgb_pick(rgb_mask mask, vf a, vf b)
{
    return V_AS_F(simde_mm512_mask_blend_epi32(mask, V_AS_I(a), V_AS_I(b)));
}
#else
typedef vi rgb_mask8, rgb_mask;

static inline rgb_mask8 rgb_equal8(vi a, vi b)
{
    return v_eq_i8(a, b);
}

static inline rgb_mask8 rgb_over8(vi a, vi b)
{
    return v_gt_i8(a, b);
}

static inline vi rgb_pick8(rgb_mask8 mask, vi a, vi b)
{
    return v_choose(mask, a, b);
}

static inline vi rgb_clear8(rgb_mask8 mask, vi x)
{
    return v_andnot(mask, x);
}

static inline rgb_mask rgb_equal(vf a, vf b)
{
#if defined(FLYNN_ISA_AVX2)
    return V_AS_I(simde_mm256_cmp_ps(a, b, SIMDE_CMP_EQ_OQ));
#else
    return V_AS_I(simde_mm_cmpeq_ps(a, b));
#endif
}

static inline rgb_mask rgb_less(vf a, vf b)
{
#if defined(FLYNN_ISA_AVX2)
    return V_AS_I(simde_mm256_cmp_ps(a, b, SIMDE_CMP_LT_OQ));
#else
    return V_AS_I(simde_mm_cmplt_ps(a, b));
#endif
}

static inline vf rgb_pick(rgb_mask mask, vf a, vf b)
{
    return V_AS_F(v_choose(mask, V_AS_I(a), V_AS_I(b)));
}
#endif

/* ---- floats ------------------------------------------------------------------------------------------------------ */

static inline vf rgb_set(float x)
{
    return V(set1_ps)(x);
}

/** |x| */
static inline vf rgb_abs(vf x)
{
    return V_AS_F(v_and(V_AS_I(x), v_set32(0x7fffffff)));
}

/** VEC / 2 samples of 16 bits to floats, and whole numbers from 0 to 65535 back. */
POINT_INLINE void rgb_to_floats(vf y[2], vi x)
{
    y[0] = V(cvtepi32_ps)(V(unpacklo_epi16)(x, v_zero()));
    y[1] = V(cvtepi32_ps)(V(unpackhi_epi16)(x, v_zero()));
}

POINT_INLINE vi rgb_pack16(vi low, vi high)
{
    const vi middle = v_set32(32768);
    vi y = V(packs_epi32)(V(sub_epi32)(low, middle), V(sub_epi32)(high, middle));
    return v_xor(y, v_set16(-32768));
}

#endif
