/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* ---- u8 -------------------------------------------------------------------------------------------------------------
 * The tables of the definition are computed instead: with q = 30 / (V d) they are q V and 8.5 q d, rounded to multiples
 * of 2^-12. One division serves both, and its error never reaches the next multiple, as was tried for every V and d.
 * All that follows is exact, with or without fused operations. */

#define ROUND 3072.0f /* adding it rounds numbers below 1024 to multiples of 2^-12 */

POINT_INLINE vf multiply_add(vf a, vf b, vf c)
{
#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)
    return V(fmadd_ps)(a, b, c);
#else
    return V(add_ps)(V(mul_ps)(a, b), c);
#endif
}

/* Whole numbers x of 16 bits from 0 to 65535 to floats x - less: x is the low half of the float 2^23 + x. */
POINT_INLINE vf from_low(vi x, int less)
{
    return V(sub_ps)(V_AS_F(V(unpacklo_epi16)(x, v_set16(0x4b00))), rgb_set(8388608.0f + (float)less));
}

POINT_INLINE vf from_high(vi x, int less)
{
    return V(sub_ps)(V_AS_F(V(unpackhi_epi16)(x, v_set16(0x4b00))), rgb_set(8388608.0f + (float)less));
}

/* VEC samples of 16 bits in two vectors, as from_low and from_high make floats of them. */
POINT_INLINE vf from_quarter(const vi x[2], int i, int less)
{
    return i % 2 ? from_high(x[i / 2], less) : from_low(x[i / 2], less);
}

/* Of quarters of a group: d, what h is multiplied with, and q d. Divisions and what waits for them are a loop of their
 * own: a processor looks ahead to the next division then, and not over the multiplications of this group. */
struct factors {
    vf d[4], by_h[4], q_d[4];
};

POINT_INLINE void find_factors(struct factors *f, vi v, vi d)
{
    const vi zero = v_zero();
    const vf round = rgb_set(ROUND);
    vi v2[2] = {V(unpacklo_epi8)(v, zero), V(unpackhi_epi8)(v, zero)};
    vi d2[2] = {V(unpacklo_epi8)(d, zero), V(unpackhi_epi8)(d, zero)};
    for (int i = 0; i < 4; i++) {
        vf x = from_quarter(v2, i, 0), y = from_quarter(d2, i, 0);
        vf q = V(div_ps)(rgb_set(30), multiply_add(x, y, rgb_set(1e-20f))); /* finite; v d is a whole number */
        f->d[i] = y;
        f->by_h[i] = V(sub_ps)(multiply_add(q, x, round), round);
        f->q_d[i] = V(mul_ps)(q, y);
    }
}

#define UP 16384 /* hues are moved up by it */

/* Halves are rounded up: for positive numbers by truncation, else by moving them a little beyond the half. Hues less 52
 * are from -82 to 98: those below -52 get larger by 180, and others pass 127 and become smaller. */
POINT_INLINE void multiply_all(const struct factors *f, const vi hue[2], vi *h, vi *s)
{
    const vf round = rgb_set(ROUND);
    vi x[4], y[4];
    for (int i = 0; i < 4; i++) {
        x[i] = V(cvtps_epi32)(multiply_add(from_quarter(hue, i, UP), f->by_h[i], rgb_set(0x1p-14f - 52)));
        vf by_s = V(sub_ps)(multiply_add(f->q_d[i], rgb_set(8.5f), round), round);
        y[i] = V(cvttps_epi32)(multiply_add(f->d[i], by_s, rgb_set(0.5f)));
    }
    vi turn = V(packs_epi16)(V(packs_epi32)(x[0], x[1]), V(packs_epi32)(x[2], x[3]));
    *h = V(add_epi8)(V(max_epi8)(turn, V(add_epi8)(turn, v_set8(180 - 256))), v_set8(52));
    *s = V(packus_epi16)(V(packs_epi32)(y[0], y[1]), V(packs_epi32)(y[2], y[3]));
}

/* x * p + y * q of the pairs (x, y) in the bytes of `pairs`, for p and q of at most 2. */
POINT_INLINE vi pair_sum(vi pairs, int p, int q)
{
#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)
    vi x = V(mullo_epi16)(v_and(pairs, v_set16(255)), v_set16(p));
    return V(add_epi16)(x, V(mullo_epi16)(V(srli_epi16)(pairs, 8), v_set16(q)));
#else
    return V(maddubs_epi16)(pairs, v_set16(q * 256 + (p & 255)));
#endif
}

/* A group without the colours themselves; hues are moved up by UP. */
struct spread {
    vi d, hue[2];
};

POINT_INLINE struct spread spread_of(const struct rgb *px, vi v)
{
    const vi up = v_set16(UP);
    vi d = V(sub_epi8)(v, V(min_epu8)(V(min_epu8)(px->r, px->g), px->b));
    rgb_mask8 red = rgb_equal8(v, px->r), green = rgb_equal8(v, px->g);
    /* h = x - y + 2 (e + f) */
    vi x = rgb_pick8(red, rgb_pick8(green, px->r, px->b), px->g);
    vi y = rgb_pick8(red, rgb_pick8(green, px->g, px->r), px->b);
    vi e = rgb_clear8(red, d), f = rgb_clear8(green, e);
    vi low_h = V(add_epi16)(pair_sum(V(unpacklo_epi8)(x, y), 1, -1), pair_sum(V(unpacklo_epi8)(e, f), 2, 2));
    vi high_h = V(add_epi16)(pair_sum(V(unpackhi_epi8)(x, y), 1, -1), pair_sum(V(unpackhi_epi8)(e, f), 2, 2));
    return (struct spread){d, {V(add_epi16)(low_h, up), V(add_epi16)(high_h, up)}};
}

POINT_INLINE void map8(struct rgb *px, int n, const void *by)
{
    (void)by;
    struct spread spread[RGB_MANY];
    struct factors factors[RGB_MANY];
    for (int g = 0; g < n; g++) {
        vi v = V(max_epu8)(V(max_epu8)(px[g].r, px[g].g), px[g].b);
        spread[g] = spread_of(&px[g], v);
        px[g].b = v;
    }
    for (int g = 0; g < n; g++)
        find_factors(&factors[g], px[g].b, spread[g].d);
    for (int g = 0; g < n; g++)
        multiply_all(&factors[g], spread[g].hue, &px[g].r, &px[g].g);
}

static void hsv_u8(const struct flynn_call *call)
{
    rgb_kernel_many(call, 1, map8, NULL);
}

/* ---- floats ------------------------------------------------------------------------------------------------------ */

struct hsv {
    vf h, s, v;
};

/* Step by step as in cpu/rgb_to_hsv.c. */
POINT_INLINE struct hsv convert(vf r, vf g, vf b)
{
    const vf epsilon = rgb_set(0x1p-23f);
    vf v = V(max_ps)(V(max_ps)(r, g), b), d = V(sub_ps)(v, V(min_ps)(V(min_ps)(r, g), b));
    vf s = V(div_ps)(d, V(add_ps)(rgb_abs(v), epsilon)), k = V(div_ps)(rgb_set(60), V(add_ps)(d, epsilon));
    vf red = V(mul_ps)(V(sub_ps)(g, b), k);
    vf green = V(add_ps)(V(mul_ps)(V(sub_ps)(b, r), k), rgb_set(120));
    vf blue = V(add_ps)(V(mul_ps)(V(sub_ps)(r, g), k), rgb_set(240));
    vf h = rgb_pick(rgb_equal(v, r), rgb_pick(rgb_equal(v, g), blue, green), red);
    h = rgb_pick(rgb_less(h, rgb_set(0)), h, V(add_ps)(h, rgb_set(360)));
    return (struct hsv){h, s, v};
}

POINT_INLINE vi rounded(vf x, float factor)
{
    return V(cvttps_epi32)(V(add_ps)(V(mul_ps)(x, rgb_set(factor)), rgb_set(0.5f)));
}

static inline void map16(struct rgb *px, const void *by)
{
    (void)by;
    const vi turn = v_set32(65535);
    vf r[2], g[2], b[2];
    struct hsv x[2];
    rgb_to_floats(r, px->r);
    rgb_to_floats(g, px->g);
    rgb_to_floats(b, px->b);
    for (int i = 0; i < 2; i++)
        x[i] = convert(r[i], g[i], b[i]);
    px->r = rgb_pack16(v_and(rounded(x[0].h, 65536 / 360.0f), turn), v_and(rounded(x[1].h, 65536 / 360.0f), turn));
    px->g = rgb_pack16(rounded(x[0].s, 65535), rounded(x[1].s, 65535));
    px->b = rgb_pack16(V(cvttps_epi32)(x[0].v), V(cvttps_epi32)(x[1].v));
}

static void hsv_u16(const struct flynn_call *call)
{
    rgb_kernel(call, 2, false, map16, NULL);
}

static inline void mapf(struct rgb *px, const void *by)
{
    (void)by;
    struct hsv x = convert(V_AS_F(px->r), V_AS_F(px->g), V_AS_F(px->b));
    px->r = V_AS_I(x.h);
    px->g = V_AS_I(x.s);
    px->b = V_AS_I(x.v);
}

static void hsv_f32(const struct flynn_call *call)
{
    rgb_kernel(call, 4, false, mapf, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_hsv);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_hsv) = {
    .fn = {{[FLYNN_U8] = hsv_u8, [FLYNN_U16] = hsv_u16, [FLYNN_F32] = hsv_f32}},
};
