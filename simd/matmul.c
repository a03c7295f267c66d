/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matmul.h"
#include "simd/vec.h"

/* Products by tiles of C that live in registers: 6 rows of two vectors for avx2, 14 for avx512, which leaves registers
 * for one row of B and one broadcast element of A. The blocks are those of core/matmul.h. Between blocks of k the tile
 * goes back to C, and the next block goes on from there, so that an element stays one chain of fused multiply-adds.
 *
 * Other tables have no fused multiply-add. */

#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)

#if defined(FLYNN_ISA_AVX512)
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif
#define IN_PLACE_BYTES (512 << 10) /* a B that is no larger is read where it is, */
#define IN_PLACE_DEPTH 512         /* if a panel of it fits into the first cache */

#define REAL          float
#define REAL_IS_FLOAT 1
#define REAL_V        vf
#define REAL_L(n)     V(n##_ps)
#define F(name)       name##_f32
#include "simd/matmul_blocks.h"
#undef REAL
#undef REAL_IS_FLOAT
#undef REAL_V
#undef REAL_L
#undef F

#define REAL          double
#define REAL_IS_FLOAT 0
#define REAL_V        vd
#define REAL_L(n)     V(n##_pd)
#define F(name)       name##_f64
#include "simd/matmul_blocks.h"

#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matmul);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matmul) = {
#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)
    .fn = {[FLYNN_MATMUL_PRODUCT] = {[FLYNN_F32] = matmul_f32, [FLYNN_F64] = matmul_f64}},
#else
    .fn = {{NULL}},
#endif
};
