/* SPDX-License-Identifier: Apache-2.0 */
#include "core/matvec.h"
#include "simd/vec.h"

/* The lanes of a block are vectors that stay in registers. */

#define REAL      float
#define REAL_V    vf
#define REAL_L(n) V(n##_ps)
#define F(name)   name##_f32
#include "simd/matvec_rows.h"
#undef REAL
#undef REAL_V
#undef REAL_L
#undef F

#define REAL      double
#define REAL_V    vd
#define REAL_L(n) V(n##_pd)
#define F(name)   name##_f64
#include "simd/matvec_rows.h"

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matvec);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(matvec) = {
    .fn = {{[FLYNN_F32] = matvec_f32, [FLYNN_F64] = matvec_f64}},
};
