/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_GATHER_H
#define FLYNN_CORE_GATHER_H

#include <flynn/op.h>

/** A plan for gathering the pixels of an output row from an input row by byte shuffles.
 *
 * Output columns are made in groups whose result fits 16 bytes. A group is gathered from `loads` (1, 2 or 4) loads of
 * 16 bytes, each of which serves its share of the group's pixels:
 *
 *     group g = OR over l of shuffle(load16(row + base[l * groups + g]), order[l * groups + g])
 *
 * A result sample is made of the sample of one pixel, or of those of two, one behind the other. */
struct flynn_gather {
    const int32_t *low,
        *high;          /**< by column: the pixels that make the low and the high half of a result; high may be NULL */
    int samples, bytes; /**< of a pixel, and of a sample */
    int group;          /**< columns of a group */
    int groups, loads;  /**< set by the plan; groups is even */
    int columns;        /**< of the output row */
    int64_t row;        /**< bytes of an input row */
};

/** Write the plan with the smallest number of loads into a stage: table[2] holds the orders, 16 bytes each (negative:
 * zero), and then `extra` bytes for each group, which *weights points at and the caller fills; table[3] the bases,
 * int32 in bytes. k[0] is `loads`, k[1] `groups`, k[2] `group`. FLYNN_OK with *weights NULL and k[0] 0 where no plan is
 * possible: the columns are too far apart, or the row is too short. */
int flynn_gather_plan(struct flynn_node *node, struct flynn_stage *stage, struct flynn_gather *p, size_t extra,
                      uint8_t **weights, struct flynn_err *err);

#endif
