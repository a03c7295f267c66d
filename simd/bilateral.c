/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/filter.h"

#include "core/bilateral.h"

/* The stages are described in core/bilateral.h. These are the kernels of bytes: they look weights up by byte shuffles,
 * which SSE2 has not. */

#if !defined(FLYNN_ISA_SSE2)

/* ---- pixels and planes, 16 at a time ------------------------------------------------------------------------------
 */

/* part[i][j] takes of vector i of the pixels what belongs to plane j, or of plane j what belongs to vector i. */
struct shuffles {
    simde__m128i part[FLYNN_MAX_CHANNELS][FLYNN_MAX_CHANNELS];
};

static struct shuffles split_shuffles(int c)
{
    struct shuffles s;
    for (int i = 0; i < c; i++) {
        for (int j = 0; j < c; j++) {
            uint8_t index[16];
            for (int b = 0; b < 16; b++)
                index[b] = (b * c + j) / 16 == i ? (uint8_t)((b * c + j) % 16) : 0x80;
            memcpy(&s.part[i][j], index, sizeof index);
        }
    }
    return s;
}

static struct shuffles join_shuffles(int c)
{
    struct shuffles s;
    for (int i = 0; i < c; i++) {
        for (int j = 0; j < c; j++) {
            uint8_t index[16];
            for (int b = 0; b < 16; b++)
                index[b] = (16 * i + b) % c == j ? (uint8_t)((16 * i + b) / c) : 0x80;
            memcpy(&s.part[i][j], index, sizeof index);
        }
    }
    return s;
}

static inline simde__m128i load16(const uint8_t *p)
{
    return simde_mm_loadu_si128((const simde__m128i *)(const void *)p);
}

static inline void store16(uint8_t *p, simde__m128i v)
{
    simde_mm_storeu_si128((simde__m128i *)(void *)p, v);
}

/* 16 pixels to planes `far` bytes apart. */
FLYNN_UNROLLED void split16(const uint8_t *in, uint8_t *out, ptrdiff_t far, const struct shuffles *s, int c)
{
    simde__m128i v[FLYNN_MAX_CHANNELS];
    for (int i = 0; i < c; i++)
        v[i] = load16(in + 16 * i);
    for (int j = 0; j < c; j++) {
        simde__m128i plane = simde_mm_shuffle_epi8(v[0], s->part[0][j]);
        for (int i = 1; i < c; i++)
            plane = simde_mm_or_si128(plane, simde_mm_shuffle_epi8(v[i], s->part[i][j]));
        store16(out + j * far, plane);
    }
}

FLYNN_UNROLLED void join16(const uint8_t *in, ptrdiff_t far, uint8_t *out, const struct shuffles *s, int c)
{
    simde__m128i v[FLYNN_MAX_CHANNELS];
    for (int j = 0; j < c; j++)
        v[j] = load16(in + j * far);
    for (int i = 0; i < c; i++) {
        simde__m128i pixels = simde_mm_shuffle_epi8(v[0], s->part[i][0]);
        for (int j = 1; j < c; j++)
            pixels = simde_mm_or_si128(pixels, simde_mm_shuffle_epi8(v[j], s->part[i][j]));
        store16(out + 16 * i, pixels);
    }
}

FLYNN_UNROLLED void planes(const struct flynn_call *call, int c)
{
    struct shuffles s = split_shuffles(c);
    int columns = call->stage->out.width;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = (const uint8_t *)call->in[r] - call->stage->left * c;
        uint8_t *out = call->out[r];
        for (int x = 0; x + 16 <= columns; x += 16)
            split16(in + x * c, out + x, columns, &s, c);
        if (columns >= 16) {
            split16(in + (columns - 16) * c, out + columns - 16, columns, &s, c);
            continue;
        }
        for (int i = 0; i < columns * c; i++)
            out[i % c * columns + i / c] = in[i];
    }
}

static void planes_u8(const struct flynn_call *call)
{
    switch (call->stage->in.channels) {
    case 1:
        for (int r = 0; r < call->rows; r++)
            memcpy(call->out[r], (const uint8_t *)call->in[r] - call->stage->left, (size_t)call->stage->out.width);
        break;
    case 2:
        planes(call, 2);
        break;
    case 3:
        planes(call, 3);
        break;
    default:
        planes(call, 4);
    }
}

/* ---- weights ------------------------------------------------------------------------------------------------------
 */

/* A table of 64 bytes. */
struct table {
#if defined(FLYNN_ISA_AVX512)
    vi all;
#else
    vi part[4];
#endif
};

FLYNN_UNROLLED struct table load_table(const uint8_t *table)
{
    struct table t;
#if defined(FLYNN_ISA_AVX512)
    t.all = v_load(table);
#else
    for (int i = 0; i < 4; i++)
        t.part[i] = v_repeat16(table + 16 * i);
#endif
    return t;
}

/* The bytes of a table at the places of idx. */
FLYNN_UNROLLED vi lookup(const struct table *t, vi idx)
{
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_permutexvar_epi8(idx, t->all);
#else
    vi a = V(shuffle_epi8)(t->part[0], idx), b = V(shuffle_epi8)(t->part[1], idx);
    vi c = V(shuffle_epi8)(t->part[2], idx), d = V(shuffle_epi8)(t->part[3], idx);
    vi bit4 = V(slli_epi16)(idx, 3), bit5 = V(slli_epi16)(idx, 2);
    return V(blendv_epi8)(V(blendv_epi8)(a, b, bit4), V(blendv_epi8)(c, d, bit4), bit5);
#endif
}

FLYNN_UNROLLED vi difference(vi a, vi b)
{
    return V(sub_epi8)(V(max_epu8)(a, b), V(min_epu8)(a, b));
}

/* The steps of the distances: where `narrow`, those above 255 are of the last step as 255 is. */
FLYNN_UNROLLED vi steps(const uint8_t *p, const vi *centre, ptrdiff_t far, int c, int shift, bool narrow)
{
    vi d = difference(v_load(p), centre[0]), most = v_set8(FLYNN_BILATERAL_STEPS - 1);
    simde__m128i by = simde_mm_cvtsi32_si128(shift);
    if (narrow || c == 1) {
        for (int j = 1; j < c; j++)
            d = V(adds_epu8)(d, difference(v_load(p + j * far), centre[j]));
        return V(min_epu8)(v_and(V(srl_epi16)(d, by), v_set8(255 >> shift)), most);
    }
    vi low = V(unpacklo_epi8)(d, v_zero()), high = V(unpackhi_epi8)(d, v_zero());
    for (int j = 1; j < c; j++) {
        d = difference(v_load(p + j * far), centre[j]);
        low = V(add_epi16)(low, V(unpacklo_epi8)(d, v_zero()));
        high = V(add_epi16)(high, V(unpackhi_epi8)(d, v_zero()));
    }
    return V(min_epu8)(V(packus_epi16)(V(srl_epi16)(low, by), V(srl_epi16)(high, by)), most);
}

/* ---- sums ---------------------------------------------------------------------------------------------------------
 */

/* Of the pixels of a vector, in the order of unpack instructions: weights in 16 bits, and weighted samples (less 128)
 * of every channel in 32 bits. */
struct sums {
    vi weight[2], sample[FLYNN_MAX_CHANNELS][4];
};

FLYNN_UNROLLED void start_sums(struct sums *s, const vi *centre, int c)
{
    vi whole = v_set8(FLYNN_BILATERAL_WHOLE), zero = v_zero();
    s->weight[0] = s->weight[1] = v_set16(FLYNN_BILATERAL_WHOLE);
    for (int j = 0; j < c; j++) {
        vi x = v_xor(centre[j], v_set8(-128));
        vi low = V(maddubs_epi16)(whole, V(unpacklo_epi8)(x, zero));
        vi high = V(maddubs_epi16)(whole, V(unpackhi_epi8)(x, zero));
        s->sample[j][0] = V(srai_epi32)(V(unpacklo_epi16)(zero, low), 16);
        s->sample[j][1] = V(srai_epi32)(V(unpackhi_epi16)(zero, low), 16);
        s->sample[j][2] = V(srai_epi32)(V(unpacklo_epi16)(zero, high), 16);
        s->sample[j][3] = V(srai_epi32)(V(unpackhi_epi16)(zero, high), 16);
    }
}

/* Add four neighbours; pair[0..3]: their weights in pairs, the lower and the upper pixels of two and of the others. */
FLYNN_UNROLLED void add_samples(vi sum[4], const uint8_t *const p[4], const vi pair[4])
{
    vi flip = v_set8(-128), one = v_set16(1), x[4];
    for (int t = 0; t < 4; t++)
        x[t] = v_xor(v_load(p[t]), flip);
    vi a = V(maddubs_epi16)(pair[0], V(unpacklo_epi8)(x[0], x[1]));
    vi b = V(maddubs_epi16)(pair[2], V(unpacklo_epi8)(x[2], x[3]));
    sum[0] = V(add_epi32)(sum[0], V(madd_epi16)(V(unpacklo_epi16)(a, b), one));
    sum[1] = V(add_epi32)(sum[1], V(madd_epi16)(V(unpackhi_epi16)(a, b), one));
    a = V(maddubs_epi16)(pair[1], V(unpackhi_epi8)(x[0], x[1]));
    b = V(maddubs_epi16)(pair[3], V(unpackhi_epi8)(x[2], x[3]));
    sum[2] = V(add_epi32)(sum[2], V(madd_epi16)(V(unpacklo_epi16)(a, b), one));
    sum[3] = V(add_epi32)(sum[3], V(madd_epi16)(V(unpackhi_epi16)(a, b), one));
}

FLYNN_UNROLLED void add_four(struct sums *s, const struct flynn_stage *stage, const uint8_t *const p[4], int t,
                             const vi *centre, int c, bool narrow)
{
    const uint8_t *table = (const uint8_t *)stage->table[1].data + t * FLYNN_BILATERAL_STEPS;
    ptrdiff_t far = stage->in.width;
    vi w[4], one = v_set8(1);
    for (int i = 0; i < 4; i++) {
        struct table weights = load_table(table + i * FLYNN_BILATERAL_STEPS);
        w[i] = lookup(&weights, steps(p[i], centre, far, c, stage->k[1], narrow));
    }
    vi pair[4] = {V(unpacklo_epi8)(w[0], w[1]), V(unpackhi_epi8)(w[0], w[1]), V(unpacklo_epi8)(w[2], w[3]),
                  V(unpackhi_epi8)(w[2], w[3])};
    for (int i = 0; i < 2; i++)
        s->weight[i] = V(add_epi16)(s->weight[i],
                                    V(add_epi16)(V(maddubs_epi16)(pair[i], one), V(maddubs_epi16)(pair[i + 2], one)));
    for (int j = 0; j < c; j++) {
        const uint8_t *const plane[4] = {p[0] + j * far, p[1] + j * far, p[2] + j * far, p[3] + j * far};
        add_samples(s->sample[j], plane, pair);
    }
}

/* (n + W/2) / W rounded down. Both are below 2^24 and so exact as floats. A quotient that is no integer differs from
 * the next by 1/W at least, which is more than the rounding of a division; half of that is more than the rounding of a
 * product by the reciprocal where W < 2^13. */
FLYNN_UNROLLED vi divide(vi n, vf weight, vf inverse, bool few)
{
    vf x = V(cvtepi32_ps)(n);
    if (few)
        return V(cvttps_epi32)(V(mul_ps)(V(add_ps)(x, V(set1_ps)(0.5f)), inverse));
    return V(cvttps_epi32)(V(div_ps)(x, weight));
}

FLYNN_UNROLLED void quotients(const struct sums *s, int c, bool few, vi out[FLYNN_MAX_CHANNELS])
{
    vi q[FLYNN_MAX_CHANNELS][4], zero = v_zero();
    for (int i = 0; i < 4; i++) {
        vi w = s->weight[i / 2];
        w = i % 2 ? V(unpackhi_epi16)(w, zero) : V(unpacklo_epi16)(w, zero);
        vi rest = V(add_epi32)(V(slli_epi32)(w, 7), V(srli_epi32)(w, 1));
        vf weight = V(cvtepi32_ps)(w), inverse = V(div_ps)(V(set1_ps)(1), weight);
        for (int j = 0; j < c; j++)
            q[j][i] = divide(V(add_epi32)(s->sample[j][i], rest), weight, inverse, few);
    }
    for (int j = 0; j < c; j++)
        out[j] = V(packus_epi16)(V(packs_epi32)(q[j][0], q[j][1]), V(packs_epi32)(q[j][2], q[j][3]));
}

/* ---- rows ---------------------------------------------------------------------------------------------------------
 */

FLYNN_UNROLLED void join_vector(const vi *result, uint8_t *out, const struct shuffles *join, int c)
{
    uint8_t plane[FLYNN_MAX_CHANNELS][VEC];
    if (c == 1) {
        v_store(out, result[0]);
        return;
    }
    for (int j = 0; j < c; j++)
        v_store(plane[j], result[j]);
    for (int i = 0; i < VEC; i += 16)
        join16(plane[0] + i, VEC, out + i * c, join, c);
}

/* VEC pixels from x on to `out`. */
FLYNN_UNROLLED void filter_vector(const struct flynn_call *call, int r, int x, uint8_t *out,
                                  const struct shuffles *join, int c, bool narrow)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = stage->table[0].data;
    const uint8_t *own = (const uint8_t *)call->in[r + stage->up] + stage->up + x;
    vi centre[FLYNN_MAX_CHANNELS], result[FLYNN_MAX_CHANNELS];
    struct sums s;
    for (int j = 0; j < c; j++)
        centre[j] = v_load(own + (ptrdiff_t)j * stage->in.width);
    start_sums(&s, centre, c);
    for (int t = 0; t < stage->k[0]; t += 4) {
        const uint8_t *p[4];
        for (int i = 0; i < 4; i++)
            p[i] = (const uint8_t *)call->in[r + place[2 * (t + i) + 1]] + place[2 * (t + i)] + x;
        add_four(&s, stage, p, t, centre, c, narrow);
    }
    quotients(&s, c, (stage->k[0] + 1) * FLYNN_BILATERAL_WHOLE < 8192, result);
    join_vector(result, out, join, c);
}

FLYNN_UNROLLED void filter_rows(const struct flynn_call *call, int c, bool narrow)
{
    struct shuffles join = join_shuffles(c);
    for (int r = 0; r < call->rows; r++) {
        uint8_t *out = call->out[r], part[FLYNN_MAX_CHANNELS * VEC];
        int x = 0;
        for (; x + VEC <= call->width; x += VEC)
            filter_vector(call, r, x, out + x * c, &join, c, narrow);
        if (x == call->width)
            continue;
        int from = call->width > VEC ? call->width - VEC : 0, n = call->width > VEC ? VEC : call->width;
        filter_vector(call, r, from, part, &join, c, narrow);
        memcpy(out + from * c, part, (size_t)(n * c));
    }
}

/* ---- few neighbours ------------------------------------------------------------------------------------------------
 */

/* Where FLYNN_BILATERAL_FEW holds, sums of weighted differences from the pixel stand for those of weighted samples;
 * they take 16 bits. Neighbours are taken in pairs on opposite sides: neighbour `t` of the list, of its latter half,
 * and the one as far from the list's beginning as t is from its end. The weight of the latter is what the pixel there
 * gave to this one as its neighbour t. */

#define SEGMENT 256 /* pixels */
#define PAIRS   (FLYNN_BILATERAL_FEW / 2)
#define RINGS   (FLYNN_BILATERAL_FEW_RADIUS + 1)

/* Weights of neighbour t, by row modulo RINGS, from the border columns of a segment on. */
struct weights {
    uint8_t at[PAIRS][RINGS][SEGMENT + 2 * FLYNN_BILATERAL_FEW_RADIUS + VEC];
};

/* Columns to the right of the pixel, and rows below it, of neighbour t. */
static inline ptrdiff_t right_of(const struct flynn_stage *stage, int t)
{
    return ((const int32_t *)stage->table[0].data)[2 * t] - stage->up;
}

static inline int below(const struct flynn_stage *stage, int t)
{
    return ((const int32_t *)stage->table[0].data)[2 * t + 1] - stage->up;
}

/* The weights of the neighbours of row r in n columns from x - radius on. */
FLYNN_UNROLLED void weigh_row(const struct flynn_call *call, int r, int x, int n, struct weights *weights, int c)
{
    const struct flynn_stage *stage = call->stage;
    ptrdiff_t far = stage->in.width;
    const uint8_t *own = (const uint8_t *)call->in[r + stage->up] + x, *tables = stage->table[1].data;
    for (int pair = 0; pair < stage->k[2]; pair++) {
        int t = stage->k[2] + pair, down = below(stage, t);
        if (r + down < 0)
            continue;
        struct table table = load_table(tables + t * FLYNN_BILATERAL_STEPS);
        const uint8_t *other = (const uint8_t *)call->in[r + stage->up + down] + x + right_of(stage, t);
        uint8_t *to = weights->at[pair][(r + stage->up) % RINGS];
        for (int i = 0; i < n; i = v_advance(i, VEC, n)) {
            vi centre[FLYNN_MAX_CHANNELS];
            for (int j = 0; j < c; j++)
                centre[j] = v_load(own + i + j * far);
            v_store(to + i, lookup(&table, steps(other + i, centre, far, c, stage->k[1], true)));
        }
    }
}

/* sum = weighted differences, weight = all weights: out = sum / weight, rounded. 2^21 / weight is below 2^15; a product
 * by it is a quotient that is wrong by one at most. */
FLYNN_UNROLLED vi divide_words(vi sum, vi weight, vi inverse)
{
    vi n = V(add_epi16)(sum, V(srli_epi16)(weight, 1));
    vi q = V(srai_epi16)(V(mulhi_epi16)(n, inverse), 5), rest = V(sub_epi16)(n, V(mullo_epi16)(q, weight));
    q = V(sub_epi16)(q, v_gt_i16(rest, V(sub_epi16)(weight, v_set16(1))));
    return V(add_epi16)(q, v_gt_i16(v_zero(), rest));
}

FLYNN_UNROLLED vi invert_words(vi weight)
{
    vi zero = v_zero(), part[2] = {V(unpacklo_epi16)(weight, zero), V(unpackhi_epi16)(weight, zero)};
    for (int i = 0; i < 2; i++)
        part[i] = V(cvttps_epi32)(V(div_ps)(V(set1_ps)(1 << 21), V(cvtepi32_ps)(part[i])));
    return V(packs_epi32)(part[0], part[1]);
}

/* A pair of neighbours and their weights, of the first pixel of a segment. */
struct pair {
    const uint8_t *one, *other, *one_weight, *other_weight;
};

static void find_pairs(const struct flynn_call *call, int r, int x, const struct weights *weights, struct pair *pairs)
{
    const struct flynn_stage *stage = call->stage;
    int up = stage->up;
    for (int i = 0; i < stage->k[2]; i++) {
        int down = below(stage, stage->k[2] + i);
        ptrdiff_t right = right_of(stage, stage->k[2] + i);
        pairs[i].one = (const uint8_t *)call->in[r + up + down] + up + x + right;
        pairs[i].other = (const uint8_t *)call->in[r + up - down] + up + x - right;
        pairs[i].one_weight = weights->at[i][(r + up) % RINGS] + up;
        pairs[i].other_weight = weights->at[i][(r + up - down) % RINGS] + up - right;
    }
}

/* VEC pixels from i on of the row whose own begin at `own`, to `out`. */
FLYNN_UNROLLED void few_vector(const struct pair *pairs, int n, const uint8_t *own, ptrdiff_t far, int i, uint8_t *out,
                               const struct shuffles *join, int c)
{
    vi centre[FLYNN_MAX_CHANNELS], sum[FLYNN_MAX_CHANNELS][2], weight[2], inverse[2], unit = v_set8(1);
    for (int h = 0; h < 2; h++) {
        weight[h] = v_set16(FLYNN_BILATERAL_WHOLE);
        for (int j = 0; j < c; j++)
            sum[j][h] = v_zero();
    }
    for (int j = 0; j < c; j++)
        centre[j] = v_load(own + i + j * far);
    for (const struct pair *p = pairs; p < pairs + n; p++) {
        const uint8_t *one = p->one + i, *other = p->other + i;
        vi a = v_load(p->one_weight + i), b = v_load(p->other_weight + i);
        vi both[2] = {V(unpacklo_epi8)(a, b), V(unpackhi_epi8)(a, b)};
        for (int h = 0; h < 2; h++)
            weight[h] = V(add_epi16)(weight[h], V(maddubs_epi16)(both[h], unit));
        for (int j = 0; j < c; j++) {
            a = V(sub_epi8)(v_load(one + j * far), centre[j]);
            b = V(sub_epi8)(v_load(other + j * far), centre[j]);
            sum[j][0] = V(add_epi16)(sum[j][0], V(maddubs_epi16)(both[0], V(unpacklo_epi8)(a, b)));
            sum[j][1] = V(add_epi16)(sum[j][1], V(maddubs_epi16)(both[1], V(unpackhi_epi8)(a, b)));
        }
    }
    for (int h = 0; h < 2; h++)
        inverse[h] = invert_words(weight[h]);
    for (int j = 0; j < c; j++)
        centre[j] = V(add_epi8)(centre[j], V(packs_epi16)(divide_words(sum[j][0], weight[0], inverse[0]),
                                                          divide_words(sum[j][1], weight[1], inverse[1])));
    join_vector(centre, out, join, c);
}

FLYNN_UNROLLED void few_rows(const struct flynn_call *call, int c)
{
    struct shuffles join = join_shuffles(c);
    struct weights weights;
    int radius = call->stage->up;
    for (int x = 0; x < call->width; x += SEGMENT) {
        int n = call->width - x < SEGMENT ? call->width - x : SEGMENT;
        for (int r = -radius; r < call->rows; r++) {
            weigh_row(call, r, x, n + 2 * radius, &weights, c);
            if (r < 0)
                continue;
            const uint8_t *own = (const uint8_t *)call->in[r + radius] + radius + x;
            struct pair pairs[PAIRS];
            find_pairs(call, r, x, &weights, pairs);
            for (int i = 0; i < n; i = v_advance(i, VEC, n)) {
                uint8_t *out = (uint8_t *)call->out[r] + (x + i) * c, part[FLYNN_MAX_CHANNELS * VEC];
                few_vector(pairs, call->stage->k[2], own, call->stage->in.width, i, n < VEC ? part : out, &join, c);
                if (n < VEC)
                    memcpy(out, part, (size_t)(n * c));
            }
        }
    }
}

static void filter_u8(const struct flynn_call *call)
{
    bool narrow = call->stage->k[1] <= 2;
    switch (call->stage->in.channels) {
    case 1:
        if (call->stage->k[2])
            few_rows(call, 1);
        else
            filter_rows(call, 1, true);
        break;
    case 2:
        filter_rows(call, 2, false);
        break;
    case 3:
        if (call->stage->k[2])
            few_rows(call, 3);
        else if (narrow)
            filter_rows(call, 3, true);
        else
            filter_rows(call, 3, false);
        break;
    default:
        filter_rows(call, 4, false);
    }
}

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(bilateral);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(bilateral) = {
#if !defined(FLYNN_ISA_SSE2)
    .fn = {[FLYNN_BILATERAL_PLANES] = {[FLYNN_U8] = planes_u8}, [FLYNN_BILATERAL_FILTER] = {[FLYNN_U8] = filter_u8}},
#else
    .fn = {{NULL}},
#endif
};
