/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BILATERAL_WEIGHTS_H
#define FLYNN_SIMD_BILATERAL_WEIGHTS_H

#include "core/bilateral.h"
#include "simd/filter.h"

/* The weights of bytes, looked up by byte shuffles. */

/* A table of 64 bytes. */
struct table {
#if defined(FLYNN_ISA_AVX512)
    vi all;
#else
    vi part[4];
#endif
};

FLYNN_UNROLLED struct table load_table(const uint8_t *table)
{
    struct table t;
#if defined(FLYNN_ISA_AVX512)
    t.all = v_load(table);
#else
    for (int i = 0; i < 4; i++)
        t.part[i] = v_repeat16(table + 16 * i);
#endif
    return t;
}

/* The bytes of a table at the places of idx. */
FLYNN_UNROLLED vi lookup(const struct table *t, vi idx)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_permutexvar_epi8(idx, t->all);
#else
    vi a = V(shuffle_epi8)(t->part[0], idx), b = V(shuffle_epi8)(t->part[1], idx);
    vi c = V(shuffle_epi8)(t->part[2], idx), d = V(shuffle_epi8)(t->part[3], idx);
    vi bit4 = V(slli_epi16)(idx, 3), bit5 = V(slli_epi16)(idx, 2);
    return V(blendv_epi8)(V(blendv_epi8)(a, b, bit4), V(blendv_epi8)(c, d, bit4), bit5);
#endif
}

FLYNN_UNROLLED vi difference(vi a, vi b)
{
    return V(sub_epi8)(V(max_epu8)(a, b), V(min_epu8)(a, b));
}

/* The steps of the distances: where `narrow`, those above 255 are of the last step as 255 is. */
FLYNN_UNROLLED vi steps(const uint8_t *p, const vi *centre, ptrdiff_t far, int c, int shift, bool narrow)
{
    vi d = difference(v_load(p), centre[0]), most = v_set8(FLYNN_BILATERAL_STEPS - 1);
    simde__m128i by = simde_mm_cvtsi32_si128(shift);
    if (narrow || c == 1) {
        for (int j = 1; j < c; j++)
            d = V(adds_epu8)(d, difference(v_load(p + j * far), centre[j]));
        return V(min_epu8)(v_and(V(srl_epi16)(d, by), v_set8(255 >> shift)), most);
    }
    vi low = V(unpacklo_epi8)(d, v_zero()), high = V(unpackhi_epi8)(d, v_zero());
    for (int j = 1; j < c; j++) {
        d = difference(v_load(p + j * far), centre[j]);
        low = V(add_epi16)(low, V(unpacklo_epi8)(d, v_zero()));
        high = V(add_epi16)(high, V(unpackhi_epi8)(d, v_zero()));
    }
    return V(min_epu8)(V(packus_epi16)(V(srl_epi16)(low, by), V(srl_epi16)(high, by)), most);
}

#endif
