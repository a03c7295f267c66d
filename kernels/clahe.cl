/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

#ifndef HAVE_EXACT_DIV
#error "clahe needs exact float arithmetic, which this device lacks"
#endif

/* The stages, k[] and tables are described in core/clahe.h. */

#define COLUMNS a.k[0]
#define TILES_Y a.k[1]
#define WIDTH   a.k[2]
#define HEIGHT  a.k[3]
#define LIMIT   ((uint)a.k[4])

#if defined(T_U8)
#define VALUES 256
#else
#define VALUES 65536
#endif

struct place {
    int cell;
    float weight;
};

/* A group counts a tile; on CPUs its first item alone, which needs no atomic additions. */
FLYNN_KERNEL(count, T, uint)
{
    const int tile = (int)get_group_id(0), channels = a.in.channels;
    const int left = tile % COLUMNS * WIDTH, top = tile / COLUMNS * HEIGHT;
    __global const int *column = (__global const int *)table0, *row = (__global const int *)table1;
    __global uint *count = ROW(uint, out, tile, a.out.stride);
#ifdef ON_CPU
    if (get_local_id(0) != 0)
        return;
    for (int y = top; y < top + HEIGHT; y++) {
        __global const T *from = CROW(T, in, row[y], a.in.stride);
        for (int x = left; x < left + WIDTH; x++) {
            for (int c = 0; c < channels; c++)
                count[c * VALUES + from[column[x] * channels + c]]++;
        }
    }
#else
    for (int i = (int)get_local_id(0); i < WIDTH * HEIGHT; i += (int)get_local_size(0)) {
        __global const T *from =
            CROW(T, in, row[top + i / WIDTH], a.in.stride) + column[left + i % WIDTH] * channels;
        for (int c = 0; c < channels; c++)
            atomic_inc(count + c * VALUES + from[c]);
    }
#endif
}

/* `with` is the counts; an item makes the table of a channel of a tile. */
FLYNN_KERNEL(derive, T, T)
{
    const int tile = (int)get_global_id(0), c = (int)get_global_id(1);
    if (tile >= a.out.height || c >= a.in.channels)
        return;
    __global const uint *count = CROW(uint, with, tile, a.with.stride) + c * VALUES;
    __global T *table = ROW(T, out, tile, a.out.stride) + c * VALUES;
    uint cut = 0, sum = 0;
    for (int v = 0; LIMIT && v < VALUES; v++)
        cut += count[v] > LIMIT ? count[v] - LIMIT : 0;
    const uint each = cut / VALUES, most = LIMIT ? LIMIT : UINT_MAX;
    uint rest = cut % VALUES;
    const int step = rest ? VALUES / (int)rest : VALUES;
    int next = rest ? 0 : VALUES;
    T last = 0;
    for (int v = 0; v < VALUES; v++) {
        uint more = min(count[v], most) + each;
        if (v == next) {
            more++;
            next = --rest ? v + step : VALUES;
        }
        sum += more;
        if (more)
            last = (T)(int)rint((float)sum * a.f[0]);
        table[v] = last;
    }
}

/* `with` is the tables. */
FLYNN_KERNEL(apply, T, T)
{
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), channels = a.in.channels;
    __global const struct place *column = (__global const struct place *)table0,
                                *row = (__global const struct place *)table1;
    for (int y = FIRST_Y; y < last_y; y++) {
        __global const T *from = CROW(T, in, y, a.in.stride);
        __global T *to = ROW(T, out, y, a.out.stride);
        const int top = max(row[y].cell - 1, 0) * COLUMNS, bottom = min(row[y].cell, TILES_Y - 1) * COLUMNS;
        const float down = row[y].weight, up = 1.0f - down;
        for (int x = FIRST_X; x < last_x; x++) {
            const int left = max(column[x].cell - 1, 0), right = min(column[x].cell, COLUMNS - 1);
            __global const T *ul = CROW(T, with, top + left, a.with.stride);
            __global const T *ur = CROW(T, with, top + right, a.with.stride);
            __global const T *ll = CROW(T, with, bottom + left, a.with.stride);
            __global const T *lr = CROW(T, with, bottom + right, a.with.stride);
            const float beside = column[x].weight, here = 1.0f - beside;
            for (int c = 0; c < channels; c++) {
                const T old = from[x * channels + c];
                const int v = c * VALUES + old;
                const float y0 = (float)ul[v] * here + (float)ur[v] * beside;
                const float y1 = (float)ll[v] * here + (float)lr[v] * beside;
                to[x * channels + c] = c == a.alpha ? old : (T)(int)rint(y0 * up + y1 * down);
            }
        }
    }
}
