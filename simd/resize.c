/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/resize_across.h"
#include "simd/resize_across_f32.h"
#include "simd/resize_down.h"

/* The meaning of tables and k, and the gathering plan, are described in cpu/resize.c and core/gather.h; the filters
 * stand in the headers above. */
enum { ACROSS, DOWN, NEAREST, HALF, ACROSS_FIRST, DOWN_FIRST, ACROSS_LAST, DOWN_LAST };

/* ---- gathering ------------------------------------------------------------------------------------------------- */

#if W_SHUFFLES
struct gather {
    const uint8_t *row;
    const uint8_t *order;
    const int32_t *base;
    int loads, groups;
};

static inline struct gather gather_start(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    return (struct gather){call->in[0], stage->table[2].data, stage->table[3].data, stage->k[0], stage->k[1]};
}

/* The 16 bytes of group g, and of the next one in the second lane. */
static inline wi gather_groups(const struct gather *p, int g, int loads)
{
    wi v;
    for (int l = 0; l < loads; l++) {
        size_t at = (size_t)l * (size_t)p->groups + (size_t)g;
        wi bytes = w_load_lanes(p->row + p->base[at], p->base[at + W_LANES - 1] - p->base[at]);
        bytes = W(shuffle_epi8)(bytes, w_load(p->order + at * 16));
        v = l ? W_SI(or)(v, bytes) : bytes;
    }
    return v;
}

static inline const uint8_t *gather_weights(const struct gather *p)
{
    return p->order + (size_t)p->loads * (size_t)p->groups * 16;
}

/* Store what two groups give when a group gives `bytes` <= 16 bytes; up to 16 bytes from the start of each are written.
 */
static inline void store_groups(uint8_t *to, wi v, size_t bytes)
{
#if WIDE == 32
    if (bytes == 16) {
        w_store(to, v);
        return;
    }
    w_store16(to, simde_mm256_castsi256_si128(v));
    w_store16(to + bytes, simde_mm256_extracti128_si256(v, 1));
#else
    (void)bytes;
    w_store(to, v);
#endif
}

/* Groups that can be stored whole: result rows of `total` bytes. */
static inline int whole_groups(size_t total, size_t bytes)
{
    if (total < bytes * (W_LANES - 1) + 16)
        return 0;
    return (int)((total - bytes * (W_LANES - 1) - 16) / bytes / W_LANES + 1) * W_LANES;
}
#endif

/* ---- bilinear, along the row ----------------------------------------------------------------------------------- */

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
