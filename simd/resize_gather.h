/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RESIZE_GATHER_H
#define FLYNN_SIMD_RESIZE_GATHER_H

#include "simd/resize_across.h"

/** Groups of samples from places along a row that the host has found (core/gather.h), for nearest and bilinear
 * resizing. */

#if W_SHUFFLES
struct gather {
    const uint8_t *row;
    const uint8_t *order;
    const int32_t *base;
    int loads, groups;
};

static inline struct gather gather_start(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    return (struct gather){call->in[0], stage->table[2].data, stage->table[3].data, stage->k[0], stage->k[1]};
}

/* The 16 bytes of group g, and of the next one in the second lane. */
static inline wi gather_groups(const struct gather *p, int g, int loads)
{
    wi v;
    for (int l = 0; l < loads; l++) {
        size_t at = (size_t)l * (size_t)p->groups + (size_t)g;
        wi bytes = w_load_lanes(p->row + p->base[at], p->base[at + W_LANES - 1] - p->base[at]);
        bytes = W(shuffle_epi8)(bytes, w_load(p->order + at * 16));
        v = l ? W_SI(or)(v, bytes) : bytes;
    }
    return v;
}

static inline const uint8_t *gather_weights(const struct gather *p)
{
    return p->order + (size_t)p->loads * (size_t)p->groups * 16;
}

/* Store what two groups give when a group gives `bytes` <= 16 bytes; up to 16 bytes from the start of each are written.
 */
static inline void store_groups(uint8_t *to, wi v, size_t bytes)
{
#if WIDE == 32
    if (bytes == 16) {
        w_store(to, v);
        return;
    }
    w_store16(to, simde_mm256_castsi256_si128(v));
    w_store16(to + bytes, simde_mm256_extracti128_si256(v, 1));
#else
    (void)bytes;
    w_store(to, v);
#endif
}

/* Groups that can be stored whole: result rows of `total` bytes. */
static inline int whole_groups(size_t total, size_t bytes)
{
    if (total < bytes * (W_LANES - 1) + 16)
        return 0;
    return (int)((total - bytes * (W_LANES - 1) - 16) / bytes / W_LANES + 1) * W_LANES;
}
#endif

#endif
