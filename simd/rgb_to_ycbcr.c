/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/color_matrix.h"

/* (x p + x' q + y s + y' t + bias) >> 16 of pairs (x, x') and (y, y'), or with less y s for `subtract`. The coefficient
 * 32768 does not fit: -32768 is subtracted, or what is made is 255 less the quotient. */
#if defined(FLYNN_ISA_AVX512)
POINT_INLINE vi quotient(const struct rgb_group *group, const vi x[4], int p, int q, const vi y[4], int s, int t,
                         bool subtract, int32_t bias)
{
    const vi by_x = subtract ? rgb_pair(-p, -q) : rgb_pair(p, q), by_y = rgb_pair(s, t);
    const vi from = v_set32(subtract ? (256 << 16) - 1 - bias : bias);
    vi sum[4];
    for (int i = 0; i < 4; i++)
        sum[i] = V(dpwssd_epi32)(V(dpwssd_epi32)(from, x[i], by_x), y[i], by_y);
    vi bytes = rgb_upper8(group, sum);
    return subtract ? v_xor(bytes, v_set8(255)) : bytes;
}
#else
POINT_INLINE vi quotient(const struct rgb_group *group, const vi x[4], int p, int q, const vi y[4], int s, int t,
                         bool subtract, int32_t bias)
{
    (void)group;
    vi sum[4];
    for (int i = 0; i < 4; i++) {
        vi a = V(add_epi32)(V(madd_epi16)(x[i], rgb_pair(p, q)), v_set32(bias));
        vi b = V(madd_epi16)(y[i], rgb_pair(s, t));
        sum[i] = V(srli_epi32)(subtract ? V(sub_epi32)(a, b) : V(add_epi32)(a, b), 16);
    }
    return rgb_pack8(sum);
}
#endif

static inline void map(struct rgb *px, const void *by)
{
    (void)by;
    const int32_t middle = (128 << 16) + 32767;
    struct rgb_group *group = (struct rgb_group *)px;
    const struct rgb_pairs m = rgb_pairs8(group, 0, 0);
    px->r = quotient(group, m.rg, 19595, 38470 - 16384, m.b, 7471, 16384, false, 32768);
    px->g = quotient(group, m.rg, -11059, -21709, m.b, -32768, 0, true, middle);
    px->b = quotient(group, m.b, -5329, -27439, m.rg, -32768, 0, true, middle);
}

static void ycbcr_u8(const struct flynn_call *call)
{
    rgb_kernel(call, 1, true, map, NULL);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(rgb_to_ycbcr) = {.fn = {{[FLYNN_U8] = ycbcr_u8}}};
