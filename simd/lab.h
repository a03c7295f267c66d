/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LAB_H
#define FLYNN_SIMD_LAB_H

#include "simd/color_matrix.h"
#include "simd/curve.h"

/** What rgb-to-lab and lab-to-rgb share. Tables of integers need many registers: u8 is the scalar loop in tables
 * without AVX2. */

#if defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_AVX512)
#define LAB_TABLES

/** Groups are mapped in several loops over numbers of 32 bits in the nearest cache: tables are looked up in by single
 * loads, which were measured to be faster than AVX2's gathering one, and by themselves, so that neither they wait for
 * vectors nor vectors for them. */
struct lab_block {
    int32_t x[3][RGB_MANY * VEC];
};
#define LAB_STEP (VEC / 4) /**< numbers of a vector */

/** Entries of a table in the place of their indices. Two go with one load and one store, and stay out of vectors, which
 * compilers would make of them entry by entry. */
POINT_INLINE void lab_look_up(const int32_t *table, int32_t *x, int n)
{
#pragma GCC unroll 4
    for (int i = 0; i < n; i += 2) {
        uint64_t two;
        memcpy(&two, x + i, sizeof two);
        two = (uint64_t)(uint32_t)table[two >> 32] << 32 | (uint32_t)table[(uint32_t)two];
        memcpy(x + i, &two, sizeof two);
    }
}

/** Quarter i of a vector of bytes, in 32 bits, in the order of rgb_pack8. */
POINT_INLINE vi lab_quarter(vi x, int i)
{
    const vi zero = v_zero();
    vi half = i < 2 ? V(unpacklo_epi8)(x, zero) : V(unpackhi_epi8)(x, zero);
    return i % 2 ? V(unpackhi_epi16)(half, zero) : V(unpacklo_epi16)(half, zero);
}

POINT_INLINE void lab_load_block(struct lab_block *block, const struct rgb *px, int n)
{
    for (int i = 0; i < 4 * n; i++) {
        v_store(block->x[0] + i * LAB_STEP, lab_quarter(px[i / 4].r, i % 4));
        v_store(block->x[1] + i * LAB_STEP, lab_quarter(px[i / 4].g, i % 4));
        v_store(block->x[2] + i * LAB_STEP, lab_quarter(px[i / 4].b, i % 4));
    }
}

#if defined(FLYNN_ISA_AVX512)
/** A table of 256 numbers of 16 bits in registers. */
struct lab_words {
    vi part[8];
};

/** The lower or upper halves of 32 bits. */
static inline void lab_load_words(struct lab_words *words, const int32_t *table, bool upper)
{
    int16_t index[32];
    for (int i = 0; i < 32; i++)
        index[i] = (int16_t)(2 * i + upper);
    for (int k = 0; k < 8; k++, table += 32)
        words->part[k] = simde_mm512_permutex2var_epi16(v_load(table), v_load(index), v_load(table + 16));
}

/** Entries for indices of 16 bits: the six lower bits pick from two registers, the others one of what was picked. */
POINT_INLINE vi lab_word(const struct lab_words *words, vi x)
{
    const vi *part = words->part;
    simde__mmask32 bit6 = simde_mm512_test_epi16_mask(x, v_set16(64)),
                   bit7 = simde_mm512_test_epi16_mask(x, v_set16(128));
    vi a = simde_mm512_permutex2var_epi16(part[0], x, part[1]), b = simde_mm512_permutex2var_epi16(part[2], x, part[3]);
    vi c = simde_mm512_permutex2var_epi16(part[4], x, part[5]), d = simde_mm512_permutex2var_epi16(part[6], x, part[7]);
    vi low = simde_mm512_mask_blend_epi16(bit6, a, b), high = simde_mm512_mask_blend_epi16(bit6, c, d);
    return simde_mm512_mask_blend_epi16(bit7, low, high);
}

/** Half i of a vector of bytes in 16 bits. */
POINT_INLINE vi lab_half(vi x, int i)
{
    return i ? V(unpackhi_epi8)(x, v_zero()) : V(unpacklo_epi8)(x, v_zero());
}

/** Quarter i of two vectors of halves, as pairs. */
POINT_INLINE vi lab_pair(vi x, vi y, int i)
{
    return i % 2 ? V(unpackhi_epi16)(x, y) : V(unpacklo_epi16)(x, y);
}
#endif

/** The bytes of group g of channel c. */
POINT_INLINE vi lab_bytes(const struct lab_block *block, int c, int g)
{
    vi x[4];
    for (int i = 0; i < 4; i++)
        x[i] = v_load(block->x[c] + (4 * g + i) * LAB_STEP);
    return rgb_pack8(x);
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
