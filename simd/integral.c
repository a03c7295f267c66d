/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/lanes.h"

/* The steps are described in cpu/integral.c. */

/* ---- along a row of u8 ----------------------------------------------------------------------------------------- */

/* The sums of pixels of `channels` samples within eight samples, of 16 bits. */
static inline simde__m128i scan8(simde__m128i v, int channels)
{
    if (channels == 1)
        v = simde_mm_add_epi16(v, simde_mm_slli_si128(v, 2));
    if (channels <= 2)
        v = simde_mm_add_epi16(v, simde_mm_slli_si128(v, 4));
    return simde_mm_add_epi16(v, simde_mm_slli_si128(v, 8));
}

/* Four sums to the table; `above` may be NULL. */
static inline void put4(uint32_t *out, const uint32_t *above, simde__m128i v)
{
    if (above)
        v = simde_mm_add_epi32(v, simde_mm_loadu_si128((const void *)above));
    simde_mm_storeu_si128((void *)out, v);
}

/* Pixels of 1, 2 and 4 samples, eight samples at a time. Returns the samples that are done; sum: those of the last
 * pixel.
 */
static inline int along8(const uint8_t *in, const uint32_t *above, uint32_t *out, int samples, int channels,
                         uint32_t sum[4])
{
    simde__m128i zero = simde_mm_setzero_si128(), carry = zero;
    int i = 0;
    for (; i + 8 <= samples; i += 8) {
        simde__m128i v = simde_mm_unpacklo_epi8(simde_mm_loadl_epi64((const void *)(in + i)), zero);
        v = scan8(v, channels);
        simde__m128i high = simde_mm_unpackhi_epi16(v, zero), last;
        put4(out + i, above ? above + i : NULL, simde_mm_add_epi32(carry, simde_mm_unpacklo_epi16(v, zero)));
        put4(out + i + 4, above ? above + i + 4 : NULL, simde_mm_add_epi32(carry, high));
        last = channels == 1   ? simde_mm_shuffle_epi32(high, 0xff)
               : channels == 2 ? simde_mm_shuffle_epi32(high, 0xee)
                               : high;
        carry = simde_mm_add_epi32(carry, last);
    }
    simde_mm_storeu_si128((void *)sum, carry);
    return i;
}

/* Pixels of 3 samples as four: the fourth runs into the next pixel, which is read and written after it. */
static inline int along3(const uint8_t *in, const uint32_t *above, uint32_t *out, int samples, uint32_t sum[4])
{
    simde__m128i zero = simde_mm_setzero_si128(), carry = zero;
    int i = 0;
    for (; i + 6 <= samples; i += 3) {
        int32_t four;
        memcpy(&four, in + i, sizeof four);
        simde__m128i v = simde_mm_unpacklo_epi8(simde_mm_cvtsi32_si128(four), zero);
        carry = simde_mm_add_epi32(carry, simde_mm_unpacklo_epi16(v, zero));
        put4(out + i, above ? above + i : NULL, carry);
    }
    simde_mm_storeu_si128((void *)sum, carry);
    return i;
}

#if defined(FLYNN_ISA_AVX512)

/* One channel, 64 samples at a time. Entry i is the sum of the samples before i, so that a row's first entry needs no
 * place of its own and all stores are aligned. A product with 0 and 1 gives the sums within four samples. */
struct scan {
    vi four[4]; /* where vector k of the output finds its four fours */
    vi before;  /* the samples of four before each */
};

static struct scan scan_of(void)
{
    struct scan s;
    uint32_t four[VEC / 4], before[VEC / 4];
    for (int k = 0; k < 4; k++) {
        for (uint32_t i = 0; i < VEC / 4; i++) {
            four[i] = (uint32_t)k * 4 + i / 4;
            before[i] = 0x01010101 & ((1u << i % 4 * 8) - 1);
        }
        s.four[k] = v_load(four);
    }
    s.before = v_load(before);
    return s;
}

/* Lane i: the sum of lanes 0 to i. */
static inline vi scan16(vi v)
{
    const vi lane = simde_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    v = V(add_epi32)(v, simde_mm512_maskz_permutexvar_epi32(0xfffe, V(sub_epi32)(lane, v_set32(1)), v));
    v = V(add_epi32)(v, simde_mm512_maskz_permutexvar_epi32(0xfffc, V(sub_epi32)(lane, v_set32(2)), v));
    v = V(add_epi32)(v, simde_mm512_maskz_permutexvar_epi32(0xfff0, V(sub_epi32)(lane, v_set32(4)), v));
    return V(add_epi32)(v, simde_mm512_maskz_permutexvar_epi32(0xff00, V(sub_epi32)(lane, v_set32(8)), v));
}

/* 64 entries; *sum: all samples so far, in every lane. */
static inline void scan64(const struct scan *s, vi x, vi *sum, vi to[4])
{
    vi fours = V(dpbusd_epi32)(v_zero(), x, v_set8(1)), all = scan16(fours);
    vi start = V(add_epi32)(*sum, V(sub_epi32)(all, fours));
    *sum = V(add_epi32)(*sum, V(permutexvar_epi32)(v_set32(15), all));
    for (int k = 0; k < 4; k++)
        to[k] =
            V(dpbusd_epi32)(V(permutexvar_epi32)(s->four[k], start), V(permutexvar_epi32)(s->four[k], x), s->before);
}

/* A row of width + 1 entries; `above` may be NULL. */
static inline void along1(const uint8_t *in, const uint32_t *above, uint32_t *out, int width)
{
    enum { AHEAD = 512 };
    const struct scan s = scan_of();
    vi sum = v_zero(), to[4];
    uint32_t last[VEC];
    int i = 0;
    for (; i + VEC <= width; i += VEC) {
        scan64(&s, v_load(in + i), &sum, to);
        for (int k = 0; k < 4; k++) {
            __builtin_prefetch(out + i + AHEAD + k * LANES, 1);
            v_store(out + i + k * LANES, above ? V(add_epi32)(to[k], v_load(above + i + k * LANES)) : to[k]);
        }
    }
    scan64(&s, v_load_n(in + i, (size_t)(width - i)), &sum, to);
    memcpy(last, to, sizeof last);
    for (int k = 0; i + k <= width; k++)
        out[i + k] = last[k] + (above ? above[i + k] : 0);
}

#endif

static inline __attribute__((always_inline)) void along_u8(const uint8_t *in, const uint32_t *above, uint32_t *out,
                                                           int samples, int channels)
{
    uint32_t sum[4];
    memset(out, 0, (size_t)channels * sizeof *out);
    out += channels;
    if (above)
        above += channels;
    int i = channels == 3 ? along3(in, above, out, samples, sum) : along8(in, above, out, samples, channels, sum);
    for (; i < samples; i++) {
        sum[i % channels] += in[i];
        out[i] = sum[i % channels] + (above ? above[i] : 0);
    }
}

static inline void by_channels_u8(const uint8_t *in, const uint32_t *above, uint32_t *out, int samples, int channels)
{
    switch (channels) {
    case 1:
#if defined(FLYNN_ISA_AVX512)
        along1(in, above, out, samples);
#else
        along_u8(in, above, out, samples, 1);
#endif
        break;
    case 2:
        along_u8(in, above, out, samples, 2);
        break;
    case 3:
        along_u8(in, above, out, samples, 3);
        break;
    default:
        along_u8(in, above, out, samples, 4);
    }
}

/* ---- shares of the work ---------------------------------------------------------------------------------------- */

static void share(size_t n, const struct flynn_call *call, size_t *first, size_t *last)
{
    *first = n * (size_t)call->member / (size_t)call->members;
    *last = n * ((size_t)call->member + 1) / (size_t)call->members;
}

/* What stands above row y of the image, in the member's scratch: the rows above are added, and then the pixels. */
static const uint32_t *above_share(const struct flynn_call *call, size_t y)
{
    const struct flynn_image *src = call->src;
    size_t samples = flynn_row_samples(&src->shape), channels = (size_t)src->shape.channels;
    uint32_t *above = call->scratch, *sum = above + channels;
    memset(above, 0, flynn_row_bytes(&call->dst->shape));
    for (size_t k = 0; k < y; k++) {
        const uint8_t *in = flynn_row(src, (int)k);
        size_t i = 0;
        for (; i + LANES <= samples; i += LANES)
            v_store(sum + i, V(add_epi32)(v_load(sum + i), lanes_load_u8(in + i)));
        for (; i < samples; i++)
            sum[i] += in[i];
    }
    for (size_t i = 0; i < samples; i++)
        sum[i] += above[i];
    return above;
}

/* Members read the rows above their share once more, which are a quarter of what the table has there; they have all
 * done so before one writes, because the image may lie in the table. */
static void integral_u8(const struct flynn_call *call)
{
    const struct flynn_image *src = call->src, *dst = call->dst;
    int samples = (int)flynn_row_samples(&src->shape);
    size_t low, high;
    share((size_t)src->shape.height, call, &low, &high);
    const uint32_t *above = low && low < high ? above_share(call, low) : flynn_row(dst, 0);
    if (call->member == 0)
        memset(flynn_row(dst, 0), 0, flynn_row_bytes(&dst->shape));
    flynn_team_wait(call);
    for (int y = (int)low; y < (int)high; y++) {
        uint32_t *out = flynn_row(dst, y + 1);
        by_channels_u8(flynn_row(src, y), above, out, samples, src->shape.channels);
        above = out;
    }
}

/* ---- doubles: the sums of four rows go side by side, because each waits for the one before ----------------------- */

enum { ROWS = 4 };

struct rows {
    const void *in[ROWS];
    double *out[ROWS];
};

static inline __attribute__((always_inline)) void along_rows(const struct rows *r, int width, int channels, bool floats)
{
    double sum[ROWS][4] = {{0}};
    for (int k = 0; k < ROWS; k++)
        memset(r->out[k], 0, (size_t)channels * sizeof(double));
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
            size_t at = (size_t)x * (size_t)channels + (size_t)c;
            /* All are read before one is written: rows may be the same, and lie in the output. */
            for (int k = 0; k < ROWS; k++)
                sum[k][c] += floats ? (double)((const float *)r->in[k])[at] : ((const uint16_t *)r->in[k])[at];
            for (int k = 0; k < ROWS; k++)
                r->out[k][at + (size_t)channels] = sum[k][c];
        }
    }
}

static inline __attribute__((always_inline)) void by_channels(const struct rows *r, const struct flynn_shape *shape,
                                                              bool floats)
{
    switch (shape->channels) {
    case 1:
        along_rows(r, shape->width, 1, floats);
        break;
    case 2:
        along_rows(r, shape->width, 2, floats);
        break;
    case 3:
        along_rows(r, shape->width, 3, floats);
        break;
    default:
        along_rows(r, shape->width, 4, floats);
    }
}

/* Rows [y, y + n) of the table, to which the row above each is added. */
static inline void add_rows(const struct flynn_image *dst, int y, int n, size_t low, size_t high)
{
    for (int end = y + n; y < end; y++) {
        const double *above = flynn_row(dst, y - 1);
        double *out = flynn_row(dst, y);
        size_t i = low;
        for (; i + VEC / 8 <= high; i += VEC / 8)
            vd_store(out + i, V(add_pd)(vd_load(above + i), vd_load(out + i)));
        for (; i < high; i++)
            out[i] = above[i] + out[i];
    }
}

static inline __attribute__((always_inline)) void integral_f64(const struct flynn_call *call, bool floats)
{
    const struct flynn_image *src = call->src, *dst = call->dst;
    size_t low, high, first, last;
    if (call->member == 0)
        memset(flynn_row(dst, 0), 0, flynn_row_bytes(&dst->shape));
    share((size_t)src->shape.height, call, &first, &last);
    share(flynn_row_samples(&dst->shape), call, &low, &high);
    for (int y = (int)first, n; y < (int)last; y += n) {
        struct rows r;
        n = (int)last - y < ROWS ? (int)last - y : ROWS;
        for (int k = 0; k < ROWS; k++) { /* a row that is missing is made like the last one, at the same place */
            r.in[k] = flynn_row(src, y + (k < n ? k : n - 1));
            r.out[k] = flynn_row(dst, y + 1 + (k < n ? k : n - 1));
        }
        by_channels(&r, &src->shape, floats);
        if (call->members == 1)
            add_rows(dst, y + 1, n, low, high);
    }
    flynn_team_wait(call);
    if (call->members > 1 && src->shape.height > 1)
        add_rows(dst, 2, src->shape.height - 1, low, high);
}

static void integral_u16(const struct flynn_call *call)
{
    integral_f64(call, false);
}

static void integral_f32(const struct flynn_call *call)
{
    integral_f64(call, true);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(integral);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(integral) = {.fn = {{integral_u8, integral_u16, integral_f32}}};
