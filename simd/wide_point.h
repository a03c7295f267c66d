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

/** Blocks of `step` samples, `from` bytes each in the input and `to` in the output; step * from and step * to are at
 * most 256. `make` reads and writes whole blocks. */
typedef void wide_block(const uint8_t *in, uint8_t *out, bool stream, const void *by);

POINT_INLINE void wide_blocks(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t from, size_t to,
                              bool stream, wide_block *make, const void *by)
{
    size_t i = 0;
    if (stream && (uintptr_t)out % WIDE == 0) {
        for (; i + step <= n; i += step)
            make(in + i * from, out + i * to, true, by);
    }
    for (; i + step <= n; i += step)
        make(in + i * from, out + i * to, false, by);
    if (i < n && n >= step) {
        make(in + (n - step) * from, out + (n - step) * to, false, by);
    } else if (i < n) {
        uint8_t source[256] = {0}, made[256];
        memcpy(source, in, n * from);
        make(source, made, false, by);
        memcpy(out, made, n * to);
    }
}

#endif
