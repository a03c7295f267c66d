/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_GAUSSIAN_FAR_H
#define FLYNN_SIMD_GAUSSIAN_FAR_H

#include "core/gaussian_far.h"
#include "simd/tiles.h"

/** The Gaussian of large sigma for bytes (core/gaussian_far.h). Differences are of 16 bits and sums of 32; a vector of
 * differences goes into two of sums, of its even and of its odd samples. */

/* ---- down ---------------------------------------------------------------------------------------------------------
 */

/* Consecutive input rows: what each is made of, and where its results go (NULL: nowhere). */
struct far_feed {
    const uint8_t *row[FAR_STEP][6];
    uint16_t *out[FAR_STEP];
    int rows;
};

static inline vi far_difference(const uint8_t *const row[6], int i)
{
    vi once = V(sub_epi16)(V(add_epi16)(v_widen8(row[0] + i), v_widen8(row[2] + i)),
                           V(add_epi16)(v_widen8(row[3] + i), v_widen8(row[5] + i)));
    vi twice = V(sub_epi16)(v_widen8(row[4] + i), v_widen8(row[1] + i));
    return V(add_epi16)(once, V(add_epi16)(twice, twice));
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

/* Every column of vectors takes all rows before the next one: its sums stay in registers. The last of them hold what
 * rounds the result, too. */
static void far_feed_rows(const struct flynn_stage *stage, const struct far_feed *feed, int samples, uint32_t *sum)
{
    simde__m128i shift = simde_mm_cvtsi32_si128(stage->k[2]);
    int i = 0;
    for (; i + VEC / 2 <= samples; i += VEC / 2) {
        uint32_t *s1 = sum + i, *s2 = s1 + samples, *s3 = s2 + samples;
        vi a1 = v_load(s1), b1 = v_load(s1 + VEC / 4), a2 = v_load(s2), b2 = v_load(s2 + VEC / 4), a3 = v_load(s3),
           b3 = v_load(s3 + VEC / 4);
        for (int f = 0; f < feed->rows; f++) {
            vi d = far_difference(feed->row[f], i);
            a1 = V(add_epi32)(a1, V(srai_epi32)(V(slli_epi32)(d, 16), 16));
            b1 = V(add_epi32)(b1, V(srai_epi32)(d, 16));
            a2 = V(add_epi32)(a2, a1);
            b2 = V(add_epi32)(b2, b1);
            a3 = V(add_epi32)(a3, a2);
            b3 = V(add_epi32)(b3, b2);
            if (feed->out[f])
                v_store(feed->out[f] + i, v_or(V(srl_epi32)(a3, shift), V(slli_epi32)(V(srl_epi32)(b3, shift), 16)));
        }
        v_store(s1, a1);
        v_store(s1 + VEC / 4, b1);
        v_store(s2, a2);
        v_store(s2 + VEC / 4, b2);
        v_store(s3, a3);
        v_store(s3 + VEC / 4, b3);
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
            far_feed_rows(stage, &feed, samples, sum);
            feed.rows = 0;
        }
    }
    state->done += call->rows;
}

/* ---- across -------------------------------------------------------------------------------------------------------
 */

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
