/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RESIZE_BILINEAR_H
#define FLYNN_SIMD_RESIZE_BILINEAR_H

#include "simd/resize_gather.h"

/** Bilinear resizing along the row. */

#if W_SHUFFLES
static void across_u8_rest(const struct flynn_call *call, int x)
{
    const int32_t *tap = call->stage->table[0].data, *weight = call->stage->table[1].data;
    int channels = call->stage->in.channels, last = call->stage->in.width - 1;
    for (; x < call->width; x++) {
        const uint8_t *a = (const uint8_t *)call->in[0] + (size_t)tap[x] * (size_t)channels;
        const uint8_t *b = tap[x] < last ? a + channels : a;
        uint16_t *out = (uint16_t *)call->out[0] + (size_t)x * (size_t)channels;
        for (int c = 0; c < channels; c++)
            out[c] = (uint16_t)((a[c] * (256 - weight[x]) + b[c] * weight[x]) ^ 0x8000);
    }
}

/* Unsigned weights times signed samples, which are the samples less 128: their sum is the result less 32768, and fits.
 */
static inline int across_u8_groups(const struct flynn_call *call, int loads)
{
    struct gather p = gather_start(call);
    const uint8_t *weights = gather_weights(&p);
    size_t bytes = (size_t)call->stage->k[2] * (size_t)call->stage->in.channels * 2;
    int end = whole_groups((size_t)call->width * (size_t)call->stage->in.channels * 2, bytes);
    uint8_t *out = call->out[0];
    wi sign = W(set1_epi8)(-128);
    for (int g = 0; g < end; g += W_LANES) {
        wi pairs = W_SI(xor)(gather_groups(&p, g, loads), sign);
        store_groups(out + (size_t)g * bytes, W(maddubs_epi16)(w_load(weights + (size_t)g * 16), pairs), bytes);
    }
    return end * call->stage->k[2];
}

static void across_u8(const struct flynn_call *call)
{
    int loads = call->stage->k[0];
    int done = loads == 1   ? across_u8_groups(call, 1)
               : loads == 2 ? across_u8_groups(call, 2)
               : loads == 4 ? across_u8_groups(call, 4)
                            : 0;
    across_u8_rest(call, done);
}

static void across_u16_rest(const struct flynn_call *call, int x)
{
    const int32_t *tap = call->stage->table[0].data, *weight = call->stage->table[1].data;
    int channels = call->stage->in.channels, last = call->stage->in.width - 1;
    for (; x < call->width; x++) {
        const uint16_t *a = (const uint16_t *)call->in[0] + (size_t)tap[x] * (size_t)channels;
        const uint16_t *b = tap[x] < last ? a + channels : a;
        uint32_t *out = (uint32_t *)call->out[0] + (size_t)x * (size_t)channels, w = (uint32_t)weight[x];
        for (int c = 0; c < channels; c++)
            out[c] = a[c] * (65536 - w) + b[c] * w;
    }
}

/* a * (65536 - w) + b * w = a * 65536 + (b - a) * w, modulo 2^32. */
static inline int across_u16_groups(const struct flynn_call *call, int loads)
{
    struct gather p = gather_start(call);
    const uint8_t *weights = gather_weights(&p);
    size_t bytes = (size_t)call->stage->k[2] * (size_t)call->stage->in.channels * 4;
    int end = whole_groups((size_t)call->width * (size_t)call->stage->in.channels * 4, bytes);
    uint8_t *out = call->out[0];
    wi low = W(set1_epi32)(0xffff);
    for (int g = 0; g < end; g += W_LANES) {
        wi pairs = gather_groups(&p, g, loads);
        wi step = W(sub_epi32)(W_SI(and)(pairs, low), W(srli_epi32)(pairs, 16));
        wi sum = W(mullo_epi32)(step, w_load(weights + (size_t)g * 16));
        sum = W(add_epi32)(sum, W_SI(andnot)(low, pairs));
        store_groups(out + (size_t)g * bytes, sum, bytes);
    }
    return end * call->stage->k[2];
}

static void across_u16(const struct flynn_call *call)
{
    int loads = call->stage->k[0];
    int done = loads == 1   ? across_u16_groups(call, 1)
               : loads == 2 ? across_u16_groups(call, 2)
               : loads == 4 ? across_u16_groups(call, 4)
                            : 0;
    across_u16_rest(call, done);
}
#else
/* Gathering without a byte shuffle is no better than the scalar code. */
#define across_u8  NULL
#define across_u16 NULL
#endif

/* x[k] where w = 0, else x[k] * (1 - w) + x[k + 1] * w */
static inline simde__m128 lerp(simde__m128 a, simde__m128 b, simde__m128 w)
{
    simde__m128 none = simde_mm_cmpeq_ps(w, simde_mm_setzero_ps());
    simde__m128 sum =
        simde_mm_add_ps(simde_mm_mul_ps(a, simde_mm_sub_ps(simde_mm_set1_ps(1), w)), simde_mm_mul_ps(b, w));
    return simde_mm_or_ps(simde_mm_and_ps(none, a), simde_mm_andnot_ps(none, sum));
}

static inline simde__m128 load_two(const float *p, const float *q)
{
    simde__m128 v = simde_mm_castsi128_ps(simde_mm_loadl_epi64((const void *)p));
    return simde_mm_loadh_pi(v, (const void *)q);
}

/* Columns [x, end) one by one. */
static void across_f32_columns(const struct flynn_call *call, int x, int end)
{
    const int32_t *tap = call->stage->table[0].data;
    const float *weight = call->stage->table[1].data, *in = call->in[0];
    int channels = call->stage->in.channels, last = call->stage->in.width - 1;
    float *out = (float *)call->out[0] + (size_t)x * (size_t)channels;
    for (; x < end; x++) {
        const float *a = in + (size_t)tap[x] * (size_t)channels, *b = tap[x] < last ? a + channels : a;
        for (int c = 0; c < channels; c++)
            *out++ = weight[x] == 0 ? a[c] : a[c] * (1 - weight[x]) + b[c] * weight[x];
    }
}

/* From x on, as many columns as the vectors reach; all taps are before `last`, so that two pixels can be read. */
static int across_f32_1(const float *in, float *out, const int32_t *tap, const float *weight, int x, int end)
{
    for (; x + 4 <= end; x += 4) {
        simde__m128 p = load_two(in + tap[x], in + tap[x + 1]), q = load_two(in + tap[x + 2], in + tap[x + 3]);
        simde__m128 a = simde_mm_shuffle_ps(p, q, 0x88), b = simde_mm_shuffle_ps(p, q, 0xdd);
        simde_mm_storeu_ps(out + x, lerp(a, b, simde_mm_loadu_ps(weight + x)));
    }
    return x;
}

static int across_f32_2(const float *in, float *out, const int32_t *tap, const float *weight, int x, int end)
{
    for (; x + 2 <= end; x += 2) {
        simde__m128 p = simde_mm_loadu_ps(in + 2 * (size_t)tap[x]), q = simde_mm_loadu_ps(in + 2 * (size_t)tap[x + 1]);
        simde__m128 w = simde_mm_castsi128_ps(simde_mm_loadl_epi64((const void *)(weight + x)));
        simde__m128 r = lerp(simde_mm_movelh_ps(p, q), simde_mm_movehl_ps(q, p), simde_mm_unpacklo_ps(w, w));
        simde_mm_storeu_ps(out + 2 * (size_t)x, r);
    }
    return x;
}

/* Pixels of 3: the second tap is loaded one sample early, so that nothing is read beyond the two pixels; a store runs
 * into the next column, so one column less is made. */
static int across_f32_3(const float *in, float *out, const int32_t *tap, const float *weight, int x, int end)
{
    for (; x + 1 < end; x++) {
        const float *p = in + 3 * (size_t)tap[x];
        simde__m128 b = simde_mm_loadu_ps(p + 2);
        b = simde_mm_shuffle_ps(b, b, 0x39);
        simde_mm_storeu_ps(out + 3 * (size_t)x, lerp(simde_mm_loadu_ps(p), b, simde_mm_set1_ps(weight[x])));
    }
    return x;
}

static int across_f32_4(const float *in, float *out, const int32_t *tap, const float *weight, int x, int end)
{
    for (; x < end; x++) {
        const float *p = in + 4 * (size_t)tap[x];
        simde__m128 r = lerp(simde_mm_loadu_ps(p), simde_mm_loadu_ps(p + 4), simde_mm_set1_ps(weight[x]));
        simde_mm_storeu_ps(out + 4 * (size_t)x, r);
    }
    return x;
}

static void across_f32(const struct flynn_call *call)
{
    const int32_t *tap = call->stage->table[0].data;
    const float *weight = call->stage->table[1].data, *in = call->in[0];
    float *out = call->out[0];
    int end = call->width, x = 0;
    while (end > 0 && tap[end - 1] >= call->stage->in.width - 1)
        end--;
    switch (call->stage->in.channels) {
    case 1:
        x = across_f32_1(in, out, tap, weight, x, end);
        break;
    case 2:
        x = across_f32_2(in, out, tap, weight, x, end);
        break;
    case 3:
        x = across_f32_3(in, out, tap, weight, x, end);
        break;
    default:
        x = across_f32_4(in, out, tap, weight, x, end);
    }
    across_f32_columns(call, x, call->width);
}

#endif
