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
#define FEW_RING    8                              /* rows of samples */
#define FEW_FAR     (FEW_LEFT + FEW_SEGMENT + VEC) /* bytes from a plane to the next */

/* Weights in a table: of steps, or of all distances that have any, which saves making steps of them. */
#if defined(FLYNN_ISA_AVX512)
#define FEW_WEIGHTS 128
#else
#define FEW_WEIGHTS FLYNN_BILATERAL_STEPS
#endif

/* Of the first pixel of a segment a neighbour's sample and weight; the planes of a row are sizeof *sample[0] apart. */
struct few_place {
    const uint8_t *sample, *weight;
};

/* By row modulo the number of rows: weights of the latter half of the neighbours, and samples less 128. */
struct few {
    _Alignas(64) uint8_t weight[FEW_HALF][FEW_RADIUS + 1][FEW_FAR];
    uint8_t sample[FEW_RING][3][FEW_FAR];
    struct few_tap {
        int right, below; /* columns and rows from the pixel */
        int weight;       /* which one, given by the pixel or got by it */
        bool gives;
    } tap[FLYNN_BILATERAL_FEW]; /* the neighbours: those that are at the right of another follow it */
    struct few_way {
        int right, below; /* of the latter half: columns and rows from the pixel */
    } way[FEW_HALF];
    int beside, pairs;                                     /* how many pairs do so, and pairs of all */
    struct few_place place[FEW_RING][FLYNN_BILATERAL_FEW]; /* theirs by the pixel's row, from the first of input on */
    /* Of the neighbours that get weights: pairs that have the same, and from the end on others. */
    uint8_t twin[FEW_HALF][2];
    int twins, others;
    uint8_t table[FEW_HALF][FEW_WEIGHTS];
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

static struct few_tap few_tap_of(const struct flynn_stage *stage, int t)
{
    int half = stage->k[2];
    return (struct few_tap){(int)few_right(stage, t), few_below(stage, t), t >= half ? t - half : half - 1 - t,
                            t >= half};
}

/* The weights of a neighbour. Where byte shuffles find those of 16 steps each, a shuffle finds 0 for what lies beyond
 * its steps, but something for what lies before them: part i has its own weights less (exclusive or) those of the next,
 * so that the sum of what is found is right. */
static void few_table_of(uint8_t *table, const uint8_t *weights, int shift)
{
#if defined(FLYNN_ISA_AVX512)
    for (int i = 0; i < FEW_WEIGHTS; i++)
        table[i] = weights[i >> shift < FLYNN_BILATERAL_STEPS ? i >> shift : 63];
#else
    (void)shift;
    for (int i = 0; i < FLYNN_BILATERAL_STEPS; i++)
        table[i] = weights[i] ^ (i + 16 < FLYNN_BILATERAL_STEPS ? weights[i + 16] : 0);
#endif
}

/* Those of the latter half of the neighbours. */
static void few_tables(struct few *few, const struct flynn_stage *stage)
{
    int half = stage->k[2];
    const uint8_t *weights = (const uint8_t *)stage->table[1].data + half * FLYNN_BILATERAL_STEPS;
    for (int t = 0; t < half; t++, weights += FLYNN_BILATERAL_STEPS) {
        few_table_of(few->table[t], weights, stage->k[1]);
    }
    uint32_t done = 0;
    few->twins = few->others = 0;
    for (int t = 0; t < half; t++) {
        int u = t + 1;
        while (u < half && (done >> u & 1 || memcmp(few->table[t], few->table[u], FEW_WEIGHTS)))
            u++;
        if (done >> t & 1)
            continue;
        uint8_t *twin = u < half ? few->twin[few->twins++] : few->twin[FEW_HALF - 1 - few->others++];
        twin[0] = (uint8_t)t;
        twin[1] = (uint8_t)u;
        done |= u < half ? 1u << u : 0;
    }
}

/* For rows that are `row` modulo FEW_RING. */
static void few_find(const struct few *few, unsigned row, int radius, struct few_place *place)
{
    for (int i = 0; i < 2 * few->pairs; i++) {
        const struct few_tap *tap = &few->tap[i];
        unsigned other = row + (unsigned)tap->below, from = tap->gives ? row : other;
        ptrdiff_t at = FEW_LEFT + radius;
        place[i].sample = few->sample[other % FEW_RING][0] + at + tap->right;
        place[i].weight = few->weight[tap->weight][from % (FEW_RADIUS + 1)] + at + (tap->gives ? 0 : tap->right);
    }
}

static void few_start(struct few *few, const struct flynn_stage *stage)
{
    struct few_tap single[FLYNN_BILATERAL_FEW];
    int n = 2 * stage->k[2], pairs = 0, singles = 0;
    for (int t = 0; t < n; t++) {
        struct few_tap a = few_tap_of(stage, t), b = few_tap_of(stage, t + 1 < n ? t + 1 : t);
        if (a.below == b.below && a.right + 1 == b.right) {
            few->tap[2 * pairs] = a;
            few->tap[2 * pairs++ + 1] = b;
            t++;
        } else {
            single[singles++] = a;
        }
    }
    memcpy(few->tap + 2 * pairs, single, (size_t)singles * sizeof *single);
    few->beside = pairs;
    few->pairs = n / 2;
    for (unsigned row = 0; row < FEW_RING; row++)
        few_find(few, row, stage->up, few->place[row]);
    for (int t = 0; t < n / 2; t++)
        few->way[t] = (struct few_way){(int)few_right(stage, n / 2 + t), few_below(stage, n / 2 + t)};
    few_tables(few, stage);
}

#if defined(FLYNN_ISA_AVX512)

/* The weights of a neighbour, from few->table. */
struct few_table {
    vi low, high;
};

FLYNN_UNROLLED void few_starts(struct few_table *t, int shift)
{
    (void)t;
    (void)shift;
}

FLYNN_UNROLLED void few_load_table(struct few_table *t, const uint8_t *table)
{
    t->low = v_load(table);
    t->high = v_load(table + VEC);
}

/* The weights of distances d. */
FLYNN_UNROLLED vi few_lookup(const struct few_table *t, vi d, int shift)
{
    (void)shift;
    return simde_mm512_permutex2var_epi8(t->low, V(min_epu8)(d, v_set8(FEW_WEIGHTS - 1)), t->high);
}

#else

/* The weights of a neighbour, from few->table. from[i] moves the steps of part i to where its shuffle looks. */
struct few_table {
    struct table weights;
    vi from[4];
};

FLYNN_UNROLLED void few_starts(struct few_table *t, int shift)
{
    for (int i = 0; i < 4; i++)
        t->from[i] = v_keep(v_set8(!shift ? 112 - 16 * i : i ? -16 * i : 2 * 112 - 1));
}

FLYNN_UNROLLED void few_load_table(struct few_table *t, const uint8_t *table)
{
    t->weights = load_table(table);
}

/* The weights of distances d, of which two together are a step where `shift` is 1. The mean of d and an odd number is a
 * step and half of the number, rounded up. */
FLYNN_UNROLLED vi few_lookup(const struct few_table *t, vi d, int shift)
{
    vi at = shift ? V(avg_epu8)(d, t->from[0]) : V(adds_epu8)(d, t->from[0]);
    vi found = V(shuffle_epi8)(t->weights.part[0], at);
    for (int i = 1; i < 4; i++) {
        vi next = shift ? V(add_epi8)(at, t->from[i]) : V(adds_epu8)(d, t->from[i]);
        found = v_xor(found, V(shuffle_epi8)(t->weights.part[i], next));
    }
    return found;
}

#endif

/* Of a vector of pixels `own` and n neighbours `other`. */
FLYNN_UNROLLED void few_weights(const uint8_t *own, const uint8_t *const *other, int n, const struct few_table *table,
                                int c, int shift, uint8_t *const *to)
{
    vi d[2];
    for (int j = 0; j < c; j++) {
        vi x = v_keep(v_load(own + j * FEW_FAR));
        for (int i = 0; i < n; i++) {
            vi y = v_keep(v_load(other[i] + j * FEW_FAR)), apart = V(sub_epi8)(V(max_epi8)(x, y), V(min_epi8)(x, y));
            d[i] = j ? V(adds_epu8)(d[i], apart) : apart;
        }
    }
    for (int i = 0; i < n; i++)
        v_store(to[i], few_lookup(table, d[i], shift));
}

/* The weights of up to two neighbours that share a table, which row r gives in n columns. */
FLYNN_UNROLLED void few_weigh_some(struct few *few, int r, int n, const uint8_t *which, int some,
                                   struct few_table *table, int c, int shift)
{
    const uint8_t *own = few->sample[r % FEW_RING][0] + FEW_LEFT, *other[2] = {0};
    uint8_t *to[2] = {0};
    for (int i = 0; i < some; i++) {
        const struct few_way *way = &few->way[which[i]];
        other[i] = few->sample[(r + way->below) % FEW_RING][0] + FEW_LEFT + way->right;
        to[i] = few->weight[which[i]][r % (FEW_RADIUS + 1)] + FEW_LEFT;
    }
    few_load_table(table, few->table[which[0]]);
    for (int i = 0; i < n; i += VEC) {
        const uint8_t *const from[2] = {other[0] + i, other[1] + i};
        uint8_t *const out[2] = {to[0] + i, to[1] + i};
        few_weights(own + i, from, some, table, c, shift, out);
    }
}

/* The weights that row r, counted from the first input row, gives in n columns. Above the first output row only those
 * count that come to it. */
FLYNN_UNROLLED void few_weigh(struct few *few, int r, int n, int radius, int c, int shift)
{
    struct few_table table;
    few_starts(&table, shift);
    for (int i = 0; i < few->twins; i++)
        if (r + few->way[few->twin[i][1]].below >= radius)
            few_weigh_some(few, r, n, few->twin[i], 2, &table, c, shift);
    for (int i = FEW_HALF - few->others; i < FEW_HALF; i++)
        if (r + few->way[few->twin[i][0]].below >= radius)
            few_weigh_some(few, r, n, few->twin[i], 1, &table, c, shift);
}

/* Input row t of the call, n columns from x - radius on. */
FLYNN_UNROLLED void few_keep(const struct flynn_call *call, int t, int x, int n, struct few *few, int c)
{
    keep_columns(call, t, x, n, few->sample[t % FEW_RING][0] + FEW_LEFT, FEW_FAR, -128, c);
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
    vi a = v_keep(v_load(p)), b = v_keep(v_load(q));
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
        sums->weight[h] = V(add_epi16)(sums->weight[h], V(maddubs_epi16)(weight[h], unit));
    for (int j = 0; j < c; j++) {
        ptrdiff_t at = i + j * FEW_FAR;
        if (beside) {
            sample[0] = v_load(place[0].sample + at);
            sample[1] = v_load(place[0].sample + at + 1);
        } else {
            few_pair(place[0].sample + at, place[1].sample + at, sample);
        }
        for (int h = 0; h < 2; h++)
            sums->sample[j][h] = V(add_epi16)(sums->sample[j][h], V(maddubs_epi16)(weight[h], sample[h]));
    }
}

/* sum / weight to the nearest integer, halves upwards: a 32nd part of the product with 2^21 / weight, rounded down, is
 * the quotient or one less, if the product is wrong by less than 16. It is less where what remains is above `most`,
 * half of the weight, rounded up, less 1. */
FLYNN_UNROLLED vi few_divide(vi sum, vi weight, vi inverse, vi most)
{
    vi q = V(srai_epi16)(V(mulhi_epi16)(sum, inverse), 5);
    vi rest = V(sub_epi16)(sum, V(mullo_epi16)(q, weight));
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_mask_add_epi16(q, ~simde_mm512_cmple_epi16_mask(rest, most), q, v_set16(1));
#else
    return V(sub_epi16)(q, v_gt_i16(rest, most));
#endif
}

/* 2^21 / x, which is below 2^15: wrong by 1 and 3 / 2^13 of itself, and so the product above by less than 3. */
FLYNN_UNROLLED vi few_invert(vi weight)
{
    vi zero = v_zero(), part[2] = {V(unpacklo_epi16)(weight, zero), V(unpackhi_epi16)(weight, zero)};
    for (int i = 0; i < 2; i++) {
        vf x = V(cvtepi32_ps)(part[i]), scale = V(set1_ps)(1 << 21);
#if defined(FLYNN_ISA_AVX512)
        x = V(mul_ps)(scale, V(rcp14_ps)(x));
#elif defined(FLYNN_ISA_AVX2) || defined(FLYNN_ISA_SSE41)
        x = V(mul_ps)(scale, V(rcp_ps)(x));
#else
        x = V(div_ps)(scale, x);
#endif
        part[i] = V(cvttps_epi32)(x);
    }
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
    vi result[FLYNN_MAX_CHANNELS], all[2], inverse[2], most[2], q[2], even = v_set16(1);
    for (int h = 0; h < 2; h++) {
        all[h] = V(add_epi16)(sums->weight[h], v_set16(FLYNN_BILATERAL_WHOLE));
        inverse[h] = few_invert(all[h]);
        most[h] = V(add_epi16)(V(sub_epi16)(all[h], V(srli_epi16)(all[h], 1)), v_set16(-1));
    }
    for (int j = 0; j < c; j++) {
        vi centre = v_load(own + j * FEW_FAR);
        vi part[2] = {V(maddubs_epi16)(even, centre), V(srai_epi16)(centre, 8)};
        for (int h = 0; h < 2; h++) {
            vi sum = V(sub_epi16)(sums->sample[j][h], V(mullo_epi16)(part[h], sums->weight[h]));
            q[h] = few_divide(sum, all[h], inverse[h], most[h]);
        }
        result[j] = v_xor(V(add_epi8)(centre, few_in_turn(q[0], V(slli_epi16)(q[1], 8))), v_set8(-128));
    }
    join_vector(result, out, join, c);
}

/* The vector after that of pixel i, of n: all but the first and the last begin where rows of samples are aligned. */
static inline int few_next(int i, int n, int radius)
{
    int next = i ? i + VEC : VEC - radius;
    return n <= VEC || next >= n ? n : next + VEC <= n ? next : n - VEC;
}

/* n pixels from x on of row r. Sums of all come first: what follows them takes long and would keep the next waiting. */
FLYNN_UNROLLED void few_row(const struct flynn_call *call, struct few *few, int r, int x, int n,
                            const struct shuffles *join, int c)
{
    struct few_sums sums[FEW_SEGMENT / VEC], *s = sums;
    struct keep_next next = keep_next(call, r, x);
    int radius = call->stage->up;
    const uint8_t *own = few->sample[(r + radius) % FEW_RING][0] + FEW_LEFT + radius;
    const struct few_place *place = few->place[(r + radius) % FEW_RING];
    for (int i = 0; i < n; i = few_next(i, n, radius)) {
        keep_fetch(&next, i, c);
        few_sum(few, place, i, s++, c);
    }
    s = sums;
    for (int i = 0; i < n; i = few_next(i, n, radius)) {
        uint8_t *out = (uint8_t *)call->out[r] + (x + i) * c, part[FLYNN_MAX_CHANNELS * VEC];
        few_finish(s++, own + i, n < VEC ? part : out, join, c);
        if (n < VEC)
            memcpy(out, part, (size_t)(n * c));
    }
}

FLYNN_UNROLLED void few_rows(const struct flynn_call *call, int c, int shift)
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
            if (r >= 0)
                few_keep(call, r + 2 * radius, x, n + 2 * radius, &few, c);
            few_weigh(&few, r + radius, n + 2 * radius, radius, c, shift);
            if (r >= 0)
                few_row(call, &few, r, x, n, &join, c);
        }
    }
}

#endif
