/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MIRROR_H
#define FLYNN_SIMD_MIRROR_H

#include "simd/packed.h"
#include "simd/point.h"

/** Rows with their last pixel first, for pixels of 1, 2, 3, 4, 6, 8, 12 and 16 bytes. */

/* Pixel by pixel. */
static inline void reverse_pixels(const uint8_t *in, uint8_t *out, size_t bytes, size_t pixel)
{
    for (size_t i = 0; i < bytes; i += pixel)
        memcpy(out + i, in + bytes - pixel - i, pixel);
}

/* The pixels of every lane in reverse order; of 3 bytes five, of 6 bytes two and 12 bytes one, packed at the start. */
static inline wi reverse(wi v, size_t pixel)
{
#if W_SHUFFLES
    static const int8_t order[7][16] = {
        [1] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
        [2] = {14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1},
        [3] = {13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0},
        [6] = {10, 11, 12, 13, 14, 15, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3},
    };
    if (pixel < 4 || pixel == 6)
        return W(shuffle_epi8)(v, w_repeat16(order[pixel]));
#else
    if (pixel == 1)
        v = W_SI(or)(W(slli_epi16)(v, 8), W(srli_epi16)(v, 8));
    if (pixel <= 2)
        v = W(shufflehi_epi16)(W(shufflelo_epi16)(v, 0xb1), 0xb1);
    if (pixel == 3)
        return compress3(W(shuffle_epi32)(expand3(W(srli_si128)(v, 4)), 0x1b));
    if (pixel == 6)
        return compress6(W(shuffle_epi32)(expand6(W(srli_si128)(v, 4)), 0x4e));
#endif
    if (pixel <= 4)
        return W(shuffle_epi32)(v, 0x1b);
    return pixel == 8 ? W(shuffle_epi32)(v, 0x4e) : pixel == 12 ? W(shuffle_epi32)(v, 0x39) : v;
}

/* Pixels whose size divides a vector: the last vector overlaps the one before. */
POINT_INLINE void reverse_even(const uint8_t *in, uint8_t *out, int width, size_t pixel)
{
    size_t bytes = (size_t)width * pixel;
    if (bytes < WIDE) {
        reverse_pixels(in, out, bytes, pixel);
        return;
    }
    for (size_t i = 0; i < bytes; i += WIDE) {
        size_t at = i + WIDE <= bytes ? i : bytes - WIDE;
        const uint8_t *from = in + bytes - WIDE - at;
        w_store(out + at, reverse(w_load_lanes(from + WIDE - 16, -16), pixel));
    }
}

#if defined(FLYNN_ISA_AVX512)

/* Other pixels: three vectors hold a whole number of them. The byte of such a group's input that comes to byte o of its
 * output, and what picks it: the third vector's come from the first two of the input, all others from the last two, or
 * by bit 7 from the first. */
#define REVERSE_FROM(pixel, o) (3 * 64 - (pixel) - (o) / (pixel) * (pixel) + (o) % (pixel))
#define REVERSE_PLACE(pixel, o)                                                                                        \
    ((REVERSE_FROM(pixel, o) + ((o) < 128 ? 64 : 0)) % 128 + ((o) / 64 == 1 && REVERSE_FROM(pixel, o) < 64 ? 128 : 0))
#define REVERSE_4(pixel, o)                                                                                            \
    REVERSE_PLACE(pixel, o), REVERSE_PLACE(pixel, (o) + 1), REVERSE_PLACE(pixel, (o) + 2), REVERSE_PLACE(pixel, (o) + 3)
#define REVERSE_16(pixel, o)                                                                                           \
    REVERSE_4(pixel, o), REVERSE_4(pixel, (o) + 4), REVERSE_4(pixel, (o) + 8), REVERSE_4(pixel, (o) + 12)
#define REVERSE_64(pixel, o)                                                                                           \
    {                                                                                                                  \
        REVERSE_16(pixel, o), REVERSE_16(pixel, (o) + 16), REVERSE_16(pixel, (o) + 32), REVERSE_16(pixel, (o) + 48)    \
    }

static const uint8_t reverse_order[][3][64] = {
    {REVERSE_64(3, 0), REVERSE_64(3, 64), REVERSE_64(3, 128)},
    {REVERSE_64(6, 0), REVERSE_64(6, 64), REVERSE_64(6, 128)},
    {REVERSE_64(12, 0), REVERSE_64(12, 64), REVERSE_64(12, 128)},
};

POINT_INLINE void reverse_group(const uint8_t *in, uint8_t *out, const vi *order)
{
    vi x = v_load(in), y = v_load(in + VEC), z = v_load(in + 2 * VEC);
    vi middle = simde_mm512_permutex2var_epi8(y, order[1], z);
    v_store(out, simde_mm512_permutex2var_epi8(y, order[0], z));
    v_store(out + VEC, simde_mm512_mask_permutexvar_epi8(middle, simde_mm512_movepi8_mask(order[1]), order[1], x));
    v_store(out + 2 * VEC, simde_mm512_permutex2var_epi8(x, order[2], y));
}

/* The last group overlaps the one before. */
POINT_INLINE void reverse_odd(const uint8_t *in, uint8_t *out, int width, size_t pixel)
{
    enum { GROUP = 3 * VEC };
    const uint8_t(*order)[64] = reverse_order[pixel / 6];
    size_t bytes = (size_t)width * pixel;
    vi picks[3] = {v_load(order[0]), v_load(order[1]), v_load(order[2])};
    if (bytes < GROUP) {
        reverse_pixels(in, out, bytes, pixel);
        return;
    }
    for (size_t i = 0; i < bytes; i += GROUP) {
        size_t at = i + GROUP <= bytes ? i : bytes - GROUP;
        reverse_group(in + bytes - GROUP - at, out + at, picks);
    }
}

#else

/* Other pixels: as many as fit into 16 bytes, loaded from the end of the 16 bytes, and stored over what comes next. */
POINT_INLINE void reverse_odd(const uint8_t *in, uint8_t *out, int width, size_t pixel)
{
    size_t bytes = (size_t)width * pixel, take = pixel == 3 && W_SHUFFLES ? 15 : 12, i = 0;
    for (; i + take * (W_LANES - 1) + 16 <= bytes; i += take * W_LANES) {
        wi v = reverse(w_load_lanes(in + bytes - i - 16, -(ptrdiff_t)take), pixel);
#if WIDE == 32
        w_store16(out + i, simde_mm256_castsi256_si128(v));
        w_store16(out + i + take, simde_mm256_extracti128_si256(v, 1));
#else
        w_store16(out + i, v);
#endif
    }
    reverse_pixels(in, out + i, bytes - i, pixel);
}

#endif

POINT_INLINE void reverse_row(const uint8_t *in, uint8_t *out, int width, size_t pixel)
{
    if (pixel % 3)
        reverse_even(in, out, width, pixel);
    else
        reverse_odd(in, out, width, pixel);
}

/* The first pixels of the output go past the caches, in pieces of whole lines, each put together in the nearest cache.
 * The input is read upwards, which processors foresee; read downwards it took twice as long. */
enum { MIRROR_PIECE = 256 };

static inline size_t mirror_piece(size_t pixel)
{
    return pixel % 3 ? MIRROR_PIECE : 3 * POINT_LINE;
}

/* How many pixels do. */
static inline int mirror_streamed(const uint8_t *out, int width, size_t pixel)
{
    int piece = (int)(mirror_piece(pixel) / pixel);
    return (uintptr_t)out % POINT_LINE ? 0 : width / piece * piece;
}

POINT_INLINE void mirror_stream(const uint8_t *in, uint8_t *out, int width, size_t pixel)
{
    _Alignas(POINT_LINE) uint8_t held[MIRROR_PIECE];
    const size_t piece = mirror_piece(pixel);
    int streamed = mirror_streamed(out, width, pixel);
    in += (size_t)(width - streamed) * pixel;
    for (size_t to = (size_t)streamed * pixel; to > 0; in += piece) {
        to -= piece;
        for (size_t i = 0; i < piece; i += POINT_LINE)
            __builtin_prefetch((const void *)((uintptr_t)in + POINT_EARLY + i));
        reverse_row(in, held, (int)(piece / pixel), pixel);
        for (size_t i = 0; i < piece; i += VEC)
            v_stream(out + to + i, v_load(held + i));
    }
}

enum mirror_pass { MIRROR_ALL, MIRROR_STREAMED, MIRROR_REST };

POINT_INLINE void mirror_pixels(const uint8_t *in, uint8_t *out, int width, enum mirror_pass pass, size_t pixel)
{
    int done = pass == MIRROR_REST ? mirror_streamed(out, width, pixel) : 0;
    if (pass == MIRROR_STREAMED)
        mirror_stream(in, out, width, pixel);
    else
        reverse_row(in, out + (size_t)done * pixel, width - done, pixel);
}

static inline void mirror_row(const uint8_t *in, uint8_t *out, int width, enum mirror_pass pass, size_t pixel)
{
    switch (pixel) {
    case 1:
        mirror_pixels(in, out, width, pass, 1);
        break;
    case 2:
        mirror_pixels(in, out, width, pass, 2);
        break;
    case 3:
        mirror_pixels(in, out, width, pass, 3);
        break;
    case 4:
        mirror_pixels(in, out, width, pass, 4);
        break;
    case 6:
        mirror_pixels(in, out, width, pass, 6);
        break;
    case 8:
        mirror_pixels(in, out, width, pass, 8);
        break;
    case 12:
        mirror_pixels(in, out, width, pass, 12);
        break;
    default:
        mirror_pixels(in, out, width, pass, 16);
    }
}

/** Rows of a call, past the caches where `stream`; the ends of its rows come last, as they would hold up the others. */
static inline void mirror_rows(const void *const *in, void *const *out, int rows, int width, size_t pixel, bool stream)
{
    for (int r = 0; r < rows; r++)
        mirror_row(in[r], out[r], width, stream ? MIRROR_STREAMED : MIRROR_ALL, pixel);
    for (int r = 0; r < rows && stream; r++)
        mirror_row(in[r], out[r], width, MIRROR_REST, pixel);
}

#endif
