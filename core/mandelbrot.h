/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MANDELBROT_H
#define FLYNN_CORE_MANDELBROT_H

/** The Mandelbrot set as samples: what the op and the generator share. */

/** The view that shows the whole set. */
#define FLYNN_MANDELBROT_X          (-0.6)
#define FLYNN_MANDELBROT_WIDTH      3.6
#define FLYNN_MANDELBROT_ITERATIONS 100

/** The coordinate of pixel i of n, of a picture that is `columns` pixels and `width` units wide. */
static inline float flynn_mandelbrot_at(double centre, double width, int i, int n, int columns)
{
    return (float)(centre + ((double)i + 0.5 - 0.5 * (double)n) * (width / (double)columns));
}

/** Steps of z = z * z + c from 0 until |z| > 2, at most `most`. */
static inline int flynn_mandelbrot_count(float cr, float ci, int most)
{
    float zr = 0, zi = 0;
    int n = 0;
    for (; n < most; n++) {
        float rr = zr * zr, ii = zi * zi;
        if (rr + ii > 4.0f)
            break;
        zi = (zr + zr) * zi + ci;
        zr = (rr - ii) + cr;
    }
    return n;
}

/** Channel k of the colour of a count, 0 to 255: a wave of its own for each channel; black in the set. */
static inline int flynn_mandelbrot_colour(int count, int k, int most)
{
    int at = (count * (k == 0 ? 5 : k == 1 ? 8 : 12) + 48 * k) % 512;
    return count == most ? 0 : at < 256 ? at : 511 - at;
}

#endif
