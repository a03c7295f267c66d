/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WARP_GROUPS_H
#define FLYNN_SIMD_WARP_GROUPS_H

#include "simd/warp_bicubic.h"

/** A block of up to FLYNN_WARP_BLOCK pixels of a warp, in groups. First is found where they lie; groups that lie inside
 * are then mixed in a loop without tests or calls, whose constants stay in registers. The last group may be filled up
 * with pixels at any place. */

/** How far from its own coordinates a pixel reads: [before, after) columns and rows. Loads that are longer than their
 * samples run into the next row, so there must be one. */
struct reach {
    int before, after_x, after_y;
};

WARP_INLINE struct reach reach_of(enum flynn_warp_method method)
{
    const int after = method == FLYNN_WARP_NEAREST ? 1 : method == FLYNN_WARP_BILINEAR ? 2 : 3;
    return (struct reach){method == FLYNN_WARP_BICUBIC, after, after + 1};
}

#define WARP_LOAD 16 /**< bytes of the longest load */

/** Numbers in [low, high), which one comparison finds: shifted to where the range starts. */
struct range {
    wi from, end;
};

WARP_INLINE struct range range_of(int low, int high)
{
    const uint32_t length = high > low ? (uint32_t)high - (uint32_t)low : 0;
    return (struct range){W(set1_epi32)((int32_t)(0x80000000U - (uint32_t)low)),
                          W(set1_epi32)((int32_t)(0x80000000U + length))};
}

/** All ones in the lanes of 32 bits where v is in the range. */
WARP_INLINE wi between(wi v, struct range range)
{
    return W(cmpgt_epi32)(range.end, W(add_epi32)(v, range.from));
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
    for (int i = 0; i < W_GROUP; i++)
        memcpy(to + (size_t)i * pixel, at(g, i), pixel == 3 ? 4 : pixel);
}

/** Pixels at the border, one by one. */
WARP_APART void draw_edge(const struct flynn_warp_source *s, enum flynn_type type, const int32_t *X, const int32_t *Y,
                          int n, uint8_t *to)
{
    flynn_warp_sample(s, type, X, Y, n, to);
}

struct block {
    _Alignas(64) int32_t X[FLYNN_WARP_BLOCK];
    _Alignas(64) int32_t Y[FLYNN_WARP_BLOCK];
    _Alignas(64) uint32_t offset[FLYNN_WARP_BLOCK]; /**< found by draw_groups: in bytes from row `first` */
    int first;
    int n;                    /**< a multiple of W_GROUP */
    int64_t ahead_x, ahead_y; /**< how far from here the samples lie that are needed some blocks later */
};

/** Offsets have 32 bits. Where that is not enough for the whole input they count from the block's first row; false if
 * they do not reach over the block either. */
WARP_APART bool find_first(const struct flynn_warp_source *s, struct block *block, int shift)
{
    int first = s->height - 1, last = 0;
    for (int i = 0; i < block->n; i++) {
        int row = block->Y[i] >> shift;
        if (row >= 0 && row < first)
            first = row;
        if (row < s->height && row > last)
            last = row;
    }
    block->first = first;
    return last < first || (uint64_t)(last - first + 1) * s->stride <= UINT32_MAX;
}

/** Where pixels lie inside. */
WARP_INLINE struct range inner_columns(const struct flynn_warp_source *s, struct reach reach)
{
    return range_of(reach.before, s->width - reach.after_x + 1);
}

WARP_INLINE struct range inner_rows(const struct flynn_warp_source *s, struct reach reach)
{
    return range_of(reach.before, s->height - reach.after_y + 1);
}

/** Find the offsets; whether all pixels lie inside. */
WARP_INLINE bool place_groups(const struct flynn_warp_source *s, struct block *block, int shift, struct reach reach,
                              size_t pixel)
{
    const wi stride = W(set1_epi32)((int32_t)s->stride), bytes = W(set1_epi32)((int32_t)pixel);
    const wi first = W(set1_epi32)(block->first);
    const struct range columns = inner_columns(s, reach), rows = inner_rows(s, reach);
    const int n = block->n;
    wi inside = W(set1_epi32)(-1);
    for (int i = 0; i < n; i += W_GROUP) {
        wi column = W(srai_epi32)(w_load(block->X + i), shift), row = W(srai_epi32)(w_load(block->Y + i), shift);
        inside = W_SI(and)(inside, W_SI(and)(between(column, columns), between(row, rows)));
        row = W(mullo_epi32)(W(sub_epi32)(row, first), stride);
        w_store(block->offset + i, W(add_epi32)(row, W(mullo_epi32)(column, bytes)));
    }
    return all_set(inside);
}

enum lie { OUTSIDE, EDGE, INSIDE };

WARP_INLINE enum lie lie_of(const struct flynn_warp_source *s, const struct block *block, int i, int shift,
                            struct reach reach, int taps)
{
    wi column = W(srai_epi32)(w_load(block->X + i), shift), row = W(srai_epi32)(w_load(block->Y + i), shift);
    if (all_set(W_SI(and)(between(column, inner_columns(s, reach)), between(row, inner_rows(s, reach)))))
        return INSIDE;
    wi touching = W_SI(and)(between(column, range_of(1 + reach.before - taps, s->width + reach.before)),
                            between(row, range_of(1 + reach.before - taps, s->height + reach.before)));
    return s->border == FLYNN_CONSTANT && none_set(touching) ? OUTSIDE : EDGE;
}

/** Pixels [first, last), which lie inside. */
WARP_INLINE void mix_groups(const struct flynn_warp_source *s, const struct block *block, int first, int last,
                            enum flynn_warp_method method, enum flynn_type type, int channels, uint8_t *to)
{
    const int shift = method == FLYNN_WARP_NEAREST ? 0 : FLYNN_WARP_BITS;
    const size_t pixel = (size_t)channels * (type == FLYNN_U8 ? 1 : type == FLYNN_U16 ? 2 : 4);
    const ptrdiff_t before = reach_of(method).before;
    const ptrdiff_t from = (block->first - before) * (ptrdiff_t)s->stride - before * (ptrdiff_t)pixel;
    const uintptr_t ahead = (uintptr_t)(s->data + from) + (uintptr_t)(block->ahead_y >> shift) * s->stride +
                            (uintptr_t)(block->ahead_x >> shift) * pixel;
    struct group g = {.origin = s->data + from, .stride = s->stride};
    g.below = g.origin + s->stride;
    for (int i = first; i < last; i += W_GROUP) {
        g.offset = block->offset + i;
        g.fx = W_SI(and)(w_load(block->X + i), W(set1_epi32)(FLYNN_WARP_ONE - 1));
        g.fy = W_SI(and)(w_load(block->Y + i), W(set1_epi32)(FLYNN_WARP_ONE - 1));
        /* No hardware foresees the lines that a slanting row crosses, one for every other pixel where it is steep. */
        __builtin_prefetch((const void *)(ahead + g.offset[0]));
        __builtin_prefetch((const void *)(ahead + g.offset[W_GROUP / 2]));
        if (method == FLYNN_WARP_NEAREST)
            nearest(&g, pixel, to + (size_t)i * pixel);
        else if (method == FLYNN_WARP_BICUBIC)
            bicubic(&g, s, type, channels, to + (size_t)i * pixel);
        else if (type == FLYNN_U8)
            bilinear_u8(&g, channels, to + (size_t)i * pixel);
        else if (type == FLYNN_U16)
            bilinear_u16(&g, channels, to + (size_t)i * pixel);
        else
            bilinear_f32(&g, channels, to + (size_t)i * pixel);
    }
}

/** The block's pixels, and up to WARP_SLACK bytes more. Inlined for every method, type and channel count. */
WARP_INLINE void draw_groups(const struct flynn_warp_source *s, enum flynn_warp_method method, enum flynn_type type,
                             int channels, struct block *block, uint8_t *to)
{
    const int n = block->n;
    const size_t pixel = (size_t)channels * (type == FLYNN_U8 ? 1 : type == FLYNN_U16 ? 2 : 4);
    const int shift = method == FLYNN_WARP_NEAREST ? 0 : FLYNN_WARP_BITS;
    const int taps = method == FLYNN_WARP_NEAREST ? 1 : method == FLYNN_WARP_BILINEAR ? 2 : 4;
    const struct reach reach = reach_of(method);
    block->first = 0;
    if (s->stride < WARP_LOAD || ((uint64_t)s->height * s->stride > UINT32_MAX && !find_first(s, block, shift))) {
        draw_edge(s, type, block->X, block->Y, n, to);
        return;
    }
    const bool inside = place_groups(s, block, shift, reach, pixel);
    for (int i = 0, end; i < n; i = end) {
        const enum lie lie = inside ? INSIDE : lie_of(s, block, i, shift, reach, taps);
        end = inside ? n : i + W_GROUP;
        while (lie == INSIDE && end < n && lie_of(s, block, end, shift, reach, taps) == INSIDE)
            end += W_GROUP;
        if (lie == INSIDE)
            mix_groups(s, block, i, end, method, type, channels, to);
        else if (lie == EDGE)
            draw_edge(s, type, block->X + i, block->Y + i, W_GROUP, to + (size_t)i * pixel);
        else
            memcpy(to + (size_t)i * pixel, s->fill, W_GROUP * pixel);
    }
}

#endif
