/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_MEDIAN_LARGE_H
#define FLYNN_CPU_MEDIAN_LARGE_H

#include "core/table.h"
#include "core/median.h"
#include "core/order.h"

/* The kernels of median for large squares: how many samples of each size are in the square is kept while it moves along
 * the row. `half` is how many samples are smaller than the median, or as large and before it. */

/* Add `by` for the k samples of a column of u8; returns how many of them are below `value`. */
static inline int count_column(uint16_t count[256], const void *const *in, int k, int at, int by, int value)
{
    int below = 0;
    for (int t = 0; t < k; t++) {
        int sample = ((const uint8_t *)in[t])[at];
        count[sample] = (uint16_t)(count[sample] + by);
        below += sample < value;
    }
    return below;
}

static void median_large_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int k = stage->k[0], c = stage->in.channels, radius = k / 2, half = (k * k - 1) / 2;
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r];
        const void *const *in = call->in + r;
        for (int channel = 0; channel < c; channel++) {
            uint16_t count[256] = {0};
            int value = 0, below = 0;
            for (int x = -radius; x < radius; x++)
                count_column(count, in, k, x * c + channel, 1, 0);
            for (int x = 0; x < call->width; x++) {
                below += count_column(count, in, k, (x + radius) * c + channel, 1, value);
                while (below > half)
                    below -= count[--value];
                while (below + count[value] <= half)
                    below += count[value++];
                out[x * c + channel] = (uint8_t)value;
                below -= count_column(count, in, k, (x - radius) * c + channel, -1, value);
            }
        }
    }
}

/* Samples of other types are numbered in their order, and the square is a set of numbers. */
struct ranks {
    uint32_t *key, *from, *other_key, *other_from; /* key: in order; from: which sample it is */
    uint64_t *set;                                 /* the square */
    int columns;                                   /* samples of a row */
};

/* One pass of sorting by 8 bits of the keys. */
static void sort_pass(struct ranks *s, size_t n, int shift)
{
    size_t start[256] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        start[s->key[i] >> shift & 255]++;
    for (int b = 0; b < 256; b++) {
        size_t count = start[b];
        start[b] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++) {
        size_t to = start[s->key[i] >> shift & 255]++;
        s->other_key[to] = s->key[i];
        s->other_from[to] = s->from[i];
    }
    uint32_t *key = s->key, *from = s->from;
    s->key = s->other_key;
    s->from = s->other_from;
    s->other_key = key;
    s->other_from = from;
}

/* Number the samples of a channel: afterwards other_from[sample] is its number, and key[number] its key. */
static void rank_samples(struct ranks *s, const struct flynn_call *call, int rows, int channel)
{
    const struct flynn_stage *stage = call->stage;
    int c = stage->in.channels, radius = stage->k[0] / 2;
    bool words = stage->in.type == FLYNN_U16;
    size_t n = 0;
    for (int t = 0; t < rows; t++) {
        for (int x = -radius; x < s->columns - radius; x++, n++) {
            int at = x * c + channel;
            s->key[n] = words ? ((const uint16_t *)call->in[t])[at]
                              : (uint32_t)flynn_order_key_at((const float *)call->in[t] + at) ^ 0x80000000u;
            s->from[n] = (uint32_t)n;
        }
    }
    for (int shift = 0; shift < (words ? 16 : 32); shift += 8)
        sort_pass(s, n, shift);
    for (size_t i = 0; i < n; i++)
        s->other_from[s->from[i]] = (uint32_t)i;
}

/* Add or remove the k samples of column x; *below counts those in the words before `word`. */
static inline void toggle_column(const struct ranks *s, int row, int x, int k, size_t word, int *below, int by)
{
    for (int t = 0; t < k; t++) {
        uint32_t number = s->other_from[(size_t)(row + t) * (size_t)s->columns + (size_t)x];
        s->set[number / 64] ^= UINT64_C(1) << number % 64;
        if (number / 64 < word)
            *below += by;
    }
}

static inline int bits_of(uint64_t word)
{
    return __builtin_popcountll(word);
}

/* The number of the bit of a word that has n ones before it. */
static inline uint32_t one_after(uint64_t word, int n)
{
    while (n-- > 0)
        word &= word - 1;
    return (uint32_t)__builtin_ctzll(word);
}

static void put_key(const struct flynn_call *call, int r, int at, uint32_t key)
{
    if (call->stage->in.type == FLYNN_U16) {
        ((uint16_t *)call->out[r])[at] = (uint16_t)key;
    } else {
        int32_t bits = flynn_order_flip((int32_t)(key ^ 0x80000000u));
        memcpy((float *)call->out[r] + at, &bits, sizeof bits);
    }
}

static void median_ranked_row(const struct flynn_call *call, const struct ranks *s, int r, int channel)
{
    int k = call->stage->k[0], c = call->stage->in.channels, half = (k * k - 1) / 2, below = 0;
    size_t word = 0;
    for (int x = 0; x < k - 1; x++)
        toggle_column(s, r, x, k, word, &below, 1);
    for (int x = 0; x < call->width; x++) {
        toggle_column(s, r, x + k - 1, k, word, &below, 1);
        while (below > half)
            below -= bits_of(s->set[--word]);
        for (int n; below + (n = bits_of(s->set[word])) <= half; word++)
            below += n;
        put_key(call, r, x * c + channel, s->key[word * 64 + one_after(s->set[word], half - below)]);
        toggle_column(s, r, x, k, word, &below, -1);
    }
    for (int x = call->width; x < call->width + k - 1; x++)
        toggle_column(s, r, x, k, word, &below, -1);
}

static void median_ranked_rows(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    size_t n = (size_t)stage->d[0];
    uint32_t *memory = call->state;
    for (int channel = 0; channel < stage->in.channels; channel++) {
        struct ranks s = {memory,
                          memory + n,
                          memory + 2 * n,
                          memory + 3 * n,
                          (uint64_t *)(void *)(memory + 4 * n),
                          call->width + stage->k[0] - 1};
        rank_samples(&s, call, call->rows + stage->k[0] - 1, channel);
        for (int r = 0; r < call->rows; r++)
            median_ranked_row(call, &s, r, channel);
    }
}

/* FLYNN_MEDIAN_STEP rows at a time, for which the state has room. */
static void median_ranked(const struct flynn_call *call)
{
    struct flynn_call part = *call;
    for (int rest = call->rows; rest > 0; rest -= part.rows) {
        part.rows = rest < FLYNN_MEDIAN_STEP ? rest : FLYNN_MEDIAN_STEP;
        median_ranked_rows(&part);
        part.in += part.rows;
        part.out += part.rows;
    }
}

#endif
