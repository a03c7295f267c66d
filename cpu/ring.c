/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/ring.h"

#include "core/sample.h"

#include <string.h>

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static int step_of(const struct flynn_stage *stage)
{
    return stage->step > 0 ? stage->step : 1;
}

int flynn_ring_window(const struct flynn_stage *stage)
{
    int step = step_of(stage), most = 0;
    if (!stage->first) {
        int reach = stage->up > stage->down ? stage->up : stage->down;
        return 2 * reach + step;
    }
    for (int y = 0; y < stage->out.height; y++) {
        int last = y + step - 1 < stage->out.height ? y + step - 1 : stage->out.height - 1;
        int span = stage->first[last] + stage->taps - stage->first[y];
        most = span > most ? span : most;
    }
    return most;
}

size_t flynn_ring_measure(struct flynn_ring *ring, const struct flynn_stage *stage, struct flynn_span columns, int rows)
{
    *ring = (struct flynn_ring){.stage = stage, .x = columns.x, .width = columns.width};
    ring->pixel = flynn_columns_bytes(&stage->in, 1);
    ring->whole = stage->border == FLYNN_WRAP && !stage->first && (stage->up || stage->down) &&
                  (stage->left || stage->right || stage->padded);
    ring->capacity = rows < stage->in.height && !ring->whole ? rows : stage->in.height;
    ring->lead = round_up(flynn_columns_bytes(&stage->in, stage->left) + FLYNN_ROW_PAD, 64);
    ring->stride =
        round_up(ring->lead + flynn_columns_bytes(&stage->in, columns.width + stage->right) + FLYNN_ROW_PAD, 64);
    if (ring->stride % 1024 == 0)
        ring->stride += 64;
    return ((size_t)ring->capacity + 1) * ring->stride;
}

/* Where nothing beside the image is read, its memory, as long as a row, stays untouched. */
static bool reads_constant(const struct flynn_stage *stage)
{
    bool beside = stage->up || stage->down || stage->left || stage->right || stage->first;
    return stage->border == FLYNN_CONSTANT && beside;
}

void flynn_ring_place(struct flynn_ring *ring, uint8_t *memory)
{
    const struct flynn_stage *stage = ring->stage;
    size_t bytes = flynn_type_bytes(stage->in.type);
    uint8_t *row = memory + (size_t)ring->capacity * ring->stride;

    ring->memory = memory;
    if (!reads_constant(stage))
        return;
    for (size_t i = 0; i < ring->stride / bytes; i++)
        flynn_sample_put(stage->in.type, row, i, stage->border_value);
}

const uint8_t *flynn_ring_read(const struct flynn_ring *ring, int64_t y)
{
    int row = flynn_border_index(ring->stage->border, y, ring->stage->in.height);
    if (row < 0)
        return ring->memory + (size_t)ring->capacity * ring->stride + ring->lead;
    return ring->source ? (const uint8_t *)flynn_row(ring->source, row) + (size_t)ring->x * ring->pixel
                        : flynn_ring_row(ring, row);
}

void flynn_ring_pad(const struct flynn_ring *ring, int y)
{
    const struct flynn_stage *stage = ring->stage;
    size_t pixel = ring->pixel;
    uint8_t *row = flynn_ring_row(ring, y);
    const uint8_t *constant = ring->memory + (size_t)ring->capacity * ring->stride + ring->lead;
    int width = stage->in.width, first = ring->x ? width : -stage->left;
    int end = ring->x + ring->width < width ? 0 : width + stage->right;

    for (int i = first ? first : width; i < end; i = i == -1 ? width : i + 1) {
        int from = flynn_border_index(stage->border, i, width);
        if (from >= 0 && (from < ring->x || from >= ring->x + ring->width))
            continue;
        memcpy(row + (ptrdiff_t)(i - ring->x) * (ptrdiff_t)pixel,
               from < 0 ? constant : row + (ptrdiff_t)(from - ring->x) * (ptrdiff_t)pixel, pixel);
    }
}

/* What stands for [first, last] of an axis of length n once borders are applied; empty (*low > *high) is possible. */
static void border_range(enum flynn_border border, int n, int64_t first, int64_t last, int *low, int *high)
{
    *low = first > 0 ? (int)first : 0;
    *high = last < n ? (int)last : n - 1;
    if (border == FLYNN_CONSTANT || (first >= 0 && last < n))
        return;
    if (last - first >= 2 * (int64_t)n) {
        *low = 0;
        *high = n - 1;
        return;
    }
    if (*low > *high) {
        *low = n - 1;
        *high = 0;
    }
    for (int64_t i = first; i <= last; i = i == -1 && last >= n ? n : i + 1) {
        int from = flynn_border_index(border, i, n);
        *low = from < *low ? from : *low;
        *high = from > *high ? from : *high;
    }
}

void flynn_ring_range(const struct flynn_stage *stage, int64_t first, int64_t last, int *low, int *high)
{
    border_range(stage->border, stage->in.height, first, last, low, high);
}

struct flynn_span flynn_ring_columns(const struct flynn_stage *stage, struct flynn_span out)
{
    int low, high;
    border_range(stage->border, stage->in.width, (int64_t)out.x - stage->left,
                 (int64_t)out.x + out.width - 1 + stage->right, &low, &high);
    return (struct flynn_span){low, high - low + 1};
}
