/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rng.h"
#include "core/table_parts.h"

#include <criterion/criterion.h>

#include <math.h>

/* Tables that come apart: the parts give the table, by the formulas of core/table_parts.h, and forms are found where
 * they must be. */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int entry_of(const struct flynn_parts *p, int x)
{
    int h = x / 16, l = x % 16;
    if (p->form == FLYNN_PARTS_STEPS)
        return p->row[0][h] ^ (x > (p->row[1][h] ^ 128) ? p->row[2][h] : 0);
    if (p->form == FLYNN_PARTS_LINE) {
        int from = x - p->first, s = 0;
        if (from >= 0)
            s = p->row[0][from / 16] + p->row[1][from % 16] + (p->row[2][from / 16] > p->row[3][from % 16]);
        return p->flip ^ least(s, 255);
    }
    for (int i = 0; i < FLYNN_PARTS_OWN; i++)
        if (p->own[i] == h && p->row[4 + i][l])
            return p->row[4 + i][l];
    int bits = p->row[2][l] | p->row[3][l] << 8;
    return least(p->row[0][h] + p->row[1][h] * l / 32, 255) + (bits >> h & 1);
}

/* The form found, after all 256 entries were compared. */
static enum flynn_parts_form form_of(const uint8_t *table)
{
    struct flynn_parts parts;
    flynn_parts_of(&parts, table);
    for (int x = 0; x < 256 && parts.form != FLYNN_PARTS_NONE; x++)
        cr_assert_eq(entry_of(&parts, x), table[x], "form %d, entry %d: %d, not %d", (int)parts.form, x,
                     entry_of(&parts, x), table[x]);
    return parts.form;
}

static uint8_t byte_of(double y)
{
    return (uint8_t)fmin(fmax(floor(y + 0.5), 0), 255);
}

Test(parts, steps)
{
    uint8_t table[256];
    for (int levels = 2; levels <= 16; levels++) {
        for (int x = 0; x < 256; x++)
            table[x] = byte_of(floor(x * levels / 256.0) * 255 / (levels - 1));
        cr_assert_eq(form_of(table), FLYNN_PARTS_STEPS, "%d levels", levels);
    }
    for (int at = 0; at < 256; at++) {
        for (int x = 0; x < 256; x++)
            table[x] = x > at ? 7 : 200;
        cr_assert_eq(form_of(table), FLYNN_PARTS_STEPS, "a threshold of %d", at);
    }
}

Test(parts, lines)
{
    uint64_t state = 1;
    uint8_t table[256];
    for (int i = 0; i < 2000; i++) {
        double slope = 0.3 + 2 * flynn_rng_unit(&state), from = 200 * flynn_rng_unit(&state) - 100;
        for (int x = 0; x < 256; x++)
            table[x] = i % 2 ? byte_of(slope * x + from) : (uint8_t)(255 - byte_of(slope * x + from));
        form_of(table);
    }
    for (int x = 0; x < 256; x++)
        table[x] = byte_of(1.2 * x + 10);
    cr_assert_eq(form_of(table), FLYNN_PARTS_LINE);
    for (int x = 0; x < 256; x++)
        table[x] = (uint8_t)(255 - table[x]);
    cr_assert_eq(form_of(table), FLYNN_PARTS_LINE);
}

Test(parts, curves)
{
    uint8_t table[256];
    for (int g = 3; g <= 30; g++) {
        for (int x = 0; x < 256; x++)
            table[x] = byte_of(255 * pow(x / 255.0, 10.0 / g));
        enum flynn_parts_form form = form_of(table);
        cr_assert_eq(form, g == 10 ? FLYNN_PARTS_LINE : FLYNN_PARTS_CURVE, "gamma %g: form %d", g / 10.0, (int)form);
    }
    for (int x = 0; x < 256; x++)
        table[x] = byte_of(255 * pow(fmin(fmax(x - 10, 0) / 190, 1), 1 / 1.5));
    cr_assert_eq(form_of(table), FLYNN_PARTS_CURVE);
}

/* Blocks of any kind, wherever they are, and one more than there is room for. */
Test(parts, blocks_of_their_own)
{
    uint64_t state = 2;
    uint8_t table[256];
    for (int i = 0; i < 500; i++) {
        int wild[3];
        for (int x = 0; x < 256; x++)
            table[x] = byte_of(255 * pow(x / 255.0, 1.3));
        for (int j = 0; j < 3; j++)
            wild[j] = (int)flynn_rng_below(&state, 5) + 5 * j;
        for (int j = 0; j < 2 + i % 2; j++)
            for (int l = 0; l < 16; l++)
                table[16 * wild[j] + l] = (uint8_t)(l % 2 ? flynn_rng_below(&state, 256) : 255);
        cr_assert_eq(form_of(table), i % 2 ? FLYNN_PARTS_NONE : FLYNN_PARTS_CURVE);
    }
}

Test(parts, noise_has_none)
{
    uint64_t state = 3;
    uint8_t table[256];
    for (int i = 0; i < 500; i++) {
        for (int x = 0; x < 256; x++)
            table[x] = (uint8_t)flynn_rng_below(&state, 256);
        cr_assert_eq(form_of(table), FLYNN_PARTS_NONE);
    }
}
