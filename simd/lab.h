/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LAB_H
#define FLYNN_SIMD_LAB_H

#include "simd/color_matrix.h"
#include "simd/curve.h"

/** What rgb-to-lab and lab-to-rgb share. Tables of integers need gathering loads: u8 is the scalar loop without. */

#if defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_AVX512)
#define LAB_GATHER

/** Entries of a table, for indices of 32 bits. Single loads were measured to be faster than AVX2's gathering one. */
POINT_INLINE vi lab_look_up(const int32_t *table, vi index)
{
#if defined(FLYNN_ISA_AVX512)
    simde__m256i half[2];
    memcpy(half, &index, sizeof index);
    half[0] = simde_mm256_i32gather_epi32(table, half[0], 4);
    half[1] = simde_mm256_i32gather_epi32(table, half[1], 4);
    memcpy(&index, half, sizeof index);
    return index;
#else
    uint32_t i[8];
    memcpy(i, &index, sizeof i);
    return simde_mm256_setr_epi32(table[i[0]], table[i[1]], table[i[2]], table[i[3]], table[i[4]], table[i[5]],
                                  table[i[6]], table[i[7]]);
#endif
}

/** Quarter i of a vector of bytes, in 32 bits, in the order of rgb_pack8. */
POINT_INLINE vi lab_quarter(vi x, int i)
{
    const vi zero = v_zero();
    vi half = i < 2 ? V(unpacklo_epi8)(x, zero) : V(unpackhi_epi8)(x, zero);
    return i % 2 ? V(unpackhi_epi16)(half, zero) : V(unpacklo_epi16)(half, zero);
}
#endif

/** (m[0] x + m[1] y) + m[2] z */
POINT_INLINE vf lab_dot(const vf *m, vf x, vf y, vf z)
{
    return V(add_ps)(V(add_ps)(V(mul_ps)(m[0], x), V(mul_ps)(m[1], y)), V(mul_ps)(m[2], z));
}

struct lab_floats {
    vf m[9];
};

POINT_INLINE void lab_load(struct lab_floats *m, const float *table)
{
    for (int i = 0; i < 9; i++)
        m->m[i] = rgb_set(table[i]);
}

#endif
