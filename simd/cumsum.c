/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/narrow.h"

#include "core/cumsum.h"
#include "simd/wide.h"

enum {
    PART = 16384,            /* columns of which the row above stays in a cache: of integers, */
    PART_BYTES = 65536,      /* and of floats */
    STREAM_BYTES = 24 << 20, /* a larger output goes past the caches */
};

/* Large outputs whose rows are aligned go past the caches. */
static bool streams(const struct flynn_call *call)
{
    bool large = call->dst->stride * (size_t)call->dst->shape.height > STREAM_BYTES;
    return large && call->dst->stride % VEC == 0 && (uintptr_t)call->dst->data % VEC == 0;
}

/* Rows become columns, and back. */
#if WIDE == 32
typedef simde__m256 wf;
typedef simde__m256d wd;

static inline void turn_f32(wf v[8])
{
    wf a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = W(unpacklo_ps)(v[i], v[i + 1]);
        a[i + 1] = W(unpackhi_ps)(v[i], v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = W(shuffle_ps)(a[i], a[i + 2], SIMDE_MM_SHUFFLE(1, 0, 1, 0));
        b[i + 1] = W(shuffle_ps)(a[i], a[i + 2], SIMDE_MM_SHUFFLE(3, 2, 3, 2));
        b[i + 2] = W(shuffle_ps)(a[i + 1], a[i + 3], SIMDE_MM_SHUFFLE(1, 0, 1, 0));
        b[i + 3] = W(shuffle_ps)(a[i + 1], a[i + 3], SIMDE_MM_SHUFFLE(3, 2, 3, 2));
    }
    for (int i = 0; i < 4; i++) {
        v[i] = W(permute2f128_ps)(b[i], b[i + 4], 0x20);
        v[i + 4] = W(permute2f128_ps)(b[i], b[i + 4], 0x31);
    }
}

static inline void turn_f64(wd v[4])
{
    wd low0 = W(unpacklo_pd)(v[0], v[1]), high0 = W(unpackhi_pd)(v[0], v[1]);
    wd low1 = W(unpacklo_pd)(v[2], v[3]), high1 = W(unpackhi_pd)(v[2], v[3]);
    v[0] = W(permute2f128_pd)(low0, low1, 0x20);
    v[1] = W(permute2f128_pd)(high0, high1, 0x20);
    v[2] = W(permute2f128_pd)(low0, low1, 0x31);
    v[3] = W(permute2f128_pd)(high0, high1, 0x31);
}
#else
typedef simde__m128 wf;
typedef simde__m128d wd;

static inline void turn_f32(wf v[4])
{
    wf low0 = W(unpacklo_ps)(v[0], v[1]), high0 = W(unpackhi_ps)(v[0], v[1]);
    wf low1 = W(unpacklo_ps)(v[2], v[3]), high1 = W(unpackhi_ps)(v[2], v[3]);
    v[0] = W(shuffle_ps)(low0, low1, SIMDE_MM_SHUFFLE(1, 0, 1, 0));
    v[1] = W(shuffle_ps)(low0, low1, SIMDE_MM_SHUFFLE(3, 2, 3, 2));
    v[2] = W(shuffle_ps)(high0, high1, SIMDE_MM_SHUFFLE(1, 0, 1, 0));
    v[3] = W(shuffle_ps)(high0, high1, SIMDE_MM_SHUFFLE(3, 2, 3, 2));
}

static inline void turn_f64(wd v[2])
{
    wd low = W(unpacklo_pd)(v[0], v[1]);
    v[1] = W(unpackhi_pd)(v[0], v[1]);
    v[0] = low;
}
#endif

#define REAL    float
#define WR      wf
#define WR_L(n) W(n##_ps)
#define F(name) name##_f32
#include "simd/cumsum_rows.h"
#define REAL    double
#define WR      wd
#define WR_L(n) W(n##_pd)
#define F(name) name##_f64
#include "simd/cumsum_rows.h"

#define REAL      float
#define REAL_V    vf
#define REAL_L(n) V(n##_ps)
#define F(name)   name##_f32
#include "simd/cumsum_columns.h"
#define REAL      double
#define REAL_V    vd
#define REAL_L(n) V(n##_pd)
#define F(name)   name##_f64
#include "simd/cumsum_columns.h"

/* total + in to the output. */
static inline void raise_f32(float total, const float *in, float *out, int n, bool stream)
{
    enum { LANES = VEC / sizeof(float) };
    int x = 0;
    for (; x + LANES <= n; x += LANES) {
        vf sum = V(add_ps)(V(set1_ps)(total), vf_load(in + x));
        if (stream)
            v_stream(out + x, V_AS_I(sum));
        else
            vf_store(out + x, sum);
    }
    for (; x < n; x++)
        out[x] = total + in[x];
}

static inline void stream_f64(double *to, vd v)
{
    vi bits;
    memcpy(&bits, &v, sizeof bits);
    v_stream(to, bits);
}

static inline void raise_f64(double total, const double *in, double *out, int n, bool stream)
{
    enum { LANES = VEC / sizeof(double) };
    int x = 0;
    for (; x + LANES <= n; x += LANES) {
        vd sum = V(add_pd)(V(set1_pd)(total), vd_load(in + x));
        if (stream)
            stream_f64(out + x, sum);
        else
            vd_store(out + x, sum);
    }
    for (; x < n; x++)
        out[x] = total + in[x];
}

#include "simd/cumsum_integers.h"

/* ---- through the whole matrix ------------------------------------------------------------------------------------ */

#define SUM     float
#define F(name) name##_f32
#include "simd/cumsum_through.h"
#define SUM     double
#define F(name) name##_f64
#include "simd/cumsum_through.h"
#define SUM     uint32_t
#define F(name) name##_u32
#include "simd/cumsum_through.h"

static void all_u8(const struct flynn_call *call)
{
    through_u32(call, rows_u8);
}

static void all_u16(const struct flynn_call *call)
{
    through_u32(call, rows_u16);
}

static void all_f32(const struct flynn_call *call)
{
    through_f32(call, rows_f32);
}

static void all_f64(const struct flynn_call *call)
{
    through_f64(call, rows_f64);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cumsum);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(cumsum) = {
    .fn =
        {[CUMSUM_ROWS] = {[FLYNN_U8] = rows_u8, [FLYNN_U16] = rows_u16, [FLYNN_F32] = rows_f32, [FLYNN_F64] = rows_f64},
         [CUMSUM_COLUMNS] =
             {[FLYNN_U8] = columns_u8, [FLYNN_U16] = columns_u16, [FLYNN_F32] = columns_f32, [FLYNN_F64] = columns_f64},
         [CUMSUM_THROUGH] = {[FLYNN_U8] = all_u8, [FLYNN_U16] = all_u16, [FLYNN_F32] = all_f32, [FLYNN_F64] = all_f64}},
};
