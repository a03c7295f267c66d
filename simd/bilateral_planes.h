/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_BILATERAL_PLANES_H
#define FLYNN_SIMD_BILATERAL_PLANES_H

#include "core/bilateral.h"
#include "simd/rgb.h"

/* Pixels and planes: of 3 channels VEC pixels at a time, else 16. */

/* part[i][j] takes of vector i of the pixels what belongs to plane j, or of plane j what belongs to vector i. */
struct shuffles {
    simde__m128i part[FLYNN_MAX_CHANNELS][FLYNN_MAX_CHANNELS];
};

static struct shuffles split_shuffles(int c)
{
    struct shuffles s;
    for (int i = 0; i < c; i++) {
        for (int j = 0; j < c; j++) {
            uint8_t index[16];
            for (int b = 0; b < 16; b++)
                index[b] = (b * c + j) / 16 == i ? (uint8_t)((b * c + j) % 16) : 0x80;
            memcpy(&s.part[i][j], index, sizeof index);
        }
    }
    return s;
}

static struct shuffles join_shuffles(int c)
{
    struct shuffles s;
    for (int i = 0; i < c; i++) {
        for (int j = 0; j < c; j++) {
            uint8_t index[16];
            for (int b = 0; b < 16; b++)
                index[b] = (16 * i + b) % c == j ? (uint8_t)((16 * i + b) / c) : 0x80;
            memcpy(&s.part[i][j], index, sizeof index);
        }
    }
    return s;
}

static inline simde__m128i load16(const uint8_t *p)
{
    return simde_mm_loadu_si128((const simde__m128i *)(const void *)p);
}

static inline void store16(uint8_t *p, simde__m128i v)
{
    simde_mm_storeu_si128((simde__m128i *)(void *)p, v);
}

/* 16 pixels to planes `far` bytes apart. */
FLYNN_UNROLLED void split16(const uint8_t *in, uint8_t *out, ptrdiff_t far, const struct shuffles *s, int c)
{
    simde__m128i v[FLYNN_MAX_CHANNELS];
    for (int i = 0; i < c; i++)
        v[i] = load16(in + 16 * i);
    for (int j = 0; j < c; j++) {
        simde__m128i plane = simde_mm_shuffle_epi8(v[0], s->part[0][j]);
        for (int i = 1; i < c; i++)
            plane = simde_mm_or_si128(plane, simde_mm_shuffle_epi8(v[i], s->part[i][j]));
        store16(out + j * far, plane);
    }
}

/* Pixels of c channels that split_some takes at a time. */
#define SPLIT(c) ((c) == 3 ? VEC : 16)

FLYNN_UNROLLED void split_some(const uint8_t *in, uint8_t *out, ptrdiff_t far, const struct shuffles *s, int c)
{
    if (c != 3) {
        split16(in, out, far, s, c);
        return;
    }
    vi v[3];
    rgb_load_blocks(v, in);
    struct rgb px = rgb_from_blocks(v, 1);
    v_store(out, px.r);
    v_store(out + far, px.g);
    v_store(out + 2 * far, px.b);
}

FLYNN_UNROLLED void planes(const struct flynn_call *call, int c)
{
    struct shuffles s = split_shuffles(c);
    int columns = call->stage->in.width, far = call->stage->out.width, some = SPLIT(c);
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        uint8_t *out = (uint8_t *)call->out[r] + call->stage->k[0];
        for (int x = 0; x + some <= columns; x += some)
            split_some(in + x * c, out + x, far, &s, c);
        if (columns >= some)
            split_some(in + (columns - some) * c, out + columns - some, far, &s, c);
        for (int i = 0; i < columns * c && columns < some; i++)
            out[i % c * far + i / c] = in[i];
        flynn_bilateral_pad(call->stage, call->out[r]);
    }
}

static void planes_u8(const struct flynn_call *call)
{
    switch (call->stage->in.channels) {
    case 1:
        for (int r = 0; r < call->rows; r++) {
            memcpy((uint8_t *)call->out[r] + call->stage->k[0], call->in[r], (size_t)call->stage->in.width);
            flynn_bilateral_pad(call->stage, call->out[r]);
        }
        break;
    case 2:
        planes(call, 2);
        break;
    case 3:
        planes(call, 3);
        break;
    default:
        planes(call, 4);
    }
}

/* Border columns from `first` to `end` of an input row to planes `far` bytes apart, each byte exclusive or `flip`. */
static void keep_borders(const struct flynn_stage *stage, const uint8_t *in, int first, int end, uint8_t *to,
                         ptrdiff_t far, int flip)
{
    int c = stage->in.channels;
    for (int i = first; i < end; i++) {
        int from = flynn_border_index(stage->border, i, stage->k[3]);
        for (int j = 0; j < c; j++) {
            uint8_t *byte = to + j * far + i - first;
            if (from < 0)
                flynn_sample_put(FLYNN_U8, byte, 0, stage->border_value);
            else
                *byte = in[(ptrdiff_t)(from - stage->k[5]) * c + j];
            *byte ^= (uint8_t)flip;
        }
    }
}

/* VEC pixels. */
FLYNN_UNROLLED void keep_some(const uint8_t *in, uint8_t *to, ptrdiff_t far, vi flip, int c)
{
    vi plane[3] = {v_load(in)};
    if (c == 3) {
        vi v[3];
        rgb_load_blocks(v, in);
        struct rgb px = rgb_from_blocks(v, 1);
        plane[0] = px.r;
        plane[1] = px.g;
        plane[2] = px.b;
    }
    for (int j = 0; j < c; j++)
        v_store(to + j * far, v_xor(plane[j], flip));
}

/* Of input row t of a call of PIXELS n columns from the first that pixel x of the output needs, so. VEC bytes before
 * and after them are written. */
FLYNN_UNROLLED void keep_columns(const struct flynn_call *call, int t, int x, int n, uint8_t *to, ptrdiff_t far,
                                 int flip, int c)
{
    const struct flynn_stage *stage = call->stage;
    const uint8_t *in = call->in[t];
    int first = stage->k[4] + x - stage->up, end = first + n, start = stage->k[5];
    int from = first > 0 ? first : 0, until = end < stage->k[3] ? end : stage->k[3],
        last = start + stage->in.width - VEC;
    vi flips = v_set8(flip);
    for (int i = from; i < until && last >= start; i += VEC) {
        int at = i < last ? i : last;
        keep_some(in + (ptrdiff_t)(at - start) * c, to + at - first, far, flips, c);
    }
    keep_borders(stage, in, first, last < start ? end : from, to, far, flip);
    keep_borders(stage, in, until, end, to + until - first, far, flip);
}

/* What the row after row r of a call of PIXELS reads and writes from pixel x on. Rows of a segment are too short for
 * the CPU to fetch them early. */
struct keep_next {
    const uint8_t *in, *out;
};

static inline struct keep_next keep_next(const struct flynn_call *call, int r, int x)
{
    const struct flynn_stage *stage = call->stage;
    int next = r + 1 < call->rows ? r + 1 : r;
    ptrdiff_t at = (ptrdiff_t)x * stage->in.channels;
    return (struct keep_next){(const uint8_t *)call->in[next + 2 * stage->up] + at,
                              (const uint8_t *)call->out[next] + at};
}

/* VEC pixels. */
FLYNN_UNROLLED void keep_fetch(const struct keep_next *next, int x, int c)
{
    for (int i = 0; i < VEC * c; i += 64) {
        __builtin_prefetch(next->in + x * c + i);
        __builtin_prefetch(next->out + x * c + i, 1);
    }
}

/* The lanes of a vector, `far` bytes apart. */
FLYNN_UNROLLED void store_lanes(uint8_t *out, ptrdiff_t far, vi v)
{
#if defined(FLYNN_ISA_AVX2) && !defined(FLYNN_ISA_AVX512)
    store16(out, simde_mm256_castsi256_si128(v));
    store16(out + far, simde_mm256_extracti128_si256(v, 1));
#else
    uint8_t bytes[VEC];
    v_store(bytes, v);
    for (int l = 0; l < VEC / 16; l++)
        store16(out + l * far, load16(bytes + 16 * l));
#endif
}

/* A vector of each plane to VEC pixels. */
FLYNN_UNROLLED void join_vector(const vi *plane, uint8_t *out, const struct shuffles *join, int c)
{
    if (c == 1) {
        v_store(out, plane[0]);
        return;
    }
    if (c == 3) {
        struct rgb px = {.r = plane[0], .g = plane[1], .b = plane[2]};
        vi v[3];
        rgb_to_blocks(v, &px, 1, false);
        rgb_order_blocks(v);
        for (int i = 0; i < 3; i++)
            v_store(out + i * VEC, v[i]);
        return;
    }
    for (int i = 0; i < c; i++) {
        vi pixels = V(shuffle_epi8)(plane[0], v_repeat16(&join->part[i][0]));
        for (int j = 1; j < c; j++)
            pixels = v_or(pixels, V(shuffle_epi8)(plane[j], v_repeat16(&join->part[i][j])));
        store_lanes(out + 16 * i, (ptrdiff_t)16 * c, pixels);
    }
}

#endif
