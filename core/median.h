/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MEDIAN_H
#define FLYNN_CORE_MEDIAN_H

#include <stdint.h>

/** The slots of median's kernels: squares of 3, of 5, from 7 to 15, and larger ones. k[0] is the side of the square. */
enum { FLYNN_MEDIAN_3, FLYNN_MEDIAN_5, FLYNN_MEDIAN_15, FLYNN_MEDIAN_LARGE };

#define FLYNN_MEDIAN_STEP    16 /**< most output rows of a call of LARGE */
#define FLYNN_MEDIAN_STEP_5  32 /**< of 5: what its first rows cost is shared by as many */
#define FLYNN_MEDIAN_STEP_15 64 /**< of 15 */

/** The state of LARGE.
 *
 * u8: FLYNN_MEDIAN_HEAD bytes, of which the first int32 is 1 once the columns are filled, and a struct
 * flynn_median_column for every sample of the rows' stripes of FLYNN_MEDIAN_STRIPE pixels with their borders. Only SIMD
 * kernels use it.
 * u16, f32: four arrays of uint32 and one of bits, each for all samples of one channel of the input rows with their
 * borders; d[0] says how many, a multiple of 64. */
#define FLYNN_MEDIAN_HEAD   64
#define FLYNN_MEDIAN_STRIPE 256

/** How many of the samples of a column (in the rows of the square) are at most v: coarse[h], those below 16 * h + 16;
 * fine[h][l], those from 16 * h to 16 * h + l. */
struct flynn_median_column {
    uint8_t coarse[16], fine[16][16];
};

#endif
