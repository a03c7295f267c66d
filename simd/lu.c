/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/factor.h"

#include <math.h>

/* A block of columns is turned on its side and factored there by halves; then its rows are exchanged in the rest, the
 * rows right of it are solved for, and what lies below those is updated by the tiles of the matrix product. Every
 * element goes through its chain in ascending order. Tables without a fused multiply-add have no kernels. */

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lu);

#if defined(FLYNN_ISA_AVX2)

#define LEAF 8

#define REAL_IS_FLOAT 1
#include "simd/lu_blocks.h"
#define REAL_IS_FLOAT 0
#include "simd/lu_blocks.h"

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lu) = {
    .fn = {[FLYNN_LU_FACTOR] = {[FLYNN_F32] = lu_f32, [FLYNN_F64] = lu_f64}},
};

#else

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(lu) = {0};

#endif
