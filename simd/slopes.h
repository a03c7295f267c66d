/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_SLOPES_H
#define FLYNN_SIMD_SLOPES_H

#include "simd/filter.h"

/** Differences across and down a window of 3 x 3 samples, for sobel and what is made of it. Integers come in halves of
 * a vector, which are unpacked by unpacklo and unpackhi within lanes; packing restores the order. */

/** The nine neighbours without the centre: a, b and c are the columns, 0, 1 and 2 the rows. */
struct window {
    vi a0, b0, c0, a1, c1, a2, b2, c2;
};

/** Around byte i of the middle one of three rows; the neighbours in the row are `pixel` bytes away. Compilers read the
 * memory anew for either half, and loads that cross a line are then what takes the time. */
FLYNN_UNROLLED struct window window_at(const uint8_t *const row[3], int i, int pixel)
{
    const uint8_t *p[3] = {row[0] + i, row[1] + i, row[2] + i};
    return (struct window){v_keep(v_load(p[0] - pixel)), v_keep(v_load(p[0])),         v_keep(v_load(p[0] + pixel)),
                           v_keep(v_load(p[1] - pixel)), v_keep(v_load(p[1] + pixel)), v_keep(v_load(p[2] - pixel)),
                           v_keep(v_load(p[2])),         v_keep(v_load(p[2] + pixel))};
}

/** The weights of the outer differences and of the middle one: constants wherever they are used. */
struct weights {
    int side, middle;
};

FLYNN_UNROLLED vi widen_bytes(vi a, vi b, bool high)
{
    return high ? V(unpackhi_epi8)(a, b) : V(unpacklo_epi8)(a, b);
}

FLYNN_UNROLLED vi widen_words(vi a, vi b, bool high)
{
    return high ? V(unpackhi_epi16)(a, b) : V(unpacklo_epi16)(a, b);
}

/* (b - a) * w of half of the bytes, in 16 bits. */
FLYNN_UNROLLED vi step_bytes(vi a, vi b, int w, bool high)
{
#if defined(FLYNN_ISA_SSE2)
    vi d = V(sub_epi16)(widen_bytes(b, v_zero(), high), widen_bytes(a, v_zero(), high));
    return w == 1 ? d : w == 2 ? V(add_epi16)(d, d) : V(mullo_epi16)(d, v_set16(w));
#else
    return V(maddubs_epi16)(widen_bytes(a, b, high), v_set16(w * 256 + 256 - w));
#endif
}

/* The same of 16-bit samples in 32 bits; w is 1, 2, 3 or 10. */
FLYNN_UNROLLED vi step_words(vi a, vi b, int w, bool high)
{
    vi d = V(sub_epi32)(widen_words(b, v_zero(), high), widen_words(a, v_zero(), high));
    vi twice = V(add_epi32)(d, d);
    if (w <= 2)
        return w == 1 ? d : twice;
    return V(add_epi32)(w == 10 ? V(slli_epi32)(d, 3) : d, twice);
}

struct slopes {
    vi dx, dy;
};

/** Of half of the bytes, in 16 bits. With the differences u and v of the diagonals the outer ones are u + v and u - v:
 * four products do for both slopes. */
FLYNN_UNROLLED struct slopes slopes_bytes(const struct window *w, struct weights by, bool high)
{
    vi u = step_bytes(w->a0, w->c2, by.side, high), v = step_bytes(w->a2, w->c0, by.side, high);
    vi across = step_bytes(w->a1, w->c1, by.middle, high), down = step_bytes(w->b0, w->b2, by.middle, high);
    return (struct slopes){V(add_epi16)(V(add_epi16)(u, v), across), V(add_epi16)(V(sub_epi16)(u, v), down)};
}

/** Of half of the 16-bit samples, in 32 bits. */
FLYNN_UNROLLED struct slopes slopes_words(const struct window *w, struct weights by, bool high)
{
    vi u = step_words(w->a0, w->c2, by.side, high), v = step_words(w->a2, w->c0, by.side, high);
    vi across = step_words(w->a1, w->c1, by.middle, high), down = step_words(w->b0, w->b2, by.middle, high);
    return (struct slopes){V(add_epi32)(V(add_epi32)(u, v), across), V(add_epi32)(V(sub_epi32)(u, v), down)};
}

#endif
