/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"

#include "core/pyramid_up.h"
#include "simd/filter.h"

/* Stages are described in cpu/pyramid_up.c. */
enum { ACROSS, DOWN };

/* Pixels that there are from the call's first one on: its own, and one behind them unless the row ends there. */
static inline int readable(const struct flynn_call *call)
{
    int pixels = call->width / 2;
    return call->in_x + pixels < call->stage->in.width ? pixels + 1 : pixels;
}

/* ---- along rows, 128 bits at a time: what is made is twice as wide ----------------------------------------------- */

static void edge_u8(const struct flynn_call *call, int x)
{
    int n = call->stage->in.channels;
    struct pixel_at at = pixel_at(call, x);
    const uint8_t *in = call->in[0];
    const uint8_t *a = in + at.a, *b = in + at.b, *c = in + at.c;
    uint16_t *out = (uint16_t *)call->out[0] + (size_t)x * 2 * (size_t)n;
    for (int k = 0; k < n; k++) {
        out[k] = (uint16_t)(a[k] + 6 * b[k] + c[k]);
        out[k + n] = (uint16_t)(4 * (b[k] + c[k]));
    }
}

static inline simde__m128i widen8(const uint8_t *p)
{
    return simde_mm_unpacklo_epi8(simde_mm_loadl_epi64((const void *)p), simde_mm_setzero_si128());
}

/* Eight samples of each, pixel beside pixel; of pixels of three samples the first two pixels, whose last stores run
 * into what comes next. */
static inline void store_pairs(uint16_t *to, simde__m128i even, simde__m128i odd, int channels)
{
    simde__m128i low, high;
    switch (channels) {
    case 1:
        low = simde_mm_unpacklo_epi16(even, odd);
        high = simde_mm_unpackhi_epi16(even, odd);
        break;
    case 2:
        low = simde_mm_unpacklo_epi32(even, odd);
        high = simde_mm_unpackhi_epi32(even, odd);
        break;
    case 3:
        simde_mm_storel_epi64((void *)to, even);
        simde_mm_storel_epi64((void *)(to + 3), odd);
        simde_mm_storel_epi64((void *)(to + 6), simde_mm_srli_si128(even, 6));
        simde_mm_storel_epi64((void *)(to + 9), simde_mm_srli_si128(odd, 6));
        return;
    default:
        low = simde_mm_unpacklo_epi64(even, odd);
        high = simde_mm_unpackhi_epi64(even, odd);
    }
    simde_mm_storeu_si128((void *)to, low);
    simde_mm_storeu_si128((void *)(to + 8), high);
}

#if defined(FLYNN_NARROW)

#include <simde/x86/avx512/permutex2var.h>

/* Word w of pixels beside each other: of the vector of even ones or, from 16 on, of that of odd ones. */
#define PAIR_WORD(n, w) ((w) / (2 * (n)) * (n) + (w) % (2 * (n)) + ((w) % (2 * (n)) < (n) ? 0 : 16 - (n)))
#define PAIR_4(n, w)    PAIR_WORD(n, w), PAIR_WORD(n, (w) + 1), PAIR_WORD(n, (w) + 2), PAIR_WORD(n, (w) + 3)
#define PAIR_16(n, w)   PAIR_4(n, w), PAIR_4(n, (w) + 4), PAIR_4(n, (w) + 8), PAIR_4(n, (w) + 12)
#define PAIRS(n)                                                                                                       \
    {                                                                                                                  \
        PAIR_16(n, 0), PAIR_16(n, 16)                                                                                  \
    }

static const uint16_t pairs[][32] = {PAIRS(1), PAIRS(2), PAIRS(3), PAIRS(4)};

/* Pixels from 1 on, 16 samples at a time; returns the first that is not done. Of pixels of three samples there are
 * five, whose last store runs into what comes next. */
static inline int vectors_u8(const struct flynn_call *call, int channels)
{
    const int pixels = 16 / channels, end = readable(call) * channels;
    const vi low = v_load(pairs[channels - 1]), high = v_load(pairs[channels - 1] + 16);
    const uint8_t *in = call->in[0];
    uint16_t *out = call->out[0];
    int x = 1;
    for (; (x + 1) * channels + 16 <= end; x += pixels) {
        const uint8_t *p = in + x * channels;
        vi a = v_widen8(p - channels), b = v_widen8(p), c = v_widen8(p + channels);
        vi even = V(add_epi16)(V(add_epi16)(a, c), V(mullo_epi16)(b, v_set16(6)));
        vi odd = V(slli_epi16)(V(add_epi16)(b, c), 2);
        uint16_t *to = out + (size_t)x * 2 * (size_t)channels;
        v_store(to, simde_mm256_permutex2var_epi16(even, low, odd));
        v_store(to + 16, simde_mm256_permutex2var_epi16(even, high, odd));
    }
    return x;
}

#else

static inline int vectors_u8(const struct flynn_call *call, int channels)
{
    (void)call;
    (void)channels;
    return 1;
}

#endif

/* The same, eight samples at a time, which are read from the pixel before and behind too. */
static inline int middle_u8(const struct flynn_call *call, int channels)
{
    const int pixels = channels == 3 ? 2 : 8 / channels, reach = channels == 3 ? 3 : pixels, end = readable(call);
    const uint8_t *in = call->in[0];
    uint16_t *out = call->out[0];
    int x = vectors_u8(call, channels);
    for (; x + reach < end; x += pixels) {
        const uint8_t *p = in + x * channels;
        simde__m128i a = widen8(p - channels), b = widen8(p), c = widen8(p + channels);
        simde__m128i twice = simde_mm_add_epi16(b, b);
        simde__m128i even =
            simde_mm_add_epi16(simde_mm_add_epi16(a, c), simde_mm_add_epi16(twice, simde_mm_add_epi16(twice, twice)));
        store_pairs(out + (size_t)x * 2 * (size_t)channels, even, simde_mm_slli_epi16(simde_mm_add_epi16(b, c), 2),
                    channels);
    }
    return x;
}

static void across_u8(const struct flynn_call *call)
{
    int n = call->stage->in.channels;
    edge_u8(call, 0);
    int x = n == 1   ? middle_u8(call, 1)
            : n == 2 ? middle_u8(call, 2)
            : n == 3 ? middle_u8(call, 3)
                     : middle_u8(call, 4);
    for (; x < call->width / 2; x++)
        edge_u8(call, x);
}

static void edge_u16(const struct flynn_call *call, int x)
{
    int n = call->stage->in.channels;
    struct pixel_at at = pixel_at(call, x);
    const uint16_t *in = call->in[0];
    const uint16_t *a = in + at.a, *b = in + at.b, *c = in + at.c;
    uint32_t *out = (uint32_t *)call->out[0] + (size_t)x * 2 * (size_t)n;
    for (int k = 0; k < n; k++) {
        out[k] = a[k] + 6u * b[k] + c[k];
        out[k + n] = 4u * ((uint32_t)b[k] + c[k]);
    }
}

/* Four samples of each; a pixel of three is followed by what is overwritten. */
static inline void store_four(uint32_t *to, simde__m128i even, simde__m128i odd, int channels)
{
    simde__m128i low = even, high = odd;
    if (channels == 1) {
        low = simde_mm_unpacklo_epi32(even, odd);
        high = simde_mm_unpackhi_epi32(even, odd);
    } else if (channels == 2) {
        low = simde_mm_unpacklo_epi64(even, odd);
        high = simde_mm_unpackhi_epi64(even, odd);
    }
    simde_mm_storeu_si128((void *)to, low);
    simde_mm_storeu_si128((void *)(to + (channels == 3 ? 3 : 4)), high);
}

static inline simde__m128i widen16(const uint16_t *p)
{
    return simde_mm_unpacklo_epi16(simde_mm_loadl_epi64((const void *)p), simde_mm_setzero_si128());
}

static inline int middle_u16(const struct flynn_call *call, int channels)
{
    const int pixels = channels == 3 ? 1 : 4 / channels, reach = channels == 3 ? 2 : pixels, end = readable(call);
    const uint16_t *in = call->in[0];
    uint32_t *out = call->out[0];
    int x = 1;
    for (; x + reach < end; x += pixels) {
        const uint16_t *p = in + x * channels;
        simde__m128i a = widen16(p - channels), b = widen16(p), c = widen16(p + channels);
        simde__m128i twice = simde_mm_add_epi32(b, b);
        simde__m128i even =
            simde_mm_add_epi32(simde_mm_add_epi32(a, c), simde_mm_add_epi32(twice, simde_mm_add_epi32(twice, twice)));
        store_four(out + (size_t)x * 2 * (size_t)channels, even, simde_mm_slli_epi32(simde_mm_add_epi32(b, c), 2),
                   channels);
    }
    return x;
}

static void across_u16(const struct flynn_call *call)
{
    int n = call->stage->in.channels;
    edge_u16(call, 0);
    int x = n == 1   ? middle_u16(call, 1)
            : n == 2 ? middle_u16(call, 2)
            : n == 3 ? middle_u16(call, 3)
                     : middle_u16(call, 4);
    for (; x < call->width / 2; x++)
        edge_u16(call, x);
}

static void edge_f32(const struct flynn_call *call, int x)
{
    int n = call->stage->in.channels;
    struct pixel_at at = pixel_at(call, x);
    const float *in = call->in[0];
    const float *a = in + at.a, *b = in + at.b, *c = in + at.c;
    float *out = (float *)call->out[0] + (size_t)x * 2 * (size_t)n;
    for (int k = 0; k < n; k++) {
        out[k] = (a[k] + c[k]) + b[k] * 6;
        out[k + n] = (b[k] + c[k]) * 4;
    }
}

static inline int middle_f32(const struct flynn_call *call, int channels)
{
    const int pixels = channels == 3 ? 1 : 4 / channels, reach = channels == 3 ? 2 : pixels, end = readable(call);
    const float *in = call->in[0];
    uint32_t *out = call->out[0];
    int x = 1;
    for (; x + reach < end; x += pixels) {
        const float *p = in + x * channels;
        simde__m128 a = simde_mm_loadu_ps(p - channels), b = simde_mm_loadu_ps(p), c = simde_mm_loadu_ps(p + channels);
        simde__m128 even = simde_mm_add_ps(simde_mm_add_ps(a, c), simde_mm_mul_ps(b, simde_mm_set1_ps(6)));
        simde__m128 odd = simde_mm_mul_ps(simde_mm_add_ps(b, c), simde_mm_set1_ps(4));
        store_four(out + (size_t)x * 2 * (size_t)channels, simde_mm_castps_si128(even), simde_mm_castps_si128(odd),
                   channels);
    }
    return x;
}

static void across_f32(const struct flynn_call *call)
{
    int n = call->stage->in.channels;
    edge_f32(call, 0);
    int x = n == 1   ? middle_f32(call, 1)
            : n == 2 ? middle_f32(call, 2)
            : n == 3 ? middle_f32(call, 3)
                     : middle_f32(call, 4);
    for (; x < call->width / 2; x++)
        edge_f32(call, x);
}

/* ---- down columns ---------------------------------------------------------------------------------------------- */

struct rows {
    const void *a, *b, *c;
    bool odd;
};

static inline struct rows rows_of(const struct flynn_call *call)
{
    int height = call->stage->in.height, y = call->y / 2, first = call->stage->first[call->y];
    return (struct rows){call->in[pixel_before(y, height) - first], call->in[y - first],
                         call->in[pixel_behind(y, height) - first], call->y % 2};
}

static inline vi down16(const struct rows *r, int i)
{
    vi b = v_load((const uint16_t *)r->b + i), c = v_load((const uint16_t *)r->c + i), outer;
    if (r->odd) /* (4 * (b + c) + 32) >> 6 */
        return V(srli_epi16)(V(add_epi16)(V(add_epi16)(b, c), v_set16(8)), 4);
    outer = V(add_epi16)(v_load((const uint16_t *)r->a + i), c);
    return V(srli_epi16)(V(add_epi16)(V(add_epi16)(outer, V(mullo_epi16)(b, v_set16(6))), v_set16(32)), 6);
}

static inline vi down_bytes(const struct rows *r, int i)
{
    return v_packed_order(V(packus_epi16)(down16(r, i), down16(r, i + VEC / 2)));
}

/* Whether the output goes past the caches. */
static inline bool streams(const struct flynn_call *call)
{
    return call->stream && (uintptr_t)call->out[0] % VEC == 0;
}

static void down_u8(const struct flynn_call *call)
{
    const struct rows r = rows_of(call);
    int samples = call->width * call->stage->in.channels, i = 0;
    uint8_t *out = call->out[0];
    for (; streams(call) && i + VEC <= samples; i += VEC)
        v_stream(out + i, down_bytes(&r, i));
    if (i && i < samples)
        i = samples - VEC;
    for (; i < samples && samples >= VEC; i = v_advance(i, VEC, samples))
        v_store(out + i, down_bytes(&r, i));
    const uint16_t *a = r.a, *b = r.b, *c = r.c;
    for (; i < samples; i++)
        out[i] = (uint8_t)(((r.odd ? 4 * (b[i] + c[i]) : a[i] + 6 * b[i] + c[i]) + 32) >> 6);
}

static inline vi down32(const struct rows *r, int i)
{
    vi b = v_load((const uint32_t *)r->b + i), c = v_load((const uint32_t *)r->c + i), sum;
    if (r->odd) {
        sum = V(slli_epi32)(V(add_epi32)(b, c), 2);
    } else {
        vi twice = V(add_epi32)(b, b);
        sum = V(add_epi32)(v_load((const uint32_t *)r->a + i), c);
        sum = V(add_epi32)(sum, V(add_epi32)(twice, V(add_epi32)(twice, twice)));
    }
    return V(srli_epi32)(V(add_epi32)(sum, v_set32(32)), 6);
}

static void down_u16(const struct flynn_call *call)
{
    const struct rows r = rows_of(call);
    int samples = call->width * call->stage->in.channels, i = 0;
    uint16_t *out = call->out[0];
    for (; i < samples && samples >= VEC / 2; i = v_advance(i, VEC / 2, samples))
        v_store(out + i, v_packed_order(v_pack_words(down32(&r, i), down32(&r, i + VEC / 4))));
    const uint32_t *a = r.a, *b = r.b, *c = r.c;
    for (; i < samples; i++)
        out[i] = (uint16_t)(((r.odd ? 4 * (b[i] + c[i]) : a[i] + 6 * b[i] + c[i]) + 32) >> 6);
}

static void down_f32(const struct flynn_call *call)
{
    const struct rows r = rows_of(call);
    const float *a = r.a, *b = r.b, *c = r.c;
    int samples = call->width * call->stage->in.channels, i = 0;
    float *out = call->out[0];
    vf scale = V(set1_ps)(1.0f / 64);
    for (; i + VEC / 4 <= samples; i += VEC / 4) {
        vf q = vf_load(b + i), s = vf_load(c + i);
        if (r.odd)
            s = V(mul_ps)(V(add_ps)(q, s), V(set1_ps)(4));
        else
            s = V(add_ps)(V(add_ps)(vf_load(a + i), s), V(mul_ps)(q, V(set1_ps)(6)));
        vf_store(out + i, V(mul_ps)(s, scale));
    }
    for (; i < samples; i++)
        out[i] = (r.odd ? (b[i] + c[i]) * 4 : (a[i] + c[i]) + b[i] * 6) * (1.0f / 64);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(pyramid_up);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(pyramid_up) = {
    .fn = {[ACROSS] = {across_u8, across_u16, across_f32}, [DOWN] = {down_u8, down_u16, down_f32}},
};
