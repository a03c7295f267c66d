/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cumsum.h"
#include "simd/wide.h"

enum { PART = 16384 }; /* columns, of which the row above stays in the second cache */

/* One chain of additions waits for itself; four rows at once keep the adders busy. */
static void rows_f32(const struct flynn_call *call)
{
    int r = 0;
    for (; r + 4 <= call->rows; r += 4) {
        const float *a = call->in[r], *b = call->in[r + 1], *c = call->in[r + 2], *d = call->in[r + 3];
        float *to_a = call->out[r], *to_b = call->out[r + 1], *to_c = call->out[r + 2], *to_d = call->out[r + 3];
        float sum_a = to_a[0] = a[0], sum_b = to_b[0] = b[0], sum_c = to_c[0] = c[0], sum_d = to_d[0] = d[0];
        for (int x = 1; x < call->width; x++) {
            to_a[x] = sum_a += a[x];
            to_b[x] = sum_b += b[x];
            to_c[x] = sum_c += c[x];
            to_d[x] = sum_d += d[x];
        }
    }
    for (; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r], sum = out[0] = in[0];
        for (int x = 1; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void add_f32(const float *a, const float *b, float *out, int n)
{
    enum { LANES = VEC / sizeof(float) };
    int x = 0;
    for (; x + LANES <= n; x += LANES)
        vf_store(out + x, V(add_ps)(vf_load(a + x), vf_load(b + x)));
    for (; x < n; x++)
        out[x] = a[x] + b[x];
}

static void columns_f32(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int x = first; x < last; x += PART) {
        int n = last - x < PART ? last - x : PART;
        float *out = (float *)flynn_row(call->dst, 0) + x;
        memcpy(out, (const float *)flynn_row(call->src, 0) + x, (size_t)n * sizeof *out);
        for (int y = 1; y < call->dst->shape.height; y++) {
            const float *above = out;
            out = (float *)flynn_row(call->dst, y) + x;
            add_f32(above, (const float *)flynn_row(call->src, y) + x, out, n);
        }
    }
}

static void totals_f32(const struct flynn_call *call)
{
    enum { LANES = VEC / sizeof(float) };
    int width = call->src->shape.width;
    float total = 0;
    for (int y = 0; y < call->y; y++)
        total += ((const float *)flynn_row(call->src, y))[width - 1];
    for (int y = call->y; y < call->y + call->rows; y++) {
        const float *in = flynn_row(call->src, y);
        float *out = flynn_row(call->dst, y);
        int x = 0;
        for (; x + LANES <= width; x += LANES)
            vf_store(out + x, V(add_ps)(V(set1_ps)(total), vf_load(in + x)));
        for (; x < width; x++)
            out[x] = total + in[x];
        total += in[width - 1];
    }
}

static void rows_f64(const struct flynn_call *call)
{
    int r = 0;
    for (; r + 4 <= call->rows; r += 4) {
        const double *a = call->in[r], *b = call->in[r + 1], *c = call->in[r + 2], *d = call->in[r + 3];
        double *to_a = call->out[r], *to_b = call->out[r + 1], *to_c = call->out[r + 2], *to_d = call->out[r + 3];
        double sum_a = to_a[0] = a[0], sum_b = to_b[0] = b[0], sum_c = to_c[0] = c[0], sum_d = to_d[0] = d[0];
        for (int x = 1; x < call->width; x++) {
            to_a[x] = sum_a += a[x];
            to_b[x] = sum_b += b[x];
            to_c[x] = sum_c += c[x];
            to_d[x] = sum_d += d[x];
        }
    }
    for (; r < call->rows; r++) {
        const double *in = call->in[r];
        double *out = call->out[r], sum = out[0] = in[0];
        for (int x = 1; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void add_f64(const double *a, const double *b, double *out, int n)
{
    enum { LANES = VEC / sizeof(double) };
    int x = 0;
    for (; x + LANES <= n; x += LANES)
        vd_store(out + x, V(add_pd)(vd_load(a + x), vd_load(b + x)));
    for (; x < n; x++)
        out[x] = a[x] + b[x];
}

static void columns_f64(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int x = first; x < last; x += PART) {
        int n = last - x < PART ? last - x : PART;
        double *out = (double *)flynn_row(call->dst, 0) + x;
        memcpy(out, (const double *)flynn_row(call->src, 0) + x, (size_t)n * sizeof *out);
        for (int y = 1; y < call->dst->shape.height; y++) {
            const double *above = out;
            out = (double *)flynn_row(call->dst, y) + x;
            add_f64(above, (const double *)flynn_row(call->src, y) + x, out, n);
        }
    }
}

static void totals_f64(const struct flynn_call *call)
{
    enum { LANES = VEC / sizeof(double) };
    int width = call->src->shape.width;
    double total = 0;
    for (int y = 0; y < call->y; y++)
        total += ((const double *)flynn_row(call->src, y))[width - 1];
    for (int y = call->y; y < call->y + call->rows; y++) {
        const double *in = flynn_row(call->src, y);
        double *out = flynn_row(call->dst, y);
        int x = 0;
        for (; x + LANES <= width; x += LANES)
            vd_store(out + x, V(add_pd)(V(set1_pd)(total), vd_load(in + x)));
        for (; x < width; x++)
            out[x] = total + in[x];
        total += in[width - 1];
    }
}

/* ---- u8 and u16 to u32: sums modulo 2^32 may be taken in any order -------------------------------------------------
 */

static inline simde__m128i load_4_u8(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof four);
    simde__m128i zero = simde_mm_setzero_si128();
    return simde_mm_unpacklo_epi16(simde_mm_unpacklo_epi8(simde_mm_cvtsi32_si128(four), zero), zero);
}

static inline simde__m128i load_4_u16(const uint16_t *p)
{
    simde__m128i four = simde_mm_loadl_epi64((const simde__m128i *)(const void *)p);
    return simde_mm_unpacklo_epi16(four, simde_mm_setzero_si128());
}

/* Four sums on top of `total`, which is in all lanes; returns the last of them in all lanes. */
static inline simde__m128i scan_4(simde__m128i x, simde__m128i total, uint32_t *out)
{
    x = simde_mm_add_epi32(x, simde_mm_slli_si128(x, 4));
    x = simde_mm_add_epi32(x, simde_mm_slli_si128(x, 8));
    w_store16(out, simde_mm_add_epi32(x, total));
    return simde_mm_add_epi32(total, simde_mm_shuffle_epi32(x, 0xff));
}

static void rows_u8(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint32_t *out = call->out[r];
        simde__m128i total = simde_mm_setzero_si128();
        int x = 0;
        for (; x + 4 <= call->width; x += 4)
            total = scan_4(load_4_u8(in + x), total, out + x);
        for (uint32_t sum = x ? out[x - 1] : 0; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void columns_u8(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int from = first; from < last; from += PART) {
        int to = last - from < PART ? last : from + PART;
        for (int y = 0; y < call->dst->shape.height; y++) {
            const uint8_t *in = flynn_row(call->src, y);
            const uint32_t *above = y ? flynn_row(call->dst, y - 1) : NULL;
            uint32_t *out = flynn_row(call->dst, y);
            int x = from;
            for (; x + 4 <= to; x += 4) {
                simde__m128i sum = above ? w_load16(above + x) : simde_mm_setzero_si128();
                w_store16(out + x, simde_mm_add_epi32(sum, load_4_u8(in + x)));
            }
            for (; x < to; x++)
                out[x] = above ? above[x] + in[x] : in[x];
        }
    }
}

static void rows_u16(const struct flynn_call *call)
{
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        uint32_t *out = call->out[r];
        simde__m128i total = simde_mm_setzero_si128();
        int x = 0;
        for (; x + 4 <= call->width; x += 4)
            total = scan_4(load_4_u16(in + x), total, out + x);
        for (uint32_t sum = x ? out[x - 1] : 0; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

static void columns_u16(const struct flynn_call *call)
{
    int first, last;
    cumsum_share(call, &first, &last);
    for (int from = first; from < last; from += PART) {
        int to = last - from < PART ? last : from + PART;
        for (int y = 0; y < call->dst->shape.height; y++) {
            const uint16_t *in = flynn_row(call->src, y);
            const uint32_t *above = y ? flynn_row(call->dst, y - 1) : NULL;
            uint32_t *out = flynn_row(call->dst, y);
            int x = from;
            for (; x + 4 <= to; x += 4) {
                simde__m128i sum = above ? w_load16(above + x) : simde_mm_setzero_si128();
                w_store16(out + x, simde_mm_add_epi32(sum, load_4_u16(in + x)));
            }
            for (; x < to; x++)
                out[x] = above ? above[x] + in[x] : in[x];
        }
    }
}

static void totals_u32(const struct flynn_call *call)
{
    int width = call->src->shape.width;
    uint32_t total = 0;
    for (int y = 0; y < call->y; y++)
        total += ((const uint32_t *)flynn_row(call->src, y))[width - 1];
    for (int y = call->y; y < call->y + call->rows; y++) {
        const uint32_t *in = flynn_row(call->src, y);
        uint32_t *out = flynn_row(call->dst, y);
        simde__m128i all = simde_mm_set1_epi32((int32_t)total);
        int x = 0;
        for (; x + 4 <= width; x += 4)
            w_store16(out + x, simde_mm_add_epi32(all, w_load16(in + x)));
        for (; x < width; x++)
            out[x] = total + in[x];
        total += in[width - 1];
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cumsum);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cumsum) = {
    .fn =
        {[CUMSUM_ROWS] = {[FLYNN_U8] = rows_u8, [FLYNN_U16] = rows_u16, [FLYNN_F32] = rows_f32, [FLYNN_F64] = rows_f64},
         [CUMSUM_COLUMNS] =
             {[FLYNN_U8] = columns_u8, [FLYNN_U16] = columns_u16, [FLYNN_F32] = columns_f32, [FLYNN_F64] = columns_f64},
         [CUMSUM_TOTALS] = {[FLYNN_U32] = totals_u32, [FLYNN_F32] = totals_f32, [FLYNN_F64] = totals_f64}},
};
