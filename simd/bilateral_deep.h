/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BILATERAL_DEEP_H
#define FLYNN_SIMD_BILATERAL_DEEP_H

#include "core/bilateral.h"
#include "simd/filter.h"
#if !defined(FLYNN_ISA_SSE2)
#include "simd/bilateral_weights.h"
#endif

/* bilateral of words and of floats, whose planes become pixels sample by sample: that is little beside the sums. */

/* Samples from `at` on of neighbour t, or of the pixel itself. */
FLYNN_UNROLLED const uint8_t *deep_neighbour(const struct flynn_call *call, int r, int t, ptrdiff_t at, int bytes)
{
    const int32_t *place = (const int32_t *)call->stage->table[0].data + 2 * t;
    return (const uint8_t *)call->in[r + place[1]] + (place[0] + at) * bytes;
}

FLYNN_UNROLLED const uint8_t *deep_own(const struct flynn_call *call, int r, ptrdiff_t at, int bytes)
{
    return (const uint8_t *)call->in[r + call->stage->up] + (call->stage->up + at) * bytes;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

#if !defined(FLYNN_ISA_SSE2)

#define WORDS (VEC / 2)

/* Two vectors of pixels; sums of weights, and of weighted samples less 32768, these in the order of unpack
 * instructions. */
struct deep_words {
    vi centre[2][FLYNN_MAX_CHANNELS], weight[2], sample[2][FLYNN_MAX_CHANNELS][2];
};

FLYNN_UNROLLED vi deep_difference(vi a, vi b)
{
    return v_or(V(subs_epu16)(a, b), V(subs_epu16)(b, a));
}

/* Steps in 16 bits; `narrow`: distances above 65535 are of the last step as 65535 is. */
FLYNN_UNROLLED vi deep_steps(const uint8_t *p, const vi *centre, ptrdiff_t far, int c, simde__m128i shift, bool narrow)
{
    vi d = deep_difference(v_load(p), centre[0]), zero = v_zero(), most = v_set16(FLYNN_BILATERAL_STEPS - 1);
    if (narrow || c == 1) {
        for (int j = 1; j < c; j++)
            d = V(adds_epu16)(d, deep_difference(v_load(p + j * far), centre[j]));
        return V(min_epu16)(V(srl_epi16)(d, shift), most);
    }
    vi low = V(unpacklo_epi16)(d, zero), high = V(unpackhi_epi16)(d, zero);
    for (int j = 1; j < c; j++) {
        d = deep_difference(v_load(p + j * far), centre[j]);
        low = V(add_epi32)(low, V(unpacklo_epi16)(d, zero));
        high = V(add_epi32)(high, V(unpackhi_epi16)(d, zero));
    }
    return V(min_epu16)(V(packus_epi32)(V(srl_epi32)(low, shift), V(srl_epi32)(high, shift)), most);
}

/* Add neighbours t and t + 1 of the pixels from at[0] and from at[1] on. */
FLYNN_UNROLLED void deep_add_words(struct deep_words *s, const struct flynn_call *call, int r, int t, const int at[2],
                                   int c, bool narrow)
{
    const struct flynn_stage *stage = call->stage;
    const uint8_t *tables = stage->table[1].data, *p[2][2];
    ptrdiff_t far = (ptrdiff_t)2 * stage->in.width;
    vi w[2], zero = v_zero(), flip = v_set16(-32768);
    for (int i = 0; i < 2; i++) {
        struct table table = load_table(tables + (t + i) * FLYNN_BILATERAL_STEPS);
        simde__m128i shift = simde_mm_cvtsi32_si128(stage->k[1]);
        vi step[2];
        for (int h = 0; h < 2; h++) {
            p[i][h] = deep_neighbour(call, r, t + i, at[h], 2);
            step[h] = deep_steps(p[i][h], s->centre[h], far, c, shift, narrow);
        }
        w[i] = lookup(&table, V(packus_epi16)(step[0], step[1]));
    }
    for (int h = 0; h < 2; h++) {
        vi a = h ? V(unpackhi_epi8)(w[0], zero) : V(unpacklo_epi8)(w[0], zero);
        vi b = h ? V(unpackhi_epi8)(w[1], zero) : V(unpacklo_epi8)(w[1], zero);
        vi low = V(unpacklo_epi16)(a, b), high = V(unpackhi_epi16)(a, b);
        s->weight[h] = V(add_epi16)(s->weight[h], V(add_epi16)(a, b));
        for (int j = 0; j < c; j++) {
            vi x = v_xor(v_load(p[0][h] + j * far), flip), y = v_xor(v_load(p[1][h] + j * far), flip);
            vi *sum = s->sample[h][j];
            sum[0] = V(add_epi32)(sum[0], V(madd_epi16)(V(unpacklo_epi16)(x, y), low));
            sum[1] = V(add_epi32)(sum[1], V(madd_epi16)(V(unpackhi_epi16)(x, y), high));
        }
    }
}

/* (sum + weight / 2) / weight rounded down. The sum has 31 bits, of which a float keeps 24, and the quotient 16: that
 * of floats is wrong by far less than a half, so that the nearest integer is the one looked for or the next. */
FLYNN_UNROLLED vi deep_divide(vi sum, vi weight)
{
    vi n = V(add_epi32)(sum, V(srli_epi32)(weight, 1));
    vi q = V(cvtps_epi32)(V(div_ps)(V(cvtepi32_ps)(n), V(cvtepi32_ps)(weight)));
    return V(add_epi32)(q, v_gt_i32(v_zero(), V(sub_epi32)(n, V(mullo_epi32)(q, weight))));
}

FLYNN_UNROLLED void deep_words_at(const struct flynn_call *call, int r, const int at[2], int c, bool narrow)
{
    const struct flynn_stage *stage = call->stage;
    struct deep_words s;
    vi zero = v_zero(), flip = v_set16(-32768), whole = v_set16(FLYNN_BILATERAL_WHOLE);
    for (int h = 0; h < 2; h++) {
        s.weight[h] = whole;
        for (int j = 0; j < c; j++) {
            vi x = v_load(deep_own(call, r, at[h] + (ptrdiff_t)j * stage->in.width, 2));
            s.centre[h][j] = x;
            x = v_xor(x, flip);
            s.sample[h][j][0] = V(madd_epi16)(V(unpacklo_epi16)(x, zero), whole);
            s.sample[h][j][1] = V(madd_epi16)(V(unpackhi_epi16)(x, zero), whole);
        }
    }
    for (int t = 0; t < stage->k[0]; t += 2)
        deep_add_words(&s, call, r, t, at, c, narrow);
    for (int h = 0; h < 2; h++) {
        uint16_t *out = (uint16_t *)call->out[r] + at[h] * c, q[WORDS];
        int n = call->width < WORDS ? call->width : WORDS;
        vi low = V(unpacklo_epi16)(s.weight[h], zero), high = V(unpackhi_epi16)(s.weight[h], zero);
        for (int j = 0; j < c; j++) {
            vi a = deep_divide(s.sample[h][j][0], low), b = deep_divide(s.sample[h][j][1], high);
            v_store(q, v_xor(V(packs_epi32)(a, b), flip));
            for (int i = 0; i < n; i++)
                out[i * c + j] = q[i];
        }
    }
}

/* What belongs to the last vector of an odd number is made twice. */
FLYNN_UNROLLED void deep_words_rows(const struct flynn_call *call, int c, bool narrow)
{
    for (int r = 0; r < call->rows; r++) {
        for (int x = 0; x < call->width;) {
            int next = v_advance(x, WORDS, call->width), at[2] = {x, next < call->width ? next : x};
            deep_words_at(call, r, at, c, narrow);
            x = v_advance(at[1], WORDS, call->width);
        }
    }
}

static void filter_u16(const struct flynn_call *call)
{
    bool narrow = 65535 >> call->stage->k[1] >= FLYNN_BILATERAL_STEPS - 1;
    switch (call->stage->in.channels) {
    case 1:
        deep_words_rows(call, 1, true);
        break;
    case 2:
        deep_words_rows(call, 2, false);
        break;
    case 3:
        if (narrow)
            deep_words_rows(call, 3, true);
        else
            deep_words_rows(call, 3, false);
        break;
    default:
        deep_words_rows(call, 4, false);
    }
}

#endif

/* ---- floats ------------------------------------------------------------------------------------------------------ */

#define FLOATS (VEC / 4)

/* Points i[0..4) and those after them. */
FLYNN_UNROLLED void deep_four_points(const float *point, const int32_t *i, simde__m128 *low, simde__m128 *high)
{
    simde__m128 a =
        simde_mm_castpd_ps(simde_mm_loadh_pd(simde_mm_load_sd((const simde_float64 *)(const void *)(point + i[0])),
                                             (const simde_float64 *)(const void *)(point + i[1])));
    simde__m128 b =
        simde_mm_castpd_ps(simde_mm_loadh_pd(simde_mm_load_sd((const simde_float64 *)(const void *)(point + i[2])),
                                             (const simde_float64 *)(const void *)(point + i[3])));
    *low = simde_mm_shuffle_ps(a, b, 0x88);
    *high = simde_mm_shuffle_ps(a, b, 0xdd);
}

/* The weights of distances: linear between points; the order of the operands makes NaN the last of them. */
FLYNN_UNROLLED vf deep_weight(const float *point, vf distance, vf scale)
{
    vf at = V(min_ps)(V(mul_ps)(distance, scale), V(set1_ps)((float)FLYNN_BILATERAL_POINTS));
    vi whole = V(cvttps_epi32)(at);
    int32_t i[FLOATS];
    simde__m128 low[FLOATS / 4], high[FLOATS / 4];
    v_store(i, whole);
    for (int l = 0; l < FLOATS / 4; l++)
        deep_four_points(point, i + 4 * l, &low[l], &high[l]);
    vf a, b;
    memcpy(&a, low, sizeof a);
    memcpy(&b, high, sizeof b);
    return V(add_ps)(a, V(mul_ps)(V(sub_ps)(at, V(cvtepi32_ps)(whole)), V(sub_ps)(b, a)));
}

FLYNN_UNROLLED vf deep_distance(vf a, vf b)
{
    return V_AS_F(v_and(V_AS_I(V(sub_ps)(a, b)), v_set32(INT32_MAX)));
}

FLYNN_UNROLLED void deep_floats_at(const struct flynn_call *call, int r, int x, int c)
{
    const struct flynn_stage *stage = call->stage;
    const float *near = stage->table[1].data, *point = stage->table[2].data;
    ptrdiff_t far = stage->in.width;
    vf centre[FLYNN_MAX_CHANNELS], sum[FLYNN_MAX_CHANNELS], all = V(set1_ps)(1), scale = V(set1_ps)(stage->f[0]);
    for (int j = 0; j < c; j++)
        sum[j] = centre[j] = vf_load((const float *)(const void *)deep_own(call, r, x + j * far, 4));
    for (int t = 0; t < stage->k[0]; t++) {
        const float *p = (const float *)(const void *)deep_neighbour(call, r, t, x, 4);
        vf v[FLYNN_MAX_CHANNELS];
        for (int j = 0; j < c; j++)
            v[j] = vf_load(p + j * far);
        vf distance = deep_distance(v[0], centre[0]);
        for (int j = 1; j < c; j++)
            distance = V(add_ps)(distance, deep_distance(v[j], centre[j]));
        vf w = V(mul_ps)(V(set1_ps)(near[t]), deep_weight(point, distance, scale));
        all = V(add_ps)(all, w);
        for (int j = 0; j < c; j++)
            sum[j] = V(add_ps)(sum[j], V(mul_ps)(w, v[j]));
    }
    float *out = (float *)call->out[r] + x * c, q[FLOATS];
    int n = call->width < FLOATS ? call->width : FLOATS;
    for (int j = 0; j < c; j++) {
        vf_store(q, V(div_ps)(sum[j], all));
        for (int i = 0; i < n; i++)
            out[i * c + j] = q[i];
    }
}

FLYNN_UNROLLED void deep_floats_rows(const struct flynn_call *call, int c)
{
    for (int r = 0; r < call->rows; r++) {
        for (int x = 0; x < call->width; x = v_advance(x, FLOATS, call->width))
            deep_floats_at(call, r, x, c);
    }
}

static void filter_f32(const struct flynn_call *call)
{
    switch (call->stage->in.channels) {
    case 1:
        deep_floats_rows(call, 1);
        break;
    case 2:
        deep_floats_rows(call, 2);
        break;
    case 3:
        deep_floats_rows(call, 3);
        break;
    default:
        deep_floats_rows(call, 4);
    }
}

#endif
