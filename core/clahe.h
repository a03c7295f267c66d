/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_CLAHE_H
#define FLYNN_CORE_CLAHE_H

#include <flynn/op.h>

#include <string.h>

/** What the scalar and the SIMD kernels of clahe have in common.
 *
 * Two stages. TILES, aside: row t is the table of tile t, with a part of `values` entries for each channel. APPLY:
 * every sample through the tables of the four tiles whose centres are around it.
 *
 * TILES: table[0], table[1]: int32_t, the image's column and row of every column and row of the tiles together.
 * APPLY: table[0], table[1]: struct flynn_clahe_place of every column and row; table[2], table[3]: for SIMD kernels, of
 * every sample of a row: int32_t cell * channels + channel, and the weight as a float. */

enum { FLYNN_CLAHE_TILES, FLYNN_CLAHE_APPLY };

enum {
    FLYNN_CLAHE_COLUMNS, /**< tiles beside each other */
    FLYNN_CLAHE_ROWS,    /**< tiles below each other */
    FLYNN_CLAHE_WIDTH,   /**< of a tile */
    FLYNN_CLAHE_HEIGHT,
    FLYNN_CLAHE_LIMIT,  /**< most pixels that a value of a tile may count; 0: no limit */
    FLYNN_CLAHE_VALUES, /**< 256 or 65536 */
    FLYNN_CLAHE_ALPHA,  /**< the alpha channel or -1 */
};

/** Between the centres of tiles number cell - 1 and cell, `weight` of the way to the latter. */
struct flynn_clahe_place {
    int32_t cell;
    float weight;
};

/** Counters: for one channel, or, of bytes, for the tables that simd/counts.h shares out neighbours to. */
static inline size_t flynn_clahe_scratch(const struct flynn_shape *in)
{
    return sizeof(uint32_t) * (in->type == FLYNN_U8 ? 12 * (256 + 16) : 65536);
}

/** For SIMD kernels of APPLY: u8: a cache line and tables of the cells of a row; u16: where the tables of every sample
 * begin. */
static inline size_t flynn_clahe_state(const struct flynn_shape *in, int columns)
{
    size_t channels = (size_t)in->channels, cells = ((size_t)columns + 1) * channels;
    return 64 + (in->type == FLYNN_U8 ? cells * 256 : (size_t)in->width * channels * 2) * sizeof(uint32_t);
}

/** The tile before a cell and the one after it; at the borders both are one. */
static inline int flynn_clahe_before(int cell)
{
    return cell > 0 ? cell - 1 : 0;
}

static inline int flynn_clahe_after(int cell, int tiles)
{
    return cell < tiles ? cell : tiles - 1;
}

/** To the nearest integer, ties to even, for 0 <= x < 2^22: adding 1.5 * 2^23 leaves no room for a fraction. */
static inline int flynn_clahe_round(float x)
{
    return (int)((x + 12582912.0f) - 12582912.0f);
}

static inline void flynn_clahe_put(const struct flynn_stage *stage, void *table, int v, int value)
{
    if (stage->in.type == FLYNN_U8)
        ((uint8_t *)table)[v] = (uint8_t)value;
    else
        ((uint16_t *)table)[v] = (uint16_t)value;
}

/** Whether none of eight values occurs, as is so of most values of 16 bits. */
static inline bool flynn_clahe_empty(const uint32_t *count)
{
    uint64_t pair[4];
    memcpy(pair, count, sizeof pair);
    return !(pair[0] | pair[1] | pair[2] | pair[3]);
}

/** Cut counts off at the limit; returns how many pixels that were. */
static inline uint32_t flynn_clahe_cut(uint32_t *count, int values, uint32_t limit)
{
    uint32_t cut = 0;
    for (int v = 0; v < values; v += 8) {
        for (int i = v; i < v + 8 && !flynn_clahe_empty(count + v); i++) {
            uint32_t above = count[i] > limit ? count[i] - limit : 0;
            count[i] -= above;
            cut += above;
        }
    }
    return cut;
}

/** The table of one channel of a tile from its counts, which are cut off on the way. */
static inline void flynn_clahe_table(const struct flynn_stage *stage, uint32_t *count, void *table)
{
    int values = stage->k[FLYNN_CLAHE_VALUES], last = 0;
    uint32_t limit = (uint32_t)stage->k[FLYNN_CLAHE_LIMIT], sum = 0;
    uint32_t cut = limit ? flynn_clahe_cut(count, values, limit) : 0;
    uint32_t each = cut / (uint32_t)values, rest = cut % (uint32_t)values;
    int step = rest ? values / (int)rest : values;
    for (int v = 0; rest; v += step, rest--)
        count[v]++;
    for (int v = 0; v < values; v += 8) {
        bool empty = !each && flynn_clahe_empty(count + v);
        for (int i = v; i < v + 8; i++) {
            sum += count[i] + each;
            last = empty ? last : flynn_clahe_round((float)sum * stage->f[0]);
            flynn_clahe_put(stage, table, i, last);
        }
    }
}

#endif
