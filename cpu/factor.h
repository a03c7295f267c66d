/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_FACTOR_H
#define FLYNN_CPU_FACTOR_H

#include "core/factor.h"

#include <math.h>
#include <stdio.h>

/** What the ops of factorisations have in common: the parameter batch, shapes, scratch memory and the inputs of tests.
 */

#define FLYNN_FACTOR_PARAM_BATCH                                                                                       \
    {                                                                                                                  \
        .name = "batch", .kind = FLYNN_PARAM_INT, .min = 1, .max = 65536, .preset = "1",                               \
        .help = "that many matrices below each other, each by itself"                                                  \
    }

/** The order of the matrices of the node's input; FLYNN_EINPUT when they are not square. */
static inline int flynn_factor_order(int *order, const struct flynn_node *node, struct flynn_err *err)
{
    const char *name = node->op->name;
    int width = node->in.width, height = node->in.height, batch = flynn_node_value(node, "batch")->integer;
    if (height % batch)
        return flynn_fail(err, FLYNN_EINPUT, "%s: batch=%d does not divide the %d rows of the matrix", name, batch,
                          height);
    if (height / batch != width && batch == 1 && height % width == 0)
        return flynn_fail(err, FLYNN_EINPUT,
                          "%s: a square matrix is needed, not %d rows x %d columns; batch=%d if these are %d matrices",
                          name, height, width, height / width, height / width);
    if (height / batch != width)
        return flynn_fail(err, FLYNN_EINPUT, "%s: a square matrix is needed, not %d rows x %d columns%s", name,
                          height / batch, width, batch > 1 ? " in each of the batch" : "");
    *order = width;
    return FLYNN_OK;
}

/** A stage of `batch` matrices of order `order`, run by a team. */
static inline struct flynn_stage *flynn_factor_stage(struct flynn_node *node, int kernel, int order)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, kernel);
    stage->k[FLYNN_FACTOR_ORDER] = order;
    stage->k[FLYNN_FACTOR_BATCH] = flynn_node_value(node, "batch")->integer;
    stage->team = true;
    stage->costly = true;
    return stage;
}

/** Which matrix of the batch holds row y, and which of its rows that is, in words for errors. */
static inline const char *flynn_factor_place(char *text, size_t size, const struct flynn_stage *stage, int number)
{
    *text = '\0';
    if (stage->k[FLYNN_FACTOR_BATCH] > 1)
        snprintf(text, size, " of matrix %d", number);
    return text;
}

static inline double flynn_factor_at(const struct flynn_image *m, int row, int col)
{
    const void *p = flynn_row(m, row);
    return m->shape.type == FLYNN_F64 ? ((const double *)p)[col] : (double)((const float *)p)[col];
}

/** Room for a block, its triangle, the panels of a matrix of that order and packed rows, as simd/factor_tiles.h has
 * them; or for the matrices that are factored together, as in simd/factor_lanes.h. */
static inline size_t flynn_factor_scratch(int order, int batch, enum flynn_type type)
{
    size_t sample = flynn_type_bytes(type), n = (size_t)order, width = FLYNN_FACTOR_BLOCK;
    size_t tile = FLYNN_FACTOR_TILE_ROWS, cols = FLYNN_FACTOR_TILE_BYTES / sample, depth = width + 2 * tile;
    size_t most = FLYNN_FACTOR_ROWS_BYTES / sample, rows = (n < most ? n : most) + 2 * tile;
    size_t all = width * (width + 16) + depth * depth + (n + 2 * cols) * depth + rows * depth + 64;
    size_t small =
        batch > 1 && order <= FLYNN_FACTOR_SMALL ? (n + 4) * (FLYNN_FACTOR_SMALL + 2) * FLYNN_FACTOR_LANE_BYTES : 0;
    return all * sample > small ? all * sample : small;
}

/** The stage of lu in a node of any op: LU and pivots, n + 1 rows for each matrix. Its launches are added too. */
static inline struct flynn_stage *flynn_factor_lu(struct flynn_node *node, int n)
{
    struct flynn_stage *stage = flynn_factor_stage(node, FLYNN_LU_FACTOR, n);
    size_t sample = flynn_type_bytes(node->in.type), columns = FLYNN_FACTOR_BLOCK;
    stage->op = flynn_op_at(flynn_op_find("lu"));
    stage->out.height = stage->k[FLYNN_FACTOR_BATCH] * (n + 1);
    stage->in_place = stage->k[FLYNN_FACTOR_BATCH] == 1;
    stage->scratch_bytes = flynn_factor_scratch(n, stage->k[FLYNN_FACTOR_BATCH], node->in.type) +
                           ((size_t)n + 64) * (columns * sample + sizeof(int32_t));
    flynn_node_launch(node, "lu_copy", stage);
    struct flynn_launch *pivot = flynn_node_launch(node, "lu_pivot", stage);
    struct flynn_launch *swap = flynn_node_launch(node, "lu_swap", stage);
    struct flynn_launch *column = flynn_node_launch(node, "lu_column", stage);
    struct flynn_launch *update = flynn_node_launch(node, "lu_update", stage);
    pivot->again = swap->again = column->again = update->again = true;
    pivot->repeat = n;
    pivot->group = 4;
    return stage;
}

/** FLYNN_EINPUT when a pivot of a stage of lu could not divide: then all later ones, and so the last, are NaN too. */
static inline int flynn_factor_check_lu(const char *name, const struct flynn_stage *stage,
                                        const struct flynn_image *out, struct flynn_err *err)
{
    int n = stage->k[FLYNN_FACTOR_ORDER];
    char place[32];
    for (int b = 0; b < stage->k[FLYNN_FACTOR_BATCH]; b++) {
        for (int i = 0; i < n && isnan(flynn_factor_at(out, b * (n + 1) + n - 1, n - 1)); i++) {
            if (isnan(flynn_factor_at(out, b * (n + 1) + i, i)))
                return flynn_fail(err, FLYNN_EINPUT,
                                  "%s: the matrix is singular: column %d%s has no pivot that is finite and not 0", name,
                                  i, flynn_factor_place(place, sizeof place, stage, b));
        }
    }
    return FLYNN_OK;
}

/** The stage of cholesky in a node of any op, with its launches. */
static inline struct flynn_stage *flynn_factor_cholesky(struct flynn_node *node, int n)
{
    struct flynn_stage *stage = flynn_factor_stage(node, 0, n);
    stage->op = flynn_op_at(flynn_op_find("cholesky"));
    stage->in_place = true;
    stage->scratch_bytes = flynn_factor_scratch(n, stage->k[FLYNN_FACTOR_BATCH], node->in.type);
    flynn_node_launch(node, "cholesky_copy", stage);
    struct flynn_launch *column = flynn_node_launch(node, "cholesky_column", stage);
    struct flynn_launch *update = flynn_node_launch(node, "cholesky_update", stage);
    column->again = update->again = true;
    column->repeat = n;
    column->group = 2;
    return stage;
}

/** FLYNN_EINPUT when a pivot of a stage of cholesky has no root: then the last has none either. */
static inline int flynn_factor_check_cholesky(const char *name, const struct flynn_stage *stage,
                                              const struct flynn_image *out, struct flynn_err *err)
{
    int n = stage->k[FLYNN_FACTOR_ORDER];
    char place[32];
    for (int b = 0; b < stage->k[FLYNN_FACTOR_BATCH]; b++) {
        for (int i = 0; i < n && isnan(flynn_factor_at(out, b * n + n - 1, n - 1)); i++) {
            if (isnan(flynn_factor_at(out, b * n + i, i)))
                return flynn_fail(err, FLYNN_EINPUT,
                                  "%s: the matrix is not positive definite: pivot %d%s is not positive and finite",
                                  name, i, flynn_factor_place(place, sizeof place, stage, b));
        }
    }
    return FLYNN_OK;
}

/** The row of A that row y of P A is, from the pivots below the factors that begin at row `top`: the exchanges are
 * undone from the last to the first. */
static inline int flynn_factor_origin(const struct flynn_image *factors, int top, int n, int y)
{
    for (int k = n - 1; k >= 0; k--) {
        int with = (int)flynn_factor_at(factors, top + n, k);
        y = y == k ? with : y == with ? k : y;
    }
    return y;
}

/** Tests: add the order to the diagonal of matrices with samples in 0..1, which makes them positive definite. */
static inline void flynn_factor_dominate(const struct flynn_image *m)
{
    for (int y = 0, n = m->shape.width; y < m->shape.height; y++) {
        if (m->shape.type == FLYNN_F64)
            ((double *)flynn_row(m, y))[y % n] += n;
        else
            ((float *)flynn_row(m, y))[y % n] += (float)n;
    }
}

/** Tests: square matrices. */
static inline void flynn_factor_input_shape(struct flynn_shape *shape, const struct flynn_value *batch)
{
    shape->height = shape->width * (batch && batch->integer < 64 ? batch->integer : 1);
}

#endif
