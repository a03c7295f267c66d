/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_EXPONENTIAL_H
#define FLYNN_CPU_EXPONENTIAL_H

#include <math.h>

/** e^x for x <= 0 by + - * alone, so that every machine finds the same weights: x = n ln 2 + r, |r| <= 0.35. */
static inline double flynn_exponential(double x)
{
    if (x < -700)
        return 0;
    double n = floor(x * 1.4426950408889634 + 0.5);
    double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
    double sum = 1;
    for (int i = 14; i > 0; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, (int)n);
}

#endif
