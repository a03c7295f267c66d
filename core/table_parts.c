/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table_parts.h"

#include <string.h>

#define HALF  16 /* values of half a byte */
#define WHITE 255

#define SLOPE    32  /* slopes of chords are whole 32ths */
#define STEEPEST 255 /* of them */

static bool find_steps(struct flynn_parts *parts, const uint8_t *table)
{
    for (int h = 0; h < HALF; h++) {
        const uint8_t *block = table + HALF * h;
        int step = 1;
        while (step < HALF && block[step] == block[0])
            step++;
        for (int l = step; l < HALF; l++) {
            if (block[l] != block[step])
                return false;
        }
        parts->row[0][h] = block[0];
        parts->row[1][h] = (uint8_t)((HALF * h + step - 1) ^ 128);
        parts->row[2][h] = step < HALF ? block[0] ^ block[step] : 0;
    }
    parts->form = FLYNN_PARTS_STEPS;
    return true;
}

/* The entry of block h at l; beyond the table, where nobody looks, it is white. */
static int entry(const struct flynn_parts *parts, const uint8_t *table, int h, int l)
{
    int x = parts->first + HALF * h + l;
    return x < 256 ? table[x] ^ parts->flip : WHITE;
}

/* Each block's first entry, and what every entry exceeds it by in all blocks that are not cut off at white. */
static void find_sums(struct flynn_parts *parts, const uint8_t *table)
{
    for (int h = 0; h < HALF; h++)
        parts->row[0][h] = (uint8_t)entry(parts, table, h, 0);
    for (int l = 0; l < HALF; l++) {
        int least = WHITE;
        for (int h = 0; h < HALF; h++) {
            int y = entry(parts, table, h, l), more = y - parts->row[0][h];
            if (y < WHITE && more < least)
                least = more;
        }
        parts->row[1][l] = (uint8_t)(least > 0 ? least : 0);
    }
}

/* A carry says that row[2] is above row[3], no carry that it is not: each is raised until all of that holds. On a line
 * they are in the order of its fractions, so that 32 numbers are enough. What is white may have been cut off, and says
 * something only where a carry makes it white. */
static bool order_fractions(struct flynn_parts *parts, const uint8_t *table)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (int i = 0; i < HALF * HALF; i++) {
            int h = i / HALF, l = i % HALF, y = entry(parts, table, h, l), sum = parts->row[0][h] + parts->row[1][l];
            uint8_t *high = &parts->row[2][h], *low = &parts->row[3][l];
            bool said = sum < WHITE && parts->first + i < 256;
            if (said && y > sum && *high <= *low)
                *high = (uint8_t)(*low + 1);
            else if (said && y == sum && *low < *high)
                *low = *high;
            else
                continue;
            if (*high > 2 * HALF || *low > 2 * HALF)
                return false;
            changed = true;
        }
    }
    return true;
}

static bool is_line(const struct flynn_parts *parts, const uint8_t *table)
{
    for (int x = 0; x < 256; x++) {
        int h = (x - parts->first) / HALF, l = (x - parts->first) % HALF, y = 0;
        if (x >= parts->first)
            y = parts->row[0][h] + (uint8_t)(parts->row[1][l] + (parts->row[2][h] > parts->row[3][l]));
        if ((parts->flip ^ (y < WHITE ? y : WHITE)) != table[x])
            return false;
    }
    return true;
}

/* Falling lines are rising ones turned over. What is cut off at black ends before the first entry. */
static bool find_line(struct flynn_parts *parts, const uint8_t *table)
{
    memset(parts, 0, sizeof *parts);
    parts->flip = table[255] < table[0] ? WHITE : 0;
    while (parts->first < 255 && (table[parts->first] ^ parts->flip) == 0)
        parts->first++;
    find_sums(parts, table);
    if (!order_fractions(parts, table) || !is_line(parts, table))
        return false;
    parts->form = FLYNN_PARTS_LINE;
    return true;
}

/* The entry of a chord from `base` on, before its bit. */
static int chord_at(int base, int slope, int l)
{
    int y = base + slope * l / SLOPE;
    return y < WHITE ? y : WHITE;
}

/* The slope of a chord from `base` on that is never above an entry of the block, and at most 1 below; -1: there is
 * none. White bounds it from below only. */
static int find_slope(const uint8_t *block, int base)
{
    int least = 0, most = STEEPEST;
    for (int l = 1; l < HALF; l++) {
        int rise = block[l] - base;
        int from = ((rise - 1) * SLOPE + l - 1) / l, to = ((rise + 1) * SLOPE - 1) / l;
        if (rise < 0)
            return -1;
        least = rise > 0 && from > least ? from : least;
        most = block[l] < WHITE && to < most ? to : most;
    }
    return least <= most ? least : -1;
}

static bool find_chord(struct flynn_parts *parts, int h, const uint8_t *block)
{
    for (int base = block[0]; base >= 0 && base >= block[0] - 1; base--) {
        int slope = find_slope(block, base);
        if (slope < 0)
            continue;
        parts->row[0][h] = (uint8_t)base;
        parts->row[1][h] = (uint8_t)slope;
        for (int l = 0; l < HALF; l++)
            parts->row[2 + h / 8][l] |= (uint8_t)((block[l] - chord_at(base, slope, l)) << h % 8);
        return true;
    }
    return false;
}

static bool find_curve(struct flynn_parts *parts, const uint8_t *table)
{
    int owned = 0;
    memset(parts, 0, sizeof *parts);
    for (int h = 0; h < HALF; h++) {
        const uint8_t *block = table + HALF * h;
        if (find_chord(parts, h, block))
            continue;
        if (owned == FLYNN_PARTS_OWN)
            return false;
        memcpy(parts->row[4 + owned], block, HALF);
        parts->own[owned++] = (uint8_t)h;
    }
    parts->form = FLYNN_PARTS_CURVE;
    return true;
}

void flynn_parts_of(struct flynn_parts *parts, const uint8_t *table)
{
    memset(parts, 0, sizeof *parts);
    if (!find_steps(parts, table) && !find_line(parts, table) && !find_curve(parts, table))
        parts->form = FLYNN_PARTS_NONE;
}

int flynn_table_stage(struct flynn_node *node, struct flynn_stage *stage, const uint8_t *table, struct flynn_err *err)
{
    struct flynn_parts *parts = flynn_node_alloc(node, sizeof *parts, err);
    if (!parts)
        return err->code;
    flynn_parts_of(parts, table);
    stage->table[0] = (struct flynn_table_data){table, 256};
    stage->table[1] = (struct flynn_table_data){parts, sizeof *parts};
    stage->lut = table;
    return FLYNN_OK;
}
