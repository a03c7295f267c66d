/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_FACTOR_H
#define FLYNN_CORE_FACTOR_H

#include <flynn/op.h>

/** What the kernels of factorisations (cholesky, lu) and of solve have in common: sizes, and what k[] of their stages
 * holds. */

enum {
    FLYNN_FACTOR_BLOCK = 192,       /**< columns that are factored before they are applied to the rest */
    FLYNN_FACTOR_ROWS_BYTES = 1344, /**< rows of a packed block, in the terms of core/matmul.h */
    FLYNN_FACTOR_TILE_ROWS = 6,     /**< the tile of all tables: rows */
    FLYNN_FACTOR_TILE_BYTES = 64,   /**< and bytes of one of its rows */
    FLYNN_FACTOR_SMALL = 64,        /**< batches of matrices up to this order are factored several at a time */
    FLYNN_FACTOR_LANE_BYTES = 32,   /**< their vectors: elements of as many matrices */
};

/** k[]: the order of one matrix and how many there are. */
enum { FLYNN_FACTOR_ORDER, FLYNN_FACTOR_BATCH, FLYNN_FACTOR_OUTPUT };

/** Slots of the kernels of lu, and what it gives: the order of its parameter's choices. */
enum { FLYNN_LU_FACTOR, FLYNN_LU_PART };
enum { FLYNN_LU_PACKED, FLYNN_LU_L, FLYNN_LU_U, FLYNN_LU_P };

/** Slots of the kernels of solve, in the order of the choices of `assume`. */
enum { FLYNN_SOLVE_GENERAL, FLYNN_SOLVE_POSITIVE };

/** The matrices [first, last) of a batch that a member of a team factors. */
struct flynn_factor_share {
    int first, last;
};

/** Share out the matrices. Where there are as many as members, or they are small, each is factored by one of them, for
 * which *call becomes the call of one that is alone; otherwise all members do all of them together. */
static inline struct flynn_factor_share flynn_factor_share_out(struct flynn_call *call)
{
    int64_t batch = call->stage->k[FLYNN_FACTOR_BATCH], member = call->member, members = call->members;
    if (batch < members && call->stage->k[FLYNN_FACTOR_ORDER] > FLYNN_FACTOR_SMALL)
        return (struct flynn_factor_share){0, (int)batch};
    call->member = 0;
    call->members = 1;
    call->shared = call->scratch;
    return (struct flynn_factor_share){(int)(batch * member / members), (int)(batch * (member + 1) / members)};
}

/** The part of X that a member makes: whole matrices, or columns of all of them. */
struct flynn_solve_share {
    int first, last, first_col, last_col;
};

static inline struct flynn_solve_share flynn_solve_share(const struct flynn_call *call)
{
    enum { COLUMNS = 32 };
    int64_t batch = call->stage->k[FLYNN_FACTOR_BATCH], width = call->dst->shape.width, m = call->member;
    int64_t members = call->members, tiles = (width + COLUMNS - 1) / COLUMNS;
    if (batch >= members)
        return (struct flynn_solve_share){(int)(batch * m / members), (int)(batch * (m + 1) / members), 0, (int)width};
    int64_t from = tiles * m / members * COLUMNS, to = tiles * (m + 1) / members * COLUMNS;
    return (struct flynn_solve_share){0, (int)batch, (int)(from < width ? from : width),
                                      (int)(to < width ? to : width)};
}

#endif
