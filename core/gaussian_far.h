/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_GAUSSIAN_FAR_H
#define FLYNN_CORE_GAUSSIAN_FAR_H

#include "core/table.h"

#include <math.h>
#include <string.h>

/** The Gaussian of large sigma: three boxes, two of k[0] and one of k[1] samples, with exact sums, down the columns and
 * then across the rows; the time does not depend on their sizes.
 *
 * The three boxes are three running sums of d = (x(0) - 2*x(-k[0]) + x(-2*k[0])) - the same k[1] earlier: whatever the
 * running sums hold modulo 2^32 (LONG stages: 2^64), the last of them is exact, for it is not larger.
 * Between the stages stands, in 16 bits (LONG: 32), v = (sum + half of 2^k[2]) >> k[2]; the result is
 * out = ((((sum of v) >> k[3]) * k[4] >> k[8]) + k[5]) >> k[6].
 * k[7]: pixels, a power of two, of the ring that SIMD kernels have in `state`, 16 more behind it; k[8]: 16, LONG: 32.
 * The stage DOWN reads 3 rows more than the boxes reach, because d reaches so far back. */

#define FAR_REACH(stage) (2 * (stage)->k[0] + (stage)->k[1]) /**< how far back d reaches */
#define FAR_STEP         16                                  /**< output rows at a time */
#define FAR_EXTRA        3                                   /**< rows read before those of the boxes */

/** `state` of DOWN: then follow three sums for each sample and a row of zeros. */
struct far_state {
    int32_t done; /**< output rows made in this strip */
    int32_t unused[15];
};

/** What stands for input row j of the call: rows before those of the strip's first output row do not count. */
static inline const void *far_row(const struct flynn_call *call, int j, const void *zeros)
{
    const struct far_state *state = call->state;
    return j < FAR_EXTRA - state->done ? zeros : call->in[j];
}

/** The six rows of which d is made when row j of the call is the latest. */
static inline void far_rows(const struct flynn_call *call, int j, const void *zeros, const void *row[6])
{
    int k = call->stage->k[0], l = call->stage->k[1];
    const int back[6] = {0, k, 2 * k, l, k + l, 2 * k + l};
    for (int i = 0; i < 6; i++)
        row[i] = j - back[i] < 0 ? zeros : far_row(call, j - back[i], zeros);
}

#endif
