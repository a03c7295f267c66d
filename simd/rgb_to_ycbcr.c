/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* (x + y + bias) >> 16 of four vectors of pairs, as bytes. */
POINT_INLINE vi quotient(const struct rgb *px, const vi x[4], vi by_x, const vi y[4], vi by_y, int32_t bias)
{
    vi sum[4];
    for (int i = 0; i < 4; i++)
        sum[i] = rgb_add_pairs(rgb_add_pairs(v_set32(bias), x[i], by_x), y[i], by_y);
    return rgb_upper8(px, sum);
}

/* (32768 y - p x - q x' + bias) >> 16 of pairs (x, x') and (y, ..). The coefficient 32768 does not fit: -32768 is
 * subtracted, or what is made is 255 less the quotient. */
POINT_INLINE vi difference(const struct rgb *px, const vi x[4], int p, int q, const vi y[4], int32_t bias)
{
    const vi by_y = rgb_pair(-32768, 0);
#if defined(FLYNN_ISA_AVX512)
    return v_xor(quotient(px, x, rgb_pair(p, q), y, by_y, (256 << 16) - 1 - bias), v_set8(255));
#else
    (void)px;
    vi sum[4];
    for (int i = 0; i < 4; i++) {
        vi a = V(add_epi32)(V(madd_epi16)(x[i], rgb_pair(-p, -q)), v_set32(bias));
        sum[i] = V(srli_epi32)(V(sub_epi32)(a, V(madd_epi16)(y[i], by_y)), 16);
    }
    return rgb_pack8(sum);
#endif
}

static inline void map(struct rgb *px, const void *by)
{
    (void)by;
    const int32_t middle = (128 << 16) + 32767;
    const struct rgb_pairs p = rgb_pairs8(px, 0, 0);
    px->r = quotient(px, p.rg, rgb_pair(19595, 38470 - 16384), p.b, rgb_pair(7471, 16384), 32768);
    px->g = difference(px, p.rg, 11059, 21709, p.b, middle);
    px->b = difference(px, p.b, 5329, 27439, p.rg, middle);
}

static void ycbcr_u8(const struct flynn_call *call)
{
    rgb_kernel(call, 1, true, map, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr) = {.fn = {{[FLYNN_U8] = ycbcr_u8}}};
