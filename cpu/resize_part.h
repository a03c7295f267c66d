/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_RESIZE_PART_H
#define FLYNN_CPU_RESIZE_PART_H

#include <flynn/op.h>

/** Some columns alone of the stages of resize: the `part` of struct flynn_stage, one function for each kind of stage.
 */

/* No way at all in a table that is not there. */
static inline void part_advance(struct flynn_table_data *table, size_t bytes)
{
    if (!bytes)
        return;
    table->data = (const uint8_t *)table->data + bytes;
    table->bytes -= bytes;
}

/* Columns of a table of first taps, with `entry` bytes of weights each. Taps count from the beginning of the row. */
static inline void part_taps(struct flynn_stage *stage, struct flynn_part *part, int taps, size_t entry)
{
    const int32_t *tap = stage->table[0].data;
    int64_t to = (int64_t)tap[part->x + part->width - 1] + taps;
    part->from = tap[part->x];
    part->to = to < stage->in.width ? (int)to : stage->in.width;
    part->in_x = 0;
    part_advance(&stage->table[0], (size_t)part->x * sizeof *tap);
    part_advance(&stage->table[1], (size_t)part->x * entry);
}

/* The gathering plan, of which groups of columns are left out. */
static inline void part_plan(struct flynn_stage *stage, int x)
{
    size_t groups = stage->k[0] ? (size_t)(x / stage->k[2]) : 0;
    part_advance(&stage->table[2], groups * 16);
    part_advance(&stage->table[3], groups * sizeof(int32_t));
}

static inline void part_nearest(struct flynn_stage *stage, struct flynn_part *part)
{
    part_taps(stage, part, 1, 0);
    part_plan(stage, part->x);
}

static inline void part_across(struct flynn_stage *stage, struct flynn_part *part)
{
    part_taps(stage, part, 2, sizeof(int32_t));
    part_plan(stage, part->x);
}

static inline void part_filter(struct flynn_stage *stage, struct flynn_part *part)
{
    size_t weight = stage->variant == FLYNN_F32 ? sizeof(float) : sizeof(int16_t);
    part_taps(stage, part, stage->k[0], (size_t)stage->k[1] * weight);
}

static inline void part_half(struct flynn_stage *stage, struct flynn_part *part)
{
    (void)stage;
    part->from = part->in_x = 2 * part->x;
    part->to = part->from + 2 * part->width;
}

#endif
