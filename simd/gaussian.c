/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/gaussian_bytes.h"
#include "simd/gaussian_far.h"
#include "simd/gaussian_near.h"

/* The stages and their tables are described in cpu/gaussian.c. */

/* ---- u16 --------------------------------------------------------------------------------------------------------- */

/* Samples are made signed for the multiplication, 32768 less; the weights sum to 65536, which 2^31 makes good. */
static void across_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    const int32_t *pair = stage->table[2].data;
    int channels = stage->in.channels, samples = call->width * channels;
    vi flip = v_set16(-32768);
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint32_t *out = call->out[r];
        for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
            vi low = v_set32(INT32_MIN), high = low;
            for (int t = 0; t < stage->k[4]; t++) {
                ptrdiff_t far = (ptrdiff_t)pair[2 * t] * channels;
                vi a = v_xor(v_load(in + i - far), flip), b = v_xor(v_load(in + i + far), flip);
                vi w = v_set32(pair[2 * t + 1]);
                low = V(add_epi32)(low, V(madd_epi16)(V(unpacklo_epi16)(a, b), w));
                high = V(add_epi32)(high, V(madd_epi16)(V(unpackhi_epi16)(a, b), w));
            }
            v_unpacked_order(&low, &high);
            v_store_row(out, i, samples, 4, low);
            if (i + VEC / 4 < samples)
                v_store_row(out, i + VEC / 4, samples, 4, high);
        }
    }
}

static inline void add_longs(vi *even, vi *odd, vi x, vi w)
{
    *even = V(add_epi64)(*even, V(mul_epu32)(x, w));
    *odd = V(add_epi64)(*odd, V(mul_epu32)(V(srli_epi64)(x, 32), w));
}

/* Sums of 64 bits; their upper halves are the samples, as 32-bit integers. */
static inline vi sum_longs(const struct flynn_stage *stage, const void *const *row, int i)
{
    const int32_t *distance = stage->table[0].data, *weight = stage->table[1].data;
    vi half = V(srli_epi64)(v_set32(INT32_MIN), 32), upper = V(slli_epi64)(v_set8(-1), 32), even = half, odd = half;
    add_longs(&even, &odd, v_load((const uint32_t *)row[0] + i), v_set32(weight[0]));
    for (int t = 1; t < stage->k[0]; t++) {
        vi w = v_set32(weight[t]);
        add_longs(&even, &odd, v_load((const uint32_t *)row[-distance[t]] + i), w);
        add_longs(&even, &odd, v_load((const uint32_t *)row[distance[t]] + i), w);
    }
    return v_or(V(srli_epi64)(even, 32), v_and(odd, upper));
}

static void down_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        for (int i = 0; i < samples; i = v_advance(i, VEC / 2, samples)) {
            vi first = sum_longs(stage, row, i), second = first;
            if (i + VEC / 4 < samples)
                second = sum_longs(stage, row, i + VEC / 4);
            v_store_row(call->out[r], i, samples, 2, v_packed_order(v_pack_words(first, second)));
        }
    }
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

/* `vectors` vectors from sample i on; both stages are this sum, of neighbours in the row or of neighbouring rows. */
FLYNN_UNROLLED void sum_floats(const struct flynn_stage *stage, const void *const *row, ptrdiff_t apart, int i,
                               int vectors, vf *sum)
{
    const int32_t *distance = stage->table[0].data;
    const float *weight = stage->table[1].data;
    for (int v = 0; v < vectors; v++)
        sum[v] = V(mul_ps)(V(set1_ps)(weight[0]), vf_load((const float *)row[0] + i + v * (VEC / 4)));
    for (int t = 1; t < stage->k[0]; t++) {
        ptrdiff_t far = distance[t] * apart;
        const float *a = apart ? (const float *)row[0] - far : row[-distance[t]];
        const float *b = apart ? (const float *)row[0] + far : row[distance[t]];
        vf w = V(set1_ps)(weight[t]);
        for (int v = 0; v < vectors; v++) {
            int at = i + v * (VEC / 4);
            sum[v] = V(add_ps)(sum[v], V(mul_ps)(w, V(add_ps)(vf_load(a + at), vf_load(b + at))));
        }
    }
}

FLYNN_UNROLLED void blur_floats(const struct flynn_call *call, ptrdiff_t apart)
{
    const struct flynn_stage *stage = call->stage;
    int samples = call->width * stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const void *const *row = call->in + stage->up + r;
        float *out = call->out[r];
        vf sum[4];
        int i = 0;
        for (; i + VEC <= samples; i += VEC) {
            sum_floats(stage, row, apart, i, 4, sum);
            for (int v = 0; v < 4; v++)
                vf_store(out + i + v * (VEC / 4), sum[v]);
        }
        if (i > 0 && i < samples && samples - i < VEC / 4)
            i = samples - VEC / 4;
        for (; i < samples; i = v_advance(i, VEC / 4, samples)) {
            sum_floats(stage, row, apart, i, 1, sum);
            v_store_row(out, i, samples, 4, V_AS_I(sum[0]));
        }
    }
}

static void across_f32(const struct flynn_call *call)
{
    blur_floats(call, call->stage->in.channels);
}

static void down_f32(const struct flynn_call *call)
{
    blur_floats(call, 0);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(gaussian);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(gaussian) = {
    .fn = {{[FLYNN_U8] = across_u8, [FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32},
           {[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
           {[FLYNN_U8] = near_u8},
           {[FLYNN_U8] = far_down_u8},
           {[FLYNN_U8] = far_across_u8}},
};
