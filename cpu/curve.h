/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_CURVE_H
#define FLYNN_CPU_CURVE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/** The transfer curve of sRGB and roots of floats with + - * / and sqrt alone, every step rounded: the same bits from
 * vectors and on devices. Sources: IEC 61966-2-1; Newton's and Halley's iterations. */

/** A first guess of a^factor for a > 0, within 5 %: the bits of a float are nearly linear in its logarithm. */
static inline float flynn_power_guess(float a, float factor, float plus)
{
    int32_t bits;
    memcpy(&bits, &a, sizeof bits);
    bits = (int32_t)((float)bits * factor + plus);
    memcpy(&a, &bits, sizeof a);
    return a;
}

/** The cube root of 2^-120 <= a <= 2^120, within 2 ulp. */
static inline float flynn_cube_root(float a)
{
    float z = flynn_power_guess(a, 1 / 3.0f, 710000000.0f);
    for (int i = 0; i < 2; i++) {
        float cube = (z * z) * z;
        z = z - z * ((cube - a) / ((cube + cube) + a));
    }
    return z;
}

/** a^0.4 of 2^-50 <= a <= 2^54, within 2 ulp. */
static inline float flynn_fifth_root_of_square(float a)
{
    float z = flynn_power_guess(a, 0.4f, 639000000.0f);
    for (int i = 0; i < 3; i++) {
        float square = z * z;
        z = z - (z - (a * a) / (square * square)) * 0.2f;
    }
    return z;
}

/** From the curve to linear light: x / 12.92 up to 0.04045, then ((x + 0.055) / 1.055)^2.4. Infinity and NaN pass. */
static inline float flynn_to_linear(float x)
{
    float t = (x + 0.055f) * (1 / 1.055f);
    t = t < 0x1p54f ? t : 0x1p54f;
    float y = x > 0.04045f ? (t * t) * flynn_fifth_root_of_square(t) : x * (1 / 12.92f);
    return x < INFINITY ? y : x;
}

/** From linear light to the curve: 12.92 x up to 0.0031308, then 1.055 x^(1/2.4) - 0.055, where x^(5/12) is the cube
 * root times its own fourth root. Infinity and NaN pass. */
static inline float flynn_from_linear(float x)
{
    float c = flynn_cube_root(x < 0x1p120f ? x : 0x1p120f);
    float y = x > 0.0031308f ? 1.055f * (c * sqrtf(sqrtf(c))) - 0.055f : x * 12.92f;
    return x < INFINITY ? y : x;
}

/** The same of 0..1 in double, for tables. */
static inline double flynn_to_linear_exactly(double x)
{
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static inline double flynn_from_linear_exactly(double x)
{
    return x <= 0.0031308 ? x * 12.92 : 1.055 * pow(x, 1 / 2.4) - 0.055;
}

#endif
