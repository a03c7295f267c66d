/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BILATERAL_FEW_H
#define FLYNN_SIMD_BILATERAL_FEW_H

#include "simd/bilateral_planes.h"
#include "simd/bilateral_weights.h"

/* Where FLYNN_BILATERAL_FEW holds. The weight that a pixel gives to its neighbour is the one that it gets from it: only
 * those of the latter half of the list of neighbours are looked up, and the others are found where they were given.
 *
 * The sums of weighted differences take 16 bits with sign. So what overflows on the way does not matter: they are sums
 * of weighted samples (less 128), from which the weighted pixel is taken. Neighbours are multiplied in pairs, a vector
 * for the even pixels, and one for the odd ones, whose bytes alternate between the two; if one lies at the right of the
 * other, the samples do so in memory. */

#define FEW_SEGMENT 512 /* columns, with those of the border */
#define FEW_LEFT    VEC /* bytes before the pixels, which begin where they are aligned */
#define FEW_HALF    (FLYNN_BILATERAL_FEW / 2)
#define FEW_RADIUS  FLYNN_BILATERAL_FEW_RADIUS
#define FEW_RING    8 /* rows of samples */

/* By row modulo the number of rows: weights of the latter half of the neighbours, and samples less 128. */
struct few {
    _Alignas(64) uint8_t weight[FEW_HALF][FEW_RADIUS + 1][FEW_LEFT + FEW_SEGMENT + VEC];
    uint8_t sample[FEW_RING][3][FEW_LEFT + FEW_SEGMENT + VEC];
    uint8_t order[FLYNN_BILATERAL_FEW]; /* the neighbours: those that are at the right of another follow it */
    int beside, pairs;                  /* how many pairs do so, and pairs of all */
};

/* Columns to the right of the pixel, and rows below it, of neighbour t. */
static inline ptrdiff_t few_right(const struct flynn_stage *stage, int t)
{
    return ((const int32_t *)stage->table[0].data)[2 * t] - stage->up;
}

static inline int few_below(const struct flynn_stage *stage, int t)
{
    return ((const int32_t *)stage->table[0].data)[2 * t + 1] - stage->up;
}

static void few_start(struct few *few, const struct flynn_stage *stage)
{
    uint8_t single[FLYNN_BILATERAL_FEW];
    int n = 2 * stage->k[2], pairs = 0, singles = 0;
    for (int t = 0; t < n; t++) {
        bool two = t + 1 < n && few_below(stage, t) == few_below(stage, t + 1) &&
                   few_right(stage, t) + 1 == few_right(stage, t + 1);
        if (two) {
            few->order[2 * pairs] = (uint8_t)t;
            few->order[2 * pairs++ + 1] = (uint8_t)++t;
        } else {
            single[singles++] = (uint8_t)t;
        }
    }
    memcpy(few->order + 2 * pairs, single, (size_t)singles);
    few->beside = pairs;
    few->pairs = n / 2;
}

/* The weights that row r gives in n columns from x - radius on. */
FLYNN_UNROLLED void few_weigh(const struct flynn_call *call, int r, int x, int n, struct few *few, int c)
{
    const struct flynn_stage *stage = call->stage;
    ptrdiff_t far = stage->in.width;
    int half = stage->k[2], shift = stage->k[1];
    const uint8_t *own = (const uint8_t *)call->in[r + stage->up] + x, *tables = stage->table[1].data;
    for (int i = 0; i < half; i++) {
        int t = half + i, down = few_below(stage, t);
        if (r + down < 0)
            continue;
        struct table table = load_table(tables + t * FLYNN_BILATERAL_STEPS);
        const uint8_t *other = (const uint8_t *)call->in[r + stage->up + down] + x + few_right(stage, t);
        uint8_t *to = few->weight[i][(r + stage->up) % (FEW_RADIUS + 1)] + FEW_LEFT - stage->up;
        for (int at = 0; at < n; at = v_advance(at, VEC, n)) {
            vi centre[FLYNN_MAX_CHANNELS];
            for (int j = 0; j < c; j++)
                centre[j] = v_load(own + at + j * far);
            v_store(to + at, lookup(&table, steps(other + at, centre, far, c, shift, true)));
        }
    }
}

/* Input row t of the call, n columns from x - radius on. */
FLYNN_UNROLLED void few_keep(const struct flynn_call *call, int t, int x, int n, struct few *few, int c)
{
    vi flip = v_set8(-128);
    for (int j = 0; j < c; j++) {
        const uint8_t *from = (const uint8_t *)call->in[t] + x + (ptrdiff_t)j * call->stage->in.width;
        uint8_t *to = few->sample[t % FEW_RING][j] + FEW_LEFT - call->stage->up;
        for (int i = 0; i < n; i += VEC)
            v_store(to + i, v_xor(v_load(from + i), flip));
    }
}

/* Of the first pixel of a segment a neighbour's sample and weight; the planes of a row are sizeof *sample[0] apart. */
struct few_place {
    const uint8_t *sample, *weight;
};

static void few_find(const struct few *few, const struct flynn_stage *stage, int r, struct few_place *place)
{
    for (int i = 0; i < 2 * few->pairs; i++) {
        int t = few->order[i], half = stage->k[2], down = few_below(stage, t), row = r + stage->up;
        ptrdiff_t right = few_right(stage, t);
        place[i].sample = few->sample[(row + down) % FEW_RING][0] + FEW_LEFT + right;
        place[i].weight = t >= half ? few->weight[t - half][row % (FEW_RADIUS + 1)] + FEW_LEFT
                                    : few->weight[half - 1 - t][(row + down) % (FEW_RADIUS + 1)] + FEW_LEFT + right;
    }
}

/* Even bytes of a, odd ones of b. */
FLYNN_UNROLLED vi few_in_turn(vi a, vi b)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaa, a, b);
#else
    return V(blendv_epi8)(a, b, v_set16(-256));
#endif
}

/* Even and odd pixels from p on in turn with those from q on. */
FLYNN_UNROLLED void few_pair(const uint8_t *p, const uint8_t *q, vi out[2])
{
    vi a = v_load(p), b = v_load(q);
    out[0] = few_in_turn(a, V(slli_epi16)(b, 8));
    out[1] = few_in_turn(V(srli_epi16)(a, 8), b);
}

/* Even and odd pixels' sums: all weights and, for every channel, weighted samples. */
struct few_sums {
    vi weight[2], sample[3][2];
};

FLYNN_UNROLLED void few_add(struct few_sums *sums, const struct few_place *place, int i, bool beside, int c)
{
    vi unit = v_set8(1), weight[2], sample[2];
    few_pair(place[0].weight + i, place[1].weight + i, weight);
    for (int h = 0; h < 2; h++)
        sums->weight[h] = v_keep(V(add_epi16)(sums->weight[h], V(maddubs_epi16)(weight[h], unit)));
    for (int j = 0; j < c; j++) {
        ptrdiff_t at = i + j * (FEW_LEFT + FEW_SEGMENT + VEC);
        if (beside) {
            sample[0] = v_load(place[0].sample + at);
            sample[1] = v_load(place[0].sample + at + 1);
        } else {
            few_pair(place[0].sample + at, place[1].sample + at, sample);
        }
        for (int h = 0; h < 2; h++)
            sums->sample[j][h] = v_keep(V(add_epi16)(sums->sample[j][h], V(maddubs_epi16)(weight[h], sample[h])));
    }
}

/* sum / weight, rounded. 2^21 / weight is below 2^15, and what it lacks changes the product by half of its last bit at
 * most; so that a 32nd part of the product, less 1, is the quotient or one less. */
FLYNN_UNROLLED vi few_divide(vi sum, vi weight, vi inverse)
{
    vi n = V(add_epi16)(sum, V(srli_epi16)(weight, 1));
    vi q = V(srai_epi16)(V(add_epi16)(V(mulhi_epi16)(n, inverse), v_set16(-1)), 5);
    vi rest = V(sub_epi16)(n, V(mullo_epi16)(q, weight));
    return V(sub_epi16)(q, v_gt_i16(rest, V(add_epi16)(weight, v_set16(-1))));
}

FLYNN_UNROLLED vi few_invert(vi weight)
{
    vi zero = v_zero(), part[2] = {V(unpacklo_epi16)(weight, zero), V(unpackhi_epi16)(weight, zero)};
    for (int i = 0; i < 2; i++)
        part[i] = V(cvttps_epi32)(V(div_ps)(V(set1_ps)(1 << 21), V(cvtepi32_ps)(part[i])));
    return V(packs_epi32)(part[0], part[1]);
}

FLYNN_UNROLLED void few_sum(const struct few *few, const struct few_place *place, int i, struct few_sums *to, int c)
{
    struct few_sums sums;
    for (int h = 0; h < 2; h++) {
        sums.weight[h] = v_zero();
        for (int j = 0; j < c; j++)
            sums.sample[j][h] = v_zero();
    }
    const struct few_place *p = place;
    for (; p < place + 2 * few->beside; p += 2)
        few_add(&sums, p, i, true, c);
    for (; p < place + 2 * few->pairs; p += 2)
        few_add(&sums, p, i, false, c);
    for (int h = 0; h < 2; h++) {
        to->weight[h] = sums.weight[h];
        for (int j = 0; j < c; j++)
            to->sample[j][h] = sums.sample[j][h];
    }
}

/* The pixels of these sums, whose own samples begin at `own`, to `out`. */
FLYNN_UNROLLED void few_finish(const struct few_sums *sums, const uint8_t *own, uint8_t *out,
                               const struct shuffles *join, int c)
{
    vi result[FLYNN_MAX_CHANNELS], all[2], inverse[2], q[2];
    for (int h = 0; h < 2; h++) {
        all[h] = V(add_epi16)(sums->weight[h], v_set16(FLYNN_BILATERAL_WHOLE));
        inverse[h] = few_invert(all[h]);
    }
    for (int j = 0; j < c; j++) {
        vi centre = v_load(own + j * (FEW_LEFT + FEW_SEGMENT + VEC));
        vi part[2] = {V(srai_epi16)(V(slli_epi16)(centre, 8), 8), V(srai_epi16)(centre, 8)};
        for (int h = 0; h < 2; h++) {
            vi sum = V(sub_epi16)(sums->sample[j][h], V(mullo_epi16)(part[h], sums->weight[h]));
            q[h] = V(add_epi16)(part[h], few_divide(sum, all[h], inverse[h]));
        }
        vi even = v_and(q[0], v_set16(255)), odd = V(slli_epi16)(q[1], 8);
        result[j] = v_xor(v_or(even, odd), v_set8(-128));
    }
    join_vector(result, out, join, c);
}

/* n pixels from x on of row r. Sums of all come first: what follows them takes long and would keep the next waiting. */
FLYNN_UNROLLED void few_row(const struct flynn_call *call, struct few *few, int r, int x, int n,
                            const struct shuffles *join, int c)
{
    struct few_place place[FLYNN_BILATERAL_FEW];
    struct few_sums sums[FEW_SEGMENT / VEC], *s = sums;
    int radius = call->stage->up;
    const uint8_t *own = few->sample[(r + radius) % FEW_RING][0] + FEW_LEFT;
    few_find(few, call->stage, r, place);
    for (int i = 0; i < n; i = v_advance(i, VEC, n))
        few_sum(few, place, i, s++, c);
    s = sums;
    for (int i = 0; i < n; i = v_advance(i, VEC, n)) {
        uint8_t *out = (uint8_t *)call->out[r] + (x + i) * c, part[FLYNN_MAX_CHANNELS * VEC];
        few_finish(s++, own + i, n < VEC ? part : out, join, c);
        if (n < VEC)
            memcpy(out, part, (size_t)(n * c));
    }
}

FLYNN_UNROLLED void few_rows(const struct flynn_call *call, int c)
{
    struct shuffles join = join_shuffles(c);
    struct few few;
    int radius = call->stage->up, most = FEW_SEGMENT - 2 * radius;
    few_start(&few, call->stage);
    for (int x = 0; x < call->width; x += most) {
        int n = call->width - x < most ? call->width - x : most;
        for (int t = 0; t < 2 * radius; t++)
            few_keep(call, t, x, n + 2 * radius, &few, c);
        for (int r = -radius; r < call->rows; r++) {
            few_weigh(call, r, x, n + 2 * radius, &few, c);
            if (r < 0)
                continue;
            few_keep(call, r + 2 * radius, x, n + 2 * radius, &few, c);
            few_row(call, &few, r, x, n, &join, c);
        }
    }
}

#endif
