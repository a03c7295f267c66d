/* SPDX-License-Identifier: Apache-2.0 */
/* Code that is written once for f32 and f64 is included once for each, after REAL_IS_FLOAT was defined as 1 or 0, and
 * includes this file first and simd/real_end.h last. REAL is the type, REAL_V its vector, REAL_L(name) an intrinsic,
 * REAL_M(name) a function of math.h, F(name) the name of a function. */

#if REAL_IS_FLOAT
#define REAL      float
#define REAL_V    vf
#define REAL_L(n) V(n##_ps)
#define REAL_M(n) n##f
#define F(name)   name##_f32
#else
#define REAL      double
#define REAL_V    vd
#define REAL_L(n) V(n##_pd)
#define REAL_M(n) n
#define F(name)   name##_f64
#endif
