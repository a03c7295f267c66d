/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cumsum.h"
#include "simd/wide.h"

enum {
    PART = 16384,            /* columns of integers, and bytes of floats, of which the row above stays in a cache */
    STREAM_BYTES = 24 << 20, /* a larger output goes past the caches */
};

/* Large outputs whose rows are aligned go past the caches. */
static bool streams(const struct flynn_call *call)
{
    bool large = call->dst->stride * (size_t)call->dst->shape.height > STREAM_BYTES;
    return large && call->dst->stride % VEC == 0 && (uintptr_t)call->dst->data % VEC == 0;
}

#if WIDE == 32
typedef simde__m256 wf;
#else
typedef simde__m128 wf;
#endif

enum { ROWS = WIDE / 4, COLUMNS = 4 }; /* of a tile: lane l of vector j is row 4 l + j */

static inline wf load_lanes(const float *const *in, int j, int x)
{
#if WIDE == 32
    return simde_mm256_insertf128_ps(simde_mm256_castps128_ps256(simde_mm_loadu_ps(in[j] + x)),
                                     simde_mm_loadu_ps(in[j + 4] + x), 1);
#else
    return simde_mm_loadu_ps(in[j] + x);
#endif
}

/* Streaming stores need whole tiles at multiples of 16 bytes. */
static inline void store_lane(float *to, simde__m128 v, bool stream)
{
    if (stream)
        simde_mm_stream_ps(to, v);
    else
        simde_mm_storeu_ps(to, v);
}

static inline void store_lanes(float *const *out, int j, int x, wf v, bool stream)
{
#if WIDE == 32
    store_lane(out[j] + x, simde_mm256_castps256_ps128(v), stream);
    store_lane(out[j + 4] + x, simde_mm256_extractf128_ps(v, 1), stream);
#else
    store_lane(out[j] + x, v, stream);
#endif
}

/* Rows become columns in each lane, and back. */
static inline void turn_lanes(wf v[COLUMNS])
{
    wf low0 = W(unpacklo_ps)(v[0], v[1]), high0 = W(unpackhi_ps)(v[0], v[1]);
    wf low1 = W(unpacklo_ps)(v[2], v[3]), high1 = W(unpackhi_ps)(v[2], v[3]);
    v[0] = W(shuffle_ps)(low0, low1, SIMDE_MM_SHUFFLE(1, 0, 1, 0));
    v[1] = W(shuffle_ps)(low0, low1, SIMDE_MM_SHUFFLE(3, 2, 3, 2));
    v[2] = W(shuffle_ps)(high0, high1, SIMDE_MM_SHUFFLE(1, 0, 1, 0));
    v[3] = W(shuffle_ps)(high0, high1, SIMDE_MM_SHUFFLE(3, 2, 3, 2));
}

/* A sum starts as -0, so that adding the first sample gives that sample. */
static inline __attribute__((always_inline)) void scan_tiles(const float *const *in, float *const *out, int width,
                                                             bool stream)
{
    wf sum = W(set1_ps)(-0.0f);
    float last[ROWS];
    int x = 0;
    for (; x + COLUMNS <= width; x += COLUMNS) {
        wf v[COLUMNS];
        for (int j = 0; j < COLUMNS; j++)
            v[j] = load_lanes(in, j, x);
        turn_lanes(v);
        for (int j = 0; j < COLUMNS; j++)
            v[j] = sum = W(add_ps)(sum, v[j]);
        turn_lanes(v);
        for (int j = 0; j < COLUMNS; j++)
            store_lanes(out, j, x, v[j], stream);
    }
    W(storeu_ps)(last, sum);
    for (; x < width; x++) {
        for (int r = 0; r < ROWS; r++)
            out[r][x] = last[r] += in[r][x];
    }
}

static bool aligned(float *const *out)
{
    uintptr_t any = 0;
    for (int r = 0; r < ROWS; r++)
        any |= (uintptr_t)out[r];
    return any % 16 == 0;
}

static void rows_f32(const struct flynn_call *call)
{
    int r = 0;
    for (; r + ROWS <= call->rows; r += ROWS) {
        const float *in[ROWS];
        float *out[ROWS];
        for (int i = 0; i < ROWS; i++) {
            in[i] = call->in[r + i];
            out[i] = call->out[r + i];
        }
        if (call->stream && aligned(out))
            scan_tiles(in, out, call->width, true);
        else
            scan_tiles(in, out, call->width, false);
    }
    for (; r < call->rows; r++) {
        const float *in = call->in[r];
        float *out = call->out[r], sum = out[0] = in[0];
        for (int x = 1; x < call->width; x++)
            out[x] = sum += in[x];
    }
}

/* sum += in, and to the output. */
static inline void add_f32(float *sum, const float *in, float *out, int n, bool stream)
{
    enum { LANES = VEC / sizeof(float) };
    int x = 0;
    for (; x + LANES <= n; x += LANES) {
        vf next = V(add_ps)(vf_load(sum + x), vf_load(in + x));
        vf_store(sum + x, next);
        if (stream)
            v_stream(out + x, V_AS_I(next));
        else
            vf_store(out + x, next);
    }
    for (; x < n; x++)
        out[x] = sum[x] += in[x];
}

static void columns_f32(const struct flynn_call *call)
{
    enum { PART_COLUMNS = PART / sizeof(float) };
    int first, last;
    bool stream = streams(call);
    cumsum_share(call, &first, &last);
    for (int x = first; x < last; x += PART_COLUMNS) {
        int n = last - x < PART_COLUMNS ? last - x : PART_COLUMNS;
        float sum[PART_COLUMNS];
        for (int i = 0; i < n; i++)
            sum[i] = -0.0f;
        for (int y = 0; y < call->dst->shape.height; y++) {
            const float *in = (float *)flynn_row(call->src, y) + x;
            float *out = (float *)flynn_row(call->dst, y) + x;
            add_f32(sum, in, out, n, stream);
        }
    }
    if (stream)
        simde_mm_sfence();
}

static void totals_f32(const struct flynn_call *call)
{
    enum { LANES = VEC / sizeof(float) };
    int width = call->src->shape.width;
    bool stream = streams(call);
    float total = 0;
    for (int y = 0; y < call->y; y++)
        total += ((const float *)flynn_row(call->src, y))[width - 1];
    for (int y = call->y; y < call->y + call->rows; y++) {
        const float *in = flynn_row(call->src, y);
        float *out = flynn_row(call->dst, y);
        int x = 0;
        for (; x + LANES <= width; x += LANES) {
            vf sum = V(add_ps)(V(set1_ps)(total), vf_load(in + x));
            if (stream)
                v_stream(out + x, V_AS_I(sum));
            else
                vf_store(out + x, sum);
        }
        for (; x < width; x++)
            out[x] = total + in[x];
        total += in[width - 1];
    }
    if (stream)
        simde_mm_sfence();
}

/* One chain of additions waits for itself; four rows at once keep the adders busy. */
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

static inline void stream_f64(double *to, vd v)
{
    vi bits;
    memcpy(&bits, &v, sizeof bits);
    v_stream(to, bits);
}

/* sum += in, and to the output. */
static inline void add_f64(double *sum, const double *in, double *out, int n, bool stream)
{
    enum { LANES = VEC / sizeof(double) };
    int x = 0;
    for (; x + LANES <= n; x += LANES) {
        vd next = V(add_pd)(vd_load(sum + x), vd_load(in + x));
        vd_store(sum + x, next);
        if (stream)
            stream_f64(out + x, next);
        else
            vd_store(out + x, next);
    }
    for (; x < n; x++)
        out[x] = sum[x] += in[x];
}

static void columns_f64(const struct flynn_call *call)
{
    enum { PART_COLUMNS = PART / sizeof(double) };
    int first, last;
    bool stream = streams(call);
    cumsum_share(call, &first, &last);
    for (int x = first; x < last; x += PART_COLUMNS) {
        int n = last - x < PART_COLUMNS ? last - x : PART_COLUMNS;
        double sum[PART_COLUMNS];
        for (int i = 0; i < n; i++)
            sum[i] = -0.0;
        for (int y = 0; y < call->dst->shape.height; y++) {
            const double *in = (double *)flynn_row(call->src, y) + x;
            double *out = (double *)flynn_row(call->dst, y) + x;
            add_f64(sum, in, out, n, stream);
        }
    }
    if (stream)
        simde_mm_sfence();
}

static void totals_f64(const struct flynn_call *call)
{
    enum { LANES = VEC / sizeof(double) };
    int width = call->src->shape.width;
    bool stream = streams(call);
    double total = 0;
    for (int y = 0; y < call->y; y++)
        total += ((const double *)flynn_row(call->src, y))[width - 1];
    for (int y = call->y; y < call->y + call->rows; y++) {
        const double *in = flynn_row(call->src, y);
        double *out = flynn_row(call->dst, y);
        int x = 0;
        for (; x + LANES <= width; x += LANES) {
            vd sum = V(add_pd)(V(set1_pd)(total), vd_load(in + x));
            if (stream)
                stream_f64(out + x, sum);
            else
                vd_store(out + x, sum);
        }
        for (; x < width; x++)
            out[x] = total + in[x];
        total += in[width - 1];
    }
    if (stream)
        simde_mm_sfence();
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
