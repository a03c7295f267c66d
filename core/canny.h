/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CANNY_H
#define FLYNN_CORE_CANNY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/** What the stages of canny hand on to each other. */

/** Which neighbours lie along the slope: left and right, above and below, those on the diagonal that falls to the
 * right, and those on the one that rises. */
enum { FLYNN_CANNY_ACROSS, FLYNN_CANNY_DOWN, FLYNN_CANNY_FALLING, FLYNN_CANNY_RISING };

static inline int flynn_canny_direction(int dx, int dy)
{
    int x = abs(dx) * 13573, y = abs(dy) << 15; /* tan(22.5 degrees) in 15 bits; tan(67.5) is 2 more */
    if (y < x)
        return FLYNN_CANNY_ACROSS;
    if (y > x + (abs(dx) << 16))
        return FLYNN_CANNY_DOWN;
    return (dx ^ dy) < 0 ? FLYNN_CANNY_RISING : FLYNN_CANNY_FALLING;
}

/** magnitude << 2 | direction of pixel x of the middle one of three rows, whose ends are replicated. */
static inline uint32_t flynn_canny_gradient(const void *const *row, int x, int width, bool squares)
{
    const uint8_t *a = row[0], *b = row[1], *c = row[2];
    int left = x > 0 ? x - 1 : x, right = x + 1 < width ? x + 1 : x;
    int dx = (a[right] - a[left]) + 2 * (b[right] - b[left]) + (c[right] - c[left]);
    int dy = (c[left] - a[left]) + 2 * (c[x] - a[x]) + (c[right] - a[right]);
    int magnitude = squares ? dx * dx + dy * dy : abs(dx) + abs(dy);
    return (uint32_t)(magnitude << 2 | flynn_canny_direction(dx, dy));
}

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
