/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* Multiples of 65536 are taken out of the coefficients, so that the rest has 16 bits. */

/* (factor * x + 32768) >> 16 for x from -128 to 127. */
POINT_INLINE vi scaled(vi x, int factor)
{
#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)
    /* (((factor * 2 * x) >> 16) + 1) >> 1 */
    vi product = V(mulhi_epi16)(V(add_epi16)(x, x), v_set16(factor));
    return V(srai_epi16)(V(add_epi16)(product, v_set16(1)), 1);
#else
    /* With half the factor, rounded up: the same for every such x, as was tried with the two that are used. */
    return V(mulhrs_epi16)(x, v_set16((factor + 1) / 2));
#endif
}

POINT_INLINE vi green(vi cb, vi cr)
{
    const vi factors = rgb_pair(-22554, 65536 - 46802), half = v_set32(32768);
    vi low = rgb_add_pairs(half, V(unpacklo_epi16)(cb, cr), factors);
    vi high = rgb_add_pairs(half, V(unpackhi_epi16)(cb, cr), factors);
    return V(sub_epi16)(rgb_upper16(low, high), cr);
}

/* R, G, B of VEC / 2 pixels in 16 bits. */
POINT_INLINE void convert(vi rgb[3], vi y, vi cb, vi cr)
{
    const vi middle = v_set16(128);
    cb = V(sub_epi16)(cb, middle);
    cr = V(sub_epi16)(cr, middle);
    rgb[0] = V(add_epi16)(y, V(add_epi16)(cr, scaled(cr, 91881 - 65536)));
    rgb[1] = V(add_epi16)(y, green(cb, cr));
    rgb[2] = V(add_epi16)(y, V(add_epi16)(V(add_epi16)(cb, cb), scaled(cb, 116130 - 131072)));
}

static inline void map(struct rgb *px, const void *by)
{
    (void)by;
    const vi zero = v_zero();
    vi low[3], high[3];
    convert(low, V(unpacklo_epi8)(px->r, zero), V(unpacklo_epi8)(px->g, zero), V(unpacklo_epi8)(px->b, zero));
    convert(high, V(unpackhi_epi8)(px->r, zero), V(unpackhi_epi8)(px->g, zero), V(unpackhi_epi8)(px->b, zero));
    px->r = V(packus_epi16)(low[0], high[0]);
    px->g = V(packus_epi16)(low[1], high[1]);
    px->b = V(packus_epi16)(low[2], high[2]);
}

static void rgb_u8(const struct flynn_call *call)
{
    rgb_kernel(call, 1, true, map, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(ycbcr_to_rgb);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(ycbcr_to_rgb) = {.fn = {{[FLYNN_U8] = rgb_u8}}};
