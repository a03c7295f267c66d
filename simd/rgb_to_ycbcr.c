/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* (x + y + bias) >> 16 of four vectors of pairs, as bytes. */
POINT_INLINE vi quotient(const vi x[4], vi by_x, const vi y[4], vi by_y, vi bias)
{
    vi sum[4];
    for (int i = 0; i < 4; i++)
        sum[i] = rgb_add_pairs(rgb_add_pairs(bias, x[i], by_x), y[i], by_y);
    return rgb_upper8(sum);
}

/* The coefficient 32768 does not fit, but -32768 does: what is made of Cb and Cr is 255 less them. */
static inline void map(struct rgb *px, const void *by)
{
    (void)by;
    const vi middle = v_set32((128 << 16) - 32767 - 1), all = v_set8(255);
    vi rg[4], bg[4];
    rgb_pair8(rg, px->r, px->g);
    rgb_pair8(bg, px->b, px->g);
    px->r = quotient(rg, rgb_pair(19595, 38470 - 16384), bg, rgb_pair(7471, 16384), v_set32(32768));
    px->g = v_xor(quotient(rg, rgb_pair(11059, 21709), bg, rgb_pair(-32768, 0), middle), all);
    px->b = v_xor(quotient(bg, rgb_pair(5329, 27439), rg, rgb_pair(-32768, 0), middle), all);
}

static void ycbcr_u8(const struct flynn_call *call)
{
    rgb_kernel(call, 1, true, map, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr) = {.fn = {{[FLYNN_U8] = ycbcr_u8}}};
