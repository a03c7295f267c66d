/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_BOX_H
#define FLYNN_CORE_BOX_H

#include "core/table.h"

/** The box of bytes: one stage, whose kernels keep running sums down the columns, make the border columns themselves
 * and divide.
 *
 * k[0], k[1]: width and height of the box; k[2]: its area; k[3]: the half of it, rounded down; k[4]: columns before the
 * sample's own; k[8]: the sample outside for a constant border. table[0]: where the border columns come from, int32:
 * k[4] of them to the left and k[0] - 1 - k[4] to the right, -1: k[8] stands there.
 * Some columns alone: the kernels make out.width columns from rows of in.width pixels, the first of which is column
 * k[11] of the image; table[0] has k[4] columns to the left of these and k[12] to the right, and the window of the
 * first output begins k[10] columns into all that. The window begins a row above the box, for kernels that add what a
 * box gains over the one above it.
 *
 * For SIMD kernels alone: k[5]: enum box_kind; k[6], k[7]: quotients by the area are the upper halves of products with
 * k[6], shifted by k[7]; f[0]: 1 / area, or the float after it; k[9]: BOX_REST: see there. */

enum box_kind {
    BOX_16,    /**< sums of 16 bits */
    BOX_REST,  /**< quotients of 8 bits and rests of 16; a rest is kept with k[9] times the area added to it, so that
                  what  a box gains leaves it positive */
    BOX_32,    /**< sums of 32 bits; products with f[0] are the quotients */
    BOX_32_OFF /**< and where they may be one off */
};

/** `state`: this, then the parts in the order of the functions below. It starts as zeros. */
struct box_state {
    int32_t started; /**< the sums are those of the row before */
    int32_t unused[15];
};

#define BOX_ROWS 2  /**< rows that SIMD kernels take at a time */
#define BOX_LEAD 64 /**< bytes before the first prefix, and after the last */

/** Samples of a row with its border columns, and room for vectors that begin in it. */
static inline size_t box_line(const struct flynn_stage *stage)
{
    size_t pixels = (size_t)stage->in.width + (size_t)stage->k[0];
    return (pixels * (size_t)stage->in.channels + 191) / 64 * 64;
}

/** The sums, or what stands for them: 4 bytes for each sample. Scalar kernels have them for the border columns too. */
static inline void *box_sums(const struct flynn_call *call)
{
    return (struct box_state *)call->state + 1;
}

/** One line of zeros. */
static inline uint8_t *box_zeros(const struct flynn_call *call)
{
    return (uint8_t *)box_sums(call) + 4 * box_line(call->stage);
}

/** Prefix sums of row r < BOX_ROWS: entry i is the sum of what is gained left of sample i of the padded row, in its
 * channel, modulo 2^16. The entry after the row's own first sample is aligned to 32 bytes: most stores begin there. */
static inline uint16_t *box_prefix(const struct flynn_call *call, int r)
{
    const struct flynn_stage *stage = call->stage;
    size_t line = box_line(stage), before = (size_t)(stage->k[4] + 1) * (size_t)stage->in.channels;
    uint8_t *lead = box_zeros(call) + line + (size_t)r * (2 * line + 2 * BOX_LEAD);
    return (uint16_t *)(void *)(lead + BOX_LEAD) + (16 - before % 16) % 16;
}

/** A place for the bytes of one end of a row and the border columns there; 2 * BOX_ROWS of them. */
static inline uint8_t *box_end(const struct flynn_call *call, int i)
{
    size_t line = box_line(call->stage);
    return box_zeros(call) + line + BOX_ROWS * (2 * line + 2 * BOX_LEAD) + (size_t)i * line;
}

static inline size_t box_state_bytes(const struct flynn_stage *stage)
{
    return sizeof(struct box_state) + box_line(stage) * (4 + 1 + BOX_ROWS * 4) + 2 * BOX_ROWS * BOX_LEAD;
}

#endif
