/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* (x + sign * y + bias) >> 16 of four vectors, as bytes. The coefficient 32768 does not fit: -32768 is subtracted. */
POINT_INLINE vi quotient(const vi x[4], vi by_x, const vi y[4], vi by_y, bool subtract, vi bias)
{
    vi sum[4];
    for (int i = 0; i < 4; i++) {
        vi a = V(add_epi32)(V(madd_epi16)(x[i], by_x), bias), b = V(madd_epi16)(y[i], by_y);
        sum[i] = V(srli_epi32)(subtract ? V(sub_epi32)(a, b) : V(add_epi32)(a, b), 16);
    }
    return rgb_pack8(sum);
}

static inline void map(struct rgb *px, const void *by)
{
    (void)by;
    const vi middle = v_set32((128 << 16) + 32767);
    vi rg[4], bg[4];
    rgb_pair8(rg, px->r, px->g);
    rgb_pair8(bg, px->b, px->g);
    px->r = quotient(rg, rgb_pair(19595, 38470 - 16384), bg, rgb_pair(7471, 16384), false, v_set32(32768));
    px->g = quotient(rg, rgb_pair(-11059, -21709), bg, rgb_pair(-32768, 0), true, middle);
    px->b = quotient(bg, rgb_pair(-5329, -27439), rg, rgb_pair(-32768, 0), true, middle);
}

static void ycbcr_u8(const struct flynn_call *call)
{
    rgb_kernel(call, 1, true, map, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr) = {.fn = {{[FLYNN_U8] = ycbcr_u8}}};
