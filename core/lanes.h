/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_LANES_H
#define FLYNN_CORE_LANES_H

/** The order of a float sum that every backend can keep: LANES interleaved sums in blocks of BLOCK terms, the lanes of
 * a block added by halves, the blocks in ascending order. Terms that are missing at the end may be added as +0, because
 * a sum that begins at +0 is never -0. */
enum { FLYNN_LANES = 64, FLYNN_LANE_BLOCK = 8192 };

#endif
