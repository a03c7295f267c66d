/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/factor.h"

#include <math.h>

/* A block of columns is factored, the rows below it are solved for, and what is right of it is updated by the tiles of
 * the matrix product. Every element goes through its chain in ascending order, as it lies in the matrix between blocks.
 * Tables without a fused multiply-add have no kernels. */

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cholesky);

#if defined(FLYNN_ISA_AVX2)

#define INNER 16

#define REAL_IS_FLOAT 1
#include "simd/cholesky_blocks.h"
#define REAL_IS_FLOAT 0
#include "simd/cholesky_blocks.h"

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cholesky) = {
    .fn = {[0] = {[FLYNN_F32] = cholesky_f32, [FLYNN_F64] = cholesky_f64}},
};

#else

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cholesky) = {0};

#endif
