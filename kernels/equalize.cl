/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

#ifndef HAVE_EXACT_DIV
#error "equalize needs correctly rounded division, which this device lacks"
#endif

#if defined(T_U8)
#define VALUES 256
#else
#define VALUES 65536
#endif

/* `with` is the histogram; an item makes one channel's table. */
FLYNN_KERNEL(derive, T, T)
{
    const int c = (int)get_global_id(0);
    const uint pixels = (uint)a.in.width * (uint)a.in.height;
    if (c >= a.in.channels || get_global_id(1) != 0)
        return;
    __global const uint *count = CROW(uint, with, c, a.with.stride);
    __global T *table = out + c * VALUES;
    int v = 0;
    uint sum = 0;
    for (; !count[v]; v++)
        table[v] = 0;
    const bool flat = count[v] == pixels;
    const float scale = (float)(VALUES - 1) / (float)(pixels - count[v]);
    table[v] = flat ? (T)v : (T)0;
    for (v++; v < VALUES; v++) {
        sum += count[v];
        const float y = (float)sum * scale;
        table[v] = flat ? (T)v : (T)(int)rint(y < (float)(VALUES - 1) ? y : (float)(VALUES - 1));
    }
}
