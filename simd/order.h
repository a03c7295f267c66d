/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_ORDER_H
#define FLYNN_SIMD_ORDER_H

#include "simd/filter.h"

/** Samples that are only compared, in vectors: bytes and words without sign; floats (4 bytes) as integers that have
 * their order (core/order.h). SSE2 knows words with sign alone: there they are flipped to that order on the way in and
 * out. `bytes` is a constant of the caller. */

/** Keys below that of minus infinity are NaN, which all go to the other end. */
FLYNN_UNROLLED vi order_nan(vi k)
{
    vi nan = v_gt_i32(v_set32((int32_t)0x807fffff), k);
    return v_or(v_andnot(nan, k), V(srli_epi32)(nan, 1));
}

/** From keys to samples; and from samples to keys but for NaN. */
FLYNN_UNROLLED vi order_flip(vi v, int bytes)
{
    if (bytes == 4)
        return v_xor(v, V(srli_epi32)(V(srai_epi32)(v, 31), 1));
#if defined(FLYNN_ISA_SSE2)
    if (bytes == 2)
        return v_xor(v, v_set16(-32768));
#endif
    return v;
}

/** From samples to keys. */
FLYNN_UNROLLED vi order_key(vi v, int bytes)
{
    return bytes == 4 ? order_nan(order_flip(v, bytes)) : order_flip(v, bytes);
}

/* SSE2 has neither minimum nor maximum of 32 bits. */
FLYNN_UNROLLED vi order_least(vi a, vi b, int bytes)
{
    if (bytes == 1)
        return V(min_epu8)(a, b);
#if defined(FLYNN_ISA_SSE2)
    if (bytes == 4)
        return v_select(v_gt_i32(a, b), a, b);
    return V(min_epi16)(a, b);
#else
    return bytes == 4 ? V(min_epi32)(a, b) : V(min_epu16)(a, b);
#endif
}

FLYNN_UNROLLED vi order_most(vi a, vi b, int bytes)
{
    if (bytes == 1)
        return V(max_epu8)(a, b);
#if defined(FLYNN_ISA_SSE2)
    if (bytes == 4)
        return v_select(v_gt_i32(a, b), b, a);
    return V(max_epi16)(a, b);
#else
    return bytes == 4 ? V(max_epi32)(a, b) : V(max_epu16)(a, b);
#endif
}

#endif
