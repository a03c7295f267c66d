/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BILATERAL_NEAR_H
#define FLYNN_SIMD_BILATERAL_NEAR_H

#include "simd/bilateral_few.h"

/* Few neighbours of a radius of 2, with AVX-512. As in bilateral_few.h every weight is looked up once, by the upper or
 * left pixel of the two. An instruction adds four products in 32 bits.
 *
 * VEC pixels are fours, of which pixel k of all has its sums in one vector. So samples need no shuffles: those in
 * memory from the pixel before a four on hold pixels 0 and 1 with those beside them, and those from pixel 1 on do so
 * for 2 and
 * 3. Of the twelve neighbours and the pixel itself three are above, three below, and four in the pixel's row; the rest
 * are one more in the row and those two rows above and below, each of which has a byte of four in some load. Weights,
 * which all channels share, are brought into this order. */

#define NEAR_SEGMENT 512
#define NEAR_LEFT    VEC
#define NEAR_FAR     (NEAR_LEFT + NEAR_SEGMENT + VEC)
#define NEAR_ROWS    5
#define NEAR_WAYS    6 /* the latter half of the neighbours: right 1, 2; below -1, 0, 1; two below */

/* By row modulo the number of rows. Samples begin with the border columns, so that those of the column before a vector
 * of pixels are aligned; weights begin with the pixels. */
struct near {
    _Alignas(64) uint8_t weight[3][NEAR_WAYS][NEAR_FAR];
    uint8_t sample[NEAR_ROWS][3][NEAR_FAR];
    uint8_t table[3][FEW_WEIGHTS]; /* of neighbours at a distance of 1, of 2, and of a corner */
};

static const int8_t near_right[NEAR_WAYS] = {1, 2, -1, 0, 1, 0}, near_below[NEAR_WAYS] = {0, 0, 1, 1, 1, 2};
static const int8_t near_table[NEAR_WAYS] = {0, 1, 2, 0, 2, 1};

/* The bytes j of all pixels, in words and in halves of them. */
#define NEAR_BYTE(j) (UINT64_C(0x1111111111111111) << (j))
#define NEAR_EVEN    UINT64_C(0x5555555555555555)
#define NEAR_ODD     UINT64_C(0xaaaaaaaaaaaaaaaa)

/* f(i) for i = 0 .. 63. */
#define NEAR_4(f, i)  f((i)), f((i) + 1), f((i) + 2), f((i) + 3)
#define NEAR_16(f, i) NEAR_4(f, i), NEAR_4(f, (i) + 4), NEAR_4(f, (i) + 8), NEAR_4(f, (i) + 12)
#define NEAR_64(f)                                                                                                     \
    {                                                                                                                  \
        NEAR_16(f, 0), NEAR_16(f, 16), NEAR_16(f, 32), NEAR_16(f, 48)                                                  \
    }

/* Of two vectors the first halves of 32 bits, or the second ones. */
#define NEAR_FIRSTS(i)  ((i) / 4 * 4 + (i) % 2 + (i) % 4 / 2 * 64)
#define NEAR_SECONDS(i) (NEAR_FIRSTS(i) + 2)
/* Byte i of the output from planes 0 and 1, and from those and plane 2. */
#define NEAR_TWO(i)    ((i) / 3 + (i) % 3 % 2 * 64)
#define NEAR_TWO_0(i)  NEAR_TWO(i)
#define NEAR_TWO_1(i)  NEAR_TWO((i) + 64)
#define NEAR_TWO_2(i)  NEAR_TWO((i) + 128)
#define NEAR_ALL(i, n) (((i) + (n)) % 3 == 2 ? 64 + ((i) + (n)) / 3 : (i))
#define NEAR_ALL_0(i)  NEAR_ALL(i, 0)
#define NEAR_ALL_1(i)  NEAR_ALL(i, 64)
#define NEAR_ALL_2(i)  NEAR_ALL(i, 128)

static const uint8_t near_swapped[16] = {1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14};
static const uint8_t near_halves[2][64] = {NEAR_64(NEAR_FIRSTS), NEAR_64(NEAR_SECONDS)};
static const uint8_t near_two[3][64] = {NEAR_64(NEAR_TWO_0), NEAR_64(NEAR_TWO_1), NEAR_64(NEAR_TWO_2)};
static const uint8_t near_all[3][64] = {NEAR_64(NEAR_ALL_0), NEAR_64(NEAR_ALL_1), NEAR_64(NEAR_ALL_2)};
static const uint8_t near_apart[16] = {2, 0, 3, 1, 6, 4, 7, 5, 10, 8, 11, 9, 14, 12, 15, 13};
static const uint8_t near_first[16] = {0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12};

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
        at[i] = near->sample[(r + i) % NEAR_ROWS][0] + NEAR_LEFT - 1;
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
 * above it on. */
struct near_rows {
    const uint8_t *weight[3], *sample[5];
};

static struct near_rows near_rows(const struct near *near, int r)
{
    struct near_rows rows;
    for (int i = 0; i < 3; i++)
        rows.weight[i] = near->weight[(r + 2 - i) % 3][0] + NEAR_LEFT;
    for (int i = 0; i < 5; i++)
        rows.sample[i] = near->sample[(r + i) % NEAR_ROWS][0] + NEAR_LEFT + 1;
    return rows;
}

/* Bytes of b where `bytes` says so, else of a. */
FLYNN_UNROLLED vi near_put(vi a, uint64_t bytes, vi b)
{
    return simde_mm512_mask_blend_epi8(bytes, a, b);
}

/* A load that is not repeated for the next use. */
FLYNN_UNROLLED vi near_load(const uint8_t *p)
{
    return v_keep(v_load(p));
}

/* Those that a shuffle finds in b. */
FLYNN_UNROLLED vi near_move(vi a, uint64_t bytes, vi places, vi b)
{
    return simde_mm512_mask_shuffle_epi8(a, bytes, b, places);
}

/* Bytes of a and b. */
FLYNN_UNROLLED vi near_pick(vi a, vi places, vi b)
{
    return simde_mm512_permutex2var_epi8(a, places, b);
}

struct near_places {
    vi swapped, apart, halves[2], first;
};

FLYNN_UNROLLED struct near_places near_places(void)
{
    return (struct near_places){v_keep(v_repeat16(near_swapped)),
                                v_keep(v_repeat16(near_apart)),
                                {near_load(near_halves[0]), near_load(near_halves[1])},
                                v_keep(v_repeat16(near_first))};
}

/* By pixel of four: fours of weights of those above, beside, below and of the rest, and the reciprocal of their sum. */
struct near_shares {
    vi weight[4][4];
    vf inverse[4];
};

/* Bytes of a, b and c in turn, from byte h of four on. */
FLYNN_UNROLLED void near_three(const vi from[3], const struct near_places *places, int h, vi out[2])
{
    vi pair = near_move(from[2 * h], h ? NEAR_EVEN : NEAR_ODD, places->swapped, from[1]);
    vi rest = simde_mm512_maskz_mov_epi8(h ? NEAR_ODD : NEAR_EVEN, from[2 - 2 * h]);
    for (int i = 0; i < 2; i++)
        out[i] = near_pick(h ? rest : pair, places->halves[i], h ? pair : rest);
}

/* A reciprocal that is too large, by 2^-22 to 2^-20 of itself: the product of a sum and it, rounded, is upwards of a
 * half where the quotient is a half, and reaches none from below, because quotients are below 256 and differ from a
 * half by 1 / (2 * 1651) at least. */
FLYNN_UNROLLED vf near_invert(vi weight)
{
    vf w = V(cvtepi32_ps)(weight), r = V(rcp14_ps)(w);
    return V(mul_ps)(r, V(fnmadd_ps)(w, r, V(set1_ps)(2 + 0x1p-21f)));
}

/* Weights of some pixels. */
struct near_weights {
    vi above[3], below[3], beside[2], next[5], lone[2];
};

FLYNN_UNROLLED void near_weights(const struct near_rows *rows, struct near_weights *w)
{
    const uint8_t *given = rows->weight[0], *got = rows->weight[1], *far = rows->weight[2] + 5 * NEAR_FAR;
    for (int i = 0; i < 3; i++) {
        w->above[i] = near_load(got + (4 - i) * NEAR_FAR - 1 + i);
        w->below[i] = near_load(given + (2 + i) * NEAR_FAR);
    }
    for (int i = 0; i < 5; i++)
        w->next[i] = near_load(given + NEAR_FAR - 3 + i);
    vi under = near_load(given + 5 * NEAR_FAR);
    for (int h = 0; h < 2; h++) {
        w->beside[h] = near_load(given - 1 + h);
        w->lone[h] = near_put(under, h ? NEAR_EVEN : NEAR_ODD, v_load(far + 2 * h - 1));
    }
}

/* Of pixels h and h + 2 of fours. */
FLYNN_UNROLLED void near_share(const struct near_weights *from, const struct near_places *places, int h,
                               struct near_shares *share)
{
    vi whole = v_set8(FLYNN_BILATERAL_WHOLE), above[2], below[2], one = v_set8(1);
    near_three(from->above, places, h, above);
    near_three(from->below, places, h, below);
    for (int i = 0; i < 2; i++) {
        vi *w = share->weight[2 * i + h];
        w[0] = above[i];
        w[1] = near_move(whole, i ? NEAR_EVEN : NEAR_ODD, places->apart, from->beside[h]);
        w[1] = near_put(w[1], NEAR_BYTE(3 * i), from->next[1 + h + i]);
        w[2] = below[i];
        w[3] = v_and(from->lone[h], v_set32(i ? -65536 : 65535));
        w[3] = near_put(w[3], NEAR_BYTE(3 - 2 * i - h), from->next[2 * h + 2 * i]);
        vi all = V(dpbusd_epi32)(v_zero(), V(add_epi8)(w[1], w[3]), one);
        share->inverse[2 * i + h] = near_invert(V(dpbusd_epi32)(all, V(add_epi8)(w[0], w[2]), one));
    }
}

/* Of channel j the quotients. */
FLYNN_UNROLLED vi near_plane(const struct near_rows *rows, int j, const struct near_shares *share, vi first)
{
    const uint8_t *at[5];
    for (int t = 0; t < 5; t++)
        at[t] = rows->sample[t] + j * NEAR_FAR;
    vi sum[4], plane = v_zero(), side[2], rest[2];
    for (int h = 0; h < 2; h++) {
        vi x = near_load(at[3] - 1 + 2 * h);
        for (int i = 0; i < 2; i++)
            sum[2 * h + i] = V(dpbusd_epi32)(v_zero(), x, share->weight[2 * h + i][2]);
    }
    for (int h = 0; h < 2; h++) {
        vi x = near_load(at[1] - 1 + 2 * h);
        for (int i = 0; i < 2; i++)
            sum[2 * h + i] = V(dpbusd_epi32)(sum[2 * h + i], x, share->weight[2 * h + i][0]);
    }
    vi under = near_load(at[4]);
    for (int h = 0; h < 2; h++) {
        side[h] = near_load(at[2] - 1 + 2 * h);
        rest[h] = near_put(under, h ? NEAR_EVEN : NEAR_ODD, v_load(at[0] - 1 + 2 * h));
    }
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        vi x = k % 3 ? side[k / 2] : near_load(at[2] - 2 + k / 3 * 4);
        sum[k] = V(dpbusd_epi32)(sum[k], x, share->weight[k][1]);
    }
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        vi x = near_put(rest[k % 2], NEAR_BYTE(3 - k), side[k % 2]);
        sum[k] = V(dpbusd_epi32)(sum[k], x, share->weight[k][3]);
        vi pixel = V_AS_I(V(fmadd_ps)(V(cvtepi32_ps)(sum[k]), share->inverse[k], V(set1_ps)(0x1p23f)));
        plane = k ? near_move(plane, NEAR_BYTE(k), first, pixel) : pixel;
    }
    return plane;
}

/* VEC pixels from x on. */
FLYNN_UNROLLED void near_vector(const struct near_rows *rows, int x, uint8_t *out, int c)
{
    struct near_rows at;
    struct near_places places = near_places();
    struct near_weights weights;
    struct near_shares share;
    vi plane[3];
    for (int i = 0; i < 3; i++)
        at.weight[i] = rows->weight[i] + x;
    for (int i = 0; i < 5; i++)
        at.sample[i] = rows->sample[i] + x;
    near_weights(&at, &weights);
    near_share(&weights, &places, 0, &share);
    near_share(&weights, &places, 1, &share);
    for (int j = 0; j < c; j++)
        plane[j] = near_plane(&at, j, &share, places.first);
    if (c == 1)
        v_store(out, plane[0]);
    for (int i = 0; i < 3 && c == 3; i++)
        v_store(out + i * VEC,
                near_pick(near_pick(plane[0], v_load(near_two[i]), plane[1]), v_load(near_all[i]), plane[2]));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* n pixels of row r to out. */
FLYNN_UNROLLED void near_row(const struct near *near, int r, int n, uint8_t *out, const struct keep_next *next, int c)
{
    struct near_rows rows = near_rows(near, r);
    if (n < VEC) {
        uint8_t part[3 * VEC];
        near_vector(&rows, 0, part, c);
        memcpy(out, part, (size_t)(n * c));
        return;
    }
    for (int x = 0; x < n; x = v_advance(x, VEC, n)) {
        keep_fetch(next, x, c);
        near_vector(&rows, x, out + x * c, c);
    }
}

/* Input row t of the call, n columns from x - 2 on. */
FLYNN_UNROLLED void near_keep(const struct flynn_call *call, int t, int x, int n, struct near *near, int c)
{
    keep_columns(call, t, x, n, near->sample[t % NEAR_ROWS][0] + NEAR_LEFT - 1, NEAR_FAR, 0, c);
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
        struct keep_next next = keep_next(call, r, x);
        near_row(near, r, n, (uint8_t *)call->out[r] + x * c, &next, c);
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
