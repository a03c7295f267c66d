/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_COUNTS_H
#define FLYNN_SIMD_COUNTS_H

#include <stdint.h>
#include <string.h>

/** Counting bytes by value, eight at once, in tables that equal neighbours do not share. */

enum { COUNTS_STRIDE = 256 + 16 };

static inline uint64_t load_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Count the bytes of a word in four tables; the tables of the upper half are named apart. */
static inline void count_word(uint64_t word, uint32_t *low, uint32_t *high)
{
    low[word & 255]++;
    low[COUNTS_STRIDE + (int)(word >> 8 & 255)]++;
    low[2 * COUNTS_STRIDE + (int)(word >> 16 & 255)]++;
    low[3 * COUNTS_STRIDE + (int)(word >> 24 & 255)]++;
    high[word >> 32 & 255]++;
    high[COUNTS_STRIDE + (int)(word >> 40 & 255)]++;
    high[2 * COUNTS_STRIDE + (int)(word >> 48 & 255)]++;
    high[3 * COUNTS_STRIDE + (int)(word >> 56)]++;
}

/* 1, 2 and 4 channels: eight tables, so that the place of a byte in its word is its table. */
static inline void count_row_8(const uint8_t *in, int samples, uint32_t *tables)
{
    int i = 0;
    for (; i + 16 <= samples; i += 16) {
        uint64_t a = load_word(in + i), b = load_word(in + i + 8);
        count_word(a, tables, tables + 4 * COUNTS_STRIDE);
        count_word(b, tables, tables + 4 * COUNTS_STRIDE);
    }
    for (; i < samples; i++)
        tables[i % 8 * COUNTS_STRIDE + in[i]]++;
}

/* 3 channels: twelve tables, which three words go through twice. */
static inline void count_row_12(const uint8_t *in, int samples, uint32_t *tables)
{
    uint32_t *a = tables, *b = tables + 4 * COUNTS_STRIDE, *c = tables + 8 * COUNTS_STRIDE;
    int i = 0;
    for (; i + 24 <= samples; i += 24) {
        uint64_t x = load_word(in + i), y = load_word(in + i + 8), z = load_word(in + i + 16);
        count_word(x, a, b);
        count_word(y, c, a);
        count_word(z, b, c);
    }
    for (; i < samples; i++)
        tables[i % 12 * COUNTS_STRIDE + in[i]]++;
}

/** Count a row of samples of `channels` channels in count_tables(channels) tables, COUNTS_STRIDE counters apart.
 * Samples of a channel are in the tables t with t % channels == channel. */
static inline void count_row(const uint8_t *in, int samples, int channels, uint32_t *tables)
{
    if (channels == 3)
        count_row_12(in, samples, tables);
    else
        count_row_8(in, samples, tables);
}

static inline int count_tables(int channels)
{
    return channels == 3 ? 12 : 8;
}

#endif
