/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CANNY_H
#define FLYNN_CORE_CANNY_H

#include <stdint.h>

/** What the stages of canny hand on to each other. */

/** Which neighbours lie along the slope: left and right, above and below, those on the diagonal that falls to the
 * right, and those on the one that rises. */
enum { FLYNN_CANNY_ACROSS, FLYNN_CANNY_DOWN, FLYNN_CANNY_FALLING, FLYNN_CANNY_RISING };

/** No edge, an edge if it touches one, an edge. */
enum flynn_canny { FLYNN_CANNY_NONE, FLYNN_CANNY_WEAK, FLYNN_CANNY_STRONG };

struct flynn_canny_pixel {
    int32_t x, y;
};

#define FLYNN_CANNY_LIST 16384 /**< pixels that a flood keeps in mind */

#endif
