/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_LOOKUP_H
#define FLYNN_SIMD_LOOKUP_H

#include "core/table_parts.h"
#include "simd/lookup256.h"

/** The kernel of stages that are a table of 256 bytes (core/table_parts.h), for what has a byte shuffle. */

#if !defined(FLYNN_ISA_SSE2)

/* A table in parts takes 9 or 15 instructions, of which 4 or 6 are shuffles or as scarce, instead of 50 for the whole.
 * AVX-512 looks up in the whole with fewer. */
struct lookup_parts {
    vi row[4], first, flip;
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

static inline void lookup_kernel(const struct flynn_call *call)
{
    const struct flynn_parts *parts = VEC < 64 ? call->stage->table[1].data : NULL;
    struct lookup_parts p;
    struct lookup256 table;
    if (parts && parts->form != FLYNN_PARTS_NONE) {
        for (int i = 0; i < 4; i++)
            p.row[i] = v_repeat16(parts->row[i]);
        p.first = v_set8(parts->first);
        p.flip = v_set8(parts->flip);
        if (parts->form == FLYNN_PARTS_STEPS)
            point_kernel(call, 1, lookup_steps, &p);
        else
            point_kernel(call, 1, lookup_line, &p);
        return;
    }
    lookup256_load(&table, call->stage->table[0].data);
    point_kernel_heavy(call, 1, lookup256, &table);
}

#endif

#endif
