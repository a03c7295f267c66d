/* SPDX-License-Identifier: Apache-2.0 */
#include "common.clh"

/* k[0]: bins; k[6]: tables in local memory; k[7]: counters of a table, of which counter k[0] takes the samples that belong
 * to no bin. The other numbers are for the accumulators of cpu/histogram.c.
 *
 * A group counts a block of rows in tables of its own and then adds them to the output. Sample x of a row goes to table
 * x % tables, and the tables are a multiple of the channels: neighbours then rarely wait for each other. On GPUs the items
 * of a group share its tables by atomic additions; on CPUs the first item counts alone, which needs none. */

#define MOST_COUNTERS 6240 /* of all tables: 12 x 520 */
#define BLOCK         24   /* samples: a multiple of every number of tables */

#ifdef ON_CPU
#define COUNT(table, i) (table)[i]++
#define COUNTERS        (get_local_id(0) == 0 ? 1 : 0)
#else
#define COUNT(table, i) atomic_inc((table) + (i))
#define COUNTERS        ((int)get_local_size(0))
#endif

/* The counter of a sample inside its table. Bytes are counted by value, and values put into bins at the end. */
#if defined(T_U8)
#define OWN_COUNTERS    256
#define BIN_OF(counter) ((counter)*a.k[0] >> 8)

static inline uint bin1(uchar x, int bins)
{
    return x;
}
#else
#define OWN_COUNTERS    a.k[0]
#define BIN_OF(counter) (counter)
#endif

#if defined(T_U16)
static inline uint8 bins8(ushort8 x, int bins)
{
    return convert_uint8(x) * (uint)bins >> 16;
}

static inline uint bin1(ushort x, int bins)
{
    return (uint)x * (uint)bins >> 16;
}
#elif defined(T_F32)
/* NaN is put aside before the conversion and goes to the counter behind the last bin. */
static inline uint8 bins8(float8 x, int bins)
{
    const float8 t = x * (float)bins, scale = (float8)((float)bins);
    const float8 low = select((float8)(0.0f), t, t > 0.0f);
    const int8 bin = select(convert_int8_rtz(select((float8)(0.0f), low, low < scale)), (int8)(bins - 1), low >= scale);
    return as_uint8(select((int8)(bins), bin, t == t));
}

static inline uint bin1(float x, int bins)
{
    const float t = x * (float)bins;
    return t != t ? (uint)bins : !(t > 0) ? 0u : t >= (float)bins ? (uint)bins - 1 : (uint)t;
}
#endif

/* Count BLOCK samples, the first of which goes to the first table. */
#if defined(T_U8)
static inline void count_word(__local uint *low, __local uint *high, __global const uchar *p)
{
    const ulong word = as_ulong(vload8(0, p));
    COUNT(low, word & 255);
    COUNT(low + 256, word >> 8 & 255);
    COUNT(low + 512, word >> 16 & 255);
    COUNT(low + 768, word >> 24 & 255);
    COUNT(high, word >> 32 & 255);
    COUNT(high + 256, word >> 40 & 255);
    COUNT(high + 512, word >> 48 & 255);
    COUNT(high + 768, word >> 56);
}

/* 8 or 12 tables. */
static inline void count_block(__local uint *table, __global const uchar *p, int bins, int tables, const uint *start)
{
    __local uint *a = table, *b = table + 1024, *c = table + 2048;
    count_word(a, b, p);
    if (tables == 12) {
        count_word(c, a, p + 8);
        count_word(b, c, p + 16);
    } else {
        count_word(a, b, p + 8);
        count_word(a, b, p + 16);
    }
}
#else
static inline void count_8(__local uint *table, uint8 at)
{
    COUNT(table, at.s0);
    COUNT(table, at.s1);
    COUNT(table, at.s2);
    COUNT(table, at.s3);
    COUNT(table, at.s4);
    COUNT(table, at.s5);
    COUNT(table, at.s6);
    COUNT(table, at.s7);
}

static inline void count_block(__local uint *table, __global const T *p, int bins, int tables, const uint *start)
{
    count_8(table, bins8(vload8(0, p), bins) + vload8(0, start));
    count_8(table, bins8(vload8(1, p), bins) + vload8(1, start));
    count_8(table, bins8(vload8(2, p), bins) + vload8(2, start));
}
#endif

/* The rows of this group. */
static inline int rows_of_group(int height, int *first)
{
    const int groups = (int)get_num_groups(0), rows = (height + groups - 1) / groups;
    *first = (int)get_group_id(0) * rows;
    return clamp(height - *first, 0, rows);
}

/* Local tables: all of them have at most MOST_COUNTERS counters. */
FLYNN_KERNEL(histogram, T, uint)
{
    __local uint table[MOST_COUNTERS];
    const int bins = a.k[0], tables = a.k[6], stride = a.k[7], channels = a.in.channels;
    const int lane = (int)get_local_id(0), lanes = (int)get_local_size(0);
    const int samples = a.in.width * channels, blocks = samples / BLOCK;
    int first;
    const int rows = rows_of_group(a.in.height, &first);
    uint start[BLOCK];

    for (int i = lane; i < tables * stride; i += lanes)
        table[i] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < BLOCK; i++)
        start[i] = (uint)(i % tables * stride);
    for (int r = 0; r < rows && lane < COUNTERS; r++) {
        __global const T *row = CROW(T, in, first + r, a.in.stride);
        for (int b = lane; b < blocks; b += COUNTERS)
            count_block(table, row + b * BLOCK, bins, tables, start);
        for (int x = blocks * BLOCK + lane; x < samples; x += COUNTERS)
            COUNT(table, x % tables * stride + bin1(row[x], bins));
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = lane; i < channels * OWN_COUNTERS; i += lanes) {
        const int c = i / OWN_COUNTERS, counter = i % OWN_COUNTERS;
        uint sum = 0;
        for (int t = c; t < tables; t += channels)
            sum += table[t * stride + counter];
        if (sum)
            atomic_add(ROW(uint, out, c, a.out.stride) + BIN_OF(counter), sum);
    }
}

#if !defined(T_U8)
/* More bins than local memory holds: straight into the output. */
FLYNN_KERNEL(histogram_large, T, uint)
{
    const int bins = a.k[0], channels = a.in.channels, samples = a.in.width * channels;
    int first;
    const int rows = rows_of_group(a.in.height, &first);
    for (int r = 0; r < rows; r++) {
        __global const T *row = CROW(T, in, first + r, a.in.stride);
        for (int x = (int)get_local_id(0); x < samples; x += (int)get_local_size(0)) {
            const int bin = (int)bin1(row[x], bins);
            if (bin < bins)
                atomic_inc(ROW(uint, out, x % channels, a.out.stride) + bin);
        }
    }
}
#endif
