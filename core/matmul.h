/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MATMUL_H
#define FLYNN_CORE_MATMUL_H

#include <flynn/op.h>

/** Block sizes of the matrix product, in the terms of Goto and van de Geijn, "Anatomy of high-performance matrix
 * multiplication" (2008), and of Van Zee and van de Geijn, "BLIS" (2015). They bound the scratch memory that the op
 * asks for.
 *
 * A packed panel of KC rows of B with as many columns as a tile stays in the first cache with avx2 (KC x 64 bytes); the
 * tiles of avx512, which have more rows, read it quickly enough from the second (KC x 128 bytes). A block of MC x KC of
 * A stays in the second, a packed block of KC x NC of B in the third or in memory. The number of bytes being the same,
 * blocks of f64 have half the rows (MC) and columns (NC). */
enum {
    FLYNN_MATMUL_KC = 352,
    FLYNN_MATMUL_KC_WIDE = 512,        /**< of avx512, the most of any table */
    FLYNN_MATMUL_NUMBERS = 256,        /**< numbers of 32 bits along k of the product of bytes, 2 or 4 steps each */
    FLYNN_MATMUL_MC_BYTES = 672,       /**< MC = 168 or 84: whole tiles of 6 and of 14 rows */
    FLYNN_MATMUL_NC_BYTES = 8192,      /**< NC = 2048 or 1024 */
    FLYNN_MATMUL_NC_ONCE_BYTES = 3072, /**< the same where one block of A uses them, once */
    FLYNN_MATMUL_TILE_ROWS = 14,       /**< the largest tile of any table: rows */
    FLYNN_MATMUL_TILE_BYTES = 128,     /**< and bytes of one of its rows */
};

/** Slots of the op's kernels: the product; and what remains to be done with its elements. */
enum { FLYNN_MATMUL_PRODUCT, FLYNN_MATMUL_SCALE };

/** What k[] of the product's stage holds: which sides are stored transposed, the rows of C and the length of the chains
 * of one product of the batch. The scale reads alpha and beta from f[0] and f[1] (f32) or from d[0] and d[1] (f64); the
 * matrix that beta multiplies is its second input, if any. */
enum { FLYNN_MATMUL_FLAGS, FLYNN_MATMUL_ROWS, FLYNN_MATMUL_DEPTH, FLYNN_MATMUL_SIGN_A, FLYNN_MATMUL_SIGN_B };
enum { FLYNN_MATMUL_TRANS_A = 1, FLYNN_MATMUL_TRANS_B = 2 };

/** The part of C that one member of the team makes: rows and columns from `first` to before `last`, which start at
 * whole tiles. The longer side of C is shared out; that of a batch are its rows. */
struct flynn_matmul_share {
    int first_row, last_row, first_col, last_col;
};

static inline int flynn_matmul_cut(int length, int tile, int member, int members)
{
    int64_t tiles = ((int64_t)length + tile - 1) / tile, at = tiles * member / members * tile;
    return at < length ? (int)at : length;
}

static inline struct flynn_matmul_share flynn_matmul_share(const struct flynn_call *call, int tile_rows, int tile_cols)
{
    int height = call->dst->shape.height, width = call->dst->shape.width, m = call->member, n = call->members;
    if (height >= width || height > call->stage->k[FLYNN_MATMUL_ROWS])
        return (struct flynn_matmul_share){flynn_matmul_cut(height, tile_rows, m, n),
                                           flynn_matmul_cut(height, tile_rows, m + 1, n), 0, width};
    return (struct flynn_matmul_share){0, height, flynn_matmul_cut(width, tile_cols, m, n),
                                       flynn_matmul_cut(width, tile_cols, m + 1, n)};
}

#endif
