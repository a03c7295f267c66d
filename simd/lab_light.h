/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LAB_LIGHT_H
#define FLYNN_SIMD_LAB_LIGHT_H

#include "simd/lookup256.h"

/** Linear light in 1/4096 to samples, from registers with VBMI. The curve is steep at first, then flat: below 256 every
 * entry is in a table of bytes; of every 4 below 1024, and of every 16 above, one table has the first, and another how
 * many are as large: the others are larger by 1. */

struct lab_steps {
    vi first[3], equal[3]; /* entries 64 to 255 of tables for indices of 8 bits */
};

struct lab_light {
    struct lookup256 dark;
    struct lab_steps middle, bright;
};

static inline void lab_steps_load(struct lab_steps *steps, const int32_t *table, int size)
{
    uint8_t first[256], equal[256];
    for (int i = 64; i < 256; i++) {
        int n = 1;
        while (n < size && table[i * size + n] == table[i * size])
            n++;
        first[i] = (uint8_t)table[i * size];
        equal[i] = (uint8_t)n;
    }
    for (int i = 0; i < 3; i++) {
        steps->first[i] = v_load(first + 64 * (i + 1));
        steps->equal[i] = v_load(equal + 64 * (i + 1));
    }
}

static inline void lab_light_load(struct lab_light *light, const int32_t *table)
{
    uint8_t dark[256];
    for (int i = 0; i < 256; i++)
        dark[i] = (uint8_t)table[i];
    lookup256_load(&light->dark, dark);
    lab_steps_load(&light->middle, table, 4);
    lab_steps_load(&light->bright, table, 16);
}

/* Entries for indices from 64; those from 192 are in `last`. */
POINT_INLINE vi lab_light_entry(const vi table[3], vi x, simde__mmask64 last)
{
    vi y = simde_mm512_permutex2var_epi8(table[1], x, table[0]);
    return simde_mm512_mask_permutexvar_epi8(y, last, x, table[2]);
}

/* Where `rest` comes after all that equal the first. */
POINT_INLINE vi lab_light_step(const struct lab_steps *steps, vi x, vi rest)
{
    simde__mmask64 last = simde_mm512_cmpge_epu8_mask(x, v_set8((int8_t)192));
    vi first = lab_light_entry(steps->first, x, last), equal = lab_light_entry(steps->equal, x, last);
    return V(sub_epi8)(first, simde_mm512_movm_epi8(simde_mm512_cmpge_epu8_mask(rest, equal)));
}

/** Samples of two vectors of light of 16 bits with a sign, clamped, in the order of a pack instruction. */
POINT_INLINE vi lab_light_bytes(const struct lab_light *light, vi a, vi b)
{
    const vi most = v_set16(4095), byte = v_set16(255);
    a = V(max_epi16)(V(min_epi16)(a, most), v_zero());
    b = V(max_epi16)(V(min_epi16)(b, most), v_zero());
    vi x = V(packus_epi16)(v_and(a, byte), v_and(b, byte));
    vi by4 = V(packus_epi16)(V(srli_epi16)(a, 2), V(srli_epi16)(b, 2));
    vi by16 = V(packus_epi16)(V(srli_epi16)(a, 4), V(srli_epi16)(b, 4));
    vi middle = lab_light_step(&light->middle, by4, v_and(x, v_set8(3)));
    vi bright = lab_light_step(&light->bright, by16, v_and(x, v_set8(15)));
    vi y = rgb_pick8(simde_mm512_cmpge_epu8_mask(by16, v_set8(64)), middle, bright);
    return rgb_pick8(simde_mm512_cmpge_epu8_mask(by16, v_set8(16)), lookup256(x, &light->dark), y);
}

#endif
