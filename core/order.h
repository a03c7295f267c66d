/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_ORDER_H
#define FLYNN_CORE_ORDER_H

#include <stdint.h>
#include <string.h>

/** Floats as integers in the order of the floats: -inf, ..., -0, +0, ..., +inf, NaN. Ops that only choose among their
 * samples work on these keys, so that every backend chooses the same one. */

#define FLYNN_KEY_OF_MINUS_INFINITY ((int32_t)0x807fffff)

/** From the bits of a float, and back: negative floats have their other bits flipped. */
static inline int32_t flynn_order_flip(int32_t bits)
{
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

/** The key of a float's bits. The sign of a NaN is an accident of the instruction that made it, so that all NaN become
 * the one at the upper end. */
static inline int32_t flynn_order_key(int32_t bits)
{
    int32_t k = flynn_order_flip(bits);
    return k < FLYNN_KEY_OF_MINUS_INFINITY ? INT32_MAX : k;
}

/** The key of a float in memory. */
static inline int32_t flynn_order_key_at(const float *p)
{
    int32_t bits;
    memcpy(&bits, p, sizeof bits);
    return flynn_order_key(bits);
}

/** The key of a float. */
static inline int32_t flynn_order_key_of(float x)
{
    return flynn_order_key_at(&x);
}

#endif
