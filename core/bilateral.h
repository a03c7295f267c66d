/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_BILATERAL_H
#define FLYNN_CORE_BILATERAL_H

#include "core/sample.h"
#include "core/table.h"

#include <string.h>

/** bilateral is two stages. PLANES puts the channels of a row one after the other, each with its border columns: plane
 * after plane of as many samples as the row then has pixels. It makes the border columns itself, so that rows need not
 * be copied for them. k[0]: border columns on the left; k[1]: the image's column that is column 0 of the output, and
 * k[2]: of the input; k[3]: the image's width.
 *
 * FILTER reads those and writes pixels again.
 * k[0]: neighbours; k[1]: u8, u16: the shift of a distance. table[0]: for each neighbour int32 columns to the right of
 * the window's first, and rows below it. table[1]: u8, u16: for each neighbour FLYNN_BILATERAL_STEPS weights, a byte
 * each; f32: a float for each neighbour, and table[2]: the floats that f[0] * distance finds. Neighbours without weight
 * fill up their number to a multiple of 4.
 *
 * PIXELS does the work of both at once, on rows of pixels without border columns: u8, 1 or 3 channels, few neighbours.
 * k[0], k[1], tables: those of FILTER; k[3]: the image's width; k[4]: the image's column that is column 0 of the
 * output, and k[5]: of the input.
 *
 * FILTER, PIXELS: k[2]: u8: half the number of neighbours, without those, where there are few: radius up to
 * FLYNN_BILATERAL_FEW_RADIUS, weight only for differences below 128, and sums of weighted differences, with half the
 * weights, in 16 bits with sign for any image; else 0. */
enum { FLYNN_BILATERAL_PLANES, FLYNN_BILATERAL_FILTER, FLYNN_BILATERAL_PIXELS };

/** Most output rows of a call of FILTER, and of PIXELS: each call of it weighs some rows above its own. */
#define FLYNN_BILATERAL_STEP     16
#define FLYNN_BILATERAL_FEW_STEP 32

#define FLYNN_BILATERAL_STEPS      64  /**< u8, u16: weights by distance; the last is 0 */
#define FLYNN_BILATERAL_WHOLE      127 /**< u8, u16: the weight of the pixel itself */
#define FLYNN_BILATERAL_FEW        28  /**< most neighbours where there are few, those of a radius of */
#define FLYNN_BILATERAL_FEW_RADIUS 3
#define FLYNN_BILATERAL_POINTS     1024 /**< f32: the last of the points between which weights are linear; it is 0 */

/** The border columns of planes of which the others are there. */
static inline void flynn_bilateral_pad(const struct flynn_stage *stage, void *planes)
{
    size_t bytes = flynn_type_bytes(stage->in.type);
    int columns = stage->out.width, left = stage->k[0], end = left + stage->in.width;
    for (int i = left ? 0 : end; i < columns; i = i + 1 == left ? end : i + 1) {
        int from = flynn_border_index(stage->border, (int64_t)i + stage->k[1], stage->k[3]);
        for (int j = 0; j < stage->in.channels; j++) {
            uint8_t *plane = (uint8_t *)planes + (size_t)j * (size_t)columns * bytes;
            if (from < 0)
                flynn_sample_put(stage->in.type, plane, (size_t)i, stage->border_value);
            else
                memcpy(plane + (size_t)i * bytes, plane + (size_t)(from - stage->k[2] + left) * bytes, bytes);
        }
    }
}

#endif
