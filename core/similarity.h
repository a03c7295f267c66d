/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_SIMILARITY_H
#define FLYNN_CORE_SIMILARITY_H

#include <flynn/image.h>

/** Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) of two images of one shape, with plain 8x8 windows.
 *
 * Windows begin at every fourth column and row, and at the last that leaves 8 samples (images of fewer columns or rows
 * have one window of all). With the sums a and b of a window's n samples of both images, aa, bb and ab of their
 * squares and products, L = flynn_type_white, C = (0.01 L)^2 and D = (0.03 L)^2, a window is
 *
 *     (2 a b + C n^2) (2 (n ab - a b) + D n^2) / ((a^2 + b^2 + C n^2) (n aa - a^2 + n bb - b^2 + D n^2))
 *
 * and a channel the mean of its windows, row by row. The sums of u8 and u16 are exact integers; other types are summed
 * in double. Returns the mean of the channels; `channel` gets each of them. Aborts when the shapes differ. */
double flynn_similarity(const struct flynn_image *a, const struct flynn_image *b, double channel[FLYNN_MAX_CHANNELS]);

#endif
