/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_WARP_SOURCE_H
#define FLYNN_CORE_WARP_SOURCE_H

#include "core/warp.h"

#include <string.h>

/** Sampling for warps, pixel by pixel and with every border: the definition, which the scalar kernels are and which the
 * others use where the border is near. */

struct flynn_warp_source {
    const uint8_t *data;
    size_t stride;
    int width, height, channels;
    enum flynn_warp_method method;
    enum flynn_border border;
    uint8_t fill[8 * 16]; /**< the pixel of a constant border, eight times */
    const int16_t *ints;  /**< bicubic: negated weights, 16 for each of 32 x 32 positions */
    const float *floats;  /**< bicubic: four for each of 32 positions on an axis */
};

static inline void flynn_warp_source(const struct flynn_call *call, struct flynn_warp_source *s)
{
    const struct flynn_stage *stage = call->stage;
    *s = (struct flynn_warp_source){
        .data = call->src->data,
        .stride = call->src->stride,
        .width = call->src->shape.width,
        .height = call->src->shape.height,
        .channels = call->src->shape.channels,
        .method = (enum flynn_warp_method)stage->k[0],
        .border = stage->border,
        .ints = stage->table[2].data,
        .floats = stage->table[3].data,
    };
    const size_t sample = flynn_type_bytes(stage->in.type);
    const uint8_t byte = stage->in.type == FLYNN_U8 ? (uint8_t)stage->border_value : 0;
    const uint16_t word = stage->in.type == FLYNN_U16 ? (uint16_t)stage->border_value : 0;
    const float real = (float)stage->border_value;
    const void *value = stage->in.type == FLYNN_U8    ? (const void *)&byte
                        : stage->in.type == FLYNN_U16 ? &word
                                                      : (const void *)&real;
    for (size_t i = 0; i < 8 * (size_t)s->channels; i++)
        memcpy(s->fill + i * sample, value, sample);
}

/* ---- mixing ------------------------------------------------------------------------------------------------------ */

static inline int flynn_warp_mix4(int v00, int v01, int v10, int v11, int fx, int fy)
{
    return ((v00 * (32 - fx) + v01 * fx) * (32 - fy) + (v10 * (32 - fx) + v11 * fx) * fy + 512) >> 10;
}

static inline uint8_t flynn_warp_mix4_u8(uint8_t v00, uint8_t v01, uint8_t v10, uint8_t v11, int fx, int fy)
{
    return (uint8_t)flynn_warp_mix4(v00, v01, v10, v11, fx, fy);
}

static inline uint16_t flynn_warp_mix4_u16(uint16_t v00, uint16_t v01, uint16_t v10, uint16_t v11, int fx, int fy)
{
    return (uint16_t)flynn_warp_mix4(v00, v01, v10, v11, fx, fy);
}

static inline float flynn_warp_mix4_f32(float v00, float v01, float v10, float v11, int fx, int fy)
{
    const float unit = 1.0F / 1024;
    float w00 = (float)((32 - fx) * (32 - fy)) * unit, w01 = (float)(fx * (32 - fy)) * unit;
    float w10 = (float)((32 - fx) * fy) * unit, w11 = (float)(fx * fy) * unit;
    return v00 * w00 + v01 * w01 + v10 * w10 + v11 * w11;
}

static inline uint8_t flynn_warp_mix16_u8(const struct flynn_warp_source *s, const uint8_t *const tap[16], int c,
                                          int fx, int fy)
{
    const int16_t *w = s->ints + (ptrdiff_t)(fy * 32 + fx) * 16;
    int sum = 16384;
    for (int i = 0; i < 16; i++)
        sum -= tap[i][c] * w[i];
    sum >>= 15;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* Samples less 32768 keep the sum within 32 bits. */
static inline uint16_t flynn_warp_mix16_u16(const struct flynn_warp_source *s, const uint16_t *const tap[16], int c,
                                            int fx, int fy)
{
    const int16_t *w = s->ints + (ptrdiff_t)(fy * 32 + fx) * 16;
    int sum = 16384;
    for (int i = 0; i < 16; i++)
        sum -= (tap[i][c] - 32768) * w[i];
    sum = (sum >> 15) + 32768;
    return (uint16_t)(sum < 0 ? 0 : sum > 65535 ? 65535 : sum);
}

static inline float flynn_warp_mix16_f32(const struct flynn_warp_source *s, const float *const tap[16], int c, int fx,
                                         int fy)
{
    const float *across = s->floats + (ptrdiff_t)fx * 4, *down = s->floats + (ptrdiff_t)fy * 4;
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        const float *const *t = tap + (ptrdiff_t)i * 4;
        float row = t[0][c] * (down[i] * across[0]) + t[1][c] * (down[i] * across[1]) +
                    t[2][c] * (down[i] * across[2]) + t[3][c] * (down[i] * across[3]);
        sum = i ? sum + row : row;
    }
    return sum;
}

/* ---- pixels ------------------------------------------------------------------------------------------------------ */

#define T       uint8_t
#define F(name) flynn_warp_##name##_u8
#define MIX4    flynn_warp_mix4_u8
#define MIX16   flynn_warp_mix16_u8
#include "core/warp_sample.h"
#undef T
#undef F
#undef MIX4
#undef MIX16

#define T       uint16_t
#define F(name) flynn_warp_##name##_u16
#define MIX4    flynn_warp_mix4_u16
#define MIX16   flynn_warp_mix16_u16
#include "core/warp_sample.h"
#undef T
#undef F
#undef MIX4
#undef MIX16

#define T       float
#define F(name) flynn_warp_##name##_f32
#define MIX4    flynn_warp_mix4_f32
#define MIX16   flynn_warp_mix16_f32
#include "core/warp_sample.h"
#undef T
#undef F
#undef MIX4
#undef MIX16

/** n pixels of any type at the coordinates X, Y. */
static inline void flynn_warp_sample(const struct flynn_warp_source *s, enum flynn_type type, const int32_t *X,
                                     const int32_t *Y, int n, uint8_t *to)
{
    if (type == FLYNN_U8)
        flynn_warp_sample_u8(s, X, Y, n, to);
    else if (type == FLYNN_U16)
        flynn_warp_sample_u16(s, X, Y, n, (uint16_t *)(void *)to);
    else
        flynn_warp_sample_f32(s, X, Y, n, (float *)(void *)to);
}

/* ---- the walk over the output ------------------------------------------------------------------------------------ */

enum { FLYNN_WARP_TILE = 32 }; /* rows of an area whose source stays in the first-level cache */

/** Coordinates of output pixels [x, x + n) of row y; x is a multiple of FLYNN_WARP_BLOCK, n at most that. */
typedef void flynn_warp_locate(const struct flynn_call *call, int x, int y, int n, int32_t *X, int32_t *Y);

/** n pixels at X, Y, which have FLYNN_WARP_BLOCK entries. */
typedef void flynn_warp_draw(const struct flynn_warp_source *s, const int32_t *X, const int32_t *Y, int n, uint8_t *to);

static inline void flynn_warp_walk(const struct flynn_call *call, flynn_warp_locate *locate, flynn_warp_draw *draw)
{
    struct flynn_warp_source s;
    _Alignas(64) int32_t X[FLYNN_WARP_BLOCK] = {0}, Y[FLYNN_WARP_BLOCK] = {0};
    size_t pixel = (size_t)call->stage->out.channels * flynn_type_bytes(call->stage->out.type);
    int last = call->y + call->rows;
    flynn_warp_source(call, &s);
    for (int top = call->y; top < last; top += FLYNN_WARP_TILE) {
        for (int x = 0; x < call->width; x += FLYNN_WARP_BLOCK) {
            int n = call->width - x < FLYNN_WARP_BLOCK ? call->width - x : FLYNN_WARP_BLOCK;
            for (int y = top; y < last && y < top + FLYNN_WARP_TILE; y++) {
                locate(call, x, y, n, X, Y);
                draw(&s, X, Y, n, (uint8_t *)flynn_row(call->dst, y) + (size_t)x * pixel);
            }
        }
    }
}

#endif
