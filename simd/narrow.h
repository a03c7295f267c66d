/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_NARROW_H
#define FLYNN_SIMD_NARROW_H

/** Included first by the ops that are quicker with 256 bits in the avx512 table too, by measurement: that table then
 * has the vectors of avx2, though with its own 32 registers and shorter instructions. Kernels made of loads that are
 * not aligned are like that, and those that the caches hold up: stores of 512 bits come slower. */

#include "simd/isa.h"

#if defined(FLYNN_ISA_AVX512)
#define FLYNN_NARROW
#undef FLYNN_ISA_AVX512
#define FLYNN_ISA_AVX2
#undef FLYNN_VEC_BYTES
#define FLYNN_VEC_BYTES 32
#endif

#endif
