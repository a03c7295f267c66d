/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_EXTREME_H
#define FLYNN_CORE_EXTREME_H

#include "core/blocks.h"

/** Where the greatest or least sample stands. The first stage finds it in every block of core/blocks.h and writes its
 * value and its number in the block, the second finds the first of the best blocks. */

/** The lanes of a block_run, in other use. */
enum {
    EXTREME_VALUE, /**< NaN while no number has been seen */
    EXTREME_INDEX, /**< in the block */
    EXTREME_SEEN,  /**< samples of the block so far */
};

/** Whether `value` takes the place of `best`: any number that of NaN, and nothing that of its equal. */
BLOCK_INLINE bool extreme_better(enum block_kind kind, double value, double best)
{
    if (best != best)
        return value == value;
    return kind == BLOCK_ARGMAX ? value > best : value < best;
}

/** The scalar block_run. */
BLOCK_INLINE void extreme_plain(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                                const void *w, int n)
{
    double best = lanes[EXTREME_VALUE];
    int at = -1;
    (void)lane;
    (void)w;
    for (int i = 0; i < n; i++) {
        double value = flynn_sample(type, x, (size_t)i);
        if (extreme_better(kind, value, best)) {
            best = value;
            at = i;
        }
    }
    if (at >= 0) {
        lanes[EXTREME_VALUE] = best;
        lanes[EXTREME_INDEX] = lanes[EXTREME_SEEN] + at;
    }
    lanes[EXTREME_SEEN] += n;
}

/** The first stage. */
BLOCK_INLINE void extreme_stage(const struct flynn_call *call, enum block_kind kind, enum flynn_type type,
                                block_run *run)
{
    for (int b = call->y; b < call->y + call->rows; b++) {
        double lanes[BLOCK_LANES] = {[EXTREME_VALUE] = (double)NAN}, *out = flynn_row(call->dst, b);
        block_rows(call, kind, type, b, lanes, run);
        out[0] = lanes[EXTREME_VALUE];
        out[1] = lanes[EXTREME_INDEX];
    }
}

/** The second stage. k[0]: the kind; k[1]: columns of the matrix. */
static inline void extreme_finish(const struct flynn_call *call)
{
    enum block_kind kind = (enum block_kind)call->stage->k[0];
    double *out = flynn_row(call->dst, 0), best = (double)NAN;
    int64_t at = 0;
    for (int b = 0; b < call->src->shape.height; b++) {
        const double *block = flynn_row(call->src, b);
        if (extreme_better(kind, block[0], best)) {
            best = block[0];
            at = (int64_t)b * BLOCK + (int64_t)block[1];
        }
    }
    out[0] = best;
    out[1] = (double)(at / call->stage->k[1]);
    out[2] = (double)(at % call->stage->k[1]);
}

#endif
