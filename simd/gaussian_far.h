/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_GAUSSIAN_FAR_H
#define FLYNN_SIMD_GAUSSIAN_FAR_H

#include "core/gaussian_far.h"
#include "simd/tiles.h"

/** The Gaussian of large sigma for bytes (core/gaussian_far.h). Differences are of 16 bits and sums of 32; a vector of
 * differences goes into two of sums, of its even and of its odd samples. */

/* ---- down -------------------------------------------------------------------------------------------------------- */

#define FAR_NARROW 64  /* boxes of at most so many rows have first sums of 16 bits: at most 2 * 64 * 255 */
#define FAR_AHEAD  256 /* bytes ahead at which the newest rows are asked for, which lie in memory */
#define FAR_NEAR   128 /* and the others */

/* Consecutive input rows: what each is made of, and where its results go (NULL: nowhere). */
struct far_feed {
    const uint8_t *row[FAR_STEP][6];
    uint16_t *out[FAR_STEP];
    int rows;
};

static inline wi far_set16(int x)
{
    return W(set1_epi16)((int16_t)x);
}

/* p x + q y of bytes x and y, which are interleaved. */
FLYNN_UNROLLED wi far_pair(wi pairs, int p, int q)
{
#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)
    wi x = W(mullo_epi16)(W_SI(and)(pairs, far_set16(255)), far_set16(p));
    return W(add_epi16)(x, W(mullo_epi16)(W(srli_epi16)(pairs, 8), far_set16(q)));
#else
    return W(maddubs_epi16)(pairs, far_set16(q * 256 + p));
#endif
}

/* Of WIDE samples, in the order of unpacked bytes. */
FLYNN_UNROLLED void far_differences(const uint8_t *const row[6], int i, wi d[2])
{
    wi p[6];
    for (int k = 0; k < 6; k++)
        p[k] = w_load(row[k] + i);
    d[0] = W(add_epi16)(far_pair(W(unpacklo_epi8)(p[0], p[1]), 1, -2), far_pair(W(unpacklo_epi8)(p[2], p[3]), 1, -1));
    d[1] = W(add_epi16)(far_pair(W(unpackhi_epi8)(p[0], p[1]), 1, -2), far_pair(W(unpackhi_epi8)(p[2], p[3]), 1, -1));
    d[0] = W(add_epi16)(d[0], far_pair(W(unpacklo_epi8)(p[4], p[5]), 2, -1));
    d[1] = W(add_epi16)(d[1], far_pair(W(unpackhi_epi8)(p[4], p[5]), 2, -1));
}

/* The samples that make no vector. */
static void far_feed_rest(const struct flynn_stage *stage, const struct far_feed *feed, int i, int samples,
                          uint32_t *sum)
{
    for (; i < samples; i++) {
        uint32_t *s1 = sum + i, *s2 = s1 + samples, *s3 = s2 + samples;
        for (int f = 0; f < feed->rows; f++) {
            const uint8_t *const *p = feed->row[f];
            *s1 += (uint32_t)((p[0][i] - 2 * p[1][i] + p[2][i]) - (p[3][i] - 2 * p[4][i] + p[5][i]));
            *s2 += *s1;
            *s3 += *s2;
            if (feed->out[f])
                feed->out[f][i] = (uint16_t)(*s3 >> stage->k[2]);
        }
    }
}

/* What unpacked bytes have become, in the order of the samples. */
static inline void far_order(wi half[2])
{
#if WIDE == 32
    wi low = simde_mm256_permute2x128_si256(half[0], half[1], 0x20);
    half[1] = simde_mm256_permute2x128_si256(half[0], half[1], 0x31);
    half[0] = low;
#else
    (void)half;
#endif
}

/* The sums of WIDE samples: first[] in 16 bits where `narrow`, else the even ones of [0] and [1], then the odd ones;
 * the others so, too. */
struct far_columns {
    wi first[4], second[4], third[4];
};

FLYNN_UNROLLED void far_feed_row(struct far_columns *s, const uint8_t *const row[6], int i, bool narrow)
{
    wi d[2];
    far_differences(row, i, d);
    for (int h = 0; h < 2; h++) {
        if (narrow)
            d[h] = s->first[h] = W(add_epi16)(s->first[h], d[h]);
        wi even = W(srai_epi32)(W(slli_epi32)(d[h], 16), 16), odd = W(srai_epi32)(d[h], 16);
        if (!narrow) {
            even = s->first[h] = W(add_epi32)(s->first[h], even);
            odd = s->first[2 + h] = W(add_epi32)(s->first[2 + h], odd);
        }
        s->second[h] = W(add_epi32)(s->second[h], even);
        s->second[2 + h] = W(add_epi32)(s->second[2 + h], odd);
        s->third[h] = W(add_epi32)(s->third[h], s->second[h]);
        s->third[2 + h] = W(add_epi32)(s->third[2 + h], s->second[2 + h]);
    }
}

/* Every column of vectors takes all rows before the next one: its sums stay in registers. The last of them hold what
 * rounds the result, too. So many rows come at once that no hardware foresees what is needed next of them. */
FLYNN_UNROLLED void far_feed_rows(const struct flynn_stage *stage, const struct far_feed *feed, int samples,
                                  uint32_t *sum, bool narrow)
{
    simde__m128i shift = simde_mm_cvtsi32_si128(stage->k[2]);
    const int parts = WIDE / 4, firsts = narrow ? 2 : 4;
    int i = 0;
    for (; i + WIDE <= samples; i += WIDE) {
        struct far_columns s;
        uint32_t *at[3] = {sum + i, sum + samples + i, sum + 2 * (size_t)samples + i};
        for (int j = 0; j < 4; j++) {
            if (j < firsts)
                s.first[j] = w_load(at[0] + j * parts);
            s.second[j] = w_load(at[1] + j * parts);
            s.third[j] = w_load(at[2] + j * parts);
        }
        for (int f = 0; f < feed->rows; f++) {
            const uint8_t *const *row = feed->row[f];
            for (int k = 0; k < 6; k++)
                __builtin_prefetch(row[k] + i + (k ? FAR_NEAR : FAR_AHEAD));
            far_feed_row(&s, row, i, narrow);
            if (!feed->out[f])
                continue;
            wi half[2];
            for (int h = 0; h < 2; h++)
                half[h] =
                    W_SI(or)(W(srl_epi32)(s.third[h], shift), W(slli_epi32)(W(srl_epi32)(s.third[2 + h], shift), 16));
            __builtin_prefetch(feed->out[f] + i + FAR_NEAR, 1);
            far_order(half);
            w_store(feed->out[f] + i, half[0]);
            w_store(feed->out[f] + i + WIDE / 2, half[1]);
        }
        for (int j = 0; j < 4; j++) {
            if (j < firsts)
                w_store(at[0] + j * parts, s.first[j]);
            w_store(at[1] + j * parts, s.second[j]);
            w_store(at[2] + j * parts, s.third[j]);
        }
    }
    far_feed_rest(stage, feed, i, samples, sum);
}

static void far_down_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels, last = FAR_REACH(stage);
    struct far_state *state = call->state;
    uint32_t *sum = (uint32_t *)(state + 1);
    const void *zeros = sum + 3 * (size_t)samples;
    struct far_feed feed = {.rows = 0};
    for (int i = 0; state->done == 0 && i < samples; i++)
        sum[2 * (size_t)samples + (size_t)i] = (1u << stage->k[2]) >> 1;
    for (int j = state->done ? last : FAR_EXTRA; j < last + call->rows; j++) {
        far_rows(call, j, zeros, (const void **)feed.row[feed.rows]);
        feed.out[feed.rows++] = j < last ? NULL : call->out[j - last];
        if (feed.rows == FAR_STEP || j == last + call->rows - 1) {
            if (stage->k[0] <= FAR_NARROW)
                far_feed_rows(stage, &feed, samples, sum, true);
            else
                far_feed_rows(stage, &feed, samples, sum, false);
            feed.rows = 0;
        }
    }
    state->done += call->rows;
}

/* ---- across ------------------------------------------------------------------------------------------------------ */

struct far_sums {
    wi a1, b1, a2, b2, a3, b3;
};

/* Where the six vectors stand that make the difference of pixel x. */
FLYNN_UNROLLED void far_find(const wi *from[6], const struct tile_ring *ring, int c, int x, const int back[6])
{
    for (int i = 0; i < 6; i++)
        from[i] = tile_pixel(ring, c, x - back[i]);
}

/* One more pixel: vectors `at` from there on. */
FLYNN_UNROLLED void far_add(struct far_sums *s, const wi *const from[6], int at)
{
    wi p[6];
    for (int i = 0; i < 6; i++)
        p[i] = w_load(from[i] + at);
    wi once = W(sub_epi16)(W(add_epi16)(p[0], p[2]), W(add_epi16)(p[3], p[5])), twice = W(sub_epi16)(p[4], p[1]);
    wi d = W(add_epi16)(once, W(add_epi16)(twice, twice));
    s->a1 = W(add_epi32)(s->a1, W(srai_epi32)(W(slli_epi32)(d, 16), 16));
    s->b1 = W(add_epi32)(s->b1, W(srai_epi32)(d, 16));
    s->a2 = W(add_epi32)(s->a2, s->a1);
    s->b2 = W(add_epi32)(s->b2, s->b1);
    s->a3 = W(add_epi32)(s->a3, s->a2);
    s->b3 = W(add_epi32)(s->b3, s->b2);
}

FLYNN_UNROLLED wi far_result(const struct flynn_stage *stage, const struct far_sums *s)
{
    simde__m128i reduce = simde_mm_cvtsi32_si128(stage->k[3]);
    wi sum = W_SI(or)(W(srl_epi32)(s->a3, reduce), W(slli_epi32)(W(srl_epi32)(s->b3, reduce), 16));
    wi part = W(mulhi_epu16)(sum, W(set1_epi16)((int16_t)stage->k[4]));
    return W(srl_epi16)(W(add_epi16)(part, W(set1_epi16)((int16_t)stage->k[5])), simde_mm_cvtsi32_si128(stage->k[6]));
}

/* Up to TILE_ROWS rows from row `at` of the call on. What stands before the first pixel counts as zero. */
FLYNN_UNROLLED void far_tile(const struct flynn_call *call, int at, int c)
{
    const struct flynn_stage *stage = call->stage;
    int rows = call->rows - at < TILE_ROWS ? call->rows - at : TILE_ROWS, k = stage->k[0], l = stage->k[1];
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
            far_add(&sum[i], from, i);
    }
    for (int x = 0; x < call->width; x += 16) {
        tile_ring_fill(&ring, c, x + 16 + ahead);
        far_find(from, &ring, c, x + ahead, back);
        for (int i = 0; i < c; i++) {
            struct far_sums s = sum[i];
            for (int j = 0; j < 16; j++) {
                far_add(&s, from, j * c + i);
                out[j * c + i] = far_result(stage, &s);
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
