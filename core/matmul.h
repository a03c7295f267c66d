/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_CORE_MATMUL_H
#define FLYNN_CORE_MATMUL_H

#include <flynn/op.h>

/** Block sizes of the matrix product, in the terms of Goto and van de Geijn, "Anatomy of high-performance matrix
 * multiplication" (2008), and of Van Zee and van de Geijn, "BLIS" (2015). They bound the scratch memory that the op
 * asks for.
 *
 * A packed panel of KC rows of B with as many columns as a tile (KC x 64 bytes for avx2, twice that for avx512) stays
 * in the first cache, a packed block of MC x KC of A in the second, a packed block of KC x NC of B in the third or in
 * memory. The number of bytes being the same, blocks of f64 have half the rows (MC) and columns (NC). */
enum {
    FLYNN_MATMUL_KC = 256,
    FLYNN_MATMUL_MC_BYTES = 672,   /**< MC = 168 or 84: whole tiles of 6 and of 14 rows */
    FLYNN_MATMUL_NC_BYTES = 12288, /**< NC = 3072 or 1536 */
    FLYNN_MATMUL_TILE_ROWS = 14,   /**< the largest tile of any table: rows */
    FLYNN_MATMUL_TILE_BYTES = 128, /**< and bytes of one of its rows */
};

/** Slots of the op's kernels: the product; and alpha C + beta D, where there is more to do than the product. */
enum { FLYNN_MATMUL_PRODUCT, FLYNN_MATMUL_SCALE };

/** Stages: k[0] of the product says which side is stored transposed. The scale reads alpha from d[0] and beta from
 * d[1] (f64) or from f[0] and f[1] (f32), and D is its second input, if any. */
enum { FLYNN_MATMUL_TRANS_A = 1, FLYNN_MATMUL_TRANS_B = 2 };

/** Rows and columns of the product and the length of its chains. */
static inline int flynn_matmul_depth(const struct flynn_stage *stage)
{
    return stage->k[0] & FLYNN_MATMUL_TRANS_A ? stage->in.height : stage->in.width;
}

#endif
