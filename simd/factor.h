/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_FACTOR_H
#define FLYNN_SIMD_FACTOR_H

#include "core/factor.h"
#include "simd/vec.h"

/** The tiles of the matrix product as cholesky, lu and solve use them: what they make is subtracted, and they have as
 * many rows as registers hold beside the operands. */

#if defined(FLYNN_ISA_AVX512)
#define TILE_ROWS 14
#else
#define TILE_ROWS 6
#endif
#define TILE_STEP(a, b, c) REAL_L(fnmadd)(a, b, c)

#endif
