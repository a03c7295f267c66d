/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WIDE_POINT_H
#define FLYNN_SIMD_WIDE_POINT_H

#include "simd/point.h"
#include "simd/wide.h"

/** Point kernels on vectors of at most 256 bits. */

#if WIDE == 32
typedef simde__m256 wf;
#define W_AS_I(x) simde_mm256_castps_si256(x)
#define W_AS_F(x) simde_mm256_castsi256_ps(x)
#else
typedef simde__m128 wf;
#define W_AS_I(x) simde_mm_castps_si128(x)
#define W_AS_F(x) simde_mm_castsi128_ps(x)
#endif

static inline wi w_set8(int x)
{
    return W(set1_epi8)((int8_t)x);
}

static inline wi w_set16(int x)
{
    return W(set1_epi16)((int16_t)x);
}

static inline wi w_set32(int32_t x)
{
    return W(set1_epi32)(x);
}

static inline wi w_zero(void)
{
    return w_set32(0);
}

/** Integers of 0..65535 in 32 bits to unsigned 16-bit samples, within lanes: SSE2 packs signed ones alone. */
static inline wi w_pack_u16(wi low, wi high)
{
    const wi bias = w_set32(32768);
    wi packed = W(packs_epi32)(W(sub_epi32)(low, bias), W(sub_epi32)(high, bias));
    return W_SI(xor)(packed, w_set16(-32768));
}

/** Store past the caches, where p is aligned to WIDE and `stream` says so. */
static inline void w_put(uint8_t *p, wi v, bool stream)
{
    if (stream)
        W_SI(stream)((wi *)(void *)p, v);
    else
        w_store(p, v);
}

/** One vector of the output from one of the input; `by` holds the op's constants. */
typedef wi wide_map(wi x, const void *by);

/* n < WIDE bytes. */
POINT_INLINE void wide_part(const uint8_t *in, uint8_t *out, size_t n, wide_map *map, const void *by)
{
    uint8_t bytes[WIDE] = {0};
    memcpy(bytes, in, n);
    w_store(bytes, map(w_load(bytes), by));
    memcpy(out, bytes, n);
}

/** Every sample of the call, alpha too, through `map`, which gets whole pixels; samples of `sample` bytes. */
POINT_INLINE void wide_point(const struct flynn_call *call, size_t sample, wide_map *map, const void *by)
{
    size_t bytes = (size_t)call->width * (size_t)call->stage->in.channels * sample, i;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = call->out[r];
        for (i = 0; i + WIDE <= bytes; i += WIDE)
            w_store(out + i, map(w_load(in + i), by));
        if (i < bytes)
            wide_part(in + i, out + i, bytes - i, map, by);
    }
}

/** What is made of rows that are streamed: an ordinary store between streaming ones holds them up, so that of all rows
 * of a call first the streamed parts are made, then what is left at their ends. */
enum wide_pass { WIDE_ALL, WIDE_STREAMED, WIDE_REST };

/** The first pass over a call's rows. */
static inline enum wide_pass wide_first_pass(const struct flynn_call *call)
{
    return call->stream ? WIDE_STREAMED : WIDE_ALL;
}

/** WIDE_REST comes after WIDE_STREAMED, and nothing after others. */
static inline bool wide_next_pass(enum wide_pass *pass)
{
    bool more = *pass == WIDE_STREAMED;
    *pass = WIDE_REST;
    return more;
}

/** `step` samples from sample i on, to `out`. */
typedef void wide_make(size_t i, uint8_t *out, bool stream, const void *by);

/** A row of n >= step samples of `to` bytes in blocks. The last block overlaps the one before, and so may the first. */
POINT_INLINE void wide_walk(uint8_t *out, size_t n, size_t step, size_t to, enum wide_pass pass, wide_make *make,
                            const void *by)
{
    struct streamed part = pass == WIDE_ALL ? (struct streamed){0} : streamed_part(out, n, step, to);
    if (pass == WIDE_STREAMED) {
        for (size_t i = part.from; i < part.to; i += step)
            make(i, out + i * to, true, by);
        return;
    }
    if (part.from)
        make(0, out, false, by);
    size_t i = part.to;
    for (; i + step <= n; i += step) {
        for (size_t line = 0; line < step * to; line += POINT_LINE)
            point_ask(out + i * to + line);
        make(i, out + i * to, false, by);
    }
    if (i < n)
        make(n - step, out + (n - step) * to, false, by);
}

/** Vector j of n in memory, where lane l of `part[p]` is block l * n + p of 16 bytes. */
POINT_INLINE wi wide_order(const wi *part, int j, int n)
{
#if WIDE == 32
    wi low = part[2 * j % n], high = part[(2 * j + 1) % n];
    if (2 * j + 1 < n)
        return simde_mm256_permute2x128_si256(low, high, 0x20);
    return 2 * j < n ? simde_mm256_blend_epi32(low, high, 0xf0) : simde_mm256_permute2x128_si256(low, high, 0x31);
#else
    (void)n;
    return part[j];
#endif
}

/** Blocks of `step` samples, `from` bytes each in the input and `to` in the output; step * from and step * to are at
 * most 256. `make` reads and writes whole blocks. */
typedef void wide_block(const uint8_t *in, uint8_t *out, bool stream, const void *by);

struct wide_blocks {
    const uint8_t *in;
    size_t from, step;
    wide_block *make;
    const void *by;
};

POINT_INLINE void wide_blocks_make(size_t i, uint8_t *out, bool stream, const void *by)
{
    const struct wide_blocks *blocks = by;
    const uint8_t *in = blocks->in + i * blocks->from;
    for (size_t line = 0; line < blocks->step * blocks->from && stream; line += POINT_LINE)
        __builtin_prefetch((const void *)((uintptr_t)in + POINT_EARLY + line));
    blocks->make(in, out, stream, blocks->by);
}

/** A row; with WIDE_STREAMED and WIDE_REST it takes two calls. */
POINT_INLINE void wide_blocks(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t from, size_t to,
                              enum wide_pass pass, wide_block *make, const void *by)
{
    if (n >= step) {
        wide_walk(out, n, step, to, pass, wide_blocks_make, &(struct wide_blocks){in, from, step, make, by});
    } else if (pass != WIDE_STREAMED) {
        uint8_t source[256] = {0}, made[256];
        memcpy(source, in, n * from);
        make(source, made, false, by);
        memcpy(out, made, n * to);
    }
}

#endif
