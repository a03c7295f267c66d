/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CPU_PRODUCT_H
#define FLYNN_CPU_PRODUCT_H

#include "core/matmul.h"

#include <flynn/op.h>

/** What the ops of matrix products have in common: the parameters with, trans and batch, and the shapes. */

#define FLYNN_PRODUCT_WITH                                                                                             \
    {                                                                                                                  \
        .name = "with", .kind = FLYNN_PARAM_INPUT, .help = "the second matrix, B"                                      \
    }
#define FLYNN_PRODUCT_TRANS                                                                                            \
    {                                                                                                                  \
        .name = "trans", .kind = FLYNN_PARAM_CHOICE, .preset = "none", .choices = "none|a|b|both",                     \
        .help = "which of the matrices are stored transposed"                                                          \
    }
#define FLYNN_PRODUCT_BATCH                                                                                            \
    {                                                                                                                  \
        .name = "batch", .kind = FLYNN_PARAM_INT, .min = 1, .max = 65536, .preset = "1",                               \
        .help = "that many matrices below each other on both sides, multiplied pair by pair"                           \
    }

#define FLYNN_PRODUCT_COLS 16 /**< columns that members of a team do not cut, so that they write other cache lines */

/** C of each of `batch` products has `rows` x `cols` elements, each a chain of `depth` steps. */
struct flynn_product {
    int batch, rows, depth, cols;
    int flags; /**< FLYNN_MATMUL_TRANS_A, _B */
};

/** Find the shapes from the node's input and its parameters; FLYNN_EINPUT when the matrices do not fit together. */
static inline int flynn_product_shape(struct flynn_product *p, const struct flynn_node *node, struct flynn_err *err)
{
    const struct flynn_shape *a = &node->in, *b = &flynn_node_value(node, "with")->input->shape;
    const char *name = node->op->name;
    p->flags = flynn_node_value(node, "trans")->integer;
    p->batch = flynn_node_value(node, "batch")->integer;
    if (b->type != a->type)
        return flynn_fail(err, FLYNN_EINPUT, "%s: both matrices must have one type, not %s and %s", name,
                          flynn_type_name(a->type), flynn_type_name(b->type));
    if (b->channels != 1)
        return flynn_fail(err, FLYNN_EINPUT, "%s: the second input has %d channels, a matrix has 1", name, b->channels);
    if (a->height % p->batch || b->height % p->batch)
        return flynn_fail(err, FLYNN_EINPUT, "%s: batch=%d does not divide the %d and %d rows of the matrices", name,
                          p->batch, a->height, b->height);
    bool ta = p->flags & FLYNN_MATMUL_TRANS_A, tb = p->flags & FLYNN_MATMUL_TRANS_B;
    int a_rows = a->height / p->batch, b_rows = b->height / p->batch;
    int b_depth = tb ? b->width : b_rows;
    p->rows = ta ? a->width : a_rows;
    p->depth = ta ? a_rows : a->width;
    p->cols = tb ? b_rows : b->width;
    if (b_depth != p->depth)
        return flynn_fail(
            err, FLYNN_EINPUT,
            "%s: %d columns of the first matrix (%d rows x %d columns%s) need as many rows of the second, "
            "which is %d rows x %d columns%s",
            name, p->depth, p->rows, p->depth, ta ? " after trans" : "", b_depth, p->cols, tb ? " after trans" : "");
    return FLYNN_OK;
}

/** The stage of the products, with C as its output of type `type`. */
static inline struct flynn_stage *flynn_product_stage(struct flynn_node *node, const struct flynn_product *p,
                                                      enum flynn_type type)
{
    struct flynn_stage *stage = flynn_node_stage(node, FLYNN_WHOLE, FLYNN_MATMUL_PRODUCT);
    stage->with = flynn_node_value(node, "with")->input;
    stage->out.width = p->cols;
    stage->out.height = p->rows * p->batch;
    stage->out.type = type;
    stage->k[FLYNN_MATMUL_FLAGS] = p->flags;
    stage->k[FLYNN_MATMUL_ROWS] = p->rows;
    stage->k[FLYNN_MATMUL_DEPTH] = p->depth;
    stage->team = true;
    stage->costly = true;
    node->out = stage->out;
    node->out_matrix = true;
    node->out_planes = p->batch;
    return stage;
}

/** Tests: a B that fits; square for a plain product, else with other numbers of rows and columns than A. */
static inline void flynn_product_second(struct flynn_shape *shape, const struct flynn_value *trans, int batch)
{
    bool plain = !trans->integer && batch == 1;
    if (shape->height % batch)
        return;
    int rows = shape->height / batch, cols = shape->width + (plain ? 0 : shape->height % 7);
    bool ta = trans->integer & FLYNN_MATMUL_TRANS_A, tb = trans->integer & FLYNN_MATMUL_TRANS_B;
    int depth = ta ? rows : shape->width;
    shape->height = (tb ? cols : depth) * batch;
    shape->width = tb ? depth : cols;
}

static inline double flynn_product_flops(const struct flynn_node *node)
{
    const struct flynn_stage *stage = &node->stage[0];
    return 2.0 * stage->out.width * stage->out.height * stage->k[FLYNN_MATMUL_DEPTH];
}

/** Where the product that makes row y of C begins. */
struct flynn_product_place {
    int y;            /**< the row within its product */
    int a_row, b_row; /**< first stored rows of its A and B */
};

static inline struct flynn_product_place flynn_product_at(const struct flynn_stage *stage, int y)
{
    int number = y / stage->k[FLYNN_MATMUL_ROWS], flags = stage->k[FLYNN_MATMUL_FLAGS];
    int rows = stage->k[FLYNN_MATMUL_ROWS], depth = stage->k[FLYNN_MATMUL_DEPTH];
    return (struct flynn_product_place){
        .y = y % rows,
        .a_row = number * (flags & FLYNN_MATMUL_TRANS_A ? depth : rows),
        .b_row = number * (flags & FLYNN_MATMUL_TRANS_B ? stage->out.width : depth),
    };
}

#endif
