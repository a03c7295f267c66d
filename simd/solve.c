/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/factor.h"

/* Right-hand sides in panels of a tile's columns, which go through both triangular systems. Tables without a fused
 * multiply-add have no kernels. */

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(solve);

#if defined(FLYNN_ISA_AVX2)

#define REAL_IS_FLOAT 1
#include "simd/solve_blocks.h"
#define REAL_IS_FLOAT 0
#include "simd/solve_blocks.h"

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(solve) = {
    .fn = {[FLYNN_SOLVE_GENERAL] = {[FLYNN_F32] = solve_general_f32, [FLYNN_F64] = solve_general_f64},
           [FLYNN_SOLVE_POSITIVE] = {[FLYNN_F32] = solve_positive_f32, [FLYNN_F64] = solve_positive_f64}},
};

#else

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(solve) = {0};

#endif
