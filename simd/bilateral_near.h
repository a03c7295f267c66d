/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BILATERAL_NEAR_H
#define FLYNN_SIMD_BILATERAL_NEAR_H

#include "simd/bilateral_few.h"

/* Few neighbours of a radius of 2, with AVX-512. As in bilateral_few.h every weight is looked up once, by the upper or
 * left pixel of the two. An instruction adds four products in 32 bits: the twelve neighbours are three fours, those of
 * the pixel's row, and those above and below it. 16 pixels at a time have weights and samples in such fours. */

#define NEAR_SEGMENT 512
#define NEAR_LEFT    VEC
#define NEAR_FAR     (NEAR_LEFT + NEAR_SEGMENT + VEC)
#define NEAR_ROWS    5
#define NEAR_WAYS    6 /* the latter half of the neighbours: right 1, 2; below -1, 0, 1; two below */
#define NEAR_PIXELS  16

/* By row modulo the number of rows. Samples begin with the border columns, weights two columns later. */
struct near {
    _Alignas(64) uint8_t weight[3][NEAR_WAYS][NEAR_FAR];
    uint8_t sample[NEAR_ROWS][3][NEAR_FAR];
    uint8_t table[3][FEW_WEIGHTS]; /* of neighbours at a distance of 1, of 2, and of a corner */
};

static const int8_t near_right[NEAR_WAYS] = {1, 2, -1, 0, 1, 0}, near_below[NEAR_WAYS] = {0, 0, 1, 1, 1, 2};
static const int8_t near_table[NEAR_WAYS] = {0, 1, 2, 0, 2, 1};

/* f(i) for i = 0 .. 63. */
#define NEAR_4(f, i)  f((i)), f((i) + 1), f((i) + 2), f((i) + 3)
#define NEAR_16(f, i) NEAR_4(f, i), NEAR_4(f, (i) + 4), NEAR_4(f, (i) + 8), NEAR_4(f, (i) + 12)
#define NEAR_64(f)                                                                                                     \
    {                                                                                                                  \
        NEAR_16(f, 0), NEAR_16(f, 16), NEAR_16(f, 32), NEAR_16(f, 48)                                                  \
    }

/* Byte i of 16 fours: samples from column -2 on; those of a row from column -1 on and of another one; the pixel's own;
 * weights given from column -2 on at a distance of 2 and from column -1 on at a distance of 1. */
#define NEAR_BESIDE(i) ((i) / 4 + (i) % 4 + (i) % 4 / 2)
#define NEAR_ACROSS(i) ((i) % 4 < 3 ? (i) / 4 + (i) % 4 : 64 + (i) / 4)
#define NEAR_OWN(i)    ((i) / 4 + 2)
#define NEAR_GIVEN(i)  ((i) % 4 % 3 ? 64 + (i) / 4 + (i) % 4 - 1 : (i) / 4 + (i) % 4 / 3 * 2)
/* Bytes of two vectors in turn, from byte 0 or 32 on: in every lane four of 16, and four of the next 16. */
#define NEAR_LOWER(i) ((i) / 16 * 4 + (i) % 8 / 2 + (i) % 16 / 8 * 16 + (i) % 2 * 64)
#define NEAR_UPPER(i) (NEAR_LOWER(i) + 32)
/* The first bytes of 32-bit units of two vectors to the first and second of 3 bytes, and of another to the third. */
#define NEAR_RED(i)  ((i) < 48 ? (i) / 3 * 4 + (i) % 3 % 2 * 64 : 0)
#define NEAR_BLUE(i) ((i) < 48 ? (i) / 3 * 4 : 0)
#define NEAR_GRAY(i) ((i) < 16 ? (i)*4 : 0)

static const uint8_t near_beside[64] = NEAR_64(NEAR_BESIDE), near_across[64] = NEAR_64(NEAR_ACROSS);
static const uint8_t near_own[64] = NEAR_64(NEAR_OWN), near_given[64] = NEAR_64(NEAR_GIVEN);
static const uint8_t near_pairs[2][64] = {NEAR_64(NEAR_LOWER), NEAR_64(NEAR_UPPER)};
static const uint8_t near_red[64] = NEAR_64(NEAR_RED), near_blue[64] = NEAR_64(NEAR_BLUE);
static const uint8_t near_gray[64] = NEAR_64(NEAR_GRAY);
#define NEAR_THIRD 0x0000924924924924 /* the third of 3 bytes */

/* ---- weights ----------------------------------------------------------------------------------------------------- */

static void near_start(struct near *near, const struct flynn_stage *stage)
{
    const uint8_t *weights = (const uint8_t *)stage->table[1].data + NEAR_WAYS * FLYNN_BILATERAL_STEPS;
    for (int t = 0; t < 3; t++)
        few_table_of(near->table[t], weights + t * FLYNN_BILATERAL_STEPS, stage->k[1]);
}

FLYNN_UNROLLED vi near_distance(const vi *own, const uint8_t *other, int c)
{
    vi d = v_zero();
    for (int j = 0; j < c; j++) {
        vi y = v_load(other + j * NEAR_FAR), apart = V(sub_epi8)(V(max_epu8)(own[j], y), V(min_epu8)(own[j], y));
        d = j ? V(adds_epu8)(d, apart) : apart;
    }
    return d;
}

/* The weights that row r, counted from the first input row, gives in n columns, those of neighbours from `first` on. */
FLYNN_UNROLLED void near_weigh(struct near *near, int r, int n, int first, int c)
{
    struct few_table table[3];
    const uint8_t *at[3];
    for (int i = 0; i < 3; i++) {
        few_load_table(&table[i], near->table[i]);
        at[i] = near->sample[(r + i) % NEAR_ROWS][0] + NEAR_LEFT;
    }
    uint8_t *to = near->weight[r % 3][0] + NEAR_LEFT - 2;
    for (int x = 0; x < n; x += VEC) {
        vi own[3];
        for (int j = 0; j < c; j++)
            own[j] = v_keep(v_load(at[0] + x + j * NEAR_FAR));
        for (int i = first; i < NEAR_WAYS; i++) {
            vi d = near_distance(own, at[near_below[i]] + x + near_right[i], c);
            v_store(to + x + i * NEAR_FAR, few_lookup(&table[near_table[i]], d, 0));
        }
    }
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

/* Of the first pixel of a segment: weights of its row, of the row above and of that above it, and samples from two rows
 * above it on, those of column -2. */
struct near_rows {
    const uint8_t *weight[3], *sample[5];
};

static struct near_rows near_rows(const struct near *near, int r)
{
    struct near_rows rows;
    for (int i = 0; i < 3; i++)
        rows.weight[i] = near->weight[(r + 2 - i) % 3][0] + NEAR_LEFT;
    for (int i = 0; i < 5; i++)
        rows.sample[i] = near->sample[(r + i) % NEAR_ROWS][0] + NEAR_LEFT;
    return rows;
}

/* 32 bytes. */
FLYNN_UNROLLED vi near_half(const uint8_t *p)
{
    return simde_mm512_castsi256_si512(simde_mm256_loadu_si256((const simde__m256i *)(const void *)p));
}

FLYNN_UNROLLED vi near_pick(vi a, const uint8_t *places, vi b)
{
    return simde_mm512_permutex2var_epi8(a, v_load(places), b);
}

/* Four vectors of bytes to 16 fours each. */
FLYNN_UNROLLED void near_transpose(const vi in[4], vi out[4])
{
    for (int h = 0; h < 2; h++) {
        vi a = near_pick(in[0], near_pairs[h], in[1]), b = near_pick(in[2], near_pairs[h], in[3]);
        out[2 * h] = V(unpacklo_epi16)(a, b);
        out[2 * h + 1] = V(unpackhi_epi16)(a, b);
    }
}

/* What the channels of 16 pixels share: weights of those above, beside and below, and the reciprocal of their sum. */
struct near_shares {
    vi weight[3];
    vf inverse;
};

/* Of pixels x to x + 63 the weights of those above, and of those below. */
FLYNN_UNROLLED void near_weights(const struct near_rows *rows, int x, vi above[4], vi below[4])
{
    const uint8_t *given = rows->weight[0] + x, *got = rows->weight[1] + x;
    vi a[4] = {v_load(given + 2 * NEAR_FAR), v_load(given + 3 * NEAR_FAR), v_load(given + 4 * NEAR_FAR),
               v_load(given + 5 * NEAR_FAR)};
    vi b[4] = {v_load(got + 4 * NEAR_FAR - 1), v_load(got + 3 * NEAR_FAR), v_load(got + 2 * NEAR_FAR + 1),
               v_load(rows->weight[2] + x + 5 * NEAR_FAR)};
    near_transpose(a, below);
    near_transpose(b, above);
}

/* The sum of the weighted samples of 16 pixels. */
FLYNN_UNROLLED vi near_sum(const uint8_t *const row[5], ptrdiff_t x, const vi weight[3])
{
    vi own = near_half(row[2] + x), across = v_load(near_across);
    vi a = simde_mm512_permutex2var_epi8(near_half(row[1] + x + 1), across, near_half(row[0] + x + 2));
    vi b = simde_mm512_permutex2var_epi8(near_half(row[3] + x + 1), across, near_half(row[4] + x + 2));
    vi beside = simde_mm512_permutexvar_epi8(v_load(near_beside), own);
    own = simde_mm512_permutexvar_epi8(v_load(near_own), own);
    vi sum = V(dpbusd_epi32)(v_zero(), own, v_set32(FLYNN_BILATERAL_WHOLE));
    sum = V(dpbusd_epi32)(sum, a, weight[0]);
    sum = V(dpbusd_epi32)(sum, beside, weight[1]);
    return V(dpbusd_epi32)(sum, b, weight[2]);
}

/* A reciprocal that is too large, by 2^-22 to 2^-20 of itself: the product of a sum and it, rounded, is upwards of a
 * half where the quotient is a half, and reaches none from below, because quotients are below 256 and differ from a
 * half by 1 / (2 * 1651) at least. */
FLYNN_UNROLLED vf near_invert(vi weight)
{
    vf w = V(cvtepi32_ps)(weight), r = V(rcp14_ps)(w);
    return V(mul_ps)(r, V(fnmadd_ps)(w, r, V(set1_ps)(2 + 0x1p-21f)));
}

FLYNN_UNROLLED void near_share(const struct near_rows *rows, int x, struct near_shares share[4])
{
    vi above[4], below[4], one = v_set8(1);
    near_weights(rows, x, above, below);
    for (int k = 0; k < 4; k++) {
        const uint8_t *given = rows->weight[0] + x + k * NEAR_PIXELS;
        vi beside = near_pick(near_half(given + NEAR_FAR - 2), near_given, near_half(given - 1));
        vi all = V(dpbusd_epi32)(v_set32(FLYNN_BILATERAL_WHOLE), V(add_epi8)(above[k], below[k]), one);
        share[k].weight[0] = above[k];
        share[k].weight[1] = beside;
        share[k].weight[2] = below[k];
        share[k].inverse = near_invert(V(dpbusd_epi32)(all, beside, one));
    }
}

/* The quotients of 16 pixels, each in the lowest byte of 32 bits. */
FLYNN_UNROLLED void near_pixels(const struct near_rows *rows, ptrdiff_t x, const struct near_shares *share, vi out[3],
                                int c)
{
    for (int j = 0; j < c; j++) {
        vf sum = V(cvtepi32_ps)(near_sum(rows->sample, x + j * NEAR_FAR, share->weight));
        out[j] = V_AS_I(V(fmadd_ps)(sum, share->inverse, V(set1_ps)(0x1p23f)));
    }
}

/* 16 pixels to out, and up to VEC bytes in all where `more`. */
FLYNN_UNROLLED void near_store(const vi pixel[3], uint8_t *out, bool more, int c)
{
    vi v = c == 1 ? simde_mm512_permutexvar_epi8(v_load(near_gray), pixel[0]) : near_pick(pixel[0], near_red, pixel[1]);
    if (c == 3)
        v = simde_mm512_mask_permutexvar_epi8(v, NEAR_THIRD, v_load(near_blue), pixel[2]);
    if (more)
        v_store(out, v);
    else if (c == 1)
        store16(out, simde_mm512_castsi512_si128(v));
    else {
        simde_mm256_storeu_si256((simde__m256i *)(void *)out, simde_mm512_castsi512_si256(v));
        store16(out + 32, simde_mm512_extracti32x4_epi32(v, 2));
    }
}

/* VEC pixels from x on. */
FLYNN_UNROLLED void near_vector(const struct near_rows *rows, int x, uint8_t *out, int c)
{
    struct near_shares share[4];
    near_share(rows, x, share);
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        vi pixel[3];
        near_pixels(rows, x + k * NEAR_PIXELS, &share[k], pixel, c);
        near_store(pixel, out + k * NEAR_PIXELS * c, k < 3 && c == 3, c);
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* n pixels of row r to out. */
FLYNN_UNROLLED void near_row(const struct near *near, int r, int n, uint8_t *out, int c)
{
    struct near_rows rows = near_rows(near, r);
    if (n < VEC) {
        uint8_t part[3 * VEC];
        near_vector(&rows, 0, part, c);
        memcpy(out, part, (size_t)(n * c));
        return;
    }
    for (int x = 0; x < n; x = v_advance(x, VEC, n))
        near_vector(&rows, x, out + x * c, c);
}

/* Input row t of the call, n columns from x - 2 on. */
FLYNN_UNROLLED void near_keep(const struct flynn_call *call, int t, int x, int n, struct near *near, int c)
{
    for (int j = 0; j < c; j++) {
        const uint8_t *from = (const uint8_t *)call->in[t] + x + (ptrdiff_t)j * call->stage->in.width;
        uint8_t *to = near->sample[t % NEAR_ROWS][j] + NEAR_LEFT;
        for (int i = 0; i < n; i += VEC)
            v_store(to + i, v_load(from + i));
    }
}

/* Of the rows above the first that is written only those weights count that come to it or below it. */
FLYNN_UNROLLED void near_columns(const struct flynn_call *call, int x, int n, struct near *near, int c)
{
    for (int t = 0; t < 4; t++)
        near_keep(call, t, x, n + 4, near, c);
    near_weigh(near, 0, n + 4, 5, c);
    near_weigh(near, 1, n + 4, 2, c);
    for (int r = 0; r < call->rows; r++) {
        near_keep(call, r + 4, x, n + 4, near, c);
        near_weigh(near, r + 2, n + 4, 0, c);
        near_row(near, r, n, (uint8_t *)call->out[r] + x * c, c);
    }
}

FLYNN_UNROLLED void near_filter(const struct flynn_call *call, int c)
{
    struct near near;
    int most = NEAR_SEGMENT - 4;
    near_start(&near, call->stage);
    for (int x = 0; x < call->width; x += most)
        near_columns(call, x, call->width - x < most ? call->width - x : most, &near, c);
}

#endif
