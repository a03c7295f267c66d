/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_MORPHOLOGY_H
#define FLYNN_CPU_MORPHOLOGY_H

#include "core/morphology.h"

/* The stages are described in core/morphology.h. The largest of some numbers is the complement of the smallest of their
 * complements, so that one kernel does for both: `flip` has the bits to complement. */

#define CHUNK 256 /* samples that are looked at together: they stay in the first-level cache */

static inline int32_t min_s32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* How the samples of a row are to be read. */
struct samples {
    enum { BYTES, WORDS, KEYS, FLOATS } kind;
    int32_t flip;
};

static inline struct samples samples_of(const struct flynn_stage *stage)
{
    enum flynn_type type = stage->in.type;
    return (struct samples){type == FLYNN_U8    ? BYTES
                            : type == FLYNN_U16 ? WORDS
                            : type == FLYNN_F32 ? FLOATS
                                                : KEYS,
                            -stage->k[0]};
}

/* to[i] = sample i of a row, for n samples. */
static inline void take(int32_t *to, struct samples how, const void *row, int n)
{
    const uint8_t *bytes = row;
    const uint16_t *words = row;
    const int32_t *keys = row;
    const float *floats = row;
    int32_t flip = how.flip;
    if (how.kind == BYTES) {
        for (int i = 0; i < n; i++)
            to[i] = bytes[i] ^ flip;
    } else if (how.kind == WORDS) {
        for (int i = 0; i < n; i++)
            to[i] = words[i] ^ flip;
    } else if (how.kind == KEYS) {
        for (int i = 0; i < n; i++)
            to[i] = keys[i] ^ flip;
    } else {
        for (int i = 0; i < n; i++)
            to[i] = flynn_order_key_at(floats + i) ^ flip;
    }
}

/* to[i] = the smaller of to[i] and sample i of a row. */
static inline void lower_to(int32_t *to, struct samples how, const void *row, int n)
{
    const uint8_t *bytes = row;
    const uint16_t *words = row;
    const int32_t *keys = row;
    const float *floats = row;
    int32_t flip = how.flip;
    if (how.kind == BYTES) {
        for (int i = 0; i < n; i++)
            to[i] = min_s32(to[i], bytes[i] ^ flip);
    } else if (how.kind == WORDS) {
        for (int i = 0; i < n; i++)
            to[i] = min_s32(to[i], words[i] ^ flip);
    } else if (how.kind == KEYS) {
        for (int i = 0; i < n; i++)
            to[i] = min_s32(to[i], keys[i] ^ flip);
    } else {
        for (int i = 0; i < n; i++)
            to[i] = min_s32(to[i], flynn_order_key_at(floats + i) ^ flip);
    }
}

/* The results to a row of the type of the stage's output. */
static inline void give(const struct flynn_stage *stage, void *row, const int32_t *from, int32_t flip, int n)
{
    uint8_t *bytes = row;
    uint16_t *words = row;
    int32_t *keys = row;
    if (stage->out.type == FLYNN_U8) {
        for (int i = 0; i < n; i++)
            bytes[i] = (uint8_t)(from[i] ^ flip);
    } else if (stage->out.type == FLYNN_U16) {
        for (int i = 0; i < n; i++)
            words[i] = (uint16_t)(from[i] ^ flip);
    } else if (stage->out.type == FLYNN_F32) {
        for (int i = 0; i < n; i++)
            keys[i] = flynn_order_flip(from[i] ^ flip);
    } else {
        for (int i = 0; i < n; i++)
            keys[i] = from[i] ^ flip;
    }
}

static inline const void *at(const struct flynn_stage *stage, const void *row, int sample)
{
    return (const uint8_t *)row + (ptrdiff_t)sample * (ptrdiff_t)flynn_type_bytes(stage->in.type);
}

static inline void *out_at(const struct flynn_stage *stage, void *row, int sample)
{
    return (uint8_t *)row + (ptrdiff_t)sample * (ptrdiff_t)flynn_type_bytes(stage->out.type);
}

/* Windows in blocks of k rows: S(j) is the smallest of rows j to k - 1 of a block, P that of the rows of the next block
 * so far; a window is the end of one block and the beginning of the next. */
static inline void down_blocks(const struct flynn_call *call, int r)
{
    const struct flynn_stage *stage = call->stage;
    struct samples how = samples_of(stage);
    int k = stage->k[1], samples = call->width * stage->in.channels;
    int32_t *done = call->state, j = *done % k;
    uint8_t *rows = (uint8_t *)call->state + FLYNN_MORPH_HEAD;
    size_t stride = (size_t)stage->d[0];
    *done += 1;
    for (int from = 0; from < samples; from += CHUNK) {
        int n = samples - from < CHUNK ? samples - from : CHUNK;
        int32_t sum[CHUNK];
        struct samples kept = {how.kind == FLOATS ? KEYS : how.kind, how.flip};
        if (j == 0) {
            take(sum, how, at(stage, call->in[r + k - 1], from), n);
            for (int t = k - 1; t >= 0; t--) {
                lower_to(sum, how, at(stage, call->in[r + t], from), n);
                give(&(struct flynn_stage){.out = {.type = stage->out.type}},
                     out_at(stage, rows + (size_t)t * stride, from), sum, how.flip, n);
            }
        } else {
            void *newest = out_at(stage, rows + (size_t)k * stride, from);
            take(sum, how, at(stage, call->in[r + k - 1], from), n);
            if (j > 1)
                lower_to(sum, kept, newest, n);
            give(stage, newest, sum, how.flip, n);
            lower_to(sum, kept, out_at(stage, rows + (size_t)j * stride, from), n);
        }
        give(stage, out_at(stage, call->out[r], from), sum, how.flip, n);
    }
}

static inline void down_direct(const struct flynn_call *call, int r)
{
    const struct flynn_stage *stage = call->stage;
    struct samples how = samples_of(stage);
    int samples = call->width * stage->in.channels;
    for (int from = 0; from < samples; from += CHUNK) {
        int n = samples - from < CHUNK ? samples - from : CHUNK;
        int32_t sum[CHUNK];
        take(sum, how, at(stage, call->in[r], from), n);
        for (int t = 1; t < stage->k[1]; t++)
            lower_to(sum, how, at(stage, call->in[r + t], from), n);
        give(stage, out_at(stage, call->out[r], from), sum, how.flip, n);
    }
}

static inline void morph_down(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        if (call->stage->k[1] > FLYNN_MORPH_FEW)
            down_blocks(call, r);
        else
            down_direct(call, r);
    }
}

/* The smallest of 1, 2, 4, ... neighbours, each from two of the half: to the right of i lie the next ones. */
static inline void widen(int32_t *restrict to, const int32_t *restrict from, int n, int far)
{
    for (int i = 0; i < n; i++)
        to[i] = min_s32(from[i], from[i + far]);
}

static inline void across_doubling(const struct flynn_call *call, const void *in, void *out)
{
    const struct flynn_stage *stage = call->stage;
    struct samples how = samples_of(stage);
    int c = stage->in.channels, k = stage->k[1], samples = call->width * c, all = samples + (k - 1) * c, size = 1;
    int32_t *now = call->state, *next = now + (size_t)stage->d[0] / sizeof *now;
    take(now, how, in, all);
    while (size < k) {
        int more = 2 * size <= k ? size : k - size;
        all -= more * c;
        widen(next, now, all, more * c);
        int32_t *old = now;
        now = next;
        next = old;
        size += more;
    }
    give(stage, out, now, how.flip, samples);
}

static inline void across_direct(const struct flynn_stage *stage, const void *in, void *out, int samples)
{
    struct samples how = samples_of(stage);
    for (int from = 0; from < samples; from += CHUNK) {
        int n = samples - from < CHUNK ? samples - from : CHUNK;
        int32_t sum[CHUNK];
        take(sum, how, at(stage, in, from), n);
        for (int t = 1; t < stage->k[1]; t++)
            lower_to(sum, how, at(stage, in, from + t * stage->in.channels), n);
        give(stage, out_at(stage, out, from), sum, how.flip, n);
    }
}

static inline void morph_across(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    for (int r = 0; r < call->rows; r++) {
        const void *in = at(stage, call->in[r], -stage->left * stage->in.channels);
        if (stage->k[1] > FLYNN_MORPH_FEW)
            across_doubling(call, in, call->out[r]);
        else
            across_direct(stage, in, call->out[r], call->width * stage->in.channels);
    }
}

#endif
