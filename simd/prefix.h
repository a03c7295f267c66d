/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_PREFIX_H
#define FLYNN_SIMD_PREFIX_H

#include "simd/filter.h"
#include "simd/wide.h"

/** Prefix sums of 16 bits along rows of interleaved channels. Every lane of a vector belongs to a row of its own, so
 * that nothing crosses the lanes: W_LANES rows go side by side. */

#if WIDE == 32
#define W_UP(v, bytes)   simde_mm256_slli_si256(v, bytes)
#define W_DOWN(v, bytes) simde_mm256_srli_si256(v, bytes)
#else
#define W_UP(v, bytes)   simde_mm_slli_si128(v, bytes)
#define W_DOWN(v, bytes) simde_mm_srli_si128(v, bytes)
#endif

/** 16 bytes of each row; without a second lane p alone counts. */
static inline wi w_load_rows(const uint8_t *p, const uint8_t *q)
{
    return w_load_lanes(p, q - p);
}

/** come - leave for 16 bytes of each row, the first 8 in *low. */
static inline void prefix_differences(wi come, wi leave, wi *low, wi *high)
{
#if W_SHUFFLES
    wi signs = W(set1_epi16)((int16_t)0xff01);
    *low = W(maddubs_epi16)(W(unpacklo_epi8)(come, leave), signs);
    *high = W(maddubs_epi16)(W(unpackhi_epi8)(come, leave), signs);
#else
    wi zero = W(set1_epi16)(0);
    *low = W(sub_epi16)(W(unpacklo_epi8)(come, zero), W(unpacklo_epi8)(leave, zero));
    *high = W(sub_epi16)(W(unpackhi_epi8)(come, zero), W(unpackhi_epi8)(leave, zero));
#endif
}

/** What turns the sums of a vector into those that the next one goes on from. */
static inline wi prefix_turn(int c)
{
    uint8_t from[WIDE];
    for (int i = 0; i < WIDE; i++)
        from[i] = (uint8_t)(16 - 2 * c + i % 16 % (2 * c));
    return w_load(from);
}

/* The last pixel's sums in the places of the next ones. */
FLYNN_UNROLLED wi prefix_carry(wi sum, wi turn, int c)
{
#if W_SHUFFLES
    (void)c;
    return W(shuffle_epi8)(sum, turn);
#else
    (void)turn;
    if (c == 4)
        return W(unpackhi_epi64)(sum, sum);
    if (c == 3)
        return W_SI(or)(W_DOWN(sum, 10), W_SI(or)(W_UP(W_DOWN(sum, 10), 6), W_UP(W_DOWN(sum, 10), 12)));
    if (c == 1)
        sum = W(shufflehi_epi16)(sum, 0xff);
    return W(shuffle_epi32)(sum, 0xff);
#endif
}

/* v, which the compiler must have made here: it would regroup the sums so that more of them wait for the vector before.
 */
static inline wi prefix_keep(wi v)
{
#if defined(__x86_64__) && !defined(FLYNN_ISA_EMULATED)
    __asm__("" : "+x"(v));
#endif
    return v;
}

/** Sums of 8 numbers of each row, going on from those of the vector before. */
FLYNN_UNROLLED wi prefix_on(wi v, wi before, wi turn, int c)
{
    if (c == 1)
        v = W(add_epi16)(v, W_UP(v, 2));
    if (c <= 2)
        v = W(add_epi16)(v, W_UP(v, 4));
    if (c == 3)
        v = W(add_epi16)(W(add_epi16)(v, W_UP(v, 6)), W_UP(v, 12));
    else
        v = W(add_epi16)(v, W_UP(v, 8));
    return W(add_epi16)(prefix_keep(v), prefix_carry(before, turn, c));
}

/** Entries [i, i + 16) of every row, whose halves are low and high. */
static inline void prefix_store(uint16_t *const to[W_LANES], int i, wi low, wi high)
{
#if WIDE == 32
    w_store(to[0] + i, simde_mm256_permute2x128_si256(low, high, 0x20));
    w_store(to[1] + i, simde_mm256_permute2x128_si256(low, high, 0x31));
#else
    w_store(to[0] + i, low);
    w_store(to[0] + i + 8, high);
#endif
}

#endif
