/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_PACKED_H
#define FLYNN_SIMD_PACKED_H

#include "simd/wide.h"

/** Pixels of 3 and 6 bytes, in each lane. */

/** Four pixels of 3 bytes to four of 4 bytes, in each lane, and back. */
static inline wi expand3(wi v)
{
#if W_SHUFFLES
    static const int8_t order[16] = {0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1};
    return W(shuffle_epi8)(v, w_repeat16(order));
#else
    wi low = W(unpacklo_epi32)(v, W(srli_si128)(v, 3));
    wi high = W(unpacklo_epi32)(W(srli_si128)(v, 6), W(srli_si128)(v, 9));
    return W(unpacklo_epi64)(low, high);
#endif
}

static inline wi compress3(wi v)
{
#if W_SHUFFLES
    static const int8_t order[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1};
    return W(shuffle_epi8)(v, w_repeat16(order));
#else
    wi even = W_SI(and)(v, W(set1_epi64x)(0xffffff));
    wi odd = W_SI(and)(W(srli_epi64)(v, 8), W(set1_epi64x)(0xffffff000000));
    wi six = W_SI(or)(even, odd);
    return W_SI(or)(W(move_epi64)(six), W(slli_si128)(W(srli_si128)(six, 8), 6));
#endif
}

/** Two pixels of 6 bytes to two of 8 bytes, in each lane, and back. */
static inline wi expand6(wi v)
{
#if W_SHUFFLES
    static const int8_t order[16] = {0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1};
    return W(shuffle_epi8)(v, w_repeat16(order));
#else
    return W(unpacklo_epi64)(v, W(srli_si128)(v, 6));
#endif
}

static inline wi compress6(wi v)
{
#if W_SHUFFLES
    static const int8_t order[16] = {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1};
    return W(shuffle_epi8)(v, w_repeat16(order));
#else
    wi low = W_SI(and)(W(move_epi64)(v), W(set1_epi64x)(0xffffffffffff));
    return W_SI(or)(low, W(slli_si128)(W(srli_si128)(v, 8), 6));
#endif
}

#endif
