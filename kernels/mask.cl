/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* What the mask does not cover becomes k[1] (f[0] for f32). */

#if T_FLOAT
#define FILL a.f[0]
#else
#define FILL ((T)a.k[1])
#endif

static inline T16 map16(T16 v, T16 w, const struct flynn_args a)
{
    return select((T16)(FILL), v, w != (T16)(0));
}

#include "binary.clh"

/* A mask of one channel: the item's pixels, in groups of 16. */
FLYNN_KERNEL(mask_pixels, T, T)
{
    const int channels = a.in.channels;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global const T *mask = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        int x = FIRST_X;
        for (; x + 16 <= last_x && channels == 3; x += 16) {
            const T16 m = LOAD(T, 16, mask + x);
            __global const T *f = from + x * 3;
            __global T *t = to + x * 3;
            STORE(T, 16, map16(LOAD(T, 16, f), m.s0001112223334445, a), t);
            STORE(T, 16, map16(LOAD(T, 16, f + 16), m.s55666777888999aa, a), t + 16);
            STORE(T, 16, map16(LOAD(T, 16, f + 32), m.sabbbcccdddeeefff, a), t + 32);
        }
        for (; x < last_x; x++) {
            const bool keep = mask[x] != 0;
            for (int c = 0; c < channels; c++)
                to[x * channels + c] = keep || is_alpha(c, channels) ? from[x * channels + c] : FILL;
        }
    }
}
