/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LOOKUP_H
#define FLYNN_SIMD_LOOKUP_H

#include "core/table_parts.h"
#include "simd/lookup256.h"

/** The kernel of stages that are a table of 256 bytes (core/table_parts.h), for what has a byte shuffle. */

#if defined(FLYNN_ISA_AVX512)

/* The whole is quicker. */
static inline bool lookup_in_parts(const struct flynn_call *call)
{
    (void)call;
    return false;
}

#elif !defined(FLYNN_ISA_SSE2)

/* A table in parts takes 9 (steps), 15 (line) or 28 (curve) instructions, of which 4, 6 and 15 are shuffles or as
 * scarce, instead of 50 for the whole. */
struct lookup_parts {
    vi row[4 + FLYNN_PARTS_OWN], own[FLYNN_PARTS_OWN], first, flip, bit;
};

static inline vi lookup_high_half(vi x)
{
    return v_and(V(srli_epi16)(x, 4), v_set8(15));
}

static inline vi lookup_steps(vi x, const void *by)
{
    const struct lookup_parts *p = by;
    vi h = lookup_high_half(x);
    vi above = v_gt_i8(v_xor(x, v_set8(-128)), V(shuffle_epi8)(p->row[1], h));
    return v_xor(V(shuffle_epi8)(p->row[0], h), v_and(above, V(shuffle_epi8)(p->row[2], h)));
}

static inline vi lookup_line(vi x, const void *by)
{
    const struct lookup_parts *p = by;
    vi on = v_eq_i8(V(max_epu8)(x, p->first), x), from = V(sub_epi8)(x, p->first);
    vi h = lookup_high_half(from), l = v_and(from, v_set8(15));
    vi carry = v_gt_i8(V(shuffle_epi8)(p->row[2], h), V(shuffle_epi8)(p->row[3], l));
    vi sum = V(adds_epu8)(V(shuffle_epi8)(p->row[0], h), V(sub_epi8)(V(shuffle_epi8)(p->row[1], l), carry));
    return v_xor(v_and(sum, on), p->flip);
}

/* A slope's part of the way through a block: products of bytes in words, of the even ones and of the odd ones, of which
 * the high byte is asked for. */
static inline vi lookup_rise(vi slope, vi x)
{
    vi far = V(slli_epi16)(x, 3), odd = v_set16(-256);
    vi y0 = V(maddubs_epi16)(slope, v_and(far, v_set16(0x0078)));
    vi y1 = V(maddubs_epi16)(slope, v_and(far, v_set16(0x7800)));
    return V(blendv_epi8)(V(srli_epi16)(y0, 8), y1, odd);
}

/* The entries of a block that has its own, 0 in all others: there adding sets bit 7 of the index. */
static inline vi lookup_own(const struct lookup_parts *p, int i, vi x)
{
    return V(shuffle_epi8)(p->row[4 + i], V(adds_epu8)(v_xor(x, p->own[i]), v_set8(0x70)));
}

static inline vi lookup_curve(vi x, const void *by)
{
    const struct lookup_parts *p = by;
    vi h = lookup_high_half(x), bit = V(shuffle_epi8)(p->bit, h);
    vi bits = v_or(V(shuffle_epi8)(p->row[2], x), V(shuffle_epi8)(p->row[3], v_xor(x, v_set8(-128))));
    vi more = v_eq_i8(v_and(bits, bit), bit), own = v_or(lookup_own(p, 0, x), lookup_own(p, 1, x));
    vi chord = V(adds_epu8)(V(shuffle_epi8)(p->row[0], h), lookup_rise(V(shuffle_epi8)(p->row[1], h), x));
    return v_or(V(sub_epi8)(chord, more), own);
}

static inline struct lookup_parts lookup_parts_of(const struct flynn_parts *parts)
{
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    struct lookup_parts p = {.first = v_set8(parts->first), .flip = v_set8(parts->flip), .bit = v_repeat16(bits)};
    for (int i = 0; i < 4 + FLYNN_PARTS_OWN; i++)
        p.row[i] = v_repeat16(parts->row[i]);
    for (int i = 0; i < FLYNN_PARTS_OWN; i++)
        p.own[i] = v_set8(16 * parts->own[i]);
    return p;
}

static inline bool lookup_in_parts(const struct flynn_call *call)
{
    const struct flynn_parts *parts = call->stage->table[1].data;
    if (!parts || parts->form == FLYNN_PARTS_NONE)
        return false;
    struct lookup_parts p = lookup_parts_of(parts);
    if (parts->form == FLYNN_PARTS_STEPS)
        point_kernel(call, 1, lookup_steps, &p);
    else if (parts->form == FLYNN_PARTS_LINE)
        point_kernel(call, 1, lookup_line, &p);
    else
        point_kernel_heavy(call, 1, lookup_curve, &p);
    return true;
}

#endif

#if !defined(FLYNN_ISA_SSE2)

static inline void lookup_kernel(const struct flynn_call *call)
{
    struct lookup256 table;
    if (lookup_in_parts(call))
        return;
    lookup256_load(&table, call->stage->table[0].data);
    point_kernel_heavy(call, 1, lookup256, &table);
}

#endif

#endif
