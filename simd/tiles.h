/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_TILES_H
#define FLYNN_SIMD_TILES_H

#include "simd/filter.h"
#include "simd/wide.h"

/** Rows side by side: lane r of a vector belongs to row r, so that what runs along the rows runs in all of them at
 * once. Vectors have lanes of 16 bits; a tile has TILE_ROWS rows. */

#define TILE_ROWS (WIDE / 2)

/* Vectors whose numbers differ in `bit` are interleaved: the lower halves go where the bit is 0, the upper ones where
 * it is 1. */
FLYNN_UNROLLED void tile_zip16(wi v[8], int bit)
{
    for (int j = 0; j < 8; j++) {
        if (j & bit)
            continue;
        wi low = W(unpacklo_epi16)(v[j], v[j | bit]);
        v[j | bit] = W(unpackhi_epi16)(v[j], v[j | bit]);
        v[j] = low;
    }
}

FLYNN_UNROLLED void tile_zip8(wi v[8], int bit)
{
    for (int j = 0; j < 8; j++) {
        if (j & bit)
            continue;
        wi low = W(unpacklo_epi8)(v[j], v[j | bit]);
        v[j | bit] = W(unpackhi_epi8)(v[j], v[j | bit]);
        v[j] = low;
    }
}

/** v[p] = sample i + p of every row. */
FLYNN_UNROLLED void tile_load8(const uint16_t *const row[TILE_ROWS], ptrdiff_t i, wi v[8])
{
    for (int j = 0; j < 8; j++)
        v[j] = w_load_lanes((const uint8_t *)(row[j] + i),
                            (const uint8_t *)row[j + TILE_ROWS - 8] - (const uint8_t *)row[j]);
    tile_zip16(v, 4);
    tile_zip16(v, 2);
    tile_zip16(v, 1);
}

/* 16 bytes, or the first n. */
static inline void tile_store_row(uint8_t *to, simde__m128i v, int n)
{
    if (n >= 16) {
        w_store16(to, v);
    } else {
        uint8_t bytes[16];
        w_store16(bytes, v);
        memcpy(to, bytes, (size_t)n);
    }
}

/** Samples i + p, p = 0..15 but below `samples`, of the first `rows` rows become the bytes v[p], which are at most
 * 255. */
FLYNN_UNROLLED void tile_store16(uint8_t *const *row, int rows, int i, int samples, const wi v[16])
{
    wi q[8];
    for (int j = 0; j < 8; j++)
        q[j] = W(packus_epi16)(v[2 * j], v[2 * j + 1]);
    tile_zip8(q, 4);
    tile_zip8(q, 2);
    tile_zip8(q, 1);
    tile_zip8(q, 4);
    for (int j = 0; j < 8; j++) {
        int r = (j & 2) * 2 + (j & 1) * 2 + j / 4;
        if (r < rows)
            tile_store_row(row[r] + i, simde_mm_loadu_si128((const void *)&q[j]), samples - i);
#if WIDE == 32
        if (r + 8 < rows)
            tile_store_row(row[r + 8] + i, simde_mm256_extracti128_si256(q[j], 1), samples - i);
#endif
    }
}

/** A ring of the pixels of a tile: pixel x of channel k is vector (x % pixels) * channels + k. Behind its end the first
 * 16 pixels stand once more, so that 16 pixels from any one on lie in one piece. */
struct tile_ring {
    const uint16_t *row[TILE_ROWS]; /**< where pixel 0 of the ring's rows stands */
    wi *pixel;
    int pixels;   /**< a power of two, at least 32 */
    int channels; /**< of a pixel */
    int next;     /**< the first pixel that the ring has not had; a multiple of 16 */
    int total;    /**< pixels of the rows */
};

/** Load pixels until `end` are there, or all that there are. Up to 15 bytes beyond a row are read. */
FLYNN_UNROLLED void tile_ring_fill(struct tile_ring *ring, int c, int end)
{
    for (; ring->next < end && ring->next < ring->total; ring->next += 16) {
        wi *to = ring->pixel + (size_t)(ring->next & (ring->pixels - 1)) * (size_t)c;
        for (int k = 0; k < 2 * c && ring->next * c + k * 8 < ring->total * c; k++) {
            wi v[8];
            tile_load8(ring->row, (ptrdiff_t)ring->next * c + k * 8, v);
            for (int p = 0; p < 8; p++) {
                w_store(to + k * 8 + p, v[p]);
                if (to == ring->pixel)
                    w_store(to + (size_t)ring->pixels * (size_t)c + k * 8 + p, v[p]);
            }
        }
    }
}

/** The vectors of pixel x. */
static inline const wi *tile_pixel(const struct tile_ring *ring, int c, int x)
{
    return ring->pixel + (size_t)(x & (ring->pixels - 1)) * (size_t)c;
}

#endif
