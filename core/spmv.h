/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_SPMV_H
#define FLYNN_CORE_SPMV_H

#include <flynn/op.h>

/** The tables of spmv's stage: the matrix by rows (CSR): START, an int32 for each row and one more, says where a row
 * begins in COL, the columns from 0, int32, and VALUE, of the stage's type. SLICES has the same in another order for
 * vectors that hold an element of each of 16 rows (SELL-C-sigma: M. Kreutzer and others, 2014), and is empty where that
 * would take much more memory. */
enum { FLYNN_SPMV_START, FLYNN_SPMV_COL, FLYNN_SPMV_VALUE, FLYNN_SPMV_SLICES };

/** Slots of the op's kernels: one vector, in a row; several, the columns of the input. */
enum { FLYNN_SPMV_VECTOR, FLYNN_SPMV_COLUMNS };

/** k[0]: rows of the matrix. */
enum { FLYNN_SPMV_ROWS };

enum {
    FLYNN_SPMV_SLICE = 16,   /**< rows of a slice */
    FLYNN_SPMV_WINDOW = 256, /**< so many rows are sorted by length before they are cut into slices */
};

/** The parts of the table SLICES: for each slice of 16 rows where it begins, in steps of 16 elements (one entry more
 * than slices), then for each of its places the row (-1 where there is none), the row's length (the longest first);
 * then columns and values, step by step, with column 0 where a row has ended. Each part starts at 64 bytes. */
struct flynn_spmv_slices {
    int slices;
    int32_t *begin, *row, *length, *col;
    void *value;
    size_t bytes; /**< of all */
};

static inline struct flynn_spmv_slices flynn_spmv_slices(void *data, int rows, int64_t steps, size_t sample)
{
    struct flynn_spmv_slices s = {.slices = (int)(((int64_t)rows + FLYNN_SPMV_SLICE - 1) / FLYNN_SPMV_SLICE)};
    uint8_t *at = data;
    size_t places = (size_t)s.slices * FLYNN_SPMV_SLICE * sizeof(int32_t), elements = (size_t)steps * FLYNN_SPMV_SLICE;
    size_t row = (((size_t)s.slices + 1) * sizeof(int32_t) + 63) / 64 * 64, length = row + places;
    size_t col = length + places, value = col + elements * sizeof(int32_t);
    s.bytes = value + elements * sample;
    if (at) {
        s.begin = (int32_t *)(void *)at;
        s.row = (int32_t *)(void *)(at + row);
        s.length = (int32_t *)(void *)(at + length);
        s.col = (int32_t *)(void *)(at + col);
        s.value = at + value;
    }
    return s;
}

/** The rows of one member of the team, at whole windows, so that each has about as many elements and rows. */
static inline int flynn_spmv_cut(const struct flynn_stage *stage, int member, int members)
{
    const int32_t *start = stage->table[FLYNN_SPMV_START].data;
    int low = 0, high = stage->k[FLYNN_SPMV_ROWS], rows = high;
    int64_t share = ((int64_t)start[rows] + rows) * member / members;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if ((int64_t)start[middle] + middle < share)
            low = middle + 1;
        else
            high = middle;
    }
    low = (low + FLYNN_SPMV_WINDOW / 2) / FLYNN_SPMV_WINDOW * FLYNN_SPMV_WINDOW;
    return member == members || low > rows ? rows : low;
}

#endif
