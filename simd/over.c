/* SPDX-License-Identifier: Apache-2.0 */
#include "core/over.h"
#include "simd/point.h"
#include "simd/wide.h"

/* Vectors of at most 256 bits: most of the work is in shuffles within lanes. */

#define W_AND(a, b)    W_SI (and)(a, b)
#define W_OR(a, b)     W_SI(or)(a, b)
#define W_ANDNOT(a, b) W_SI(andnot)(a, b)
#if WIDE == 32
typedef simde__m256 wf;
typedef simde__m256d wd;
#define W_DOUBLES(x)    simde_mm256_castsi256_pd(x)
#define W_LONGS(x)      simde_mm256_castpd_si256(x)
#define W_FLOATS(x)     simde_mm256_castsi256_ps(x)
#define W_BITS(x)       simde_mm256_castps_si256(x)
#define W_EQUAL_ZERO(x) simde_mm256_cmp_ps(x, simde_mm256_setzero_ps(), SIMDE_CMP_EQ_OQ)
#else
typedef simde__m128 wf;
typedef simde__m128d wd;
#define W_DOUBLES(x)    simde_mm_castsi128_pd(x)
#define W_LONGS(x)      simde_mm_castpd_si128(x)
#define W_FLOATS(x)     simde_mm_castsi128_ps(x)
#define W_BITS(x)       simde_mm_castps_si128(x)
#define W_EQUAL_ZERO(x) simde_mm_cmpeq_ps(x, simde_mm_setzero_ps())
#endif

/** One vector of the output from one of each input. */
typedef wi over_map(wi b, wi s, int channels);

static inline wi pick(wi mask, wi otherwise, wi yes)
{
    return W_OR(W_AND(mask, yes), W_ANDNOT(mask, otherwise));
}

/* All ones at the alpha samples; lanes begin at a pixel. */
static inline wi alpha_of(int channels, size_t sample)
{
    if (sample == 1)
        return channels == 4 ? W(set1_epi32)((int32_t)0xff000000u) : W(set1_epi16)((int16_t)0xff00);
    static const int32_t fourth[4] = {0, 0, 0, -1}, second[4] = {0, -1, 0, -1};
    return w_repeat16(channels == 4 ? fourth : second);
}

/* Every sample of a pixel becomes its alpha. */
static inline wf spread_floats(wf x, int channels)
{
    return channels == 4 ? W(shuffle_ps)(x, x, 0xff) : W(shuffle_ps)(x, x, 0xf5);
}

static inline wi spread_bytes(wi x, int channels)
{
    if (channels == 2) {
        x = W(srli_epi16)(x, 8);
        return W_OR(x, W(slli_epi16)(x, 8));
    }
    x = W(srli_epi32)(x, 24);
    x = W_OR(x, W(slli_epi32)(x, 8));
    return W_OR(x, W(slli_epi32)(x, 16));
}

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

/* round((s * S + b * (255 - S)) / 255) for 16 bits each. */
static inline wi opaque_words(wi b, wi s, wi above)
{
    wi below = W(sub_epi16)(W(set1_epi16)(255), above);
    wi sum = W(add_epi16)(W(mullo_epi16)(s, above), W(mullo_epi16)(b, below));
    sum = W(add_epi16)(sum, W(set1_epi16)(128));
    return W(srli_epi16)(W(add_epi16)(sum, W(srli_epi16)(sum, 8)), 8);
}

static inline wi opaque_bytes(wi b, wi s, wi above)
{
    const wi zero = W_SI(setzero)();
    wi low = opaque_words(W(unpacklo_epi8)(b, zero), W(unpacklo_epi8)(s, zero), W(unpacklo_epi8)(above, zero));
    wi high = opaque_words(W(unpackhi_epi8)(b, zero), W(unpackhi_epi8)(s, zero), W(unpackhi_epi8)(above, zero));
    return W(packus_epi16)(low, high);
}

/* Samples of 32 bits. All products and sums are integers below 2^24, which floats hold; their quotient is never nearer
 * to a half than an error of its rounding. The quotient of a colour is sum / whole, that of alpha whole / 255. */
static inline wi over_ints(wi b, wi s, int channels, wf alpha)
{
    const wf white = W(set1_ps)(255);
    wf base = W(cvtepi32_ps)(b), top = W(cvtepi32_ps)(s);
    wf above = spread_floats(top, channels), under = spread_floats(base, channels);
    wf below = W(mul_ps)(W(sub_ps)(white, above), under);
    above = W(mul_ps)(above, white);
    wf whole = W(add_ps)(above, below), sum = W(add_ps)(W(mul_ps)(top, above), W(mul_ps)(base, below));
    wi over = pick(W_BITS(alpha), W_BITS(sum), W_BITS(whole));
    wi under_it = pick(W_BITS(alpha), W_BITS(whole), W_BITS(white));
    wf quotient = W(div_ps)(W_FLOATS(over), W_FLOATS(under_it));
    wi rounded = W(cvttps_epi32)(W(add_ps)(quotient, W(set1_ps)(0.5f)));
    return pick(W_BITS(W_EQUAL_ZERO(W_FLOATS(under_it))), rounded, b);
}

static inline wi over_words(wi b, wi s, int channels, wf alpha)
{
    const wi zero = W_SI(setzero)();
    return W(packs_epi32)(over_ints(W(unpacklo_epi16)(b, zero), W(unpacklo_epi16)(s, zero), channels, alpha),
                          over_ints(W(unpackhi_epi16)(b, zero), W(unpackhi_epi16)(s, zero), channels, alpha));
}

static inline wi over_bytes(wi b, wi s, int channels)
{
    const wi zero = W_SI(setzero)(), alpha = alpha_of(channels, 1);
    wi opaque = W(cmpeq_epi8)(W_OR(b, W_ANDNOT(alpha, W(set1_epi8)(-1))), W(set1_epi8)(-1));
    if (W(movemask_epi8)(opaque) == (int)(WIDE == 32 ? 0xffffffffu : 0xffffu))
        return W_OR(opaque_bytes(b, s, spread_bytes(s, channels)), alpha);
    wf last = W_FLOATS(alpha_of(channels, sizeof(float)));
    wi low = over_words(W(unpacklo_epi8)(b, zero), W(unpacklo_epi8)(s, zero), channels, last);
    wi high = over_words(W(unpackhi_epi8)(b, zero), W(unpackhi_epi8)(s, zero), channels, last);
    return W(packus_epi16)(low, high);
}

/* ---- u16 ----------------------------------------------------------------------------------------------------------
 * Doubles hold all products and sums, which are integers below 2^49 or halves of such, and no quotient is nearer to a
 * half than 2^-34 unless it is one. Products of 32 bits become doubles of each half of their vector in turn. */

/* Every sample of a pixel becomes its alpha. */
static inline wi spread_words(wi x, int channels)
{
    if (channels == 4)
        return W(shufflehi_epi16)(W(shufflelo_epi16)(x, 0xff), 0xff);
    x = W(srli_epi32)(x, 16);
    return W_OR(x, W(slli_epi32)(x, 16));
}

/* a * b of half of the words. */
static inline wi product_words(wi a, wi b, bool high)
{
    wi low = W(mullo_epi16)(a, b), upper = W(mulhi_epu16)(a, b);
    return high ? W(unpackhi_epi16)(low, upper) : W(unpacklo_epi16)(low, upper);
}

/* Half of the longs, which have no sign. */
static inline wd to_doubles(wi x, bool high)
{
    const wi two52 = W(set1_epi32)(0x43300000);
    wi y = high ? W(unpackhi_epi32)(x, two52) : W(unpacklo_epi32)(x, two52);
    return W(sub_pd)(W_DOUBLES(y), W(set1_pd)(0x1p52));
}

/* Quarter of a vector of words in 32 bits. */
struct quarter {
    wi b, s, above, below;
};

/* The rounded quotients in the lower halves of each 64 bits; alpha: that of every second sample is whole / 65535. */
static inline wi over_doubles(const struct quarter *q, bool high, bool alpha)
{
    static const int64_t second[2] = {0, -1};
    wd above = to_doubles(q->above, high), below = to_doubles(q->below, high), whole = W(add_pd)(above, below);
    wd sum = W(add_pd)(W(mul_pd)(above, to_doubles(q->s, high)), W(mul_pd)(below, to_doubles(q->b, high)));
    if (alpha) {
        const wi mask = w_repeat16(second);
        sum = W_DOUBLES(pick(mask, W_LONGS(sum), W_LONGS(whole)));
        whole = W_DOUBLES(pick(mask, W_LONGS(whole), W_LONGS(W(set1_pd)(65535))));
    }
    wd quotient = W(div_pd)(W(add_pd)(sum, W(mul_pd)(whole, W(set1_pd)(0.5))), whole);
    return W_LONGS(W(add_pd)(W(add_pd)(quotient, W(set1_pd)(0x1p-34 - 0.5)), W(set1_pd)(0x1p52)));
}

static inline wi over_longs(const struct quarter *q, int channels)
{
    wf low = W_FLOATS(over_doubles(q, false, channels == 2)), high = W_FLOATS(over_doubles(q, true, true));
    return W_BITS(W(shuffle_ps)(low, high, 0x88));
}

static inline wi over_shorts(wi b, wi s, int channels)
{
    const wi zero = W_SI(setzero)(), white = W(set1_epi16)(-1), middle = W(set1_epi32)(32768);
    wi above = spread_words(s, channels), under = spread_words(b, channels), rest = W_ANDNOT(above, white), half[2];
    for (int h = 0; h < 2; h++) {
        struct quarter q = {.above = product_words(above, white, h), .below = product_words(rest, under, h)};
        q.b = h ? W(unpackhi_epi16)(b, zero) : W(unpacklo_epi16)(b, zero);
        q.s = h ? W(unpackhi_epi16)(s, zero) : W(unpacklo_epi16)(s, zero);
        half[h] = W(sub_epi32)(over_longs(&q, channels), middle);
    }
    wi over = W_SI(xor)(W(packs_epi32)(half[0], half[1]), W(set1_epi16)(-32768));
    return pick(W(cmpeq_epi16)(W_OR(above, under), zero), over, b);
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

static inline wi over_floats(wi b, wi s, int channels)
{
    wf base = W_FLOATS(b), top = W_FLOATS(s), above = spread_floats(top, channels);
    wf below = W(mul_ps)(spread_floats(base, channels), W(sub_ps)(W(set1_ps)(1), above));
    wf whole = W(add_ps)(above, below);
    wf sum = W(add_ps)(W(mul_ps)(top, above), W(mul_ps)(base, below));
    wi colour = pick(W_BITS(W_EQUAL_ZERO(whole)), W_BITS(W(div_ps)(sum, whole)), b);
    return pick(alpha_of(channels, sizeof(float)), colour, W_BITS(whole));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

POINT_INLINE void over_row(const uint8_t *b, const uint8_t *s, uint8_t *out, size_t bytes, int channels, over_map *map)
{
    size_t i = 0;
    if (bytes < WIDE) {
        uint8_t x[WIDE] = {0}, w[WIDE] = {0};
        memcpy(x, b, bytes);
        memcpy(w, s, bytes);
        w_store(x, map(w_load(x), w_load(w), channels));
        memcpy(out, x, bytes);
        return;
    }
    for (; i + WIDE <= bytes; i += WIDE)
        w_store(out + i, map(w_load(b + i), w_load(s + i), channels));
    if (i < bytes) {
        i = bytes - WIDE;
        w_store(out + i, map(w_load(b + i), w_load(s + i), channels));
    }
}

POINT_INLINE void over_rows(const struct flynn_call *call, size_t sample, over_map *map)
{
    int channels = call->stage->in.channels;
    size_t bytes = (size_t)call->width * (size_t)channels * sample;
    for (int r = 0; r < call->rows; r++) {
        if (channels == 4)
            over_row(call->in[r], call->with[r], call->out[r], bytes, 4, map);
        else
            over_row(call->in[r], call->with[r], call->out[r], bytes, 2, map);
    }
}

static void over_u8(const struct flynn_call *call)
{
    over_rows(call, 1, over_bytes);
}

static void over_u16(const struct flynn_call *call)
{
    over_rows(call, sizeof(uint16_t), over_shorts);
}

static void over_f32(const struct flynn_call *call)
{
    over_rows(call, sizeof(float), over_floats);
}

/* ---- three channels under four ----------------------------------------------------------------------------------- */

#if W_SHUFFLES

/* Lanes of four pixels: 12 bytes of the input are spread to 16 and packed again. */
static inline wi opaque_pixels(const uint8_t *b, const uint8_t *s)
{
    static const uint8_t spread[16] = {0, 1, 2, 0x80, 3, 4, 5, 0x80, 6, 7, 8, 0x80, 9, 10, 11, 0x80};
    static const uint8_t packed[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80};
    wi top = w_load(s);
    wi base = W(shuffle_epi8)(w_load_lanes(b, 12), w_repeat16(spread));
    return W(shuffle_epi8)(opaque_bytes(base, top, spread_bytes(top, 4)), w_repeat16(packed));
}

static void opaque_row(const uint8_t *b, const uint8_t *s, uint8_t *out, int width)
{
    enum { PIXELS = WIDE / 4, SPARE = 2 }; /* loads of the input reach two pixels beyond those used */
    int x = 0;
    for (; x + PIXELS + SPARE <= width; x += PIXELS)
        w_store_12(out + x * 3, opaque_pixels(b + x * 3, s + x * 4));
    for (; x < width; x += PIXELS) {
        uint8_t base[WIDE + 16] = {0}, top[WIDE] = {0}, some[WIDE];
        size_t n = (size_t)(width - x < PIXELS ? width - x : PIXELS);
        memcpy(base, b + x * 3, n * 3);
        memcpy(top, s + x * 4, n * 4);
        w_store_12(some, opaque_pixels(base, top));
        memcpy(out + x * 3, some, n * 3);
    }
}

static void opaque_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++)
        opaque_row(call->in[r], call->with[r], call->out[r], call->width);
}

#else
#define opaque_u8 NULL
#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(over);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(over) = {
    .fn = {[OVER_BOTH] = {[FLYNN_U8] = over_u8, [FLYNN_U16] = over_u16, [FLYNN_F32] = over_f32},
           [OVER_RGB] = {[FLYNN_U8] = opaque_u8}},
};
