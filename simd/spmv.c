/* SPDX-License-Identifier: Apache-2.0 */
#include "core/spmv.h"
#include "simd/vec.h"

#include <math.h>

/* One vector: an element of each of the 16 rows of a slice at a time. Several: the columns of the input are lanes. Only
 * tables with gathers and a fused multiply-add have these kernels, of 256 bits, as wide as a gather pays; others make
 * the products of f32 from f64 (simd/spmv_fused.h). */

#if defined(FLYNN_ISA_AVX512) || defined(FLYNN_ISA_AVX2)

#define REAL      float
#define REAL_V    simde__m256
#define REAL_L(n) simde_mm256_##n##_ps
#define FMA       fmaf
#define F(name)   name##_f32
static inline simde__m256 gather_f32(const float *x, const int32_t *col)
{
    return simde_mm256_i32gather_ps(x, simde_mm256_loadu_si256((const simde__m256i *)(const void *)col), 4);
}

/* All ones in the lanes whose row is longer than k. */
static inline simde__m256 longer_f32(const int32_t *length, int k)
{
    simde__m256i n = simde_mm256_loadu_si256((const simde__m256i *)(const void *)length);
    return simde_mm256_castsi256_ps(simde_mm256_cmpgt_epi32(n, simde_mm256_set1_epi32(k)));
}
#include "simd/spmv_rows.h"
#undef REAL
#undef REAL_V
#undef REAL_L
#undef FMA
#undef F

#define REAL      double
#define REAL_V    simde__m256d
#define REAL_L(n) simde_mm256_##n##_pd
#define FMA       fma
#define F(name)   name##_f64
static inline simde__m256d gather_f64(const double *x, const int32_t *col)
{
    return simde_mm256_i32gather_pd(x, simde_mm_loadu_si128((const simde__m128i *)(const void *)col), 8);
}

static inline simde__m256d longer_f64(const int32_t *length, int k)
{
    simde__m128i n = simde_mm_loadu_si128((const simde__m128i *)(const void *)length);
    return simde_mm256_castsi256_pd(simde_mm256_cvtepi32_epi64(simde_mm_cmpgt_epi32(n, simde_mm_set1_epi32(k))));
}
#include "simd/spmv_rows.h"
#define SPMV_KERNELS                                                                                                   \
    [FLYNN_SPMV_VECTOR] = {[FLYNN_F32] = vector_f32, [FLYNN_F64] = vector_f64},                                        \
    [FLYNN_SPMV_COLUMNS] = {[FLYNN_F32] = columns_f32, [FLYNN_F64] = columns_f64}
#else
#include "simd/spmv_fused.h"
#define SPMV_KERNELS                                                                                                   \
    [FLYNN_SPMV_VECTOR] = {[FLYNN_F32] = fused_vector}, [FLYNN_SPMV_COLUMNS] = {[FLYNN_F32] = fused_columns}
#endif

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(spmv);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(spmv) = {.fn = {SPMV_KERNELS}};
