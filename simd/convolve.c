/* SPDX-License-Identifier: Apache-2.0 */
#include "core/taps.h"
#include "simd/convolve_factors.h"

/* The stage is described in core/taps.h. */

/* The rows of all taps, at their columns. */
struct sources {
    const uint8_t *row[FLYNN_TAPS_MOST];
};

static void find_sources(struct sources *s, const struct flynn_call *call, int r, int bytes)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *place = stage->table[0].data;
    for (int t = 0; t < stage->k[0]; t++)
        s->row[t] = (const uint8_t *)call->in[stage->up + r + place[2 * t + 1]] +
                    (ptrdiff_t)place[2 * t] * stage->in.channels * bytes;
}

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

#define NARROW 2 /* vectors at a time */

/* `n` vectors from sample i on. */
FLYNN_UNROLLED void narrow_vectors(const struct flynn_stage *stage, const struct sources *s, int i, int n, vi *out)
{
    vi low[NARROW], high[NARROW];
    for (int v = 0; v < n; v++)
        low[v] = high[v] = v_set16(stage->k[7]);
#if defined(FLYNN_ISA_SSE2)
    const int32_t *weight = stage->table[1].data;
    for (int t = 0; t < stage->k[0]; t++) {
        vi w = v_set16(weight[t]);
        for (int v = 0; v < n; v++) {
            vi x = v_load(s->row[t] + i + v * VEC);
            low[v] = V(add_epi16)(low[v], V(mullo_epi16)(V(unpacklo_epi8)(x, v_zero()), w));
            high[v] = V(add_epi16)(high[v], V(mullo_epi16)(V(unpackhi_epi8)(x, v_zero()), w));
        }
    }
#else
    const int32_t *pair = stage->table[2].data;
    for (int p = 0; p < stage->k[4]; p++) {
        const uint8_t *a = s->row[pair[3 * p]] + i, *b = s->row[pair[3 * p + 1]] + i;
        vi w = v_set32(pair[3 * p + 2]);
        for (int v = 0; v < n; v++) {
            vi x = v_load(a + v * VEC), y = v_load(b + v * VEC);
            low[v] = V(add_epi16)(low[v], V(maddubs_epi16)(V(unpacklo_epi8)(x, y), w));
            high[v] = V(add_epi16)(high[v], V(maddubs_epi16)(V(unpackhi_epi8)(x, y), w));
        }
    }
#endif
    for (int v = 0; v < n; v++)
        out[v] = V(packus_epi16)(narrow_quotient(stage, low[v]), narrow_quotient(stage, high[v]));
}

static inline vi wide_vector(const struct flynn_stage *stage, const struct sources *s, int i)
{
    const int32_t *pair = stage->table[2].data;
    vi sum[4], zero = v_zero();
    for (int k = 0; k < 4; k++)
        sum[k] = v_set32(stage->k[1]);
    for (int p = 0; p < stage->k[4]; p++) {
        vi a = v_load(s->row[pair[3 * p]] + i), b = v_load(s->row[pair[3 * p + 1]] + i), w = v_set32(pair[3 * p + 2]);
        vi low = V(unpacklo_epi8)(a, b), high = V(unpackhi_epi8)(a, b);
        sum[0] = V(add_epi32)(sum[0], V(madd_epi16)(V(unpacklo_epi8)(low, zero), w));
        sum[1] = V(add_epi32)(sum[1], V(madd_epi16)(V(unpackhi_epi8)(low, zero), w));
        sum[2] = V(add_epi32)(sum[2], V(madd_epi16)(V(unpacklo_epi8)(high, zero), w));
        sum[3] = V(add_epi32)(sum[3], V(madd_epi16)(V(unpackhi_epi8)(high, zero), w));
    }
    vi most = v_set32(256 * stage->k[2] - 1);
    vf inverse = V(set1_ps)(1.0f / (float)stage->k[2]);
    for (int k = 0; k < 4; k++)
        sum[k] = wide_quotient(stage, sum[k], most, inverse);
    return V(packus_epi16)(V(packs_epi32)(sum[0], sum[1]), V(packs_epi32)(sum[2], sum[3]));
}

static void narrow_row(const struct flynn_stage *stage, const struct sources *s, uint8_t *out, int samples)
{
    vi v[NARROW];
    int i = 0;
    for (; i + NARROW * VEC <= samples; i += NARROW * VEC) {
        narrow_vectors(stage, s, i, NARROW, v);
        for (int k = 0; k < NARROW; k++)
            v_store(out + i + k * VEC, v[k]);
    }
    if (i > 0 && i < samples && samples - i < VEC)
        i = samples - VEC;
    for (; i < samples; i = v_advance(i, VEC, samples)) {
        narrow_vectors(stage, s, i, 1, v);
        v_store_row(out, i, samples, 1, v[0]);
    }
}

static void convolve_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    struct sources s;
    if (has_factors(stage)) {
        convolve_factors(call, 1);
        return;
    }
    for (int r = 0; r < call->rows; r++) {
        find_sources(&s, call, r, 1);
        if (stage->k[6]) {
            narrow_row(stage, &s, call->out[r], samples);
            continue;
        }
        for (int i = 0; i < samples; i = v_advance(i, VEC, samples))
            v_store_row(call->out[r], i, samples, 1, wide_vector(stage, &s, i));
    }
}

/* ---- u16 --------------------------------------------------------------------------------------------------------- */

static void convolve_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *pair = stage->table[2].data;
    int samples = call->width * stage->in.channels;
    vi flip = v_set16(-32768), most = v_set32((int32_t)(65536u * (uint32_t)stage->k[2] - 1));
    vf inverse = V(set1_ps)(1.0f / (float)stage->k[2]);
    struct sources s;
    if (has_factors(stage)) {
        convolve_factors(call, 2);
        return;
    }
    for (int r = 0; r < call->rows; r++) {
        find_sources(&s, call, r, 2);
        for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
            vi low = v_set32(stage->k[5]), high = low;
            for (int p = 0; p < stage->k[4]; p++) {
                vi a = v_xor(v_load((const uint16_t *)s.row[pair[3 * p]] + i), flip);
                vi b = v_xor(v_load((const uint16_t *)s.row[pair[3 * p + 1]] + i), flip);
                vi w = v_set32(pair[3 * p + 2]);
                low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(a, b), w));
                high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(a, b), w));
            }
            v_store_row(
                call->out[r], i, samples, 2,
                v_pack_words(word_quotient(stage, low, most, inverse), word_quotient(stage, high, most, inverse)));
        }
    }
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

FLYNN_UNROLLED void float_vectors(const struct flynn_stage *stage, const struct sources *s, int i, int n, vf *sum)
{
    const float *weight = stage->table[1].data;
    for (int v = 0; v < n; v++)
        sum[v] = V(mul_ps)(V(set1_ps)(weight[0]), vf_load((const float *)s->row[0] + i + v * (VEC / 4)));
    for (int t = 1; t < stage->k[0]; t++) {
        vf w = V(set1_ps)(weight[t]);
        for (int v = 0; v < n; v++)
            sum[v] = V(add_ps)(sum[v], V(mul_ps)(w, vf_load((const float *)s->row[t] + i + v * (VEC / 4))));
    }
    for (int v = 0; v < n; v++)
        sum[v] = V(add_ps)(sum[v], V(set1_ps)(stage->f[0]));
}

static void convolve_f32(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    struct sources s;
    vf sum[4];
    for (int r = 0; r < call->rows; r++) {
        float *out = call->out[r];
        int i = 0;
        find_sources(&s, call, r, 4);
        for (; i + VEC <= samples; i += VEC) {
            float_vectors(stage, &s, i, 4, sum);
            for (int v = 0; v < 4; v++)
                vf_store(out + i + v * (VEC / 4), sum[v]);
        }
        if (i > 0 && i < samples && samples - i < VEC / 4)
            i = samples - VEC / 4;
        for (; i < samples; i = v_advance(i, VEC / 4, samples)) {
            float_vectors(stage, &s, i, 1, sum);
            v_store_row(out, i, samples, 4, V_AS_I(sum[0]));
        }
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(convolve);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(convolve) = {
    .fn = {{[FLYNN_U8] = convolve_u8, [FLYNN_U16] = convolve_u16, [FLYNN_F32] = convolve_f32}},
};
