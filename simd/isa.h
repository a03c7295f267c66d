/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLYNN_SIMD_ISA_H
#define FLYNN_SIMD_ISA_H

#include "core/table.h"

/** Which instruction set this compilation of the folder is for: one of FLYNN_ISA_SSE2, _SSE41, _AVX2, _AVX512, or _BASE
 * on other CPUs, where SIMDe maps 128-bit vectors to what there is. FLYNN_VEC_BYTES is the width of a vector.
 *
 * SIMDe uses whatever the compiler's flags allow, so flags that allow more than the table's name says would make the
 * table a lie: that is refused here. The emulated avx512 table of the tests is compiled with less on purpose. */

#if defined(FLYNN_ISA_SSE2) && defined(__SSE3__)
#error "the sse2 table must be compiled without SSE3 and above; take -march and -m flags out of CFLAGS"
#elif defined(FLYNN_ISA_SSE41) && defined(__AVX__)
#error "the sse41 table must be compiled without AVX and above; take -march and -m flags out of CFLAGS"
#elif defined(FLYNN_ISA_AVX2) && defined(__AVX512F__)
#error "the avx2 table must be compiled without AVX-512; take -march and -m flags out of CFLAGS"
#elif defined(FLYNN_ISA_AVX2) && !(defined(__AVX2__) && defined(__FMA__))
#error "the avx2 table must be compiled for x86-64-v3"
#elif defined(FLYNN_ISA_AVX512) && !defined(__AVX512VBMI__) && !defined(FLYNN_ISA_EMULATED)
#error "the avx512 table must be compiled for the Ice Lake level"
#endif

#if defined(FLYNN_ISA_AVX512)
#define FLYNN_VEC_BYTES 64
#elif defined(FLYNN_ISA_AVX2)
#define FLYNN_VEC_BYTES 32
#else
#define FLYNN_VEC_BYTES 16
#endif

#endif
