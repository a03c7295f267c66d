/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_RING_H
#define FLYNN_CPU_RING_H

#include <flynn/op.h>

/** The rows that one stage reads: a window that slides down the image, in memory of one worker. */
struct flynn_ring {
    const struct flynn_stage *stage;
    const struct flynn_image
        *source;     /**< rows come straight from this image; NULL: from the stage before, or by copying */
    uint8_t *memory; /**< capacity rows, then one row of the constant border */
    int x, width;    /**< columns of the image that rows in memory hold, or that are read of the source */
    size_t pixel;    /**< bytes of a pixel */
    size_t stride;   /**< bytes between rows in memory */
    size_t lead;     /**< bytes before the first pixel of a row: border columns and padding */
    int capacity;    /**< rows in memory */
    bool whole;      /**< every row of the image is kept, because the window wraps around */
    int next;        /**< the first row not yet made */
    int limit;       /**< rows from here on are not needed in this strip */
};

/** A range of columns. */
struct flynn_span {
    int x, width;
};

/** The most input rows that one call of the stage's kernel spans. */
int flynn_ring_window(const struct flynn_stage *stage);

/** Bytes of memory for a ring of a stage and some columns of its input, for so many rows: one call's, and those but one
 * that the producer makes at once. */
size_t flynn_ring_measure(struct flynn_ring *ring, const struct flynn_stage *stage, struct flynn_span columns,
                          int rows);

/** Give the measured ring its memory (64-byte aligned) and prepare the constant row. */
void flynn_ring_place(struct flynn_ring *ring, uint8_t *memory);

/** Row y of the ring's memory, from the ring's first column on. */
static inline uint8_t *flynn_ring_row(const struct flynn_ring *ring, int y)
{
    return ring->memory + (size_t)(y % ring->capacity) * ring->stride + ring->lead;
}

/** The row that stands at y, which may lie outside of the image: the source's, the ring's or the border's; from the
 * ring's first column on. */
const uint8_t *flynn_ring_read(const struct flynn_ring *ring, int64_t y);

/** Bytes from a row's beginning to column x of the image, which may lie before it. */
static inline ptrdiff_t flynn_ring_at(const struct flynn_ring *ring, int x)
{
    return (ptrdiff_t)(x - ring->x) * (ptrdiff_t)ring->pixel;
}

/** Fill the border columns of row y, whose pixels are complete: those at the ends of the image alone. Where they come
 * from columns that the ring does not have, nobody reads them: a producer makes more columns than it was asked for. */
void flynn_ring_pad(const struct flynn_ring *ring, int y);

/** The rows inside the image that stand for [first, last] once borders are applied; empty (*low > *high) is possible.
 */
void flynn_ring_range(const struct flynn_stage *stage, int64_t first, int64_t last, int *low, int *high);

/** The columns of the input that a stage reads for some of its output's, border columns included, where rows stay as
 * long as they are. */
struct flynn_span flynn_ring_columns(const struct flynn_stage *stage, struct flynn_span out);

/** Bytes of columns, or of the way to a column. */
static inline size_t flynn_columns_bytes(const struct flynn_shape *shape, int columns)
{
    return (size_t)columns * (size_t)shape->channels * flynn_type_bytes(shape->type);
}

#endif
