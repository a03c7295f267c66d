/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_COUNTS_SORTED_H
#define FLYNN_SIMD_COUNTS_SORTED_H

#include "simd/vec.h"

#if defined(FLYNN_ISA_AVX512)
#include <simde/x86/gfni.h>
#endif

/** Counting bytes by value without a counter in memory for each: a processor stores one counter a cycle at best, and
 * this takes about half of that, whatever the bytes are.
 *
 * Bytes are sorted into four streams by their upper two bits. A stream's bytes become bits by their lower six: bit v %
 * 8 of a byte in the vector v / 8. Such vectors are added as bits of numbers, sixteen at a time, so that only every
 * sixteenth needs its bits counted. Needs vpcompressb, vpermb and vpternlogd. */

#if defined(FLYNN_ISA_AVX512)

enum {
    SORTED_STREAMS = 4,
    SORTED_GROUPS = 8, /* of eight values each */
    SORTED_DIGITS = 4, /* of a number: one, two, four, eight */
    SORTED_BATCH = 16, /* vectors */
    SORTED_TAIL = 4,   /* vectors */
    SORTED_PIECE = 2048,
    SORTED_MOST = 28672, /* between two results: 496 vectors of a stream make at most 248 sixteens of a byte's bits */
    SORTED_LEAST = 4096, /* bytes for which all this is worth it */
};

struct sorted {
    vi digit[SORTED_STREAMS][SORTED_GROUPS][SORTED_DIGITS];
    vi sixteens[SORTED_STREAMS][SORTED_GROUPS]; /* byte 8 * q + b: of bit b in bytes 8 * q to 8 * q + 7 */
    uint8_t bytes[SORTED_STREAMS][SORTED_PIECE + SORTED_BATCH * VEC + VEC];
    int length[SORTED_STREAMS];
    int taken; /* bytes since the last result */
};

#define SORTED_INLINE static inline __attribute__((always_inline))

/* Bit i of byte i. */
#define SORTED_DIAGONAL 0x8040201008040201

static inline void sorted_clear(struct sorted *s)
{
    memset(s->digit, 0, sizeof s->digit);
    memset(s->sixteens, 0, sizeof s->sixteens);
    s->taken = 0;
}

static inline void sorted_begin(struct sorted *s)
{
    sorted_clear(s);
    memset(s->length, 0, sizeof s->length);
}

/* ---- adding bits ------------------------------------------------------------------------------------------------- */

/* *sum + a + b: the carry. */
SORTED_INLINE vi sorted_add(vi *sum, vi a, vi b)
{
    vi before = *sum;
    *sum = simde_mm512_ternarylogic_epi32(before, a, b, 0x96);
    return simde_mm512_ternarylogic_epi32(before, a, b, 0xe8);
}

/* What permutes values to their bits in group g: 0 in the others. */
SORTED_INLINE vi sorted_bits(int g)
{
    static const uint64_t bits[2 * SORTED_GROUPS - 1] = {[SORTED_GROUPS - 1] = SORTED_DIAGONAL};
    return v_load(bits + SORTED_GROUPS - 1 - g);
}

/* Two vectors of bytes. */
SORTED_INLINE vi sorted_add2(vi *sum, const uint8_t *p, vi bits)
{
    return sorted_add(sum, simde_mm512_permutexvar_epi8(v_load(p), bits),
                      simde_mm512_permutexvar_epi8(v_load(p + VEC), bits));
}

SORTED_INLINE vi sorted_add4(vi *digit, const uint8_t *p, vi bits)
{
    vi a = sorted_add2(&digit[0], p, bits), b = sorted_add2(&digit[0], p + 2 * VEC, bits);
    return sorted_add(&digit[1], a, b);
}

SORTED_INLINE vi sorted_add8(vi *digit, const uint8_t *p, vi bits)
{
    vi a = sorted_add4(digit, p, bits), b = sorted_add4(digit, p + 4 * VEC, bits);
    return sorted_add(&digit[2], a, b);
}

/* How many bits b the bytes 8 * q to 8 * q + 7 have. */
SORTED_INLINE vi sorted_count(vi x)
{
    vi turned = simde_mm512_gf2p8affine_epi64_epi8(simde_mm512_set1_epi64(SORTED_DIAGONAL), x, 0);
    return simde_mm512_popcnt_epi8(turned);
}

/* A batch of a stream's bytes, or SORTED_TAIL vectors. */
SORTED_INLINE void sorted_batch(struct sorted *s, int stream, const uint8_t *p, bool whole)
{
    for (int g = 0; g < SORTED_GROUPS; g++) {
        vi bits = sorted_bits(g), digit[SORTED_DIGITS], a, b = v_zero();
        memcpy(digit, s->digit[stream][g], sizeof digit);
        if (whole) {
            a = sorted_add8(digit, p, bits);
            b = sorted_add8(digit, p + 8 * VEC, bits);
        } else {
            a = sorted_add(&digit[2], sorted_add4(digit, p, bits), b);
        }
        vi sixteen = sorted_add(&digit[3], a, b);
        memcpy(s->digit[stream][g], digit, sizeof digit);
        s->sixteens[stream][g] = simde_mm512_add_epi8(s->sixteens[stream][g], sorted_count(sixteen));
    }
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

/* The sums of the bytes b, 8 + b, 16 + b ... */
SORTED_INLINE simde__m128i sorted_columns(vi x)
{
    vi words = simde_mm512_add_epi16(simde_mm512_cvtepu8_epi16(simde_mm512_castsi512_si256(x)),
                                     simde_mm512_cvtepu8_epi16(simde_mm512_extracti64x4_epi64(x, 1)));
    simde__m256i half =
        simde_mm256_add_epi16(simde_mm512_castsi512_si256(words), simde_mm512_extracti64x4_epi64(words, 1));
    return simde_mm_add_epi16(simde_mm256_castsi256_si128(half), simde_mm256_extracti128_si256(half, 1));
}

/* Add what was counted to 256 counters. */
static inline void sorted_result(struct sorted *s, uint32_t *count)
{
    for (int stream = 0; stream < SORTED_STREAMS; stream++) {
        for (int g = 0; g < SORTED_GROUPS; g++, count += 8) {
            vi ones = v_zero();
            for (int d = SORTED_DIGITS - 1; d >= 0; d--)
                ones = simde_mm512_add_epi8(simde_mm512_add_epi8(ones, ones), sorted_count(s->digit[stream][g][d]));
            simde__m128i sum = simde_mm_add_epi16(sorted_columns(ones),
                                                  simde_mm_slli_epi16(sorted_columns(s->sixteens[stream][g]), 4));
            simde__m256i before = simde_mm256_loadu_si256((const void *)count);
            simde_mm256_storeu_si256((void *)count, simde_mm256_add_epi32(before, simde_mm256_cvtepu16_epi32(sum)));
        }
    }
    sorted_clear(s);
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* Samples of one channel of 64 pixels; `places`: where they lie, of which a vector of bytes holds two vectors. */
SORTED_INLINE vi sorted_samples(const uint8_t *in, int channels, vi places)
{
    if (channels == 1)
        return v_load(in);
    vi x = simde_mm512_permutex2var_epi8(v_load(in), places, v_load(in + VEC));
    if (channels == 2)
        return x;
    vi third = v_load(in + 2 * VEC), last = channels == 4 ? v_load(in + 3 * VEC) : third;
    return simde_mm512_mask_mov_epi8(x, simde_mm512_movepi8_mask(places),
                                     simde_mm512_permutex2var_epi8(third, places, last));
}

SORTED_INLINE uint8_t *sorted_put(uint8_t *at, vi x, uint64_t which)
{
    v_store(at, simde_mm512_maskz_compress_epi8(which, x));
    return at + __builtin_popcountll(which);
}

SORTED_INLINE void sorted_vector(uint8_t *at[SORTED_STREAMS], vi x, uint64_t valid)
{
    uint64_t high = simde_mm512_movepi8_mask(x), low = simde_mm512_movepi8_mask(simde_mm512_add_epi8(x, x));
    at[0] = sorted_put(at[0], x, ~(high | low) & valid);
    at[1] = sorted_put(at[1], x, ~high & low & valid);
    at[2] = sorted_put(at[2], x, high & ~low & valid);
    at[3] = sorted_put(at[3], x, high & low & valid);
}

/* Count the whole batches of the streams, and keep the rest. */
static inline void sorted_drain(struct sorted *s)
{
    for (int stream = 0; stream < SORTED_STREAMS; stream++) {
        uint8_t *bytes = s->bytes[stream];
        int length = s->length[stream], i = 0;
        for (; i + SORTED_BATCH * VEC <= length; i += SORTED_BATCH * VEC)
            sorted_batch(s, stream, bytes + i, true);
        for (int j = 0; i > 0 && j < length - i; j += VEC)
            v_store(bytes + j, v_load(bytes + i + j));
        s->length[stream] = length - i;
    }
}

/* At most SORTED_PIECE pixels. */
SORTED_INLINE void sorted_piece(struct sorted *s, const uint8_t *in, int pixels, int channels, vi places)
{
    uint8_t *at[SORTED_STREAMS];
    int x = 0;
    for (int i = 0; i < SORTED_STREAMS; i++)
        at[i] = s->bytes[i] + s->length[i];
    for (; x + VEC <= pixels; x += VEC)
        sorted_vector(at, sorted_samples(in + x * channels, channels, places), UINT64_MAX);
    if (x < pixels) {
        uint8_t last[4 * VEC] = {0};
        memcpy(last, in + x * channels, (size_t)(pixels - x) * (size_t)channels);
        sorted_vector(at, sorted_samples(last, channels, places), ((uint64_t)1 << (pixels - x)) - 1);
    }
    for (int i = 0; i < SORTED_STREAMS; i++)
        s->length[i] = (int)(at[i] - s->bytes[i]);
}

/** Take in channel c of a row; some of it is added to `count` at once. */
SORTED_INLINE void sorted_row(struct sorted *s, const uint8_t *in, int pixels, int channels, int c, uint32_t *count)
{
    uint8_t places[VEC];
    for (int i = 0; i < VEC; i++)
        places[i] = (uint8_t)(i * channels + c);
    for (int x = 0; x < pixels; x += SORTED_PIECE) {
        int some = pixels - x < SORTED_PIECE ? pixels - x : SORTED_PIECE;
        if (s->taken + some > SORTED_MOST)
            sorted_result(s, count);
        sorted_piece(s, in + (ptrdiff_t)x * channels, some, channels, v_load(places));
        sorted_drain(s);
        s->taken += some;
    }
}

/** Add the rest to `count`. The streams are filled up with zeros, which count as their first value. */
static inline void sorted_end(struct sorted *s, uint32_t *count)
{
    for (int stream = 0; stream < SORTED_STREAMS; stream++) {
        int length = s->length[stream], filled = (length + SORTED_TAIL * VEC - 1) & -(SORTED_TAIL * VEC);
        memset(s->bytes[stream] + length, 0, (size_t)(filled - length));
        for (int i = 0; i < filled; i += SORTED_TAIL * VEC)
            sorted_batch(s, stream, s->bytes[stream] + i, false);
        count[stream * SORTED_GROUPS * 8] -= (uint32_t)(filled - length);
    }
    sorted_result(s, count);
}

#endif

#endif
