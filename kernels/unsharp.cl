/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"

/* The stage is described in cpu/unsharp.c. */
static T16 sharper(const struct flynn_args *a, T16 g, T16 x)
{
#if T_FLOAT
    const float16 d = x - g, sharp = x + d * a->f[0];
    return select(sharp, x, isless(fabs(d), (float16)(a->f[1])));
#else
    const int16 s = convert_int16(x), e = s - convert_int16(g), size = max(e, -e);
    const int16 d = select(e, (int16)(0), size < (int16)(a->k[1]));
    return T16_SAT(s + ((d * a->k[0] + 128) >> 8));
#endif
}

FLYNN_KERNEL(unsharp, T, T)
{
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width * a.out.channels), last_y = LAST_Y(a.out.height);
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *blurred = CROW(T, in, y, a.in.stride), *row = CROW(T, with, y, a.with.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16)
            STREAM(T, 16, streams, sharper(&args, LOAD(T, 16, blurred + x), LOAD(T, 16, row + x)), to + x);
        for (; x < last_x; x++)
            to[x] = sharper(&args, (T16)(blurred[x]), (T16)(row[x])).s0;
    }
}
