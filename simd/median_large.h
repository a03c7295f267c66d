/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_MEDIAN_LARGE_H
#define FLYNN_SIMD_MEDIAN_LARGE_H

#include "core/median.h"
#include "simd/filter.h"

/* The median of large squares of bytes. Every column of the square's rows has counts of its samples (core/median.h),
 * which are brought from row to row; the square's counts are the sums over its columns. They count "at most", so that
 * the sums at most half of all lie side by side at the beginning: the first beyond them is the median's. Of the fine
 * counts only those are brought along that are looked at. */

/* step[v] adds one to all counts from v on. */
struct median_steps {
    _Alignas(16) uint8_t step[16][16];
};

static inline void median_find_steps(struct median_steps *steps)
{
    for (int v = 0; v < 16; v++) {
        for (int i = 0; i < 16; i++)
            steps->step[v][i] = i >= v;
    }
}

static inline simde__m128i median_load(const uint8_t *p)
{
    return simde_mm_loadu_si128((const simde__m128i *)(const void *)p);
}

static inline void median_change(uint8_t *count, simde__m128i plus, simde__m128i minus)
{
    simde__m128i v = simde_mm_sub_epi8(simde_mm_add_epi8(median_load(count), plus), minus);
    simde_mm_storeu_si128((simde__m128i *)(void *)count, v);
}

static void median_add_row(struct flynn_median_column *column, const uint8_t *row, int n,
                           const struct median_steps *steps)
{
    simde__m128i zero = simde_mm_setzero_si128();
    for (int i = 0; i < n; i++) {
        int h = row[i] >> 4, l = row[i] & 15;
        median_change(column[i].coarse, median_load(steps->step[h]), zero);
        median_change(column[i].fine[h], median_load(steps->step[l]), zero);
    }
}

static void median_remove_row(struct flynn_median_column *column, const uint8_t *row, int n,
                              const struct median_steps *steps)
{
    simde__m128i zero = simde_mm_setzero_si128();
    for (int i = 0; i < n; i++) {
        int h = row[i] >> 4, l = row[i] & 15;
        median_change(column[i].coarse, zero, median_load(steps->step[h]));
        median_change(column[i].fine[h], zero, median_load(steps->step[l]));
    }
}

/* Row `old` leaves the square and row `new` enters it. */
static void median_exchange_row(struct flynn_median_column *column, const uint8_t *old, const uint8_t *new, int n,
                                const struct median_steps *steps)
{
    simde__m128i zero = simde_mm_setzero_si128();
    for (int i = 0; i < n; i++) {
        int h = new[i] >> 4, l = new[i] & 15, g = old[i] >> 4, m = old[i] & 15;
        median_change(column[i].coarse, median_load(steps->step[h]), median_load(steps->step[g]));
        median_change(column[i].fine[h], median_load(steps->step[l]), zero);
        median_change(column[i].fine[g], zero, median_load(steps->step[m]));
    }
}

/* How many of 16 ascending counts are at most `most`. */
static inline int median_at_most_bytes(simde__m128i count, int most)
{
    simde__m128i over = simde_mm_subs_epu8(count, simde_mm_set1_epi8((int8_t)most));
    unsigned mask = (unsigned)simde_mm_movemask_epi8(simde_mm_cmpeq_epi8(over, simde_mm_setzero_si128()));
    return __builtin_ctz(~mask);
}

/* The counts of a square of up to 15 x 15: bytes. */
struct median_bytes {
    simde__m128i count;
};

/* Of larger ones: two vectors of words. */
struct median_words {
    simde__m128i low, high;
};

static inline void median_add_words(struct median_words *sum, simde__m128i plus, simde__m128i minus)
{
    simde__m128i zero = simde_mm_setzero_si128();
    sum->low = simde_mm_sub_epi16(simde_mm_add_epi16(sum->low, simde_mm_unpacklo_epi8(plus, zero)),
                                  simde_mm_unpacklo_epi8(minus, zero));
    sum->high = simde_mm_sub_epi16(simde_mm_add_epi16(sum->high, simde_mm_unpackhi_epi8(plus, zero)),
                                   simde_mm_unpackhi_epi8(minus, zero));
}

static inline int median_at_most_words(const struct median_words *count, int most)
{
    simde__m128i limit = simde_mm_set1_epi16((int16_t)most), zero = simde_mm_setzero_si128();
    simde__m128i low = simde_mm_cmpeq_epi16(simde_mm_subs_epu16(count->low, limit), zero);
    simde__m128i high = simde_mm_cmpeq_epi16(simde_mm_subs_epu16(count->high, limit), zero);
    return __builtin_ctz(~(unsigned)simde_mm_movemask_epi8(simde_mm_packs_epi16(low, high)));
}

/* The same square's counts of 16 neighbouring values, from all of its columns. */
static __attribute__((noinline)) simde__m128i median_all_bytes(const struct flynn_median_column *column, int c, int k,
                                                               int h)
{
    simde__m128i sum = simde_mm_setzero_si128();
    for (int t = 0; t < k; t++)
        sum = simde_mm_add_epi8(sum, median_load(column[t * c].fine[h]));
    return sum;
}

static __attribute__((noinline)) struct median_words median_all_words(const struct flynn_median_column *column, int c,
                                                                      int k, int h)
{
    simde__m128i zero = simde_mm_setzero_si128();
    struct median_words sum = {zero, zero};
    for (int t = 0; t < k; t++)
        median_add_words(&sum, median_load(column[t * c].fine[h]), zero);
    return sum;
}

/* One channel of a row of n pixels. `old` has the counts of the square's first column, which changes for the next
 * pixel, and new those of its last. fine[h] is right for the square that began at done[h]. */
static void median_row_bytes(const struct flynn_median_column *old, uint8_t *out, int n, int c, int k)
{
    int half = (k * k - 1) / 2;
    const struct flynn_median_column *new = old + (k - 1) * c, *done[16] = {0};
    simde__m128i fine[16], sum = simde_mm_setzero_si128();
    uint8_t before[32] = {0};
    for (int t = 0; t < k - 1; t++)
        sum = simde_mm_add_epi8(sum, median_load(old[t * c].coarse));
    for (int x = 0; x < n; x++, old += c, new += c, out += c) {
        sum = simde_mm_add_epi8(sum, median_load(new->coarse));
        simde_mm_storeu_si128((simde__m128i *)(void *)(before + 16), sum);
        int h = median_at_most_bytes(sum, half);
        sum = simde_mm_sub_epi8(sum, median_load(old->coarse));
        simde__m128i f;
        if (done[h] == old - c)
            f = simde_mm_sub_epi8(simde_mm_add_epi8(fine[h], median_load(new->fine[h])), median_load(done[h]->fine[h]));
        else
            f = median_all_bytes(old, c, k, h);
        fine[h] = f;
        done[h] = old;
        *out = (uint8_t)(h * 16 + median_at_most_bytes(f, half - before[15 + h]));
    }
}

static void median_row_words(const struct flynn_median_column *old, uint8_t *out, int n, int c, int k)
{
    int half = (k * k - 1) / 2;
    simde__m128i zero = simde_mm_setzero_si128();
    const struct flynn_median_column *new = old + (k - 1) * c, *done[16] = {0};
    struct median_words fine[16], sum = {zero, zero};
    uint16_t before[32] = {0};
    for (int t = 0; t < k - 1; t++)
        median_add_words(&sum, median_load(old[t * c].coarse), zero);
    for (int x = 0; x < n; x++, old += c, new += c, out += c) {
        median_add_words(&sum, median_load(new->coarse), zero);
        simde_mm_storeu_si128((simde__m128i *)(void *)(before + 16), sum.low);
        simde_mm_storeu_si128((simde__m128i *)(void *)(before + 24), sum.high);
        int h = median_at_most_words(&sum, half);
        median_add_words(&sum, zero, median_load(old->coarse));
        ptrdiff_t behind = done[h] ? (old - done[h]) / c : k;
        struct median_words f = fine[h];
        if (2 * behind > k) {
            f = median_all_words(old, c, k, h);
        } else {
            for (ptrdiff_t t = (behind - 1) * c; t >= 0; t -= c)
                median_add_words(&f, median_load((new - t)->fine[h]), median_load((old - t - c)->fine[h]));
        }
        fine[h] = f;
        done[h] = old;
        *out = (uint8_t)(h * 16 + median_at_most_words(&f, half - before[15 + h]));
    }
}

/* Pixels [x, x + n) of the call's rows. Between calls the columns hold the rows that the next call's first square
 * has, but for the last. */
static void median_stripe(const struct flynn_call *call, struct flynn_median_column *column, int x, int n,
                          const struct median_steps *steps)
{
    int k = call->stage->k[0], c = call->stage->in.channels, samples = (n + k - 1) * c;
    ptrdiff_t first = (ptrdiff_t)(x - k / 2) * c;
    for (int t = 0; t < k - 1 && *(const int32_t *)call->state == 0; t++)
        median_add_row(column, (const uint8_t *)call->in[t] + first, samples, steps);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *new = (const uint8_t *)call->in[r + k - 1] + first;
        if (r == 0)
            median_add_row(column, new, samples, steps);
        else
            median_exchange_row(column, (const uint8_t *)call->in[r - 1] + first, new, samples, steps);
        for (int channel = 0; channel < c; channel++) {
            uint8_t *out = (uint8_t *)call->out[r] + (ptrdiff_t)x * c + channel;
            if (k <= 15)
                median_row_bytes(column + channel, out, n, c, k);
            else
                median_row_words(column + channel, out, n, c, k);
        }
    }
    median_remove_row(column, (const uint8_t *)call->in[call->rows - 1] + first, samples, steps);
}

static void median_large_u8(const struct flynn_call *call)
{
    struct median_steps steps;
    int32_t *started = call->state;
    struct flynn_median_column *column = (void *)((uint8_t *)call->state + FLYNN_MEDIAN_HEAD);
    int k = call->stage->k[0], c = call->stage->in.channels;
    median_find_steps(&steps);
    for (int x = 0; x < call->width; x += FLYNN_MEDIAN_STRIPE) {
        int n = call->width - x < FLYNN_MEDIAN_STRIPE ? call->width - x : FLYNN_MEDIAN_STRIPE;
        median_stripe(call, column, x, n, &steps);
        column += (n + k - 1) * c;
    }
    *started = 1;
}

#endif
