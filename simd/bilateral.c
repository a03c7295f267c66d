/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bilateral.h"

/* The stages are described in core/bilateral.h. Here are the kernels of bytes, which like those of words look weights
 * up by byte shuffles: SSE2 has none. */

#include "simd/bilateral_deep.h"

#if !defined(FLYNN_ISA_SSE2)
#include "simd/bilateral_few.h"
#if defined(FLYNN_ISA_AVX512)
#include "simd/bilateral_near.h"
#endif
#include "simd/bilateral_planes.h"
#include "simd/bilateral_weights.h"

/* ---- sums -------------------------------------------------------------------------------------------------------- */

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

/* ---- rows -------------------------------------------------------------------------------------------------------- */

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

static void filter_u8(const struct flynn_call *call)
{
    bool narrow = call->stage->k[1] <= 2;
    switch (call->stage->in.channels) {
    case 1:
        filter_rows(call, 1, true);
        break;
    case 2:
        filter_rows(call, 2, false);
        break;
    case 3:
        if (narrow)
            filter_rows(call, 3, true);
        else
            filter_rows(call, 3, false);
        break;
    default:
        filter_rows(call, 4, false);
    }
}

/* Whether bilateral_near.h has done the rows. */
static bool pixels_near(const struct flynn_call *call)
{
#if defined(FLYNN_ISA_AVX512)
    if (call->stage->up != 2)
        return false;
    if (call->stage->in.channels == 1)
        near_filter(call, 1);
    else
        near_filter(call, 3);
    return true;
#else
    (void)call;
    return false;
#endif
}

static void pixels_u8(const struct flynn_call *call)
{
    bool gray = call->stage->in.channels == 1;
    if (pixels_near(call))
        return;
    if (gray && call->stage->k[1])
        few_rows(call, 1, 1);
    else if (gray)
        few_rows(call, 1, 0);
    else if (call->stage->k[1])
        few_rows(call, 3, 1);
    else
        few_rows(call, 3, 0);
}

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(bilateral);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(bilateral) = {
    .fn = {
#if !defined(FLYNN_ISA_SSE2)
        [FLYNN_BILATERAL_PLANES] = {[FLYNN_U8] = planes_u8},
        [FLYNN_BILATERAL_FILTER] = {[FLYNN_U8] = filter_u8, [FLYNN_U16] = filter_u16, [FLYNN_F32] = filter_f32},
        [FLYNN_BILATERAL_PIXELS] = {[FLYNN_U8] = pixels_u8},
#else
        [FLYNN_BILATERAL_FILTER] = {[FLYNN_F32] = filter_f32},
#endif
    }};
