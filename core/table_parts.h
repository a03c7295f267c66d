/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_TABLE_PARTS_H
#define FLYNN_CORE_TABLE_PARTS_H

#include <flynn/op.h>

/** Tables of 256 bytes that come apart into tables of 16, in which vectors look up with one shuffle each. */

enum flynn_parts_form {
    FLYNN_PARTS_NONE,

    /** At most one step in every 16 entries: with h = x / 16, y = row[0][h] ^ (x > row[1][h] ? row[2][h] : 0). row[1]
     * has bit 7 turned over, for signed comparisons. Thresholds and few levels are such tables. */
    FLYNN_PARTS_STEPS,

    /** A straight line with its rounding: with h and l the high and low half of x - first, s = row[0][h] +
     * (row[1][l] + (row[2][h] > row[3][l])), of which the sum in the inner brackets fits a byte, and
     * y = flip ^ (x < first ? 0 : s < 255 ? s : 255). row[2] and row[3] are below 128. */
    FLYNN_PARTS_LINE,

    /** A smooth curve that rises: 14 blocks of 16 entries that are a chord each, but for at most 1, and two of any
     * kind. With h and l the high and low half of x, y = row[4 + i][l] in block own[i], and elsewhere
     * y = min(row[0][h] + row[1][h] * l / 32, 255) + (bit h of row[2][l] + 256 row[3][l]), where the sum fits a byte.
     * For blocks of their own the first four rows hold 0. */
    FLYNN_PARTS_CURVE,
};

#define FLYNN_PARTS_OWN 2

struct flynn_parts {
    enum flynn_parts_form form;
    uint8_t first, flip;
    uint8_t own[FLYNN_PARTS_OWN];
    uint8_t row[4 + FLYNN_PARTS_OWN][16];
};

/** The parts of a table; their form is FLYNN_PARTS_NONE where it is of no form. */
void flynn_parts_of(struct flynn_parts *parts, const uint8_t *table);

/** Make `stage` that of a table of 256 bytes: table[0], lut, and in table[1] the parts for SIMD kernels. Returns
 * FLYNN_OK or *err's code. */
int flynn_table_stage(struct flynn_node *node, struct flynn_stage *stage, const uint8_t *table, struct flynn_err *err);

#endif
