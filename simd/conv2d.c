/* SPDX-License-Identifier: Apache-2.0 */
#include "core/conv2d.h"
#include "simd/fused.h"

/* The product of the kernel, filters x taps, and the im2col matrix, taps x output columns, without that matrix: input
 * rows are copied once, with zeros around them and with samples that are `stride` apart next to each other, so that its
 * every row is a run in a copy. A tile of C stays in registers for all taps, and reads where each tap's run begins from
 * a list. Tables without a fused multiply-add make that from f64 (simd/fused.h). */

#define LANES     ((int)(VEC / sizeof(float)))
#define TILE_VECS 8 /* of the widest tile */

struct rows {
    float *copy;     /* [channel][slot][phase], a slot for each of `ring` rows */
    ptrdiff_t *run;  /* where tap t begins in the copies */
    ptrdiff_t phase; /* floats */
    int ring, next;  /* rows before `next` (counted with the padding) are there */
    int channels, taps;
};

/* ---- copies of input rows ---- */

/* Samples first, first + stride, ... of a padded row. */
static void copy_phase(float *to, const struct flynn_call *call, const float *in, ptrdiff_t step, int first, int n)
{
    const int32_t *k = call->stage->k;
    int stride = k[FLYNN_CONV_STRIDE], width = call->src->shape.width, at = first - k[FLYNN_CONV_PADDING];
    int zeros = at < 0 ? (-at + stride - 1) / stride : 0, i;
    zeros = !in || zeros > n ? n : zeros;
    memset(to, 0, sizeof(float) * (size_t)zeros);
    at += zeros * stride;
    int all = at < width && in ? zeros + (width - 1 - at) / stride + 1 : zeros;
    all = all < n ? all : n;
    if (step * stride == 1 && all > zeros) {
        memcpy(to + zeros, in + at, sizeof(float) * (size_t)(all - zeros));
    } else {
        for (i = zeros; i < all; i++, at += stride)
            to[i] = in[at * step];
    }
    memset(to + all, 0, sizeof(float) * (size_t)(n - all));
}

/* Rows up to before `last`; what an output row has passed is overwritten. */
static void copy_rows(struct rows *rows, const struct flynn_call *call, int last)
{
    const int32_t *k = call->stage->k;
    int stride = k[FLYNN_CONV_STRIDE];
    if (rows->next < last - rows->ring)
        rows->next = last - rows->ring;
    for (; rows->next < last; rows->next++) {
        for (int c = 0; c < rows->channels; c++) {
            ptrdiff_t step, slot = (ptrdiff_t)c * rows->ring + rows->next % rows->ring;
            const float *in = flynn_conv_row(call, c, rows->next - k[FLYNN_CONV_PADDING], &step);
            for (int p = 0; p < stride; p++)
                copy_phase(rows->copy + (slot * stride + p) * rows->phase, call, in, step, p, (int)rows->phase);
        }
    }
}

/* The runs of output row y. */
static void find_runs(struct rows *rows, const struct flynn_call *call, int y)
{
    const int32_t *k = call->stage->k;
    int stride = k[FLYNN_CONV_STRIDE], dilation = k[FLYNN_CONV_DILATION];
    ptrdiff_t *run = rows->run;
    for (int c = 0; c < rows->channels; c++) {
        for (int ky = 0; ky < k[FLYNN_CONV_KH]; ky++) {
            ptrdiff_t slot = (ptrdiff_t)c * rows->ring + (y * stride + ky * dilation) % rows->ring;
            for (int kx = 0; kx < k[FLYNN_CONV_KW]; kx++) {
                int at = kx * dilation;
                *run++ = (slot * stride + at % stride) * rows->phase + at / stride;
            }
        }
    }
}

/* ---- tiles ---- */

struct tile {
    const float *copy, *weight;
    const ptrdiff_t *run;
    ptrdiff_t taps;
    float *c;
    ptrdiff_t c_row;
    int cols;   /* of the output, which the last vector may pass */
    bool small; /* fused_may_be_small, where there is no fused multiply-add */
};

#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)

#define MOST_FILTERS 6 /* of a tile */

static inline void store_row(float *to, const vf *c, int vecs, int cols)
{
    for (int v = 0; v < vecs; v++) {
        if ((v + 1) * LANES <= cols) {
            vf_store(to + v * LANES, c[v]);
        } else if (v * LANES < cols) {
            float rest[VEC / sizeof(float)];
            vf_store(rest, c[v]);
            memcpy(to + v * LANES, rest, sizeof(float) * (size_t)(cols - v * LANES));
        }
    }
}

/* Inlined into callers that know both sizes. */
static inline __attribute__((always_inline)) void run_tile(const struct tile *t, int rows, int vecs)
{
    vf c[6][TILE_VECS];
    const ptrdiff_t taps = t->taps;
    const float *weight = t->weight;
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vecs; v++)
            c[i][v] = V(setzero_ps)();
    }
    for (ptrdiff_t k = 0; k < taps; k++, weight++) {
        const float *from = t->copy + t->run[k];
        vf in[TILE_VECS];
        for (int v = 0; v < vecs && vecs < TILE_VECS; v++)
            in[v] = vf_load(from + v * LANES);
        for (int i = 0; i < rows; i++) {
            vf w = V(set1_ps)(weight[i * taps]);
            for (int v = 0; v < vecs; v++)
                c[i][v] = V(fmadd_ps)(w, vecs < TILE_VECS ? in[v] : vf_load(from + v * LANES), c[i][v]);
        }
    }
    for (int i = 0; i < rows; i++)
        store_row(t->c + i * t->c_row, c[i], vecs, t->cols);
}

static void tile_6x2(const struct tile *t)
{
    run_tile(t, 6, 2);
}

static void tile_4x3(const struct tile *t)
{
    run_tile(t, 4, 3);
}

static void tile_2x4(const struct tile *t)
{
    run_tile(t, 2, 4);
}

static void tile_1x8(const struct tile *t)
{
    run_tile(t, 1, 8);
}

static void tile_1x2(const struct tile *t)
{
    run_tile(t, 1, 2);
}

/* Rows [filter, filter + rows) of one row of the output, of all columns. */
static void run_filters(struct tile t, int rows, int columns)
{
    static const struct {
        int rows, vecs;
        void (*run)(const struct tile *t);
    } shapes[] = {{6, 2, tile_6x2}, {4, 3, tile_4x3}, {2, 4, tile_2x4}, {1, 8, tile_1x8}, {1, 2, tile_1x2}};
    int s = rows >= 6 ? 0 : rows >= 4 ? 1 : rows >= 2 ? 2 : 3;
    for (int x = 0; x < columns;) {
        int some = s == 3 && columns - x <= 2 * LANES ? 4 : s;
        t.cols = columns - x;
        shapes[some].run(&t);
        int step = shapes[some].vecs * LANES;
        x += step;
        t.copy += step;
        t.c += step;
    }
}

#else

#define MOST_FILTERS 4
enum { FUSED_RUN = 64 }; /* taps that are done again where one of them may be wrong */

/* Taps [first, last) of 4 columns of some filters into c; false, and c is as before, where one may be wrong. */
static inline __attribute__((always_inline)) bool run_taps(const struct tile *t, float c[][4], int rows,
                                                           ptrdiff_t first, ptrdiff_t last, bool small)
{
    simde__m128d sum[MOST_FILTERS][2];
    simde__m128i seen = simde_mm_setzero_si128();
    for (int i = 0; i < rows; i++)
        fused_load(sum[i], c[i]);
    for (ptrdiff_t k = first; k < last; k++) {
        simde__m128d in[2];
        fused_load(in, t->copy + t->run[k]);
        for (int i = 0; i < rows; i++)
            fused_step_by(sum[i], t->weight[i * t->taps + k], in, &seen, small);
    }
    if (simde_mm_movemask_epi8(seen))
        return false;
    for (int i = 0; i < rows; i++)
        fused_store(c[i], sum[i]);
    return true;
}

static void run_taps_again(const struct tile *t, float c[][4], int rows, ptrdiff_t first, ptrdiff_t last)
{
    for (int i = 0; i < rows; i++) {
        for (ptrdiff_t k = first; k < last; k++) {
            for (int x = 0; x < LANES; x++)
                c[i][x] = fmaf(t->weight[i * t->taps + k], t->copy[t->run[k] + x], c[i][x]);
        }
    }
}

static inline __attribute__((always_inline)) void run_tile(const struct tile *t, int rows)
{
    float c[MOST_FILTERS][4] = {{0}};
    for (ptrdiff_t k = 0, last; k < t->taps; k = last) {
        last = t->taps - k < FUSED_RUN ? t->taps : k + FUSED_RUN;
        if (!(t->small ? run_taps(t, c, rows, k, last, true) : run_taps(t, c, rows, k, last, false)))
            run_taps_again(t, c, rows, k, last);
    }
    for (int i = 0; i < rows; i++)
        memcpy(t->c + i * t->c_row, c[i], sizeof(float) * (size_t)(t->cols < LANES ? t->cols : LANES));
}

static void tile_4(const struct tile *t)
{
    run_tile(t, 4);
}

static void tile_2(const struct tile *t)
{
    run_tile(t, 2);
}

static void tile_1(const struct tile *t)
{
    run_tile(t, 1);
}

static void run_filters(struct tile t, int rows, int columns)
{
    for (int x = 0; x < columns; x += LANES, t.copy += LANES, t.c += LANES) {
        t.cols = columns - x;
        (rows >= 4 ? tile_4 : rows >= 2 ? tile_2 : tile_1)(&t);
    }
}

#endif

static void conv2d_f32(const struct flynn_call *call)
{
    const int32_t *k = call->stage->k;
    int height = k[FLYNN_CONV_OUT_HEIGHT], filters = k[FLYNN_CONV_FILTERS], width = call->dst->shape.width;
    int y0 = (int)((int64_t)height * call->member / call->members);
    int y1 = (int)((int64_t)height * (call->member + 1) / call->members);
    struct rows rows = {.phase = flynn_conv_phase(call->stage),
                        .ring = flynn_conv_rows(k),
                        .channels = k[FLYNN_CONV_CHANNELS],
                        .next = y0 * k[FLYNN_CONV_STRIDE]};
    rows.copy = call->scratch;
    rows.run = (ptrdiff_t *)(void *)(rows.copy + rows.channels * rows.ring * k[FLYNN_CONV_STRIDE] * rows.phase);
    struct tile t = {.copy = rows.copy,
                     .run = rows.run,
                     .taps = flynn_conv_taps(k),
                     .c_row = (ptrdiff_t)(call->dst->stride / sizeof(float)) * height};
#if !defined(FLYNN_ISA_AVX512) && !defined(FLYNN_ISA_AVX2)
    t.small = fused_may_be_small(fused_least(call->stage->table[0].data, (size_t)(filters * t.taps)),
                                 fused_least_image(call->src));
#endif
    for (int y = y0; y < y1; y++) {
        copy_rows(&rows, call, y * k[FLYNN_CONV_STRIDE] + rows.ring);
        find_runs(&rows, call, y);
        for (int f = 0, some; f < filters; f += some) {
            some = filters - f >= 6 ? 6 : filters - f >= 4 ? 4 : filters - f >= 2 ? 2 : 1;
            some = some < MOST_FILTERS ? some : MOST_FILTERS;
            t.weight = (const float *)call->stage->table[0].data + f * t.taps;
            t.c = (float *)flynn_row(call->dst, f * height + y);
            run_filters(t, some, width);
        }
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(conv2d);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(conv2d) = {
    .fn = {{[FLYNN_F32] = conv2d_f32}},
};
