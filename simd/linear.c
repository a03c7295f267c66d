/* SPDX-License-Identifier: Apache-2.0 */
#include "simd/doubles.h"
#include "simd/lookup.h"

struct line {
    vf a, b;
};

static inline vf apply(vf x, const struct line *line)
{
    return V(add_ps)(V(mul_ps)(x, line->a), line->b);
}

/* Integers of 32 bits: from and to. The conversion rounds ties to even; the packs that follow clamp, and what is beyond
 * 16 bits is still within 32. */
static inline vi apply_int(vi x, const struct line *line)
{
    return V(cvtps_epi32)(apply(V(cvtepi32_ps)(x), line));
}

#if defined(FLYNN_ISA_SSE2)

/* Eight unsigned 16-bit samples, as signed ones with saturation. */
static inline vi linear_words(vi x, const struct line *line)
{
    vi low = apply_int(V(unpacklo_epi16)(x, v_zero()), line);
    vi high = apply_int(V(unpackhi_epi16)(x, v_zero()), line);
    return V(packs_epi32)(low, high);
}

static inline vi linear_bytes(vi x, const void *by)
{
    vi low = linear_words(V(unpacklo_epi8)(x, v_zero()), by);
    vi high = linear_words(V(unpackhi_epi8)(x, v_zero()), by);
    return V(packus_epi16)(low, high);
}

#endif

/* Packing saturates to signed 16 bits, so white is moved to 32767 before and back after. */
static inline vi linear_shorts(vi x, const void *by)
{
    const vi bias = v_set32(32768);
    vi low = V(sub_epi32)(apply_int(V(unpacklo_epi16)(x, v_zero()), by), bias);
    vi high = V(sub_epi32)(apply_int(V(unpackhi_epi16)(x, v_zero()), by), bias);
    return v_xor(V(packs_epi32)(low, high), v_set16(-32768));
}

static inline vi linear_floats(vi x, const void *by)
{
    return V_AS_I(apply(V_AS_F(x), by));
}

static struct line line_of(const struct flynn_stage *stage)
{
    return (struct line){V(set1_ps)(stage->f[0]), V(set1_ps)(stage->f[1])};
}

static void linear_u8(const struct flynn_call *call)
{
#if defined(FLYNN_ISA_SSE2)
    struct line line = line_of(call->stage);
    point_kernel_heavy(call, 1, linear_bytes, &line);
#else
    lookup_kernel(call);
#endif
}

static void linear_u16(const struct flynn_call *call)
{
    struct line line = line_of(call->stage);
    point_kernel_heavy(call, 2, linear_shorts, &line);
}

static void linear_f32(const struct flynn_call *call)
{
    struct line line = line_of(call->stage);
    point_kernel(call, sizeof(float), linear_floats, &line);
}

struct double_line {
    vd a, b;
};

static inline vd linear_doubles(vd x, vd w, const void *by)
{
    const struct double_line *line = by;
    (void)w;
    return V(add_pd)(V(mul_pd)(x, line->a), line->b);
}

static void linear_f64(const struct flynn_call *call)
{
    struct double_line line = {V(set1_pd)(call->stage->d[0]), V(set1_pd)(call->stage->d[1])};
    doubles_kernel(call, linear_doubles, &line);
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(linear);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(linear) = {
    .fn = {{[FLYNN_U8] = linear_u8, [FLYNN_U16] = linear_u16, [FLYNN_F32] = linear_f32, [FLYNN_F64] = linear_f64}},
};
