/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_WARP_WALK_H
#define FLYNN_SIMD_WARP_WALK_H

#include "simd/warp_groups.h"

/** The walk over the output in columns of blocks, so that a block finds most of its source in the caches, where the one
 * above it left it, however the map turns. */

#define WALK_ROWS  128       /**< of a column: its source stays in the second-level cache until the next column */
#define WALK_AHEAD 16        /**< blocks whose source is fetched ahead */
#define WALK_LARGE (8 << 20) /**< outputs above this do not stay in a cache */

/** Draw a block. */
typedef void draw_fn(const struct flynn_warp_source *s, struct block *block, uint8_t *to);

/** What is needed to foresee where samples will lie: a block's middle WALK_AHEAD rows ago, and how far it moved then,
 * which may be more than coordinates hold. */
struct walk_pace {
    int64_t x, y, down_x, down_y;
};

/** Row y of the column [top, end). At its end, what is ahead is the beginning of the column to the right. */
static inline void look_ahead(struct walk_pace *pace, struct block *block, int y, int top, int end)
{
    const int middle = block->n / 2, last = block->n - 1;
    const int64_t x = block->X[middle], row = block->Y[middle];
    if ((y - top) % WALK_AHEAD == 0) {
        if (y > top) {
            pace->down_x = x - pace->x;
            pace->down_y = row - pace->y;
        }
        pace->x = x;
        pace->y = row;
    }
    block->ahead_x = pace->down_x;
    block->ahead_y = pace->down_y;
    if (y + WALK_AHEAD >= end) {
        const int back = (end - top) / WALK_AHEAD - 1;
        block->ahead_x = (int64_t)block->X[last] - block->X[0] - back * pace->down_x;
        block->ahead_y = (int64_t)block->Y[last] - block->Y[0] - back * pace->down_y;
    }
}

/** Fetch the lines at `ahead` from a block, which are written soon. */
static inline void walk_fetch(const uint8_t *to, size_t bytes, ptrdiff_t ahead)
{
    for (size_t b = 0; b < bytes; b += 64)
        __builtin_prefetch((const void *)((uintptr_t)to + (uintptr_t)ahead + b), 1);
}

/** A block leaves the buffer in whole vectors, past the caches where the output is large. */
static inline void walk_put(uint8_t *to, const uint8_t *from, size_t bytes, bool stream)
{
    if (!stream || bytes % 64 != 0) {
        memcpy(to, from, bytes);
    } else {
        for (size_t b = 0; b < bytes; b += VEC)
            v_stream(to + b, v_load(from + b));
    }
}

static inline void walk(const struct flynn_call *call, flynn_warp_locate *locate, draw_fn *draw)
{
    struct flynn_warp_source s;
    struct block block = {.n = 0};
    struct walk_pace pace = {0};
    _Alignas(64) uint8_t held[WARP_BLOCK * 16 + WARP_SLACK];
    const struct flynn_image *dst = call->dst;
    const size_t pixel = (size_t)call->stage->out.channels * flynn_type_bytes(call->stage->out.type);
    const int last = call->y + call->rows, most = pixel < 3 ? WARP_BLOCK / 2 : WARP_BLOCK;
    const bool stream =
        (double)dst->stride * dst->shape.height > WALK_LARGE && ((uintptr_t)dst->data | dst->stride) % 64 == 0;
    flynn_warp_source(call, &s);
    for (int top = call->y; top < last; top += WALK_ROWS) {
        const int end = last - top < WALK_ROWS ? last : top + WALK_ROWS;
        for (int x = 0; x < call->width; x += most) {
            const int n = call->width - x < most ? call->width - x : most;
            const size_t bytes = (size_t)n * pixel, right = (size_t)(call->width - x - n) * pixel;
            const bool direct = !stream && right >= WARP_SLACK; /* what is drawn beyond the block is drawn again */
            block.n = (n + W_GROUP - 1) / W_GROUP * W_GROUP;
            for (int y = top; y < end; y++) {
                locate(call, x, y, n, block.X, block.Y);
                look_ahead(&pace, &block, y, top, end);
                uint8_t *to = (uint8_t *)flynn_row(dst, y) + (size_t)x * pixel;
                if (!stream)
                    walk_fetch(to, bytes,
                               y + WALK_AHEAD < end ? WALK_AHEAD / 4 * (ptrdiff_t)dst->stride : (ptrdiff_t)bytes);
                draw(&s, &block, direct ? to : held);
                if (!direct)
                    walk_put(to, held, bytes, stream);
            }
        }
    }
    if (stream)
        simde_mm_sfence();
}

#endif
