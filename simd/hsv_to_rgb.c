/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

/* The distance of h < 180 from the hue `own`, beyond 30 and up to 60 of 180. */
POINT_INLINE vi beyond(vi h, int own)
{
    const vi hue = v_set8(own), far = v_set8(30);
    vi d = own ? v_or(V(subs_epu8)(h, hue), V(subs_epu8)(hue, h)) : h;
    d = V(min_epu8)(d, V(sub_epi8)(v_set8(180), d));
    return V(min_epu8)(V(subs_epu8)(d, far), far);
}

/* (v (7650 - s y) + 3825) / 7650 of VEC / 4 pixels in every vector; pairs of 16 bits, (v, 1) in `v`. The product with
 * the rounded reciprocal has the right whole part for every dividend up to 256 * 7650, as was tried. */
POINT_INLINE vi quotient(vi weight, vi v)
{
    return V(cvttps_epi32)(V(mul_ps)(V(cvtepi32_ps)(V(madd_epi16)(weight, v)), rgb_set(1 / 7650.0f)));
}

POINT_INLINE vi channel_half(vi y, vi s, const vi v[2])
{
    vi weight = V(sub_epi16)(v_set16(7650), V(mullo_epi16)(y, s));
    vi low = quotient(V(unpacklo_epi16)(weight, v_set16(3825)), v[0]);
    vi high = quotient(V(unpackhi_epi16)(weight, v_set16(3825)), v[1]);
    return V(packs_epi32)(low, high);
}

POINT_INLINE vi channel8(vi h, const vi s[2], const vi v[4], int own)
{
    const vi zero = v_zero();
    vi y = beyond(h, own);
    vi low = channel_half(V(unpacklo_epi8)(y, zero), s[0], v);
    vi high = channel_half(V(unpackhi_epi8)(y, zero), s[1], v + 2);
    return V(packus_epi16)(low, high);
}

static inline void map8(struct rgb *px, const void *by)
{
    (void)by;
    const vi zero = v_zero(), one = v_set16(1);
    vi h = V(min_epu8)(px->r, V(sub_epi8)(px->r, v_set8((int8_t)180)));
    vi s[2] = {V(unpacklo_epi8)(px->g, zero), V(unpackhi_epi8)(px->g, zero)};
    vi low = V(unpacklo_epi8)(px->b, zero), high = V(unpackhi_epi8)(px->b, zero);
    vi v[4] = {V(unpacklo_epi16)(low, one), V(unpackhi_epi16)(low, one), V(unpacklo_epi16)(high, one),
               V(unpackhi_epi16)(high, one)};
    px->r = channel8(h, s, v, 0);
    px->g = channel8(h, s, v, 60);
    px->b = channel8(h, s, v, 120);
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
