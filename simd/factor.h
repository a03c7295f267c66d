/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_FACTOR_H
#define FLYNN_SIMD_FACTOR_H

#include "simd/narrow.h"
#include "core/factor.h"
#include "simd/vec.h"

/** The tiles of the matrix product as cholesky, lu and solve use them: what they make is subtracted, and they have as
 * many rows as registers hold beside the operands. Small tiles waste less at the ends of triangles, and eight matrices
 * side by side stay in the first cache where sixteen would not: so all have vectors of 256 bits. */

#define TILE_ROWS          6
#define TILE_STEP(a, b, c) REAL_L(fnmadd)(a, b, c)

#endif
