/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_BILATERAL_H
#define FLYNN_CORE_BILATERAL_H

/** bilateral is two stages. PLANES puts the channels of a row one after the other, each with its border columns: plane
 * after plane of as many samples as the row then has pixels. FILTER reads those and writes pixels again.
 * k[0]: neighbours; k[1]: u8, u16: the shift of a distance. table[0]: for each neighbour int32 columns to the right of
 * the window's first, and rows below it. table[1]: u8, u16: for each neighbour FLYNN_BILATERAL_STEPS weights, a byte
 * each; f32: a float for each neighbour, and table[2]: the floats that f[0] * distance finds. Neighbours without weight
 * fill up their number to a multiple of 4.
 * k[2]: u8: half the number of neighbours, without those, where there are few: radius up to FLYNN_BILATERAL_FEW_RADIUS,
 * weight only for differences below 128, and sums of weighted differences, with half the weights, in 16 bits with sign
 * for any image; else 0. */
enum { FLYNN_BILATERAL_PLANES, FLYNN_BILATERAL_FILTER };

#define FLYNN_BILATERAL_STEP     16 /**< most output rows of a call of FILTER, */
#define FLYNN_BILATERAL_FEW_STEP 32 /**< and where there are few neighbours: each call weighs some rows above its own  \
                                     */
#define FLYNN_BILATERAL_STEPS      64  /**< u8, u16: weights by distance; the last is 0 */
#define FLYNN_BILATERAL_WHOLE      127 /**< u8, u16: the weight of the pixel itself */
#define FLYNN_BILATERAL_FEW        28  /**< most neighbours where there are few, those of a radius of */
#define FLYNN_BILATERAL_FEW_RADIUS 3
#define FLYNN_BILATERAL_POINTS     1024 /**< f32: the last of the points between which weights are linear; it is 0 */

#endif
