/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_CURVE_H
#define FLYNN_SIMD_CURVE_H

#include "simd/rgb_rows.h"

#include <math.h>

/** The functions of cpu/curve.h, step by step. */

POINT_INLINE vf curve_guess(vf a, float factor, float plus)
{
    vf bits = V(mul_ps)(V(cvtepi32_ps)(V_AS_I(a)), rgb_set(factor));
    return V_AS_F(V(cvttps_epi32)(V(add_ps)(bits, rgb_set(plus))));
}

POINT_INLINE vf curve_cube_root(vf a)
{
    vf z = curve_guess(a, 1 / 3.0f, 710000000.0f);
    for (int i = 0; i < 2; i++) {
        vf cube = V(mul_ps)(V(mul_ps)(z, z), z);
        vf ratio = V(div_ps)(V(sub_ps)(cube, a), V(add_ps)(V(add_ps)(cube, cube), a));
        z = V(sub_ps)(z, V(mul_ps)(z, ratio));
    }
    return z;
}

POINT_INLINE vf curve_fifth_root_of_square(vf a)
{
    const vf fifth = rgb_set(0.2f);
    vf z = curve_guess(a, 0.4f, 639000000.0f);
    for (int i = 0; i < 3; i++) {
        vf square = V(mul_ps)(z, z);
        vf other = V(div_ps)(V(mul_ps)(a, a), V(mul_ps)(square, square));
        z = V(sub_ps)(z, V(mul_ps)(V(sub_ps)(z, other), fifth));
    }
    return z;
}

POINT_INLINE vf curve_to_linear(vf x)
{
    vf t = V(mul_ps)(V(add_ps)(x, rgb_set(0.055f)), rgb_set(1 / 1.055f));
    t = V(min_ps)(t, rgb_set(0x1p54f));
    vf high = V(mul_ps)(V(mul_ps)(t, t), curve_fifth_root_of_square(t));
    vf y = rgb_pick(rgb_less(rgb_set(0.04045f), x), V(mul_ps)(x, rgb_set(1 / 12.92f)), high);
    return rgb_pick(rgb_less(x, rgb_set(INFINITY)), x, y);
}

POINT_INLINE vf curve_from_linear(vf x)
{
    vf c = curve_cube_root(V(min_ps)(x, rgb_set(0x1p120f)));
    vf root = V(mul_ps)(c, V(sqrt_ps)(V(sqrt_ps)(c)));
    vf high = V(sub_ps)(V(mul_ps)(root, rgb_set(1.055f)), rgb_set(0.055f));
    vf y = rgb_pick(rgb_less(rgb_set(0.0031308f), x), V(mul_ps)(x, rgb_set(12.92f)), high);
    return rgb_pick(rgb_less(x, rgb_set(INFINITY)), x, y);
}

#endif
