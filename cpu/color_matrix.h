/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_COLOR_MATRIX_H
#define FLYNN_CPU_COLOR_MATRIX_H

#include "cpu/rgb_rows.h"

#include <math.h>

/** What the ops have in common whose pixels are a matrix of 3 x 4 times (R, G, B, 1): they make the stage of
 * color-matrix, whose kernels run it.
 *
 * table[0] has one row for each channel of the result:
 *
 * - u8: int32_t [3][4]. Coefficients are floor(m * 2^12 + 0.5); what is added is 256 * floor(m * 255 * 2^4 + 0.5), and
 *   2^11 for rounding, in the last column: a multiple of 256.
 * - u16: int32_t [3][8]. Coefficients are floor(m * 2^22 + 0.5), what is added floor(m * 65535 * 2^22 + 0.5) and 2^21
 *   for rounding, all as 1024 * high + low with 0 <= low < 1024: four of high, then four of low.
 * - f32: float [3][4]. */

#define FLYNN_COLOR_MATRIX_MOST 7.9 /**< the absolute values of a row add up to no more */

static inline int64_t flynn_color_matrix_fixed(double x, int bits)
{
    return (int64_t)floor(ldexp(x, bits) + 0.5);
}

static inline void flynn_color_matrix_fill_u8(int32_t *to, const double *m)
{
    for (int j = 0; j < 3; j++)
        to[j] = (int32_t)flynn_color_matrix_fixed(m[j], 12);
    to[3] = (int32_t)flynn_color_matrix_fixed(m[3] * 255, 4) * 256 + 2048;
}

static inline void flynn_color_matrix_fill_u16(int32_t *to, const double *m)
{
    for (int j = 0; j < 4; j++) {
        int64_t x = flynn_color_matrix_fixed(j < 3 ? m[j] : m[j] * 65535, 22) + (j < 3 ? 0 : 1 << 21);
        to[j] = (int32_t)(x >> 10);
        to[4 + j] = (int32_t)(x & 1023);
    }
}

/** Append the stage and the launch of color-matrix for the matrix m to a node whose input has 3 or 4 channels.
 * FLYNN_EUSAGE, with the op's name, when a row of m is too large. */
static inline int flynn_color_matrix_stage(struct flynn_node *node, const double m[12], struct flynn_err *err)
{
    int32_t *table = flynn_node_alloc(node, 3 * 8 * sizeof *table, err);
    if (!table)
        return err->code;
    for (int i = 0; i < 3; i++) {
        const double *row = m + 4 * i;
        double sum = fabs(row[0]) + fabs(row[1]) + fabs(row[2]) + fabs(row[3]);
        if (!(sum <= FLYNN_COLOR_MATRIX_MOST))
            return flynn_fail(err, FLYNN_EUSAGE,
                              "%s: the absolute values of row %d add up to %g; at most %g is possible", node->op->name,
                              i + 1, sum, FLYNN_COLOR_MATRIX_MOST);
        if (node->in.type == FLYNN_U8)
            flynn_color_matrix_fill_u8(table + 4 * i, row);
        else if (node->in.type == FLYNN_U16)
            flynn_color_matrix_fill_u16(table + 8 * i, row);
        for (int j = 0; j < 4 && node->in.type == FLYNN_F32; j++)
            ((float *)table)[4 * i + j] = (float)row[j];
    }
    struct flynn_stage *stage = flynn_rgb_stage(node, "color_matrix");
    stage->op = flynn_op_at(flynn_op_find("color-matrix"));
    stage->table[0] = (struct flynn_table_data){table, 3 * 8 * sizeof *table};
    return FLYNN_OK;
}

#endif
