/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/resize_across.h"
#include "simd/resize_across_f32.h"
#include "simd/resize_bilinear.h"
#include "simd/resize_down.h"

/* The meaning of tables and k, and the gathering plan, are described in cpu/resize.c and core/gather.h; the filters
 * stand in the headers above. */
enum { ACROSS, DOWN, NEAREST, HALF, ACROSS_FIRST, DOWN_FIRST, ACROSS_LAST, DOWN_LAST };

/* ---- bilinear, down the columns -------------------------------------------------------------------------------- */

/* Rows are stored less 32768; the rounding constant puts back 256 times that. */
static inline wi down_u8_half(const uint16_t *a, const uint16_t *b, wi weights)
{
    wi p = w_load(a), q = w_load(b), round = W(set1_epi32)((32768 << 8) + (1 << 15));
    wi low = W(madd_epi16)(W(unpacklo_epi16)(p, q), weights), high = W(madd_epi16)(W(unpackhi_epi16)(p, q), weights);
    low = W(srli_epi32)(W(add_epi32)(low, round), 16);
    high = W(srli_epi32)(W(add_epi32)(high, round), 16);
    return W(packs_epi32)(low, high);
}

static inline wi down_u8_vector(const uint16_t *a, const uint16_t *b, wi weights)
{
    wi v = W(packus_epi16)(down_u8_half(a, b, weights), down_u8_half(a + WIDE / 2, b + WIDE / 2, weights));
#if WIDE == 32
    v = simde_mm256_permute4x64_epi64(v, 0xd8);
#endif
    return v;
}

static void down_u8(const struct flynn_call *call)
{
    int w = ((const int32_t *)call->stage->table[3].data)[call->y];
    const uint16_t *a = call->in[0], *b = call->in[1];
    uint8_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels, i = 0;
    wi weights = W(set1_epi32)(256 - w + w * 65536);
    for (; i + WIDE <= samples; i += WIDE)
        w_store(out + i, down_u8_vector(a + i, b + i, weights));
    if (i < samples && samples >= WIDE)
        w_store(out + samples - WIDE, down_u8_vector(a + samples - WIDE, b + samples - WIDE, weights));
    for (; i < samples && samples < WIDE; i++)
        out[i] = (uint8_t)(((a[i] ^ 0x8000) * (256 - w) + (b[i] ^ 0x8000) * w + (1 << 15)) >> 16);
}

/* The upper halves of 64-bit sums: even elements shifted down, odd ones in place. */
static inline wi down_u16_vector(const uint32_t *a, const uint32_t *b, wi w0, wi w1)
{
    wi p = w_load(a), q = w_load(b), round = W(set1_epi64x)(1LL << 31);
    wi even = W(add_epi64)(W(mul_epu32)(p, w0), W(mul_epu32)(q, w1));
    p = W(srli_epi64)(p, 32);
    q = W(srli_epi64)(q, 32);
    wi odd = W(add_epi64)(W(mul_epu32)(p, w0), W(mul_epu32)(q, w1));
    even = W(srli_epi64)(W(add_epi64)(even, round), 32);
    odd = W(add_epi64)(odd, round);
    return W_SI(or)(even, W_SI(and)(odd, W(set1_epi64x)((int64_t)0xffffffff00000000)));
}

/* Two vectors of 32-bit numbers up to 65535 in one of 16 bits. Without packus_epi32 the numbers are sign-extended
 * first. */
static inline wi narrow(wi p, wi q)
{
#if W_SHUFFLES
    wi v = W(packus_epi32)(p, q);
#else
    p = W(srai_epi32)(W(slli_epi32)(p, 16), 16);
    q = W(srai_epi32)(W(slli_epi32)(q, 16), 16);
    wi v = W(packs_epi32)(p, q);
#endif
#if WIDE == 32
    v = simde_mm256_permute4x64_epi64(v, 0xd8);
#endif
    return v;
}

static void down_u16(const struct flynn_call *call)
{
    uint64_t w = (uint64_t)((const int32_t *)call->stage->table[3].data)[call->y];
    const uint32_t *a = call->in[0], *b = call->in[1];
    uint16_t *out = call->out[0];
    int samples = call->width * call->stage->in.channels, i = 0;
    wi w0 = W(set1_epi64x)(65536 - (int64_t)w), w1 = W(set1_epi64x)((int64_t)w);
    for (; i + WIDE / 2 <= samples; i += WIDE / 2) {
        wi p = down_u16_vector(a + i, b + i, w0, w1);
        wi q = down_u16_vector(a + i + WIDE / 4, b + i + WIDE / 4, w0, w1);
        w_store(out + i, narrow(p, q));
    }
    for (; i < samples; i++)
        out[i] = (uint16_t)((a[i] * (65536 - w) + b[i] * w + (1u << 31)) >> 32);
}

static void down_f32(const struct flynn_call *call)
{
    float w = ((const float *)call->stage->table[3].data)[call->y];
    const float *a = call->in[0], *b = call->in[1];
    float *out = call->out[0];
    int samples = call->width * call->stage->in.channels, i = 0;
    vf w1 = V(set1_ps)(w), w0 = V(set1_ps)(1 - w);
    if (w == 0) {
        memcpy(out, a, (size_t)samples * sizeof *out);
        return;
    }
    for (; i + VEC / 4 <= samples; i += VEC / 4)
        vf_store(out + i, V(add_ps)(V(mul_ps)(vf_load(a + i), w0), V(mul_ps)(vf_load(b + i), w1)));
    for (; i < samples; i++)
        out[i] = a[i] * (1 - w) + b[i] * w;
}

/* ---- bilinear at half the size --------------------------------------------------------------------------------- */

#if W_SHUFFLES
/* Bring the samples that are added into neighbouring places: of u8 8 pairs in 16 bytes, of u16 4; of pixels of 3
 * samples 6 and 3 pairs in 12 bytes. */
static inline wi pair_order(int channels, int bytes)
{
    uint8_t order[16];
    for (int i = 0; i < 16; i++) {
        int sample = i / bytes, pair = sample / 2;
        int from = (pair / channels * 2 + sample % 2) * channels + pair % channels;
        order[i] = (uint8_t)(from * bytes + i % bytes);
    }
    return w_repeat16(order);
}

/* The means of one vector of pairs in each row: u16 from u8, u32 from u16. */
static inline wi half_means(wi a, wi b, wi order, int bytes)
{
    a = W(shuffle_epi8)(a, order);
    b = W(shuffle_epi8)(b, order);
    if (bytes == 1) {
        wi ones = W(set1_epi8)(1);
        wi sum = W(add_epi16)(W(maddubs_epi16)(a, ones), W(maddubs_epi16)(b, ones));
        return W(srli_epi16)(W(add_epi16)(sum, W(set1_epi16)(2)), 2);
    }
    wi ones = W(set1_epi16)(1), sign = W(set1_epi16)(-32768);
    wi sum = W(add_epi32)(W(madd_epi16)(W_SI(xor)(a, sign), ones), W(madd_epi16)(W_SI(xor)(b, sign), ones));
    return W(srli_epi32)(W(add_epi32)(sum, W(set1_epi32)(4 * 32768 + 2)), 2);
}

/* 2 * W_LANES groups of 16 bytes (pixels of 3 samples: 12) in each row make W_LANES of them. */
static inline wi half_vector(const uint8_t *a, const uint8_t *b, wi order, int bytes, ptrdiff_t group)
{
    wi p = half_means(w_load_lanes(a, 2 * group), w_load_lanes(b, 2 * group), order, bytes);
    wi q = half_means(w_load_lanes(a + group, 2 * group), w_load_lanes(b + group, 2 * group), order, bytes);
    return bytes == 1 ? W(packus_epi16)(p, q) : W(packus_epi32)(p, q);
}

/* Bytes of the output row that are made; the rest is left. */
static inline size_t half_row(const struct flynn_call *call, int bytes, size_t group)
{
    static const int8_t six[16] = {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1};
    int channels = call->stage->in.channels;
    size_t total = (size_t)call->width * (size_t)(channels * bytes), i = 0;
    const uint8_t *a = call->in[0], *b = call->in[1];
    uint8_t *out = call->out[0];
    wi order = pair_order(channels, bytes);
    for (; 2 * (i + group * W_LANES) + 16 - group <= 2 * total; i += group * W_LANES) {
        wi v = half_vector(a + 2 * i, b + 2 * i, order, bytes, (ptrdiff_t)group);
        if (group == 16)
            w_store(out + i, v);
        else
            w_store_12(out + i, W(shuffle_epi8)(v, w_repeat16(six)));
    }
    return i;
}

static void half_u8(const struct flynn_call *call)
{
    int channels = call->stage->in.channels;
    size_t samples = (size_t)call->width * (size_t)channels;
    size_t i = channels == 3 ? half_row(call, 1, 12) : half_row(call, 1, 16);
    for (; i < samples; i++) {
        size_t at = (i / (size_t)channels * 2) * (size_t)channels + i % (size_t)channels;
        const uint8_t *a = (const uint8_t *)call->in[0] + at, *b = (const uint8_t *)call->in[1] + at;
        ((uint8_t *)call->out[0])[i] = (uint8_t)((a[0] + a[channels] + b[0] + b[channels] + 2) >> 2);
    }
}

static void half_u16(const struct flynn_call *call)
{
    int channels = call->stage->in.channels;
    size_t samples = (size_t)call->width * (size_t)channels;
    size_t i = (channels == 3 ? half_row(call, 2, 12) : half_row(call, 2, 16)) / 2;
    for (; i < samples; i++) {
        size_t at = (i / (size_t)channels * 2) * (size_t)channels + i % (size_t)channels;
        const uint16_t *a = (const uint16_t *)call->in[0] + at, *b = (const uint16_t *)call->in[1] + at;
        ((uint16_t *)call->out[0])[i] = (uint16_t)((a[0] + a[channels] + b[0] + b[channels] + 2) >> 2);
    }
}
#else
#define half_u8  NULL
#define half_u16 NULL
#endif

/* ---- nearest --------------------------------------------------------------------------------------------------- */

#if W_SHUFFLES
static inline int nearest_groups(const struct flynn_call *call, size_t pixel, int loads)
{
    struct gather p = gather_start(call);
    size_t bytes = 16 / pixel * pixel;
    int end = whole_groups((size_t)call->width * pixel, bytes);
    uint8_t *out = call->out[0];
    for (int g = 0; g < end; g += W_LANES)
        store_groups(out + (size_t)g * bytes, gather_groups(&p, g, loads), bytes);
    return end * (int)(16 / pixel);
}

static inline void nearest_pixels(const struct flynn_call *call, size_t pixel)
{
    const int32_t *tap = call->stage->table[0].data;
    const uint8_t *in = call->in[0];
    uint8_t *out = call->out[0];
    int loads = call->stage->k[0];
    int x = loads == 1   ? nearest_groups(call, pixel, 1)
            : loads == 2 ? nearest_groups(call, pixel, 2)
            : loads == 4 ? nearest_groups(call, pixel, 4)
                         : 0;
    for (; x < call->width; x++)
        memcpy(out + (size_t)x * pixel, in + (size_t)tap[x] * pixel, pixel);
}

static void nearest(const struct flynn_call *call)
{
    switch ((size_t)call->stage->in.channels * flynn_type_bytes(call->stage->in.type)) {
    case 1:
        nearest_pixels(call, 1);
        break;
    case 2:
        nearest_pixels(call, 2);
        break;
    case 3:
        nearest_pixels(call, 3);
        break;
    case 4:
        nearest_pixels(call, 4);
        break;
    case 6:
        nearest_pixels(call, 6);
        break;
    case 8:
        nearest_pixels(call, 8);
        break;
    case 12:
        nearest_pixels(call, 12);
        break;
    default:
        nearest_pixels(call, 16);
    }
}
#else
#define nearest NULL
#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(resize);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(resize) = {
    .fn = {[ACROSS] = {[FLYNN_U8] = across_u8, [FLYNN_U16] = across_u16, [FLYNN_F32] = across_f32},
           [DOWN] = {[FLYNN_U8] = down_u8, [FLYNN_U16] = down_u16, [FLYNN_F32] = down_f32},
           [HALF] = {[FLYNN_U8] = half_u8, [FLYNN_U16] = half_u16},
           [NEAREST] = {[FLYNN_U8] = nearest, [FLYNN_U16] = nearest, [FLYNN_F32] = nearest},
           [ACROSS_FIRST] = {across_first_u8, across_first_u16, across_filter_f32},
           [DOWN_FIRST] = {down_first_u8, down_first_u16, down_filter_f32},
           [ACROSS_LAST] = {across_last_u8, across_last_u16, across_filter_f32},
           [DOWN_LAST] = {down_last_u8, down_last_u16, down_filter_f32}},
};
