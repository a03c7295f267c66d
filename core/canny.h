/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CANNY_H
#define FLYNN_CORE_CANNY_H

#include <stdint.h>

/** What the stages of canny hand on to each other. */

/** Which neighbours lie along the slope: left and right, above and below, those on the diagonal that falls to the
 * right, and those on the one that rises. */
enum { FLYNN_CANNY_ACROSS, FLYNN_CANNY_DOWN, FLYNN_CANNY_FALLING, FLYNN_CANNY_RISING };

/** Words of 64 pixels in a row; pixel x is bit x % 64 of word x / 64, and bits beyond the row are 0. A row of the map
 * is as many words of weak and strong edges, then as many of strong ones. */
static inline int flynn_canny_words(int width)
{
    return width / 64 + (width % 64 != 0);
}

/** Word i of row y. */
struct flynn_canny_word {
    int32_t i, y;
};

#define FLYNN_CANNY_LIST 16384 /**< words that a flood keeps in mind */

#endif
