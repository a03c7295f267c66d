/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WARP_GROUPS_H
#define FLYNN_SIMD_WARP_GROUPS_H

#include "simd/warp.h"

/** A block of up to FLYNN_WARP_BLOCK pixels of a warp, in groups. First is found where each group lies; groups that lie
 * inside are then mixed in a loop without tests or calls, whose constants stay in registers. */

/** How far from its own coordinates a pixel reads: [before, after) columns and rows, loads that are too long included.
 */
struct reach {
    int before, after_x, after_y;
};

WARP_INLINE struct reach reach_of(enum flynn_warp_method method, enum flynn_type type, int channels)
{
    if (method == FLYNN_WARP_NEAREST)
        return (struct reach){0, type == FLYNN_U8 && channels == 3 ? 2 : 1, 1};
    if (method == FLYNN_WARP_BICUBIC)
        return (struct reach){1, 2 + (4 + channels - 1) / channels, 3};
    return (struct reach){0, type == FLYNN_F32 ? 1 + (4 + channels - 1) / channels : (8 + channels - 1) / channels, 2};
}

/** All ones in the lanes of 32 bits whose v is in [low, high): one comparison, shifted to where the range starts. */
WARP_INLINE wi between(wi v, int low, int high)
{
    uint32_t length = high > low ? (uint32_t)high - (uint32_t)low : 0;
    wi from = W(set1_epi32)((int32_t)(0x80000000U - (uint32_t)low));
    return W(cmpgt_epi32)(W(set1_epi32)((int32_t)(0x80000000U + length)), W(add_epi32)(v, from));
}

/** row * stride + column * pixel, which are not negative, of every other lane. */
WARP_INLINE wi offsets_of(wi row, wi column, size_t stride, size_t pixel)
{
    return W(add_epi64)(W(mul_epu32)(row, W(set1_epi64x)((int64_t)stride)),
                        W(mul_epu32)(column, W(set1_epi64x)((int64_t)pixel)));
}

WARP_INLINE bool all_set(wi mask)
{
    return W(movemask_epi8)(mask) == (WIDE == 32 ? -1 : 0xffff);
}

WARP_INLINE bool none_set(wi mask)
{
    return W(movemask_epi8)(mask) == 0;
}

/** Pixels of `pixel` bytes as they are; three bytes go with one more, which the next pixel overwrites. */
WARP_INLINE void nearest(const struct group *g, size_t pixel, uint8_t *to)
{
    for (int i = 0; i < W_GROUP - 1; i++)
        memcpy(to + (size_t)i * pixel, at(g, i), pixel == 3 ? 4 : pixel);
    memcpy(to + (W_GROUP - 1) * pixel, at(g, W_GROUP - 1), pixel);
}

WARP_INLINE void fill_group(const struct flynn_warp_source *s, size_t pixel, uint8_t *to)
{
    memcpy(to, s->fill, W_GROUP * pixel);
}

/** Pixels at the border, one by one. */
WARP_APART void draw_edge(const struct flynn_warp_source *s, enum flynn_type type, const int32_t *X, const int32_t *Y,
                          int n, uint8_t *to)
{
    flynn_warp_sample(s, type, X, Y, n, to);
}

#define WARP_GROUPS (FLYNN_WARP_BLOCK / W_GROUP)

enum lie { OUTSIDE, EDGE, INSIDE };

struct block {
    uint64_t offset[WARP_GROUPS][2][W_GROUP / 2]; /**< see struct group */
    enum lie lie[WARP_GROUPS];
    const int32_t *X, *Y;
    int n;
    int64_t ahead; /**< how far away in memory the block to the right begins */
};

/** Where group j begins; the last one overlaps the one before. */
WARP_INLINE int begin_of(const struct block *block, int j)
{
    return (j + 1) * W_GROUP <= block->n ? j * W_GROUP : block->n - W_GROUP;
}

WARP_INLINE enum lie lie_of(const struct flynn_warp_source *s, struct reach reach, int taps, wi column, wi row)
{
    wi inside = W_SI(and)(between(column, reach.before, s->width - reach.after_x + 1),
                          between(row, reach.before, s->height - reach.after_y + 1));
    if (all_set(inside))
        return INSIDE;
    wi touching = W_SI(and)(between(column, 1 + reach.before - taps, s->width + reach.before),
                            between(row, 1 + reach.before - taps, s->height + reach.before));
    return s->border == FLYNN_CONSTANT && none_set(touching) ? OUTSIDE : EDGE;
}

/** Fill in the block's first two members. */
WARP_INLINE void place_groups(const struct flynn_warp_source *s, struct block *block, enum flynn_warp_method method,
                              struct reach reach, size_t pixel)
{
    const int taps = method == FLYNN_WARP_NEAREST ? 1 : method == FLYNN_WARP_BILINEAR ? 2 : 4;
    const int shift = method == FLYNN_WARP_NEAREST ? 0 : FLYNN_WARP_BITS;
    const size_t stride = s->stride;
    for (int j = 0; j * W_GROUP < block->n; j++) {
        wi column = W(srai_epi32)(w_load(block->X + begin_of(block, j)), shift);
        wi row = W(srai_epi32)(w_load(block->Y + begin_of(block, j)), shift);
        block->lie[j] = lie_of(s, reach, taps, column, row);
        w_store(block->offset[j][0], offsets_of(row, column, stride, pixel));
        w_store(block->offset[j][1], offsets_of(W(srli_epi64)(row, 32), W(srli_epi64)(column, 32), stride, pixel));
    }
}

/** Groups [first, last), which lie inside. `s` is a copy that no store can change. */
WARP_INLINE void mix_groups(const struct flynn_warp_source *s, const struct block *block, int first, int last,
                            enum flynn_warp_method method, enum flynn_type type, int channels, uint8_t *to)
{
    const size_t pixel = (size_t)channels * (type == FLYNN_U8 ? 1 : type == FLYNN_U16 ? 2 : 4);
    const int before = reach_of(method, type, channels).before;
    struct group g = {.origin = s->data - (size_t)before * (s->stride + pixel), .stride = s->stride};
    g.below = g.origin + s->stride;
    for (int j = first; j < last; j++) {
        const int begin = begin_of(block, j);
        uint8_t *out = to + (size_t)begin * pixel;
        g.offset = block->offset[j];
        g.fx = W_SI(and)(w_load(block->X + begin), W(set1_epi32)(FLYNN_WARP_ONE - 1));
        g.fy = W_SI(and)(w_load(block->Y + begin), W(set1_epi32)(FLYNN_WARP_ONE - 1));
        /* No hardware foresees the lines that a slanting row crosses, one for every other pixel where it is steep. */
        __builtin_prefetch((const void *)((uintptr_t)at(&g, 0) + (uintptr_t)block->ahead));
        __builtin_prefetch((const void *)((uintptr_t)at(&g, W_GROUP / 2) + (uintptr_t)block->ahead));
        __builtin_prefetch((const void *)((uintptr_t)out + FLYNN_WARP_BLOCK * pixel), 1);
        if (method == FLYNN_WARP_NEAREST)
            nearest(&g, pixel, out);
        else if (method == FLYNN_WARP_BICUBIC)
            bicubic(&g, s, type, channels, out);
        else if (type == FLYNN_U8)
            bilinear_u8(&g, channels, out);
        else if (type == FLYNN_U16)
            bilinear_u16(&g, channels, out);
        else
            bilinear_f32(&g, channels, out);
    }
}

/** n pixels. Inlined for every method, type and channel count. */
WARP_INLINE void draw_groups(const struct flynn_warp_source *s, enum flynn_warp_method method, enum flynn_type type,
                             int channels, const int32_t *X, const int32_t *Y, int n, uint8_t *to)
{
    const size_t pixel = (size_t)channels * (type == FLYNN_U8 ? 1 : type == FLYNN_U16 ? 2 : 4);
    const int shift = method == FLYNN_WARP_NEAREST ? 0 : FLYNN_WARP_BITS;
    const struct flynn_warp_source copy = *s;
    struct block block;
    if (n < W_GROUP) {
        draw_edge(s, type, X, Y, n, to);
        return;
    }
    block.X = X;
    block.Y = Y;
    block.n = n;
    block.ahead = ((Y[n - 1] - Y[0]) >> shift) * (int64_t)s->stride + ((X[n - 1] - X[0]) >> shift) * (int64_t)pixel;
    place_groups(&copy, &block, method, reach_of(method, type, channels), pixel);
    for (int j = 0, end; j * W_GROUP < n; j = end) {
        const int begin = begin_of(&block, j);
        end = j + 1;
        while (block.lie[j] == INSIDE && end * W_GROUP < n && block.lie[end] == INSIDE)
            end++;
        if (block.lie[j] == INSIDE)
            mix_groups(&copy, &block, j, end, method, type, channels, to);
        else if (block.lie[j] == EDGE)
            draw_edge(s, type, X + begin, Y + begin, W_GROUP, to + (size_t)begin * pixel);
        else
            fill_group(s, pixel, to + (size_t)begin * pixel);
    }
}

#endif
