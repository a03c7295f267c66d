/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"
#include "filter.clh"

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

#if defined(ON_CPU) && defined(T_U8)
#define COUNTERS 12 /* tables of counters; number t is for channel t % channels, so that neighbours have their own */

static void count_row(uint count[COUNTERS][VALUES], __global const uchar *from, int n)
{
    int i = 0;
    for (; i + COUNTERS <= n; i += COUNTERS) {
#pragma unroll
        for (int t = 0; t < COUNTERS; t++)
            count[t][from[i + t]]++;
    }
    for (int t = 0; t < n - i; t++)
        count[t][from[i + t]]++;
}
#endif

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
#if defined(T_U8)
    uint own[COUNTERS][VALUES] = {{0}};
    const int inside = clamp(a.in.width, left, left + WIDTH);
    for (int y = top; y < top + HEIGHT; y++) {
        __global const T *from = CROW(T, in, row[y], a.in.stride);
        count_row(own, from + left * channels, (inside - left) * channels);
        for (int x = inside; x < left + WIDTH; x++) {
            for (int c = 0; c < channels; c++)
                own[c][from[column[x] * channels + c]]++;
        }
    }
    for (int t = 0; t < COUNTERS; t++) {
        for (int v = 0; v < VALUES; v++)
            count[t % channels * VALUES + v] += own[t][v];
    }
#else
    for (int y = top; y < top + HEIGHT; y++) {
        __global const T *from = CROW(T, in, row[y], a.in.stride);
        for (int x = left; x < left + WIDTH; x++) {
            for (int c = 0; c < channels; c++)
                count[c * VALUES + from[column[x] * channels + c]]++;
        }
    }
#endif
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

#if defined(ON_CPU) && defined(T_U8)

/* What the tables of four tiles say of a value: upper left in the lowest byte, upper right, lower left, lower right. */
static void make_cell(uint *to, __global const T *with, const struct flynn_args *a, int top, int bottom, int left, int right)
{
    for (int c = 0; c < a->in.channels; c++) {
        const int first = c * VALUES;
        __global const T *ul = CROW(T, with, top + left, a->with.stride) + first;
        __global const T *ur = CROW(T, with, top + right, a->with.stride) + first;
        __global const T *ll = CROW(T, with, bottom + left, a->with.stride) + first;
        __global const T *lr = CROW(T, with, bottom + right, a->with.stride) + first;
        for (int v = 0; v < VALUES; v++)
            to[first + v] = c == a->alpha ? (uint)v * 0x01010101u
                                          : (uint)ul[v] | (uint)ur[v] << 8 | (uint)ll[v] << 16 | (uint)lr[v] << 24;
    }
}

INLINE float16 corner16(uint16 words, uint shift)
{
    return convert_float16(as_int16((words >> (uint16)(shift)) & (uint16)(255)));
}

INLINE T16 between16(uint16 words, float16 beside, float up, float down)
{
    const float16 here = 1.0f - beside;
    const float16 y0 = corner16(words, 0) * here + corner16(words, 8) * beside;
    const float16 y1 = corner16(words, 16) * here + corner16(words, 24) * beside;
    /* Floats from 2^23 on are whole numbers, so that the sum is rounded as rint does. */
    return TO_T16(as_int16((y0 * up + y1 * down) + 8388608.0f) & (int16)(255));
}

/* The word of sample x, which lies in a cell whose first channel has number `first`. */
INLINE uint word_at(const uint *cell, __global const T *from, __global const int *number, int first, int x, bool gray)
{
    return cell[(gray ? 0 : (number[x] - first) * VALUES) + from[x]];
}

#define WORD(i) word_at(cell, from, number, first, x + i, gray)

/* Samples [x, last) of a row, which lie in one cell. */
INLINE void cell_row(const uint *cell, __global const T *from, __global T *to, __global const int *number,
                            __global const float *weight, int first, float down, int x, int last, bool gray)
{
    for (; x + 16 <= last; x += 16) {
        const uint16 words = (uint16)(WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5), WORD(6), WORD(7), WORD(8),
                                      WORD(9), WORD(10), WORD(11), WORD(12), WORD(13), WORD(14), WORD(15));
        STORE(T, 16, between16(words, LOAD(float, 16, weight + x), 1.0f - down, down), to + x);
    }
    if (x < last) {
        uint words[16] = {0};
        float beside[16] = {0};
        for (int i = 0; i < last - x; i++) {
            words[i] = WORD(i);
            beside[i] = weight[x + i];
        }
        store_some(to + x, between16(vload16(0, words), vload16(0, beside), 1.0f - down, down), last - x);
    }
}

/* Cell by cell, so that its table stays in a cache; `with` is the tables. */
FLYNN_KERNEL(apply, T, T)
{
    uint cell[4 * VALUES];
    const struct flynn_args args = a;
    const int last_x = LAST_X(a.out.width), last_y = LAST_Y(a.out.height), c = a.in.channels;
    __global const struct place *column = (__global const struct place *)table0,
                                *row = (__global const struct place *)table1;
    for (int y = FIRST_Y, end_y; y < last_y; y = end_y) {
        for (end_y = y + 1; end_y < last_y && row[end_y].cell == row[y].cell; end_y++)
            ;
        const int top = max(row[y].cell - 1, 0) * COLUMNS, bottom = min(row[y].cell, TILES_Y - 1) * COLUMNS;
        for (int x = FIRST_X, end_x; x < last_x; x = end_x) {
            for (end_x = x + 1; end_x < last_x && column[end_x].cell == column[x].cell; end_x++)
                ;
            const int number = column[x].cell;
            make_cell(cell, with, &args, top, bottom, max(number - 1, 0), min(number, COLUMNS - 1));
            for (int i = y; i < end_y; i++) {
                __global const T *from = CROW(T, in, i, a.in.stride);
                __global T *to = ROW(T, out, i, a.out.stride);
                __global const int *numbers = (__global const int *)table2;
                __global const float *weight = (__global const float *)table3;
                if (c == 1)
                    cell_row(cell, from, to, numbers, weight, number, row[i].weight, x, end_x, true);
                else
                    cell_row(cell, from, to, numbers, weight, number * c, row[i].weight, x * c, end_x * c, false);
            }
        }
    }
}

#else

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

#endif
