/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* table0: the mask, rows k[0] bytes apart; k[1]: samples of the input for each of the mask. */

#if T_FLOAT
#define FLAGS(bytes) convert_int16(bytes)
#elif defined(T_U16)
#define FLAGS(bytes) convert_short16(bytes)
#else
#define FLAGS(bytes) (bytes)
#endif

FLYNN_KERNEL(copy_masked, T, T)
{
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height), group = a.k[1];
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride), *second = CROW(T, with, y, a.with.stride);
        __global const uchar *mask = table0 + (size_t)y * (size_t)a.k[0];
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x && group == 1; x += 16) {
            const char16 on = LOAD(uchar, 16, mask + x) != (uchar16)(0);
            STREAM(T, 16, streams, select(LOAD(T, 16, from + x), LOAD(T, 16, second + x), FLAGS(on)), to + x);
        }
        for (; x < last_x; x++)
            to[x] = mask[x / group] ? second[x] : from[x];
    }
}
