/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

#if defined(T_U8)
#define VALUES 256
#else
#define VALUES 65536
#endif

/* The samples of value v in channel c, or in all channels but alpha. */
static ulong count_of(__global const uint *with, const struct flynn_args a, int c, int v)
{
    ulong count = 0;
    if (!a.k[10])
        return CROW(uint, with, c, a.with.stride)[v];
    for (int i = 0; i < a.in.channels; i++)
        count += i == a.k[11] ? 0 : CROW(uint, with, i, a.with.stride)[v];
    return count;
}

/* `with` is the histogram; an item makes one channel's table. k as in cpu/normalize.h. */
FLYNN_KERNEL(derive, T, T)
{
    const int c = (int)get_global_id(0), colours = a.k[11] < 0 ? a.in.channels : a.in.channels - 1;
    const ulong all = (ulong)a.in.width * (ulong)a.in.height * (ulong)(a.k[10] ? colours : 1);
    const long white = VALUES - 1;
    if (c >= a.in.channels || get_global_id(1) != 0)
        return;
    __global const uint *count = (__global const uint *)with;
    __global T *table = out + c * VALUES;
    long low = 0, high = white;
    ulong dark = count_of(count, a, c, 0), light = count_of(count, a, c, (int)white);
    while (low < white && dark << 20 <= (ulong)a.k[8] * all)
        dark += count_of(count, a, c, (int)++low);
    while (high > 0 && light << 20 <= (ulong)a.k[9] * all)
        light += count_of(count, a, c, (int)--high);
    for (long v = 0; v <= white; v++) {
        const long x = v <= low ? 0 : v >= high ? white : ((v - low) * white + (high - low) / 2) / (high - low);
        table[v] = high > low ? (T)x : (T)v;
    }
}
