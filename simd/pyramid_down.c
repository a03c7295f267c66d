/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/filter.h"

/* Stages are described in cpu/pyramid_down.c. */
enum { DOWN, ACROSS };

/* a + e + 4 * (b + d) + 6 * c, of 16 and of 32 bits. */
static inline vi five16(vi a, vi b, vi c, vi d, vi e)
{
    vi four = V(add_epi16)(V(add_epi16)(b, d), c);
    vi rest = V(add_epi16)(V(add_epi16)(a, e), V(add_epi16)(c, c));
    return V(add_epi16)(rest, V(slli_epi16)(four, 2));
}

static inline vi five32(vi a, vi b, vi c, vi d, vi e)
{
    vi four = V(add_epi32)(V(add_epi32)(b, d), c);
    vi rest = V(add_epi32)(V(add_epi32)(a, e), V(add_epi32)(c, c));
    return V(add_epi32)(rest, V(slli_epi32)(four, 2));
}

static inline vf five_f32(vf a, vf b, vf c, vf d, vf e)
{
    vf outer = V(add_ps)(V(add_ps)(a, e), V(mul_ps)(V(add_ps)(b, d), V(set1_ps)(4)));
    return V(add_ps)(outer, V(mul_ps)(c, V(set1_ps)(6)));
}

/* ---- down columns ---------------------------------------------------------------------------------------------- */

/* VEC samples of a + e + 4 * (b + d) + 6 * c, in the order of unpacked bytes. */
static inline void five_bytes(const uint8_t *const *in, ptrdiff_t i, vi *low, vi *high)
{
    vi x[5];
    for (int k = 0; k < 5; k++)
        x[k] = v_load(in[k] + i);
#if defined(FLYNN_ISA_SSE2)
    vi zero = v_zero(), l[5], h[5];
    for (int k = 0; k < 5; k++) {
        l[k] = V(unpacklo_epi8)(x[k], zero);
        h[k] = V(unpackhi_epi8)(x[k], zero);
    }
    *low = five16(l[0], l[1], l[2], l[3], l[4]);
    *high = five16(h[0], h[1], h[2], h[3], h[4]);
#else
    vi outer = v_set16(1 | 4 << 8), inner = v_set16(6 | 4 << 8), last = v_set16(1);
    vi l = V(maddubs_epi16)(V(unpacklo_epi8)(x[0], x[1]), outer),
       h = V(maddubs_epi16)(V(unpackhi_epi8)(x[0], x[1]), outer);
    l = V(add_epi16)(l, V(maddubs_epi16)(V(unpacklo_epi8)(x[2], x[3]), inner));
    h = V(add_epi16)(h, V(maddubs_epi16)(V(unpackhi_epi8)(x[2], x[3]), inner));
    *low = V(add_epi16)(l, V(maddubs_epi16)(V(unpacklo_epi8)(x[4], x[4]), last));
    *high = V(add_epi16)(h, V(maddubs_epi16)(V(unpackhi_epi8)(x[4], x[4]), last));
#endif
}

static void down_u8(const struct flynn_call *call)
{
    const uint8_t *const *in = (const uint8_t *const *)call->in;
    uint16_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels, i = 0;
    for (; i < samples && samples >= VEC; i = v_advance(i, VEC, samples)) {
        vi a, b;
        five_bytes(in, i, &a, &b);
        v_unpacked_order(&a, &b);
        v_store(out + i, a);
        v_store(out + i + VEC / 2, b);
    }
    for (; i < samples; i++)
        out[i] = (uint16_t)(in[0][i] + in[4][i] + 4 * (in[1][i] + in[3][i]) + 6 * in[2][i]);
}

static void down_u16(const struct flynn_call *call)
{
    const uint16_t *const *in = (const uint16_t *const *)call->in;
    uint32_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels, i = 0;
    vi zero = v_zero();
    for (; i < samples && samples >= VEC / 2; i = v_advance(i, VEC / 2, samples)) {
        vi x[5], low[5], high[5];
        for (int k = 0; k < 5; k++) {
            x[k] = v_load(in[k] + i);
            low[k] = V(unpacklo_epi16)(x[k], zero);
            high[k] = V(unpackhi_epi16)(x[k], zero);
        }
        vi a = five32(low[0], low[1], low[2], low[3], low[4]), b = five32(high[0], high[1], high[2], high[3], high[4]);
        v_unpacked_order(&a, &b);
        v_store(out + i, a);
        v_store(out + i + VEC / 4, b);
    }
    for (; i < samples; i++)
        out[i] = in[0][i] + in[4][i] + 4u * ((uint32_t)in[1][i] + in[3][i]) + 6u * in[2][i];
}

static void down_f32(const struct flynn_call *call)
{
    const float *const *in = (const float *const *)call->in;
    float *out = call->out[0];
    int samples = call->width * call->stage->in.channels, i = 0;
    for (; i + VEC / 4 <= samples; i += VEC / 4)
        vf_store(out + i, five_f32(vf_load(in[0] + i), vf_load(in[1] + i), vf_load(in[2] + i), vf_load(in[3] + i),
                                   vf_load(in[4] + i)));
    for (; i < samples; i++)
        out[i] = (in[0][i] + in[4][i]) + (in[1][i] + in[3][i]) * 4 + in[2][i] * 6;
}

/* ---- along rows ------------------------------------------------------------------------------------------------ */

/* The even pixels of a row, from -2 on, and the odd ones, from -1 on, behind each other. */
struct halves {
    uint8_t *even, *odd;
};

/* Where the halves start in the state; a store may write 8 bytes more than it has to. */
static inline struct halves halves_of(const struct flynn_call *call, size_t sample)
{
    size_t pixels = (size_t)call->width + 4;
    uint8_t *even = call->state;
    return (struct halves){even, even + pixels * (size_t)call->stage->in.channels * sample + 16};
}

/* Two pairs of pixels of three samples, 12 bytes each. */
static inline void split_threes(const uint8_t *in, uint8_t *even, uint8_t *odd)
{
    simde__m128i a = simde_mm_loadu_si128((const void *)in), b = simde_mm_loadu_si128((const void *)(in + 12));
    simde__m128i six = simde_mm_srli_si128(simde_mm_set1_epi8(-1), 10);
    simde__m128i e = simde_mm_or_si128(simde_mm_and_si128(six, a), simde_mm_slli_si128(b, 6));
    simde__m128i o =
        simde_mm_or_si128(simde_mm_and_si128(six, simde_mm_srli_si128(a, 6)), simde_mm_andnot_si128(six, b));
    simde_mm_storeu_si128((void *)even, e);
    simde_mm_storeu_si128((void *)odd, o);
}

/* Pairs of pixels of two bytes a sample: four of one sample, two of two and three, one of four. */
static inline struct halves split16(const struct flynn_call *call, int channels)
{
    struct halves h = halves_of(call, 2);
    const uint8_t *in = (const uint8_t *)call->in[0] - 4 * channels;
    const size_t step = channels == 3 ? 24 : 16, made = step / 2;
    int pairs = (channels == 1 ? 4 : channels == 4 ? 1 : 2), count = (call->width + 2 + pairs - 1) / pairs;
    uint8_t *even = h.even, *odd = h.odd;
    for (int i = 0; i < count; i++, in += step, even += made, odd += made) {
        if (channels == 3) {
            split_threes(in, even, odd);
            continue;
        }
        simde__m128i v = simde_mm_loadu_si128((const void *)in);
        if (channels == 1)
            v = simde_mm_shuffle_epi32(simde_mm_shufflehi_epi16(simde_mm_shufflelo_epi16(v, 0xd8), 0xd8), 0xd8);
        else if (channels == 2)
            v = simde_mm_shuffle_epi32(v, 0xd8);
        simde_mm_storel_epi64((void *)even, v);
        simde_mm_storel_epi64((void *)odd, simde_mm_srli_si128(v, 8));
    }
    return h;
}

/* Pixels of four bytes a sample, copied. */
static inline struct halves split32(const struct flynn_call *call, int channels)
{
    struct halves h = halves_of(call, 4);
    const size_t pixel = (size_t)channels * 4;
    const uint8_t *in = (const uint8_t *)call->in[0] - 2 * pixel;
    for (int i = 0; i < call->width + 2; i++, in += 2 * pixel) {
        memcpy(h.even + (size_t)i * pixel, in, pixel);
        memcpy(h.odd + (size_t)i * pixel, in + pixel, pixel);
    }
    return h;
}

#define SPLIT(call, split)                                                                                             \
    ((call)->stage->in.channels == 1   ? split(call, 1)                                                                \
     : (call)->stage->in.channels == 2 ? split(call, 2)                                                                \
     : (call)->stage->in.channels == 3 ? split(call, 3)                                                                \
                                       : split(call, 4))

/* VEC / 2 sums of 16 bits, scaled. `e` and `o` are the pixel before. */
static inline vi across16(const uint8_t *e, const uint8_t *o, size_t pixel)
{
    vi s = five16(v_load(e), v_load(o), v_load(e + pixel), v_load(o + pixel), v_load(e + 2 * pixel));
    return V(srli_epi16)(V(add_epi16)(s, v_set16(128)), 8);
}

static void across_u8(const struct flynn_call *call)
{
    struct halves h = SPLIT(call, split16);
    int channels = call->stage->in.channels, samples = call->width * channels;
    size_t pixel = (size_t)channels * 2;
    uint8_t *out = call->out[0];
    int i = 0;
    for (; i < samples && samples >= VEC; i = v_advance(i, VEC, samples)) {
        const uint8_t *e = h.even + (size_t)i * 2, *o = h.odd + (size_t)i * 2;
        vi v = V(packus_epi16)(across16(e, o, pixel), across16(e + VEC, o + VEC, pixel));
        v_store(out + i, v_packed_order(v));
    }
    const uint16_t *e = (const void *)h.even, *o = (const void *)h.odd;
    for (; i < samples; i++) {
        int sum = e[i] + e[i + 2 * channels] + 4 * (o[i] + o[i + channels]) + 6 * e[i + channels];
        out[i] = (uint8_t)((sum + 128) >> 8);
    }
}

static inline vi across32(const uint8_t *e, const uint8_t *o, size_t pixel)
{
    vi s = five32(v_load(e), v_load(o), v_load(e + pixel), v_load(o + pixel), v_load(e + 2 * pixel));
    return V(srli_epi32)(V(add_epi32)(s, v_set32(128)), 8);
}

static void across_u16(const struct flynn_call *call)
{
    struct halves h = SPLIT(call, split32);
    int channels = call->stage->in.channels, samples = call->width * channels;
    size_t pixel = (size_t)channels * 4;
    uint16_t *out = call->out[0];
    int i = 0;
    for (; i < samples && samples >= VEC / 2; i = v_advance(i, VEC / 2, samples)) {
        const uint8_t *e = h.even + (size_t)i * 4, *o = h.odd + (size_t)i * 4;
        vi v = v_pack_words(across32(e, o, pixel), across32(e + VEC, o + VEC, pixel));
        v_store(out + i, v_packed_order(v));
    }
    const uint32_t *e = (const void *)h.even, *o = (const void *)h.odd;
    for (; i < samples; i++) {
        uint32_t sum = e[i] + e[i + 2 * channels] + 4 * (o[i] + o[i + channels]) + 6 * e[i + channels];
        out[i] = (uint16_t)((sum + 128) >> 8);
    }
}

static void across_f32(const struct flynn_call *call)
{
    struct halves h = SPLIT(call, split32);
    int channels = call->stage->in.channels, samples = call->width * channels, i = 0;
    const float *e = (const void *)h.even, *o = (const void *)h.odd;
    float *out = call->out[0];
    vf scale = V(set1_ps)(1.0f / 256);
    for (; i + VEC / 4 <= samples; i += VEC / 4) {
        vf s = five_f32(vf_load(e + i), vf_load(o + i), vf_load(e + i + channels), vf_load(o + i + channels),
                        vf_load(e + i + 2 * channels));
        vf_store(out + i, V(mul_ps)(s, scale));
    }
    for (; i < samples; i++) {
        float sum = (e[i] + e[i + 2 * channels]) + (o[i] + o[i + channels]) * 4 + e[i + channels] * 6;
        out[i] = sum * (1.0f / 256);
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(pyramid_down);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(pyramid_down) = {
    .fn = {[DOWN] = {down_u8, down_u16, down_f32}, [ACROSS] = {across_u8, across_u16, across_f32}},
};
