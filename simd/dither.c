/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"

struct dither {
    wi most, step, step_low, keep; /* keep: all ones at alpha's samples */
    wf most_float;
};

/* One vector of the output from samples and their thresholds. */
typedef wi dither_map(wi x, wi threshold, const struct dither *t);

/* Two levels: white where the sum reaches 255. */
static inline wi two_levels(wi x, wi threshold, const struct dither *t)
{
    (void)t;
    return W(cmpeq_epi8)(W(max_epu8)(x, W_SI(xor)(threshold, w_set8(-1))), x);
}

/* 0x8081 and a shift by 23 divide every 16-bit number by 255. */
static inline wi words(wi x, wi threshold, const struct dither *t)
{
    wi sum = W(add_epi16)(W(mullo_epi16)(x, t->most), threshold);
    wi level = W(srli_epi16)(W(mulhi_epu16)(sum, w_set16(-32639)), 7);
    return W(srli_epi16)(W(add_epi16)(W(mullo_epi16)(level, t->step), w_set16(128)), 8);
}

static inline wi bytes(wi x, wi threshold, const struct dither *t)
{
    const wi zero = w_zero();
    wi low = words(W(unpacklo_epi8)(x, zero), W(unpacklo_epi8)(threshold, zero), t);
    wi high = words(W(unpackhi_epi8)(x, zero), W(unpackhi_epi8)(threshold, zero), t);
    return W(packus_epi16)(low, high);
}

/* sum / 65535 */
static inline wi level_of(wi product, wi threshold)
{
    wi sum = W(add_epi32)(product, threshold);
    return W(srli_epi32)(W(add_epi32)(W(add_epi32)(sum, W(srli_epi32)(sum, 16)), w_set32(1)), 16);
}

/* The level times the step in 1/65536: its upper and lower half apart. */
static inline wi shorts(wi x, wi threshold, const struct dither *t)
{
    const wi zero = w_zero();
    wi low = W(mullo_epi16)(x, t->most), high = W(mulhi_epu16)(x, t->most);
    wi q = W(packs_epi32)(level_of(W(unpacklo_epi16)(low, high), W(unpacklo_epi16)(threshold, zero)),
                          level_of(W(unpackhi_epi16)(low, high), W(unpackhi_epi16)(threshold, zero)));
    wi part = W(add_epi16)(W(mulhi_epu16)(q, t->step_low), W(srli_epi16)(W(mullo_epi16)(q, t->step_low), 15));
    return W(add_epi16)(W(mullo_epi16)(q, t->step), part);
}

/* max and min take their second operand where one is a NaN. */
static inline wi floats(wi bits, wi threshold, const struct dither *t)
{
    wf x = W(min_ps)(W(max_ps)(W_AS_F(bits), W(set1_ps)(0.0f)), W(set1_ps)(1.0f));
    wi level = W(cvttps_epi32)(W(add_ps)(W(mul_ps)(x, t->most_float), W_AS_F(threshold)));
    return W_AS_I(W(div_ps)(W(cvtepi32_ps)(level), t->most_float));
}

POINT_INLINE wi vector(const uint8_t *in, const uint8_t *threshold, const struct dither *t, dither_map *map)
{
    wi x = w_load(in), y = map(x, w_load(threshold), t);
    return W_SI(or)(W_SI(and)(t->keep, x), W_SI(andnot)(t->keep, y));
}

/* at: where the thresholds of the row's first sample begin; they repeat after `period` bytes. */
POINT_INLINE void dither_row(const uint8_t *in, const uint8_t *threshold, uint8_t *out, size_t n, size_t at,
                             size_t period, const struct dither *t, dither_map *map)
{
    size_t i = 0, step = WIDE % period;
    for (; i + WIDE <= n; i += WIDE) {
        w_store(out + i, vector(in + i, threshold + at, t, map));
        at += step;
        at = at >= period ? at - period : at;
    }
    if (i < n) {
        uint8_t part[WIDE] = {0};
        memcpy(part, in + i, n - i);
        w_store(part, vector(part, threshold + at, t, map));
        memcpy(out + i, part, n - i);
    }
}

POINT_INLINE void run(const struct flynn_call *call, int sample, dither_map *map)
{
    const struct flynn_stage *stage = call->stage;
    const uint8_t *table = stage->table[0].data;
    int channels = stage->in.channels, side = stage->k[3];
    size_t size = (size_t)sample, n = (size_t)call->width * (size_t)channels * size;
    size_t period = (size_t)stage->k[4] * size, at = (size_t)(call->x % side * channels) * size;
    uint8_t keep[WIDE];
    for (int i = 0; i < WIDE; i++)
        keep[i] = channels % 2 == 0 && i / sample % channels == channels - 1 ? 0xff : 0;
    int step = sample == 2 ? (int)((uint32_t)stage->k[2] >> 16) : stage->k[2];
    struct dither t = {w_set16(stage->k[1]), w_set16(step), w_set16(stage->k[2]), w_load(keep),
                       W(set1_ps)((float)stage->k[1])};
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *threshold = table + (size_t)((call->y + r) % side * stage->k[5]) * size;
        dither_row(call->in[r], threshold, call->out[r], n, at, period, &t, map);
    }
}

static void dither_u8(const struct flynn_call *call)
{
    if (call->stage->k[1] == 1)
        run(call, 1, two_levels);
    else
        run(call, 1, bytes);
}

static void dither_u16(const struct flynn_call *call)
{
    run(call, 2, shorts);
}

static void dither_f32(const struct flynn_call *call)
{
    run(call, sizeof(float), floats);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(dither);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(dither) = {
    .fn = {{[FLYNN_U8] = dither_u8, [FLYNN_U16] = dither_u16, [FLYNN_F32] = dither_f32}},
};
