/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_RESIZE_ACROSS_F32_H
#define FLYNN_SIMD_RESIZE_ACROSS_F32_H

#include "simd/vec.h"

/** Resize of f32 with a filter, along rows. Every sample is one chain of sums over its taps, so vectors hold what is
 * beside it: the samples of a pixel, and rows. */

enum { FILTER_F32_ROWS = 4 };

struct filter_f32 {
    const float *in[FILTER_F32_ROWS];
    float *out[FILTER_F32_ROWS];
    int taps;
};

/* Four rows of one sample: four taps of every row are turned around at once. */
static inline simde__m128 filter_f32_gray(const struct filter_f32 *f, size_t at, const float *w)
{
    simde__m128 sum = simde_mm_setzero_ps();
    for (int k = 0; k < f->taps; k += 4, at += 4) {
        simde__m128 t[4];
        for (int r = 0; r < 4; r++)
            t[r] = simde_mm_loadu_ps(f->in[r] + at);
        SIMDE_MM_TRANSPOSE4_PS(t[0], t[1], t[2], t[3]);
        for (int j = 0; j < 4 && k + j < f->taps; j++) {
            simde__m128 product = simde_mm_mul_ps(simde_mm_set1_ps(w[k + j]), t[j]);
            sum = k + j ? simde_mm_add_ps(sum, product) : product;
        }
    }
    return sum;
}

static inline simde__m128 filter_f32_two(const float *p, const float *q)
{
    simde__m128 v = simde_mm_castsi128_ps(simde_mm_loadl_epi64((const void *)p));
    return simde_mm_loadh_pi(v, (const void *)q);
}

/* Rows r and r + 1 of pixels of two samples. */
static inline simde__m128 filter_f32_pair(const struct filter_f32 *f, int r, size_t at, const float *w)
{
    simde__m128 sum = simde_mm_mul_ps(simde_mm_set1_ps(w[0]), filter_f32_two(f->in[r] + at, f->in[r + 1] + at));
    for (int k = 1; k < f->taps; k++) {
        at += 2;
        simde__m128 x = filter_f32_two(f->in[r] + at, f->in[r + 1] + at);
        sum = simde_mm_add_ps(sum, simde_mm_mul_ps(simde_mm_set1_ps(w[k]), x));
    }
    return sum;
}

/* A pixel of three or four samples of each row, up to one sample beyond it. */
static inline void filter_f32_pixel(const struct filter_f32 *f, size_t at, int channels, const float *w,
                                    simde__m128 sum[FILTER_F32_ROWS])
{
    simde__m128 weight = simde_mm_set1_ps(w[0]);
    for (int r = 0; r < FILTER_F32_ROWS; r++)
        sum[r] = simde_mm_mul_ps(weight, simde_mm_loadu_ps(f->in[r] + at));
    for (int k = 1; k < f->taps; k++) {
        at += (size_t)channels;
        weight = simde_mm_set1_ps(w[k]);
        for (int r = 0; r < FILTER_F32_ROWS; r++)
            sum[r] = simde_mm_add_ps(sum[r], simde_mm_mul_ps(weight, simde_mm_loadu_ps(f->in[r] + at)));
    }
}

static inline void filter_f32_column(const struct filter_f32 *f, size_t from, size_t to, int channels, const float *w,
                                     bool room)
{
    simde__m128 sum[FILTER_F32_ROWS];
    float sample[4];
    if (channels == 1) {
        simde_mm_storeu_ps(sample, filter_f32_gray(f, from, w));
        for (int r = 0; r < FILTER_F32_ROWS; r++)
            f->out[r][to] = sample[r];
    } else if (channels == 2) {
        for (int r = 0; r < FILTER_F32_ROWS; r += 2) {
            simde_mm_storeu_ps(sample, filter_f32_pair(f, r, from, w));
            memcpy(f->out[r] + to, sample, 8);
            memcpy(f->out[r + 1] + to, sample + 2, 8);
        }
    } else {
        filter_f32_pixel(f, from, channels, w, sum);
        for (int r = 0; r < FILTER_F32_ROWS; r++) {
            if (room) {
                simde_mm_storeu_ps(f->out[r] + to, sum[r]);
            } else {
                simde_mm_storeu_ps(sample, sum[r]);
                memcpy(f->out[r] + to, sample, (size_t)channels * sizeof *sample);
            }
        }
    }
}

static inline void filter_f32_rows(const struct flynn_call *call, int channels)
{
    const int32_t *first = call->stage->table[0].data;
    const float *weight = call->stage->table[1].data;
    size_t stride = (size_t)call->stage->k[1], samples = (size_t)call->width * (size_t)channels;
    for (int r = 0; r < call->rows; r += FILTER_F32_ROWS) {
        struct filter_f32 f = {.taps = call->stage->k[0]};
        for (int i = 0; i < FILTER_F32_ROWS; i++) {
            int row = r + i < call->rows ? r + i : call->rows - 1;
            f.in[i] = call->in[row];
            f.out[i] = call->out[row];
        }
        for (int x = 0; x < call->width; x++) {
            size_t to = (size_t)x * (size_t)channels;
            filter_f32_column(&f, (size_t)first[x] * (size_t)channels, to, channels, weight + (size_t)x * stride,
                              to + 4 <= samples);
        }
    }
}

static void across_filter_f32(const struct flynn_call *call)
{
    switch (call->stage->in.channels) {
    case 1:
        filter_f32_rows(call, 1);
        break;
    case 2:
        filter_f32_rows(call, 2);
        break;
    case 3:
        filter_f32_rows(call, 3);
        break;
    default:
        filter_f32_rows(call, 4);
    }
}

#endif
