/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WARP_GROUPS_H
#define FLYNN_SIMD_WARP_GROUPS_H

#include "simd/warp_bicubic.h"

/** A block of up to WARP_BLOCK pixels of a warp, in groups. First is found where they lie; groups that lie inside
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

/** Pixels of `pixel` bytes as they are; three bytes go with one more, which the next pixel overwrites. Stores are made
 * one in a cycle, so that it pays to put small pixels together first. */
WARP_INLINE void nearest(const struct group *g, size_t pixel, uint8_t *to)
{
#if WIDE == 32
    if (pixel <= 4) {
        store_pixels_u8(to, load_words_of(g->origin, g), (int)pixel);
        return;
    }
#endif
    for (int i = 0; i < W_GROUP; i++)
        memcpy(to + (size_t)i * pixel, at(g, i), pixel == 3 ? 4 : pixel);
}

/** Pixels at the border, one by one. */
WARP_APART void draw_edge(const struct flynn_warp_source *s, enum flynn_type type, const int32_t *X, const int32_t *Y,
                          int n, uint8_t *to)
{
    flynn_warp_sample(s, type, X, Y, n, to);
}

/** Going from one loop to the next costs as much as ten pixels do; the lines of the source that a row crosses should
 * stay in the first-level cache for the next row. Half of this was best for one and two bytes, all of it for more. */
#define WARP_BLOCK (4 * FLYNN_WARP_BLOCK)

struct block {
    _Alignas(64) int32_t X[WARP_BLOCK];
    _Alignas(64) int32_t Y[WARP_BLOCK];
    _Alignas(64) uint32_t offset[WARP_BLOCK]; /**< found by draw_groups: in bytes from row `first` */
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

/** The largest of the numbers counted from `low`, as unsigned ones: those below are the largest. */
WARP_INLINE wi farthest(wi most, wi v, int low)
{
    return W(max_epu32)(most, low ? W(sub_epi32)(v, W(set1_epi32)(low)) : v);
}

/** Find the offsets; whether all pixels lie inside. */
WARP_INLINE bool place_groups(const struct flynn_warp_source *s, struct block *block, int shift, struct reach reach,
                              size_t pixel)
{
    const wi stride = W(set1_epi32)((int32_t)s->stride), bytes = W(set1_epi32)((int32_t)pixel);
    const wi first = W(set1_epi32)(block->first);
    const int n = block->n, low = reach.before;
    wi right = W_SI(setzero)(), down = right;
    for (int i = 0; i < n; i += W_GROUP) {
        wi column = W(srai_epi32)(w_load(block->X + i), shift), row = W(srai_epi32)(w_load(block->Y + i), shift);
        right = farthest(right, column, low);
        down = farthest(down, row, low);
        row = W(mullo_epi32)(W(sub_epi32)(row, first), stride);
        w_store(block->offset + i, W(add_epi32)(row, W(mullo_epi32)(column, bytes)));
    }
    const struct range columns = range_of(0, s->width - reach.after_x + 1 - low);
    return all_set(W_SI(and)(between(right, columns), between(down, range_of(0, s->height - reach.after_y + 1 - low))));
}

#define LANE_BITS  4 /**< for each lane of 32 bits in a mask of bytes */
#define ALL_INSIDE (WIDE == 32 ? 0xffffffffU : 0xffffU)

/** Which pixels of the group at i lie inside. */
WARP_INLINE uint32_t inside_of(const struct flynn_warp_source *s, const struct block *block, int i, int shift,
                               struct reach reach)
{
    wi column = W(srai_epi32)(w_load(block->X + i), shift), row = W(srai_epi32)(w_load(block->Y + i), shift);
    wi inside = W_SI(and)(between(column, range_of(reach.before, s->width - reach.after_x + 1)),
                          between(row, range_of(reach.before, s->height - reach.after_y + 1)));
    return (uint32_t)W(movemask_epi8)(inside);
}

/** Whether the group at i reads nothing of the input. */
WARP_INLINE bool lies_outside(const struct flynn_warp_source *s, const struct block *block, int i, int shift,
                              struct reach reach, int taps)
{
    wi column = W(srai_epi32)(w_load(block->X + i), shift), row = W(srai_epi32)(w_load(block->Y + i), shift);
    wi touching = W_SI(and)(between(column, range_of(1 + reach.before - taps, s->width + reach.before)),
                            between(row, range_of(1 + reach.before - taps, s->height + reach.before)));
    return s->border == FLYNN_CONSTANT && none_set(touching);
}

/** A group of which some pixels lie inside. */
struct part {
    int at;
    uint32_t inside;
};

/** Let the other pixels read where one of those does: they are drawn again by draw_others. */
WARP_APART void share_place(struct block *block, const struct part *part)
{
    uint32_t *offset = block->offset + part->at;
    const uint32_t inside = offset[__builtin_ctz(part->inside) / LANE_BITS];
    for (int l = 0; l < W_GROUP; l++)
        offset[l] = part->inside >> LANE_BITS * l & 1 ? offset[l] : inside;
}

/** From the first of the others to the last; what lies inside between them comes out as it is. */
WARP_APART void draw_others(const struct flynn_warp_source *s, enum flynn_type type, size_t pixel,
                            const struct block *block, const struct part *part, uint8_t *to)
{
    const uint32_t others = part->inside ^ ALL_INSIDE;
    const int first = part->at + __builtin_ctz(others) / LANE_BITS;
    const int last = part->at + (31 - __builtin_clz(others)) / LANE_BITS;
    flynn_warp_sample(s, type, block->X + first, block->Y + first, last - first + 1, to + (size_t)first * pixel);
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

/** Some of the block's pixels lie inside. */
WARP_INLINE void draw_across(const struct flynn_warp_source *s, enum flynn_warp_method method, enum flynn_type type,
                             int channels, struct block *block, uint8_t *to)
{
    const size_t pixel = (size_t)channels * (type == FLYNN_U8 ? 1 : type == FLYNN_U16 ? 2 : 4);
    const int shift = method == FLYNN_WARP_NEAREST ? 0 : FLYNN_WARP_BITS;
    const int taps = method == FLYNN_WARP_NEAREST ? 1 : method == FLYNN_WARP_BILINEAR ? 2 : 4;
    const struct reach reach = reach_of(method);
    struct part part[WARP_BLOCK / W_GROUP];
    for (int i = 0, end; i < block->n; i = end) {
        int parts = 0;
        for (end = i; end < block->n; end += W_GROUP) {
            part[parts] = (struct part){end, inside_of(s, block, end, shift, reach)};
            if (part[parts].inside == 0)
                break;
            if (part[parts].inside != ALL_INSIDE)
                share_place(block, &part[parts++]);
        }
        if (end > i) {
            mix_groups(s, block, i, end, method, type, channels, to);
            for (int p = 0; p < parts; p++)
                draw_others(s, type, pixel, block, &part[p], to);
            continue;
        }
        end = i + W_GROUP;
        if (lies_outside(s, block, i, shift, reach, taps))
            memcpy(to + (size_t)i * pixel, s->fill, W_GROUP * pixel);
        else
            draw_edge(s, type, block->X + i, block->Y + i, W_GROUP, to + (size_t)i * pixel);
    }
}

/** The block's pixels, and up to WARP_SLACK bytes more. Inlined for every method, type and channel count. */
WARP_INLINE void draw_groups(const struct flynn_warp_source *s, enum flynn_warp_method method, enum flynn_type type,
                             int channels, struct block *block, uint8_t *to)
{
    const size_t pixel = (size_t)channels * (type == FLYNN_U8 ? 1 : type == FLYNN_U16 ? 2 : 4);
    const int shift = method == FLYNN_WARP_NEAREST ? 0 : FLYNN_WARP_BITS;
    block->first = 0;
    if (s->stride < WARP_LOAD || ((uint64_t)s->height * s->stride > UINT32_MAX && !find_first(s, block, shift)))
        draw_edge(s, type, block->X, block->Y, block->n, to);
    else if (place_groups(s, block, shift, reach_of(method), pixel))
        mix_groups(s, block, 0, block->n, method, type, channels, to);
    else
        draw_across(s, method, type, channels, block, to);
}

#endif
