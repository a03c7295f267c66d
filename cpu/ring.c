/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/ring.h"

#include <string.h>

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static size_t pixel_bytes(const struct flynn_shape *shape)
{
    return (size_t)shape->channels * flynn_type_bytes(shape->type);
}

static int step_of(const struct flynn_stage *stage)
{
    return stage->step > 0 ? stage->step : 1;
}

/* The most input rows that one call of the stage's kernel spans. */
static int window_rows(const struct flynn_stage *stage)
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

size_t flynn_ring_measure(struct flynn_ring *ring, const struct flynn_stage *stage, int ahead)
{
    int64_t capacity = (int64_t)window_rows(stage) + ahead - 1;
    size_t pixel = pixel_bytes(&stage->in);

    *ring = (struct flynn_ring){.stage = stage};
    ring->whole = stage->border == FLYNN_WRAP && !stage->first && (stage->up || stage->down) &&
                  (stage->left || stage->right || stage->padded);
    ring->capacity = capacity < stage->in.height && !ring->whole ? (int)capacity : stage->in.height;
    ring->lead = round_up((size_t)stage->left * pixel + FLYNN_ROW_PAD, 64);
    ring->stride =
        round_up(ring->lead + flynn_row_bytes(&stage->in) + (size_t)stage->right * pixel + FLYNN_ROW_PAD, 64);
    if (ring->stride % 1024 == 0)
        ring->stride += 64;
    return ((size_t)ring->capacity + 1) * ring->stride;
}

static void store_constant(void *sample, enum flynn_type type, double value)
{
    switch (type) {
    case FLYNN_U8:
        *(uint8_t *)sample = (uint8_t)value;
        break;
    case FLYNN_U16:
        *(uint16_t *)sample = (uint16_t)value;
        break;
    case FLYNN_F32:
        *(float *)sample = (float)value;
        break;
    case FLYNN_F64:
        *(double *)sample = value;
        break;
    case FLYNN_U32:
        *(uint32_t *)sample = (uint32_t)value;
        break;
    default:
        *(int32_t *)sample = (int32_t)value;
    }
}

void flynn_ring_place(struct flynn_ring *ring, uint8_t *memory)
{
    const struct flynn_stage *stage = ring->stage;
    size_t bytes = flynn_type_bytes(stage->in.type);
    uint8_t *row = memory + (size_t)ring->capacity * ring->stride;

    ring->memory = memory;
    for (size_t at = 0; at + bytes <= ring->stride; at += bytes)
        store_constant(row + at, stage->in.type, stage->border_value);
}

const void *flynn_ring_read(const struct flynn_ring *ring, int64_t y)
{
    int row = flynn_border_index(ring->stage->border, y, ring->stage->in.height);
    if (row < 0)
        return ring->memory + (size_t)ring->capacity * ring->stride + ring->lead;
    return ring->source ? flynn_row(ring->source, row) : flynn_ring_row(ring, row);
}

void flynn_ring_pad(const struct flynn_ring *ring, int y)
{
    const struct flynn_stage *stage = ring->stage;
    size_t pixel = pixel_bytes(&stage->in);
    uint8_t *row = flynn_ring_row(ring, y);
    const uint8_t *constant = ring->memory + (size_t)ring->capacity * ring->stride + ring->lead;
    int width = stage->in.width;

    for (int i = stage->left ? -stage->left : width; i < width + stage->right; i = i == -1 ? width : i + 1) {
        int from = flynn_border_index(stage->border, i, width);
        memcpy(row + (ptrdiff_t)i * (ptrdiff_t)pixel, from < 0 ? constant : row + (size_t)from * pixel, pixel);
    }
}

void flynn_ring_range(const struct flynn_stage *stage, int64_t first, int64_t last, int *low, int *high)
{
    int height = stage->in.height;
    *low = first > 0 ? (int)first : 0;
    *high = last < height ? (int)last : height - 1;
    if (stage->border == FLYNN_CONSTANT || (first >= 0 && last < height))
        return;
    if (last - first >= 2 * (int64_t)height) {
        *low = 0;
        *high = height - 1;
        return;
    }
    if (*low > *high) {
        *low = height - 1;
        *high = 0;
    }
    for (int64_t y = first; y <= last; y = y == -1 && last >= height ? height : y + 1) {
        int row = flynn_border_index(stage->border, y, height);
        *low = row < *low ? row : *low;
        *high = row > *high ? row : *high;
    }
}
