/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k[0]: the alpha channel or -1; k[1]: entries of a table (f32: the last of them twice); k[2]: tables, one after the
 * other. Integers: one table for each channel. Items make pixels. */

#if defined(T_U8)
#define ENTRIES 256
#elif defined(T_U16)
#define ENTRIES 65536
#else
#define ENTRIES a.k[1]
#endif

static inline T answer(T v, __global const T *table, float last)
{
#if T_FLOAT
    const float x = v > 0.0f ? v : 0.0f;
    const float t = (x < 1.0f ? x : 1.0f) * last;
    const int k = (int)t;
    return table[k] + (table[k + 1] - table[k]) * (t - (float)k);
#else
    return table[v];
#endif
}

FLYNN_KERNEL(look_up, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const T *table = (__global const T *)table0;
    const float last = (float)(a.k[1] - 2);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        for (int x = FIRST_X; x < last_x; x++) {
            for (int c = 0; c < channels; c++) {
                const T v = from[x * channels + c];
                to[x * channels + c] = c == a.alpha ? v : answer(v, table + (c < a.k[2] ? c : 0) * ENTRIES, last);
            }
        }
    }
}
