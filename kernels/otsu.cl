/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "threshold.clh"

#ifndef HAVE_FP64
#error "otsu needs double precision, which this device lacks"
#endif

/* `with` is the histogram; one item does as cpu/otsu.c has it. */
FLYNN_KERNEL(find, T, uint)
{
    __global const uint *count = CROW(uint, with, 0, a.with.stride);
    const int bins = a.with.width;
    ulong samples = 0, sum = 0, below = 0, sum_below = 0;
    uint level = 0;
    double most = 0;
    if (get_global_id(0) != 0 || get_global_id(1) != 0)
        return;
    for (int i = 0; i < bins; i++) {
        samples += count[i];
        sum += (ulong)i * count[i];
    }
    for (int i = 0; i < bins; i++) {
        if (!count[i])
            continue;
        below += count[i];
        sum_below += (ulong)i * count[i];
        if (below == samples)
            break;
        const double n0 = (double)below, n1 = (double)(samples - below);
        const double apart = (double)sum_below / n0 - (double)(sum - sum_below) / n1;
        const double variance = n0 * n1 * (apart * apart);
        if (variance > most) {
            most = variance;
            level = (uint)i;
        }
    }
    out[0] = level;
}

/* OpenCV's threshold types. */
#define BINARY     0
#define BINARY_INV 1
#define TRUNC      2
#define TOZERO     3
#define TOZERO_INV 4

/* `with` is the level; k[6] the type. */
FLYNN_KERNEL(apply, T, T)
{
    const int n = a.out.width * a.out.channels, type = a.k[6];
    const int last_x = LAST_X(n), last_y = LAST_Y(a.out.height);
    const M16 alpha = alpha16(a.in.channels);
    const uint level = *CROW(uint, with, 0, a.with.stride);
#if T_FLOAT
    const T t = as_float(as_uint((float)(level + 1) / 256.0f) - 1);
    const M value = as_uint(t), white = as_uint(1.0f);
#else
    const T t = (T)level;
    const M value = t, white = T_WHITE;
#endif
    const M all = (M)~(M)0, none = 0;
    const M keep = type == TRUNC || type == TOZERO_INV ? all : none, set = type == BINARY_INV ? white : none;
    const M keep_change = keep ^ (type == TOZERO ? all : none);
    const M set_change = set ^ (type == BINARY ? white : type == TRUNC ? value : none);

    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const bool streams = STREAMS(a, to + FIRST_X);
        int x = FIRST_X;
        for (; x + 16 <= last_x; x += 16) {
            const T16 v = LOAD(T, 16, from + x);
            STREAM(T, 16, streams, select(threshold16(v, t, keep, set, keep_change, set_change), v, alpha), to + x);
        }
        for (; x < last_x; x++) {
            const T v = from[x];
            to[x] = is_alpha(x, a.in.channels) ? v : threshold16((T16)(v), t, keep, set, keep_change, set_change).s0;
        }
    }
}
