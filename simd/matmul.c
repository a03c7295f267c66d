/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matmul.h"
#include "simd/vec.h"

#include <limits.h>

/* Products by tiles of C that live in registers: 6 rows of two vectors for avx2, 14 for avx512, which leaves registers
 * for one row of B and one broadcast element of A. The blocks are those of core/matmul.h. Between blocks of k the tile
 * goes back to C, and the next block goes on from there, so that an element stays one chain of fused multiply-adds.
 *
 * Other tables have no fused multiply-add: they make that of f32 from f64 (simd/matmul_fused.h), and have no product of
 * f64. */

#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)
#define PRODUCTS 1
#else
#define PRODUCTS 0
#endif

#if defined(FLYNN_ISA_AVX512)
#define TILE_ROWS      14
#define IN_PLACE_BYTES (1 << 20) /* a B that is no larger is read where it is, */
#define IN_PLACE_ROWS  INT_MAX   /* and no more rows of A read it */
#else
#define TILE_ROWS      6
#define IN_PLACE_BYTES (512 << 10)
#define IN_PLACE_ROWS  256
#endif
#define TILE_STEP(a, b, c) REAL_L(fmadd)(a, b, c)
#define IN_PLACE_DEPTH     512  /* if a panel of it fits into a near cache, */
#define IN_PLACE_ROWS_NEAR 96   /* rows of A where rows fall on the same lines of a cache, or A is transposed */
#define IN_ROWS_COLS       512  /* columns for which rows of A are not packed without need */
#define FEW_APART          2048 /* rows so many bytes apart fall on the same lines of a cache */

#define REAL               float
#define REAL_IS_FLOAT      1
#define REAL_V             vf
#define REAL_L(n)          V(n##_ps)
#define REAL_FACTOR(stage) (stage)->f
#define F(name)            name##_f32
#if defined(FLYNN_ISA_AVX512)
#define REAL_HALF      simde__m256
#define REAL_HALF_L(n) simde_mm256_##n##_ps
#endif
#include "simd/matmul_scale.h"
#if PRODUCTS
#include "simd/matmul_blocks.h"
#endif
#undef REAL
#undef REAL_IS_FLOAT
#undef REAL_V
#undef REAL_L
#undef REAL_FACTOR
#undef F
#undef REAL_HALF
#undef REAL_HALF_L

#define REAL               double
#define REAL_IS_FLOAT      0
#define REAL_V             vd
#define REAL_L(n)          V(n##_pd)
#define REAL_FACTOR(stage) (stage)->d
#define F(name)            name##_f64
#if defined(FLYNN_ISA_AVX512)
#define REAL_HALF      simde__m256d
#define REAL_HALF_L(n) simde_mm256_##n##_pd
#endif
#include "simd/matmul_scale.h"
#if PRODUCTS
#include "simd/matmul_blocks.h"
#endif

#if !PRODUCTS
#include "simd/matmul_fused.h"
#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matmul);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matmul) = {
    .fn = {
#if PRODUCTS
        [FLYNN_MATMUL_PRODUCT] = {[FLYNN_F32] = matmul_f32, [FLYNN_F64] = matmul_f64},
#else
        [FLYNN_MATMUL_PRODUCT] = {[FLYNN_F32] = fused_matmul},
#endif
        [FLYNN_MATMUL_SCALE] = {[FLYNN_F32] = scale_f32, [FLYNN_F64] = scale_f64},
    }};
