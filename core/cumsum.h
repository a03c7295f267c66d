/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CUMSUM_H
#define FLYNN_CORE_CUMSUM_H

#include <flynn/op.h>

#include <string.h>

/** The kernel slots of cumsum. */
enum {
    CUMSUM_ROWS,    /**< rows: sums along each row */
    CUMSUM_COLUMNS, /**< a whole stage for a team: sums down the columns */
    CUMSUM_THROUGH, /**< a whole stage for a team: sums through the whole matrix */
};

/** Through the whole matrix: in each turn a member sums up along GROUP rows, which stay in a cache until the last sums
 * of the rows above are known. */
enum {
    CUMSUM_GROUP = 8,
    CUMSUM_MEMBERS = 16,        /**< those above have nothing to do */
    CUMSUM_NEAR_BYTES = 1 << 19 /**< of a group that stays in a cache */
};

/** The last sums of a turn's rows, and of the turn before. */
struct cumsum_lasts {
    _Alignas(64) uint64_t last[2][CUMSUM_MEMBERS * CUMSUM_GROUP];
};

/** Bytes from one row of sums to the next in a member's scratch, behind the lasts; 0 if they stand in the output. */
static inline size_t cumsum_held(const struct flynn_shape *out)
{
    size_t bytes = ((size_t)out->width * flynn_type_bytes(out->type) + 63) / 64 * 64 + 64;
    return bytes * CUMSUM_GROUP <= CUMSUM_NEAR_BYTES ? bytes : 0;
}

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
