/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/vec.h"

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
        along_u8(in, above, out, samples, 1);
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

static void integral_u8(const struct flynn_call *call)
{
    const struct flynn_image *src = call->src, *dst = call->dst;
    int samples = (int)flynn_row_samples(&src->shape);
    size_t low, high;
    if (call->member == 0)
        memset(flynn_row(dst, 0), 0, flynn_row_bytes(&dst->shape));
    share((size_t)src->shape.height, call, &low, &high);
    for (int y = (int)low; y < (int)high; y++) {
        if (call->members == 1)
            by_channels_u8(flynn_row(src, y), flynn_row(dst, y), flynn_row(dst, y + 1), samples, src->shape.channels);
        else
            by_channels_u8(flynn_row(src, y), NULL, flynn_row(dst, y + 1), samples, src->shape.channels);
    }
    flynn_team_wait(call);
    share(flynn_row_samples(&dst->shape), call, &low, &high);
    for (int y = 2; y <= src->shape.height && call->members > 1; y++) {
        const uint32_t *above = flynn_row(dst, y - 1);
        uint32_t *out = flynn_row(dst, y);
        size_t i = low;
        for (; i + VEC / 4 <= high; i += VEC / 4)
            v_store(out + i, V(add_epi32)(v_load(out + i), v_load(above + i)));
        for (; i < high; i++)
            out[i] += above[i];
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
