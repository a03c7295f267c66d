/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_GAUSSIAN_FAR_H
#define FLYNN_SIMD_GAUSSIAN_FAR_H

#include "core/gaussian_far.h"
#include "simd/tiles.h"

/** The Gaussian of large sigma for bytes (core/gaussian_far.h). Differences are of 16 bits and sums of 32; a vector of
 * differences goes into two of sums, of its even and of its odd samples. */

/* ---- down -------------------------------------------------------------------------------------------------------- */

#define FAR_NARROW 64  /* boxes of at most so many rows have first sums of 16 bits: at most 2 * 64 * 255 */
#define FAR_NEAR   128 /* bytes ahead at which rows are asked for that the second level of the cache has */
#define FAR_LINE   64

/* Consecutive input rows: what each is made of, and where its results go (nowhere before a strip's first row). */
struct far_feed {
    const uint8_t *row[FAR_STEP][6];
    uint16_t *out[FAR_STEP];
    int rows;
    const uint8_t *next; /**< the rows that come after these, */
    ptrdiff_t apart;     /**< so far from each other: they lie in memory and are asked for one after the other */
};

/* p x + q y of bytes x and y, which are interleaved. */
FLYNN_UNROLLED vi far_pair(vi pairs, int p, int q)
{
#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)
    vi x = V(mullo_epi16)(v_and(pairs, v_set16(255)), v_set16(p));
    return V(add_epi16)(x, V(mullo_epi16)(V(srli_epi16)(pairs, 8), v_set16(q)));
#else
    return V(maddubs_epi16)(pairs, v_set16(q * 256 + p));
#endif
}

/* Of VEC samples, in the order of unpacked bytes. */
FLYNN_UNROLLED void far_differences(const uint8_t *const row[6], int i, vi d[2])
{
    vi p[6];
    for (int k = 0; k < 6; k++)
        p[k] = v_load(row[k] + i);
    d[0] = V(add_epi16)(far_pair(V(unpacklo_epi8)(p[0], p[1]), 1, -2), far_pair(V(unpacklo_epi8)(p[2], p[3]), 1, -1));
    d[1] = V(add_epi16)(far_pair(V(unpackhi_epi8)(p[0], p[1]), 1, -2), far_pair(V(unpackhi_epi8)(p[2], p[3]), 1, -1));
    d[0] = V(add_epi16)(d[0], far_pair(V(unpacklo_epi8)(p[4], p[5]), 2, -1));
    d[1] = V(add_epi16)(d[1], far_pair(V(unpackhi_epi8)(p[4], p[5]), 2, -1));
}

/* The samples that make no vector. */
static void far_feed_rest(const struct flynn_stage *stage, const struct far_feed *feed, int i, int samples,
                          uint32_t *sum, bool writes)
{
    for (; i < samples; i++) {
        uint32_t *s1 = sum + i, *s2 = s1 + samples, *s3 = s2 + samples;
        for (int f = 0; f < feed->rows; f++) {
            const uint8_t *const *p = feed->row[f];
            *s1 += (uint32_t)((p[0][i] - 2 * p[1][i] + p[2][i]) - (p[3][i] - 2 * p[4][i] + p[5][i]));
            *s2 += *s1;
            *s3 += *s2;
            if (writes)
                feed->out[f][i] = (uint16_t)(*s3 >> stage->k[2]);
        }
    }
}

/* What sums are multiplied with. */
FLYNN_UNROLLED int far_one(const struct flynn_stage *stage)
{
    return stage->k[0] <= FAR_NARROW ? 1 << (16 - stage->k[2]) : 1;
}

/* sum + even * d of the even samples + odd * d of the odd ones. */
FLYNN_UNROLLED vi far_sum(vi sum, vi d, vi weights)
{
#if defined(FLYNN_ISA_AVX512)
    return V(dpwssd_epi32)(sum, d, weights);
#else
    return V(add_epi32)(sum, V(madd_epi16)(d, weights));
#endif
}

/* The upper halves of 32 bits: those of `odd` stay there, those of `even` go below. */
FLYNN_UNROLLED vi far_upper(vi even, vi odd)
{
    even = V(srli_epi32)(even, 16);
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_mask_mov_epi16(odd, 0x55555555, even);
#elif defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_SSE41)
    return V(blend_epi16)(even, odd, 0xaa);
#else
    return v_or(even, v_and(odd, V(slli_epi32)(v_set8(-1), 16)));
#endif
}

/* The sums of VEC samples: first[] in 16 bits where `narrow`, else the even ones of [0] and [1], then the odd ones; the
 * others so, too. Narrow ones are scaled so that the results are the upper halves of the third sums. */
struct far_columns {
    vi first[4], second[4], third[4];
};

FLYNN_UNROLLED void far_feed_row(struct far_columns *s, const uint8_t *const row[6], int i, const vi weights[2],
                                 bool narrow)
{
    vi d[2];
    far_differences(row, i, d);
    for (int h = 0; h < 2; h++) {
        if (narrow)
            s->first[h] = V(add_epi16)(s->first[h], d[h]);
        for (int odd = 0; odd < 2; odd++) {
            int j = 2 * odd + h;
            if (narrow) {
                s->second[j] = far_sum(s->second[j], s->first[h], weights[odd]);
            } else {
                s->first[j] = far_sum(s->first[j], d[h], weights[odd]);
                s->second[j] = V(add_epi32)(s->second[j], s->first[j]);
            }
            s->third[j] = V(add_epi32)(s->third[j], s->second[j]);
        }
    }
}

FLYNN_UNROLLED void far_write(const struct far_columns *s, uint16_t *out, simde__m128i shift, bool narrow)
{
    vi half[2];
    for (int h = 0; h < 2; h++) {
        if (narrow)
            half[h] = far_upper(s->third[h], s->third[2 + h]);
        else
            half[h] = v_or(V(srl_epi32)(s->third[h], shift), V(slli_epi32)(V(srl_epi32)(s->third[2 + h], shift), 16));
    }
    v_unpacked_order(&half[0], &half[1]);
    v_store(out, half[0]);
    v_store(out + VEC / 2, half[1]);
}

/* The row that is asked for among those that come next, and the place in it. */
struct far_next {
    const uint8_t *row;
    int at;
};

/* What row f wants of the caches soon, for a line of samples. */
FLYNN_UNROLLED void far_ask(const struct far_feed *feed, int f, int i, int samples, struct far_next *next, bool writes)
{
    for (int k = 0; k < 6; k++)
        __builtin_prefetch(feed->row[f][k] + i + FAR_NEAR);
    for (int line = 0; writes && line < 2; line++)
        __builtin_prefetch((uint8_t *)(feed->out[f] + i) + 2 * FAR_NEAR + line * FAR_LINE, 1);
    __builtin_prefetch(next->row + next->at);
    next->at += FAR_LINE;
    if (next->at >= samples) {
        next->at = 0;
        next->row += feed->apart;
    }
}

/* All rows of VEC columns, whose sums stay in registers. */
FLYNN_UNROLLED void far_feed_columns(const struct flynn_stage *stage, const struct far_feed *feed, int i, int samples,
                                     uint32_t *sum, struct far_next *next, bool narrow, bool writes)
{
    simde__m128i shift = simde_mm_cvtsi32_si128(stage->k[2]);
    const int parts = VEC / 4, firsts = narrow ? 2 : 4, one = far_one(stage);
    const vi weights[2] = {v_set32(one), v_set32(one << 16)};
    struct far_columns s;
    uint32_t *at[3] = {sum + i, sum + samples + i, sum + 2 * (size_t)samples + i};
    for (int j = 0; j < 4; j++) {
        if (j < firsts)
            s.first[j] = v_load(at[0] + j * parts);
        s.second[j] = v_load(at[1] + j * parts);
        s.third[j] = v_load(at[2] + j * parts);
    }
    for (int f = 0; f < feed->rows; f++) {
        if (next)
            far_ask(feed, f, i, samples, next, writes);
        far_feed_row(&s, feed->row[f], i, weights, narrow);
        if (writes)
            far_write(&s, feed->out[f] + i, shift, narrow);
    }
    for (int j = 0; j < 4; j++) {
        if (j < firsts)
            v_store(at[0] + j * parts, s.first[j]);
        v_store(at[1] + j * parts, s.second[j]);
        v_store(at[2] + j * parts, s.third[j]);
    }
}

/* Every column of vectors takes all rows before the next one. The third sums hold what rounds the result, too. So many
 * rows come at once that no hardware foresees what is needed next of them. */
FLYNN_UNROLLED void far_feed_rows(const struct flynn_stage *stage, const struct far_feed *feed, int samples,
                                  uint32_t *sum, bool narrow, bool writes)
{
    struct far_next next = {.row = feed->next};
    int i = 0;
    for (; i + VEC <= samples; i += VEC) {
        if (i % FAR_LINE == 0)
            far_feed_columns(stage, feed, i, samples, sum, &next, narrow, writes);
        else
            far_feed_columns(stage, feed, i, samples, sum, NULL, narrow, writes);
    }
    far_feed_rest(stage, feed, i, samples, sum, writes);
}

static void far_take(const struct flynn_call *call, struct far_feed *feed, uint32_t *sum, bool writes)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    if (stage->k[0] <= FAR_NARROW && writes)
        far_feed_rows(stage, feed, samples, sum, true, true);
    else if (stage->k[0] <= FAR_NARROW)
        far_feed_rows(stage, feed, samples, sum, true, false);
    else if (writes)
        far_feed_rows(stage, feed, samples, sum, false, true);
    else
        far_feed_rows(stage, feed, samples, sum, false, false);
    feed->rows = 0;
}

/* Third sums begin with what rounds. */
static void far_start(const struct flynn_stage *stage, int samples, uint32_t *third)
{
    uint32_t half = (1u << stage->k[2]) >> 1;
    int vectors = samples / VEC * VEC;
    for (int i = 0; i < samples; i++)
        third[i] = i < vectors ? half * (uint32_t)far_one(stage) : half;
}

static void far_down_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels, last = FAR_REACH(stage);
    struct far_state *state = call->state;
    uint32_t *sum = (uint32_t *)(state + 1);
    const void *zeros = sum + 3 * (size_t)samples;
    struct far_feed feed = {.rows = 0, .apart = (const uint8_t *)call->in[last] - (const uint8_t *)call->in[last - 1]};
    if (state->done == 0)
        far_start(stage, samples, sum + 2 * (size_t)samples);
    for (int j = state->done ? last : FAR_EXTRA; j < last + call->rows; j++) {
        far_rows(call, j, zeros, (const void **)feed.row[feed.rows]);
        feed.out[feed.rows++] = j < last ? NULL : call->out[j - last];
        feed.next = feed.row[feed.rows - 1][0] + feed.apart;
        if (feed.rows == FAR_STEP || j == last - 1 || j == last + call->rows - 1)
            far_take(call, &feed, sum, j >= last);
    }
    state->done += call->rows;
}

/* ---- across ------------------------------------------------------------------------------------------------------ */

#define FAR_OUT 256 /* bytes ahead at which rows are asked for to be written */

struct far_sums {
    wi a1, b1, a2, b2, a3, b3;
};

/* Where the six vectors stand that make the difference of pixel x. */
FLYNN_UNROLLED void far_find(const wi *from[6], const struct tile_ring *ring, int c, int x, const int back[6])
{
    for (int i = 0; i < 6; i++)
        from[i] = tile_pixel(ring, c, x - back[i]);
}

FLYNN_UNROLLED wi far_sum_wide(wi sum, wi d, wi weights)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm256_dpwssd_epi32(sum, d, weights);
#else
    return W(add_epi32)(sum, W(madd_epi16)(d, weights));
#endif
}

/* One more pixel: vectors `at` from there on. */
FLYNN_UNROLLED void far_add(struct far_sums *s, const wi *const from[6], int at, int one)
{
    wi p[6];
    for (int i = 0; i < 6; i++)
        p[i] = w_load(from[i] + at);
    wi once = W(sub_epi16)(W(add_epi16)(p[0], p[2]), W(add_epi16)(p[3], p[5])), twice = W(sub_epi16)(p[4], p[1]);
    wi d = W(add_epi16)(once, W(add_epi16)(twice, twice)), even = W(set1_epi32)(one), odd = W(slli_epi32)(even, 16);
    s->a1 = far_sum_wide(s->a1, d, even);
    s->b1 = far_sum_wide(s->b1, d, odd);
    s->a2 = W(add_epi32)(s->a2, s->a1);
    s->b2 = W(add_epi32)(s->b2, s->b1);
    s->a3 = W(add_epi32)(s->a3, s->a2);
    s->b3 = W(add_epi32)(s->b3, s->b2);
}

/* The upper halves of 32 bits: those of `odd` stay there, those of `even` go below. */
FLYNN_UNROLLED wi far_join(wi even, wi odd)
{
#if W_SHUFFLES
    return W(blend_epi16)(W(srli_epi32)(even, 16), odd, 0xaa);
#else
    return W_SI(or)(W(srli_epi32)(even, 16), W_SI(and)(odd, W(slli_epi32)(W(set1_epi32)(-1), 16)));
#endif
}

FLYNN_UNROLLED wi far_result(const struct flynn_stage *stage, const struct far_sums *s)
{
    wi part = W(mulhi_epu16)(far_join(s->a3, s->b3), W(set1_epi16)((int16_t)stage->k[4]));
    return W(srl_epi16)(W(add_epi16)(part, W(set1_epi16)((int16_t)stage->k[5])), simde_mm_cvtsi32_si128(stage->k[6]));
}

/* Up to TILE_ROWS rows from row `at` of the call on. What stands before the first pixel counts as zero. */
FLYNN_UNROLLED void far_tile(const struct flynn_call *call, int at, int c)
{
    const struct flynn_stage *stage = call->stage;
    int rows = call->rows - at < TILE_ROWS ? call->rows - at : TILE_ROWS, k = stage->k[0], l = stage->k[1];
    int one = 1 << (16 - stage->k[3]); /* so that the result is the upper half of the sum */
    int ahead = 2 * stage->left, reach = FAR_REACH(stage);
    const int back[6] = {0, k, 2 * k, l, k + l, 2 * k + l};
    struct tile_ring ring = {.pixel = call->state, .pixels = stage->k[7], .total = call->width + ahead};
    struct far_sums sum[FLYNN_MAX_CHANNELS];
    wi zero = W(set1_epi32)(0), out[16 * FLYNN_MAX_CHANNELS];
    const wi *from[6];
    for (int r = 0; r < TILE_ROWS; r++)
        ring.row[r] = (const uint16_t *)call->in[at + (r < rows ? r : 0)] - stage->left * c;
    for (int x = ring.pixels - reach; x < ring.pixels; x++) {
        for (int i = 0; i < c; i++)
            w_store(ring.pixel + x * c + i, zero);
    }
    for (int i = 0; i < c; i++)
        sum[i] = (struct far_sums){zero, zero, zero, zero, zero, zero};
    for (int x = 0; x < ahead; x++) {
        tile_ring_fill(&ring, c, x + 1);
        far_find(from, &ring, c, x, back);
        for (int i = 0; i < c; i++)
            far_add(&sum[i], from, i, one);
    }
    for (int x = 0; x < call->width; x += 16) {
        for (int r = 0; r < rows; r++)
            __builtin_prefetch((uint8_t *)call->out[at + r] + x * c + FAR_OUT, 1);
        tile_ring_fill(&ring, c, x + 16 + ahead);
        far_find(from, &ring, c, x + ahead, back);
        for (int i = 0; i < c; i++) {
            struct far_sums s = sum[i];
            for (int j = 0; j < 16; j += 4) {
                for (int u = j; u < j + 4; u++) {
                    far_add(&s, from, u * c + i, one);
                    out[u * c + i] = far_result(stage, &s);
                }
            }
            sum[i] = s;
        }
        for (int i = 0; i < c && x * c + i * 16 < call->width * c; i++)
            tile_store16((uint8_t *const *)call->out + at, rows, x * c + i * 16, call->width * c, out + i * 16);
    }
}

static void far_across_u8(const struct flynn_call *call)
{
    for (int at = 0; at < call->rows; at += TILE_ROWS) {
        switch (call->stage->in.channels) {
        case 1:
            far_tile(call, at, 1);
            break;
        case 2:
            far_tile(call, at, 2);
            break;
        case 3:
            far_tile(call, at, 3);
            break;
        default:
            far_tile(call, at, 4);
        }
    }
}

#endif
