/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_ALPHA_H
#define FLYNN_SIMD_ALPHA_H

#include "simd/wide_point.h"

/** What ops on colours and their alpha share: vectors of whole pixels of 2 or 4 channels, the last of which is alpha.
 */

struct alpha {
    bool pairs; /* pixels of 2 channels */
    wi mask;    /* all ones at alpha's samples; for bytes, of the bytes unpacked to words */
    wi opaque;  /* white at alpha's samples, in words; 0 elsewhere */
};

/** For samples of `sample` bytes. */
static inline struct alpha alpha_of(int channels, size_t sample)
{
    uint16_t mask[WIDE / 2];
    size_t words = sample == 4 ? 2 : 1;
    for (size_t i = 0; i < WIDE / 2; i++)
        mask[i] = (i / words) % (size_t)channels == (size_t)channels - 1 ? 0xffff : 0;
    wi bits = w_load(mask);
    return (struct alpha){channels == 2, bits, sample == 1 ? W(srli_epi16)(bits, 8) : bits};
}

/** Every word's alpha; white for the words of alpha itself. */
static inline wi alpha_words(wi x, const struct alpha *t)
{
    wi alpha = t->pairs ? W(shufflehi_epi16)(W(shufflelo_epi16)(x, 0xf5), 0xf5)
                        : W(shufflehi_epi16)(W(shufflelo_epi16)(x, 0xff), 0xff);
    return W_SI(or)(alpha, t->opaque);
}

/** Every float's alpha. */
static inline wf alpha_floats(wf x, const struct alpha *t)
{
    return t->pairs ? W(shuffle_ps)(x, x, 0xf5) : W(shuffle_ps)(x, x, 0xff);
}

/** All ones where a float is 0. */
static inline wi alpha_is_zero(wf x)
{
#if WIDE == 32
    return W_AS_I(simde_mm256_cmp_ps(x, simde_mm256_set1_ps(0.0f), SIMDE_CMP_EQ_OQ));
#else
    return W_AS_I(simde_mm_cmpeq_ps(x, simde_mm_set1_ps(0.0f)));
#endif
}

/** x at alpha's samples, y elsewhere; not for bytes. */
static inline wi alpha_keep(wi x, wi y, const struct alpha *t)
{
    return W_SI(or)(W_SI(and)(t->mask, x), W_SI(andnot)(t->mask, y));
}

#endif
