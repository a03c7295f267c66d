/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CUMSUM_H
#define FLYNN_CORE_CUMSUM_H

#include <flynn/op.h>

/** The kernel slots of cumsum. */
enum {
    CUMSUM_ROWS,    /**< rows: sums along each row */
    CUMSUM_COLUMNS, /**< a whole stage for a team: sums down the columns */
    CUMSUM_TOTALS,  /**< whole: adds the totals of the rows above to sums along the rows */
};

/** The columns [*first, *last) are this member's. */
static inline void cumsum_share(const struct flynn_call *call, int *first, int *last)
{
    enum { STEP = 64 }; /* keeps members out of each other's cache lines */
    int64_t width = call->dst->shape.width, steps = (width + STEP - 1) / STEP;
    int64_t from = steps * call->member / call->members * STEP, to = steps * (call->member + 1) / call->members * STEP;
    *first = (int)(from < width ? from : width);
    *last = (int)(to < width ? to : width);
}

#endif
