/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

/* The channel nearest to the hue is V, the farthest V (1 - S), and only the third is between them: with m the distance
 * from the nearest hue, V (7650 - S (30 - m)) / 7650. */

/* The distance of h < 180 from the hue `own`, up to 90. */
POINT_INLINE vi distance(vi h, int own)
{
    const vi hue = v_set8(own);
    vi d = own ? v_or(V(subs_epu8)(h, hue), V(subs_epu8)(hue, h)) : h;
    return V(min_epu8)(d, V(sub_epi8)(v_set8(180), d));
}

POINT_INLINE vi channel8(vi d, vi v, vi between, vi low)
{
    vi x = rgb_pick8(rgb_over8(d, v_set8(30)), v, between);
    return rgb_pick8(rgb_over8(d, v_set8(59)), x, low);
}

/* (V (255 - S) + 127) / 255, rounded down. */
POINT_INLINE vi lowest(vi s, vi v)
{
    vi product = V(mullo_epi16)(v, v_xor(s, v_set16(255)));
    return V(mulhi_epu16)(V(add_epi16)(product, v_set16(128)), v_set16(257));
}

/* Numbers kept from the compiler, which would add shifted numbers up for a multiplication. */
struct factors {
    vi part, whole;
};

/* V less (V S y + 3824) / 7650, for y up to 30. The quotient without 3824 is at most 1 too small when 1096 / 2^23
 * stands for 1 / 7650, and what remains then is up to 8550: both were tried for every S, V and y. */
POINT_INLINE vi between(vi s, vi v, vi y, const struct factors *by)
{
    vi product = V(mullo_epi16)(v, s);
    vi q = V(srli_epi16)(V(mulhi_epu16)(product, V(mullo_epi16)(y, by->part)), 7);
    vi rest = V(sub_epi16)(V(mullo_epi16)(product, y), V(mullo_epi16)(q, by->whole));
    return V(add_epi16)(V(sub_epi16)(v, q), v_gt_i16(rest, v_set16(3825)));
}

static inline void map8(struct rgb *px, const void *by)
{
    (void)by;
    const vi zero = v_zero();
    const struct factors by_y = {v_keep(v_set16(1096)), v_keep(v_set16(7650))};
    vi h = V(min_epu8)(px->r, V(sub_epi8)(px->r, v_set8((int8_t)180))), s = px->g, v = px->b;
    vi red = distance(h, 0), green = distance(h, 60), blue = distance(h, 120);
    vi y = V(sub_epi8)(v_set8(30), V(min_epu8)(V(min_epu8)(red, green), blue));
    vi s0 = V(unpacklo_epi8)(s, zero), v0 = V(unpacklo_epi8)(v, zero);
    vi s1 = V(unpackhi_epi8)(s, zero), v1 = V(unpackhi_epi8)(v, zero);
    vi low = V(packus_epi16)(lowest(s0, v0), lowest(s1, v1));
    vi x0 = between(s0, v0, V(unpacklo_epi8)(y, zero), &by_y), x1 = between(s1, v1, V(unpackhi_epi8)(y, zero), &by_y);
    vi x = V(packus_epi16)(x0, x1);
    px->r = channel8(red, v, x, low);
    px->g = channel8(green, v, x, low);
    px->b = channel8(blue, v, x, low);
}

static void rgb_u8(const struct flynn_call *call)
{
    rgb_kernel(call, 1, false, map8, NULL);
}

/* ---- floats ------------------------------------------------------------------------------------------------------ */

/* Step by step as in cpu/hsv_to_rgb.c. */
POINT_INLINE vf channel(vf h, vf s, vf v, float own)
{
    const vf sixth = rgb_set(60);
    vf d = rgb_abs(V(sub_ps)(h, rgb_set(own))), e = rgb_abs(V(sub_ps)(rgb_set(360), d));
    d = V(max_ps)(V(sub_ps)(V(min_ps)(d, e), sixth), rgb_set(0));
    d = V(min_ps)(d, sixth);
    return V(sub_ps)(v, V(mul_ps)(V(mul_ps)(v, s), V(mul_ps)(d, rgb_set(1 / 60.0f))));
}

POINT_INLINE vi channel16(const vf h[2], const vf s[2], const vf v[2], float own)
{
    const vf half = rgb_set(0.5f);
    vi low = V(cvttps_epi32)(V(add_ps)(channel(h[0], s[0], v[0], own), half));
    vi high = V(cvttps_epi32)(V(add_ps)(channel(h[1], s[1], v[1], own), half));
    return rgb_pack16(low, high);
}

static inline void map16(struct rgb *px, const void *by)
{
    (void)by;
    vf h[2], s[2], v[2];
    rgb_to_floats(h, px->r);
    rgb_to_floats(s, px->g);
    rgb_to_floats(v, px->b);
    for (int i = 0; i < 2; i++) {
        h[i] = V(mul_ps)(h[i], rgb_set(360 / 65536.0f));
        s[i] = V(mul_ps)(s[i], rgb_set(1 / 65535.0f));
    }
    px->r = channel16(h, s, v, 0);
    px->g = channel16(h, s, v, 120);
    px->b = channel16(h, s, v, 240);
}

static void rgb_u16(const struct flynn_call *call)
{
    rgb_kernel(call, 2, false, map16, NULL);
}

static inline void mapf(struct rgb *px, const void *by)
{
    (void)by;
    vf h = V_AS_F(px->r), s = V_AS_F(px->g), v = V_AS_F(px->b);
    px->r = V_AS_I(channel(h, s, v, 0));
    px->g = V_AS_I(channel(h, s, v, 120));
    px->b = V_AS_I(channel(h, s, v, 240));
}

static void rgb_f32(const struct flynn_call *call)
{
    rgb_kernel(call, 4, false, mapf, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(hsv_to_rgb);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(hsv_to_rgb) = {
    .fn = {{[FLYNN_U8] = rgb_u8, [FLYNN_U16] = rgb_u16, [FLYNN_F32] = rgb_f32}},
};
