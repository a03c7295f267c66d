/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/wide_point.h"
#if defined(FLYNN_ISA_AVX512)
#include "simd/rgb_vbmi.h"
#endif

/* Pixels are laid out over the lanes of 128 bits so that the narrowing at the end, which works within lanes, leaves
 * them in order: every lane holds a run of neighbouring pixels. */

#define LANES (VEC / 16)

/* Lane i is the 16 bytes at p + i * step. */
POINT_INLINE vi load_lanes(const uint8_t *p, size_t step)
{
#if defined(FLYNN_ISA_AVX512)
    simde__m256i low = simde_mm256_set_m128i(simde_mm_loadu_si128((const void *)(p + step)), //
                                             simde_mm_loadu_si128((const void *)p));
    simde__m256i high = simde_mm256_set_m128i(simde_mm_loadu_si128((const void *)(p + 3 * step)),
                                              simde_mm_loadu_si128((const void *)(p + 2 * step)));
    return simde_mm512_inserti64x4(simde_mm512_castsi256_si512(low), high, 1);
#elif defined(FLYNN_ISA_AVX2)
    return simde_mm256_set_m128i(simde_mm_loadu_si128((const void *)(p + step)), simde_mm_loadu_si128((const void *)p));
#else
    (void)step;
    return v_load(p);
#endif
}

/* Lane i to the 16 bytes at p + i * step. */
POINT_INLINE void store_lanes(uint8_t *p, size_t step, vi x)
{
    uint8_t bytes[VEC];
    v_store(bytes, x);
    for (size_t i = 0; i < LANES; i++)
        memcpy(p + i * step, bytes + 16 * i, 16);
}

POINT_INLINE void put(uint8_t *p, vi x, bool stream)
{
    if (stream)
        v_stream(p, x);
    else
        v_store(p, x);
}

/* Rows in groups of n pixels. */
POINT_INLINE void gray_rows(const struct flynn_call *call, size_t n, size_t sample, wide_block *convert)
{
    size_t from = (size_t)call->stage->in.channels * sample, to = from - 2 * sample, width = (size_t)call->width;
    enum wide_pass pass = wide_first_pass(call);
    do {
        for (int r = 0; r < call->rows; r++)
            wide_blocks(call->in[r], call->out[r], width, n, from, to, pass, convert, NULL);
    } while (wide_next_pass(&pass));
}

/* ---- u8 ---------------------------------------------------------------------------------------------------------- */

/* Gray in every 32 bits, from pairs of 16 bits: R and B, G and what has no weight. */
POINT_INLINE vi gray8(vi rb, vi g)
{
    vi sum = V(add_epi32)(V(madd_epi16)(rb, v_set32(3735 << 16 | 9798)), V(madd_epi16)(g, v_set32(19235)));
    return V(srli_epi32)(V(add_epi32)(sum, v_set32(16384)), 15);
}

/* The same from pixels of 4 bytes. */
POINT_INLINE vi gray8_wide(vi x)
{
    const vi low = v_set32(0x00ff00ff);
    return gray8(v_and(x, low), v_and(V(srli_epi32)(x, 8), low));
}

#if defined(FLYNN_ISA_SSE2) || defined(FLYNN_ISA_BASE)

/* Four pixels of 3 bytes, one at a time. */
POINT_INLINE vi gray8_four(const uint8_t *in)
{
    int32_t a, b, c, d;
    memcpy(&a, in, 4);
    memcpy(&b, in + 3, 4);
    memcpy(&c, in + 6, 4);
    memcpy(&d, in + 8, 4);
    return gray8_wide(simde_mm_set_epi32((int32_t)((uint32_t)d >> 8), c, b, a));
}

POINT_INLINE void rgb8(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vi low = V(packs_epi32)(gray8_four(in), gray8_four(in + 12));
    vi high = V(packs_epi32)(gray8_four(in + 24), gray8_four(in + 36));
    put(out, V(packus_epi16)(low, high), stream);
}

#elif defined(FLYNN_ISA_AVX512)

/* Gray in the upper halves of 32 bits: the weights are doubled, and that of G is in two parts. */
POINT_INLINE vi gray8_quarter(const uint8_t *in, int i)
{
    const vi by_rg = v_set32((38470 - 16384) << 16 | 19596), by_bg = v_set32(16384 << 16 | 7470);
    vi rg = rgb_quarter_pair(in, i, false), bg = rgb_quarter_pair(in, i, true);
    return V(dpwssd_epi32)(V(dpwssd_epi32)(v_set32(32768), rg, by_rg), bg, by_bg);
}

POINT_INLINE void rgb8(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
#define ODD(s, c, i)  ((i)*2 + 1)
#define EVEN(s, c, i) ((i)*2)
    static const int16_t words[32] = {RGB_16(ODD, 2, 0, 0), RGB_16(ODD, 2, 0, 16)};
    static const int8_t bytes[64] = RGB_64(EVEN, 1, 0);
    vi low = simde_mm512_permutex2var_epi16(gray8_quarter(in, 0), v_load(words), gray8_quarter(in, 1));
    vi high = simde_mm512_permutex2var_epi16(gray8_quarter(in, 2), v_load(words), gray8_quarter(in, 3));
    put(out, simde_mm512_permutex2var_epi8(low, v_load(bytes), high), stream);
}

#else

/* Four pixels of every lane, from byte `first` of the 16 on. */
POINT_INLINE vi gray8_four(vi x, int first)
{
    const int8_t f = (int8_t)first;
    const int8_t rb[16] = {f, -1, f + 2, -1, f + 3, -1, f + 5, -1, f + 6, -1, f + 8, -1, f + 9, -1, f + 11, -1};
    const int8_t g[16] = {f + 1, -1, -1, -1, f + 4, -1, -1, -1, f + 7, -1, -1, -1, f + 10, -1, -1, -1};
    return gray8(V(shuffle_epi8)(x, v_repeat16(rb)), V(shuffle_epi8)(x, v_repeat16(g)));
}

/* 16 pixels in every lane; the last load starts early, not to reach beyond them. */
POINT_INLINE void rgb8(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vi a = gray8_four(load_lanes(in, 48), 0), b = gray8_four(load_lanes(in + 12, 48), 0);
    vi c = gray8_four(load_lanes(in + 24, 48), 0), d = gray8_four(load_lanes(in + 32, 48), 4);
    put(out, V(packus_epi16)(V(packs_epi32)(a, b), V(packs_epi32)(c, d)), stream);
}

#endif

/* Gray and alpha of every pixel as 16 bits, with the sign spread over 32: packing saturates to signed 16 bits. */
POINT_INLINE vi gray8_alpha(vi x)
{
    vi y = v_or(gray8_wide(x), v_and(V(srli_epi32)(x, 16), v_set32(0xff00)));
    return V(srai_epi32)(V(slli_epi32)(y, 16), 16);
}

POINT_INLINE void rgba8(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vi low = gray8_alpha(load_lanes(in, 32)), high = gray8_alpha(load_lanes(in + 16, 32));
    put(out, V(packs_epi32)(low, high), stream);
}

static void gray_u8(const struct flynn_call *call)
{
    if (call->stage->in.channels == 3)
        gray_rows(call, VEC, 1, rgb8);
    else
        gray_rows(call, VEC / 2, 1, rgba8);
}

/* ---- u16 --------------------------------------------------------------------------------------------------------- */

POINT_INLINE vi shuffle_even(vi a, vi b)
{
    return V_AS_I(V(shuffle_ps)(V_AS_F(a), V_AS_F(b), 0x88));
}

POINT_INLINE vi shuffle_odd(vi a, vi b)
{
    return V_AS_I(V(shuffle_ps)(V_AS_F(a), V_AS_F(b), 0xdd));
}

/* Gray - 32768 in every 32 bits, from two vectors of two pixels of 4 samples in every lane. The weights add up to 2^15:
 * moving samples down by 32768 to signed ones moves the quotient down by as much. */
POINT_INLINE vi gray16(vi a, vi b)
{
    const vi sign = v_set16(-32768);
    const vi weights = V(unpacklo_epi32)(v_set32(19235 << 16 | 9798), v_set32(3735));
    a = V(madd_epi16)(v_xor(a, sign), weights);
    b = V(madd_epi16)(v_xor(b, sign), weights);
    vi sum = V(add_epi32)(shuffle_even(a, b), shuffle_odd(a, b));
    return V(srai_epi32)(V(add_epi32)(sum, v_set32(16384)), 15);
}

#if !defined(FLYNN_ISA_SSE2) && !defined(FLYNN_ISA_BASE)

/* Four pixels of 3 samples in every lane, lanes being 48 bytes apart. */
POINT_INLINE vi gray16_four(const uint8_t *in)
{
    const int8_t first[16] = {0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1};
    const int8_t last[16] = {4, 5, 6, 7, 8, 9, -1, -1, 10, 11, 12, 13, 14, 15, -1, -1};
    vi a = V(shuffle_epi8)(load_lanes(in, 48), v_repeat16(first));
    vi b = V(shuffle_epi8)(load_lanes(in + 8, 48), v_repeat16(last));
    return gray16(a, b);
}

POINT_INLINE void rgb16(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vi y = V(packs_epi32)(gray16_four(in), gray16_four(in + 24));
    put(out, v_xor(y, v_set16(-32768)), stream);
}

#else

/* Two pixels of 3 samples, from the low 12 bytes and from the high 12. */
POINT_INLINE vi low_pixels(vi x)
{
    return V(unpacklo_epi64)(x, V(srli_si128)(x, 6));
}

POINT_INLINE vi high_pixels(vi x)
{
    return V(unpacklo_epi64)(V(srli_si128)(x, 4), V(srli_si128)(x, 10));
}

POINT_INLINE vi gray16_four(const uint8_t *in)
{
    return gray16(low_pixels(v_load(in)), high_pixels(v_load(in + 8)));
}

POINT_INLINE void rgb16(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vi y = V(packs_epi32)(gray16_four(in), gray16_four(in + 24));
    put(out, v_xor(y, v_set16(-32768)), stream);
}

#endif

POINT_INLINE void rgba16(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vi a = load_lanes(in, 32), b = load_lanes(in + 16, 32);
    vi gray = V(add_epi32)(gray16(a, b), v_set32(32768));
    put(out, v_or(gray, v_and(shuffle_odd(a, b), v_set32((int32_t)0xffff0000))), stream);
}

static void gray_u16(const struct flynn_call *call)
{
    if (call->stage->in.channels == 3)
        gray_rows(call, VEC / 2, 2, rgb16);
    else
        gray_rows(call, VEC / 4, 2, rgba16);
}

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

POINT_INLINE vf grayf(vf r, vf g, vf b)
{
    vf rg = V(add_ps)(V(mul_ps)(r, V(set1_ps)(0.299f)), V(mul_ps)(g, V(set1_ps)(0.587f)));
    return V(add_ps)(rg, V(mul_ps)(b, V(set1_ps)(0.114f)));
}

/* Four pixels in every lane: r0 g0 b0 r1, g1 b1 r2 g2, b2 r3 g3 b3. */
POINT_INLINE void rgbf(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vf m0 = V_AS_F(load_lanes(in, 48)), m1 = V_AS_F(load_lanes(in + 16, 48)), m2 = V_AS_F(load_lanes(in + 32, 48));
    vf r2g2r3g3 = V(shuffle_ps)(m1, m2, 0x9e), g0b0g1b1 = V(shuffle_ps)(m0, m1, 0x49);
    vf r = V(shuffle_ps)(m0, r2g2r3g3, 0x8c);
    vf g = V(shuffle_ps)(g0b0g1b1, r2g2r3g3, 0xd8);
    vf b = V(shuffle_ps)(g0b0g1b1, m2, 0xcd);
    put(out, V_AS_I(grayf(r, g, b)), stream);
}

POINT_INLINE void rgbaf(const uint8_t *in, uint8_t *out, bool stream, const void *by)
{
    (void)by;
    vf p0 = V_AS_F(load_lanes(in, 64)), p1 = V_AS_F(load_lanes(in + 16, 64));
    vf p2 = V_AS_F(load_lanes(in + 32, 64)), p3 = V_AS_F(load_lanes(in + 48, 64));
    vf rg01 = V(unpacklo_ps)(p0, p1), ba01 = V(unpackhi_ps)(p0, p1);
    vf rg23 = V(unpacklo_ps)(p2, p3), ba23 = V(unpackhi_ps)(p2, p3);
    vf r = V(shuffle_ps)(rg01, rg23, 0x44), g = V(shuffle_ps)(rg01, rg23, 0xee);
    vf b = V(shuffle_ps)(ba01, ba23, 0x44), a = V(shuffle_ps)(ba01, ba23, 0xee);
    vf y = grayf(r, g, b);
    (void)stream;
    store_lanes(out, 32, V_AS_I(V(unpacklo_ps)(y, a)));
    store_lanes(out + 16, 32, V_AS_I(V(unpackhi_ps)(y, a)));
}

static void gray_f32(const struct flynn_call *call)
{
    if (call->stage->in.channels == 3)
        gray_rows(call, VEC / 4, 4, rgbf);
    else
        gray_rows(call, VEC / 4, 4, rgbaf);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(grayscale);

/* Slot 1, the copy, is the C library's in every table. */
const struct flynn_kernels FLYNN_KERNELS_SYMBOL(grayscale) = {
    .fn = {{[FLYNN_U8] = gray_u8, [FLYNN_U16] = gray_u16, [FLYNN_F32] = gray_f32}},
};
