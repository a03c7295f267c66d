/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k and the tables as in cpu/mandelbrot.c; items make pixels. */

#ifdef ON_CPU

/* Steps of 16 points side by side, until all are done. */
static int16 count16(float16 cr, float ci, int most)
{
    float16 zr = 0.0f, zi = 0.0f;
    int16 open = -1, count = 0;
    for (int n = 0; n < most; n++) {
        const float16 rr = zr * zr, ii = zi * zi;
        open &= rr + ii <= 4.0f;
        if (!any(open))
            break;
        count -= open;
        zi = (zr + zr) * zi + ci;
        zr = (rr - ii) + cr;
    }
    return count;
}

#else

static int count1(float cr, float ci, int most)
{
    float zr = 0.0f, zi = 0.0f;
    int n = 0;
    for (; n < most; n++) {
        const float rr = zr * zr, ii = zi * zi;
        if (rr + ii > 4.0f)
            break;
        zi = (zr + zr) * zi + ci;
        zr = (rr - ii) + cr;
    }
    return n;
}

#endif

FLYNN_KERNEL(mandelbrot, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), c = a.out.channels;
    __global const T *table = (__global const T *)table0;
    __global const float *column = (__global const float *)table1, *line = (__global const float *)table2;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x += 16) {
            const int n = min(last_x - x, 16);
            int count[16];
#ifdef ON_CPU
            float cr[16];
            for (int i = 0; i < 16; i++)
                cr[i] = column[min(x + i, last_x - 1)];
            vstore16(count16(vload16(0, cr), line[y], a.k[0]), 0, count);
#else
            for (int i = 0; i < n; i++)
                count[i] = count1(column[x + i], line[y], a.k[0]);
#endif
            for (int i = 0; i < n * c; i++)
                to[x * c + i] = table[count[i / c] * c + i % c];
        }
    }
}
