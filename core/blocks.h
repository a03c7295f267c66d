/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_BLOCKS_H
#define FLYNN_CORE_BLOCKS_H

#include "core/sample.h"
#include "core/table.h"

#include <math.h>
#include <string.h>

/** Sums over a whole matrix in one order that every backend can keep at the speed of memory.
 *
 * The samples, row by row, are numbered from 0 and cut into blocks of 8192, the last of which may be shorter. Sample i
 * of a block is added to lane i % 64 of 64 lanes of f64 that start at +0, in ascending order of i; then lane j takes in
 * lane j + 32 for j < 32, j + 16 for j < 16, and so on down to lane 0, the block's result. The results of the blocks
 * are combined in pairs of neighbours, the results of the pairs likewise, and so on; what is left over at an end goes
 * up as it is.
 *
 * Two stages: the first, FLYNN_WHOLE, writes the result of block b into row b of a column of f64; the second combines.
 * The types that are no f64 are converted first, which is exact. */

enum { BLOCK = 8192, BLOCK_LANES = 64 };

/** What is summed of the samples x and w. */
enum block_kind {
    BLOCK_SUM,     /**< x */
    BLOCK_ABS,     /**< |x| */
    BLOCK_SQUARE,  /**< x * x */
    BLOCK_PRODUCT, /**< x * w */
    BLOCK_MAX,     /**< the greatest |x| instead of a sum; NaN if there is one */
    BLOCK_ARGMAX,  /**< the first of the greatest x, see core/extreme.h */
    BLOCK_ARGMIN,  /**< the first of the least x */
};

#define BLOCK_INLINE static inline __attribute__((always_inline))

BLOCK_INLINE double block_term(enum block_kind kind, enum flynn_type type, const void *x, const void *w, size_t i)
{
    double a = flynn_sample(type, x, i);
    switch (kind) {
    case BLOCK_SQUARE:
        return a * a;
    case BLOCK_PRODUCT:
        return a * flynn_sample(type, w, i);
    case BLOCK_SUM:
        return a;
    default:
        return fabs(a);
    }
}

/** Two results in one; `a` came first. */
BLOCK_INLINE double block_fold(enum block_kind kind, double a, double b)
{
    if (kind == BLOCK_MAX)
        return b > a || b != b ? b : a;
    return a + b;
}

/** Adds the terms of n samples to the lanes, of which `lane` is the first one's. */
typedef void block_run(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                       const void *w, int n);

/** Whether rows follow each other without a gap: then all of them are as good as one. */
static inline bool block_joined(const struct flynn_call *call, size_t sample)
{
    size_t row = (size_t)call->src->shape.width * sample;
    return call->src->stride == row && (!call->src2 || call->src2->stride == row);
}

/** Call `run` for the parts of block b that lie in one row each. Extremes stop at the greatest sample there can be:
 * they are better off with short parts. */
BLOCK_INLINE void block_rows(const struct flynn_call *call, enum block_kind kind, enum flynn_type type, int64_t b,
                             double *lanes, block_run *run)
{
    const struct flynn_shape *shape = &call->src->shape;
    size_t sample = flynn_type_bytes(type);
    int64_t all = (int64_t)shape->width * shape->height, first = b * BLOCK;
    bool joined = kind < BLOCK_ARGMAX && block_joined(call, sample);
    int64_t width = joined ? all : shape->width, x = first % width;
    int n = (int)(all - first < BLOCK ? all - first : BLOCK), y = (int)(first / width);
    for (int done = 0; done < n; y++, x = 0) {
        int some = width - x < n - done ? (int)(width - x) : n - done;
        const uint8_t *row = flynn_row(call->src, y);
        const uint8_t *with = call->src2 ? flynn_row(call->src2, y) : row;
        run(kind, type, lanes, done % BLOCK_LANES, row + (size_t)x * sample, with + (size_t)x * sample, some);
        done += some;
    }
}

/** The first stage: the blocks [call->y, call->y + call->rows). */
BLOCK_INLINE void block_stage(const struct flynn_call *call, enum block_kind kind, enum flynn_type type, block_run *run)
{
    for (int b = call->y; b < call->y + call->rows; b++) {
        double lanes[BLOCK_LANES] = {0};
        block_rows(call, kind, type, b, lanes, run);
        for (int half = BLOCK_LANES / 2; half > 0; half /= 2) {
            for (int j = 0; j < half; j++)
                lanes[j] = block_fold(kind, lanes[j], lanes[j + half]);
        }
        *(double *)flynn_row(call->dst, b) = lanes[0];
    }
}

/** The second stage: a result that covers 2^k blocks waits for its neighbour; at the end the leftovers go up. */
BLOCK_INLINE double block_combine(const struct flynn_image *blocks, enum block_kind kind)
{
    double waiting[32];
    int top = 0;
    for (int b = 0; b < blocks->shape.height; b++) {
        double value = *(const double *)flynn_row(blocks, b);
        for (int pairs = b + 1; pairs % 2 == 0; pairs /= 2)
            value = block_fold(kind, waiting[--top], value);
        waiting[top++] = value;
    }
    for (; top > 1; top--)
        waiting[top - 2] = block_fold(kind, waiting[top - 2], waiting[top - 1]);
    return waiting[0];
}

/** The kernel of the second stage, for the kind k[0]. The norm of squares is their root. */
static inline void block_finish(const struct flynn_call *call)
{
    enum block_kind kind = (enum block_kind)call->stage->k[0];
    double result = block_combine(call->src, kind);
    *(double *)flynn_row(call->dst, 0) = kind == BLOCK_SQUARE ? sqrt(result) : result;
}

/** The scalar block_run. */
BLOCK_INLINE void block_plain(enum block_kind kind, enum flynn_type type, double *lanes, int lane, const void *x,
                              const void *w, int n)
{
    for (int i = 0; i < n; lane = 0) {
        int some = BLOCK_LANES - lane < n - i ? BLOCK_LANES - lane : n - i;
        for (int j = 0; j < some; j++)
            lanes[lane + j] = block_fold(kind, lanes[lane + j], block_term(kind, type, x, w, (size_t)(i + j)));
        i += some;
    }
}

/** Append both stages, the second with slot `combine`, and their launches. Both results are f64. */
static inline void block_lower(struct flynn_node *node, int kernel, enum block_kind kind, int combine)
{
    enum { GROUP = 64, PARTS = 256, TOGETHER = 16 };
    int64_t samples = (int64_t)node->in.width * node->in.height;
    struct flynn_stage *first = flynn_node_stage(node, FLYNN_WHOLE, kernel);
    first->with = kind == BLOCK_PRODUCT ? flynn_node_value(node, "with")->input : NULL;
    first->k[0] = kind;
    first->out = (struct flynn_shape){
        .width = 1, .height = (int)((samples + BLOCK - 1) / BLOCK), .channels = 1, .type = FLYNN_F64};
    struct flynn_launch *launch = flynn_node_launch(node, "block", first);
    launch->on = FLYNN_ON_OTHERS;
    launch->local_x = GROUP;
    launch->items_x = GROUP;
    launch->items_y = first->out.height;
    launch = flynn_node_launch(node, "block", first);
    launch->on = FLYNN_ON_CPU;
    launch->item_y = TOGETHER;

    struct flynn_stage *last = flynn_node_stage(node, FLYNN_WHOLE, combine);
    last->k[0] = kind;
    last->out = (struct flynn_shape){.width = 1, .height = 1, .channels = 1, .type = FLYNN_F64};
    launch = flynn_node_launch(node, "combine", last);
    launch->on = FLYNN_ON_OTHERS;
    launch->local_x = PARTS;
    launch->items_x = PARTS;
    launch = flynn_node_launch(node, "combine", last);
    launch->on = FLYNN_ON_CPU;
    launch->local_x = 1;
    launch->items_x = 1;
    node->out = last->out;
    node->out_matrix = true;
}

#define BLOCK_TYPES (FLYNN_MATRIX_TYPES | FLYNN_TYPE_BIT(FLYNN_U8) | FLYNN_TYPE_BIT(FLYNN_U16))

#define BLOCK_DEFINITION                                                                                               \
    "Terms are f64, in which every sample and every product of two samples of u8, u16 and f32 is exact. They are "     \
    "numbered row by row and cut into blocks of 8192. Term i of a block is added to lane i % 64 of 64 lanes that "     \
    "start at +0; then lane j takes in lane j + 32 for j < 32, j + 16 for j < 16, and so on; lane 0 is the block's "   \
    "sum. The sums of neighbouring blocks are added in pairs, the sums of the pairs likewise, and so on; a last one "  \
    "without a neighbour goes up as it is. Every addition is rounded once."

#endif
