/* SPDX-License-Identifier: Apache-2.0 */
#include "core/adaptive.h"
#include "simd/lanes.h"
#include "simd/point.h"

/* The stages are described in core/adaptive.h. */

/* With k[0] = L: x - m > L is m - x <= -L - 1 for negative L, and else not x - m <= L: in either case a difference that
 * ends at 0 is compared with a number that does so too. */
struct limit {
    vi most;  /* the number */
    vi other; /* xor: all ones where white belongs to the other side */
    bool below;
};

static inline vi compare_bytes(vi x, vi mean, const void *by)
{
    const struct limit *l = by;
    vi apart = l->below ? V(subs_epu8)(mean, x) : V(subs_epu8)(x, mean);
    return v_xor(v_eq_i8(V(subs_epu8)(apart, l->most), v_zero()), l->other);
}

static inline vi compare_shorts(vi x, vi mean, const void *by)
{
    const struct limit *l = by;
    vi apart = l->below ? V(subs_epu16)(mean, x) : V(subs_epu16)(x, mean);
    vi more = V(subs_epu16)(apart, l->most);
#if defined(FLYNN_ISA_AVX512)
    return v_xor(V(sub_epi16)(v_zero(), V(subs_epu16)(v_set16(1), more)), l->other);
#else
    return v_xor(V(cmpeq_epi16)(more, v_zero()), l->other);
#endif
}

struct real_limit {
    vf least;
    vi above, other; /* what samples above and the others become */
};

static inline vi compare_reals(vi x, vi mean, const void *by)
{
    const struct real_limit *l = by;
    vf d = V(sub_ps)(V_AS_F(x), V_AS_F(mean));
#if defined(FLYNN_ISA_AVX512)
    return simde_mm512_mask_mov_epi32(l->other, simde_mm512_cmp_ps_mask(d, l->least, SIMDE_CMP_GT_OQ), l->above);
#elif defined(FLYNN_ISA_AVX2)
    return v_select(V_AS_I(simde_mm256_cmp_ps(d, l->least, SIMDE_CMP_GT_OQ)), l->other, l->above);
#else
    return v_select(V_AS_I(simde_mm_cmpgt_ps(d, l->least)), l->other, l->above);
#endif
}

/* The samples are what is beside; their alpha is kept. */
POINT_INLINE void compare(const struct flynn_call *call, size_t sample, point_map2 *map, const void *by)
{
    int channels = call->stage->in.channels;
    size_t bytes = (size_t)call->width * (size_t)channels * sample;
    vi alpha = v_alpha_mask(channels, (int)sample);
    for (int r = 0; r < call->rows; r++)
        point_row(call->with[r], call->in[r], call->out[r], bytes, call->stream, NULL, map, by,
                  channels % 2 == 0 ? &alpha : NULL);
}

static int most_of(const struct flynn_stage *stage, int white)
{
    int most = stage->k[0] < 0 ? -stage->k[0] - 1 : stage->k[0];
    return most < white ? most : white;
}

/* All ones where the comparison as it is made says the opposite of white. */
static int other_of(const struct flynn_stage *stage)
{
    return (stage->k[0] < 0) == (stage->k[1] != 0) ? -1 : 0;
}

static void compare_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    struct limit limit = {v_set8(most_of(stage, 255)), v_set8(other_of(stage)), stage->k[0] < 0};
    compare(call, 1, compare_bytes, &limit);
}

static void compare_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    struct limit limit = {v_set16(most_of(stage, 65535)), v_set16(other_of(stage)), stage->k[0] < 0};
    compare(call, 2, compare_shorts, &limit);
}

static void compare_f32(const struct flynn_call *call)
{
    vi one = V_AS_I(V(set1_ps)(1.0f)), zero = v_zero();
    bool inverse = call->stage->k[1];
    struct real_limit limit = {V(set1_ps)(call->stage->f[0]), inverse ? zero : one, inverse ? one : zero};
    compare(call, sizeof(float), compare_reals, &limit);
}

/* ---- means that are floats --------------------------------------------------------------------------------------- */

static inline vi white_lanes(const struct flynn_stage *stage, const float *mean, vi x, int white)
{
    vi above = v_gt_i32(V(sub_epi32)(x, V(cvtps_epi32)(vf_load(mean))), v_set32(stage->k[0]));
    return v_and(v_xor(above, v_set32(-stage->k[1])), v_set32(white));
}

static void compare_floats_u8(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int channels = stage->in.channels, samples = call->width * channels, alpha = stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const float *mean = call->in[r];
        const uint8_t *in = call->with[r];
        uint8_t *out = call->out[r];
        int i = 0;
        for (; i + LANES <= samples; i += LANES)
            lanes_store_u8(out + i, white_lanes(stage, mean + i, lanes_load_u8(in + i), 255));
        if (i < samples) {
            float means[LANES] = {0};
            uint8_t rest[LANES] = {0}, made[LANES];
            memcpy(means, mean + i, (size_t)(samples - i) * sizeof *mean);
            memcpy(rest, in + i, (size_t)(samples - i));
            lanes_store_u8(made, white_lanes(stage, means, lanes_load_u8(rest), 255));
            memcpy(out + i, made, (size_t)(samples - i));
        }
        for (i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void compare_floats_u16(const struct flynn_call *call)
{
    const struct flynn_stage *stage = call->stage;
    int channels = stage->in.channels, samples = call->width * channels, alpha = stage->k[2];
    for (int r = 0; r < call->rows; r++) {
        const float *mean = call->in[r];
        const uint16_t *in = call->with[r];
        uint16_t *out = call->out[r];
        int i = 0;
        for (; i + LANES <= samples; i += LANES)
            lanes_store_u16(out + i, white_lanes(stage, mean + i, lanes_load_u16(in + i), 65535));
        if (i < samples) {
            float means[LANES] = {0};
            uint16_t rest[LANES] = {0}, made[LANES];
            memcpy(means, mean + i, (size_t)(samples - i) * sizeof *mean);
            memcpy(rest, in + i, (size_t)(samples - i) * sizeof *in);
            lanes_store_u16(made, white_lanes(stage, means, lanes_load_u16(rest), 65535));
            memcpy(out + i, made, (size_t)(samples - i) * sizeof *out);
        }
        for (i = alpha; alpha >= 0 && i < samples; i += channels)
            out[i] = in[i];
    }
}

static void widen_u8(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint8_t *in = call->in[r];
        float *out = call->out[r];
        int i = 0;
        for (; i + LANES <= samples; i += LANES)
            vf_store(out + i, V(cvtepi32_ps)(lanes_load_u8(in + i)));
        for (; i < samples; i++)
            out[i] = in[i];
    }
}

static void widen_u16(const struct flynn_call *call)
{
    int samples = call->width * call->stage->in.channels;
    for (int r = 0; r < call->rows; r++) {
        const uint16_t *in = call->in[r];
        float *out = call->out[r];
        int i = 0;
        for (; i + LANES <= samples; i += LANES)
            vf_store(out + i, V(cvtepi32_ps)(lanes_load_u16(in + i)));
        for (; i < samples; i++)
            out[i] = in[i];
    }
}

extern const struct flynn_kernels FLYNN_KERNELS_SYMBOL(adaptive_threshold);

const struct flynn_kernels FLYNN_KERNELS_SYMBOL(adaptive_threshold) = {
    .fn = {[FLYNN_ADAPTIVE_COMPARE] = {[FLYNN_U8] = compare_u8, [FLYNN_U16] = compare_u16, [FLYNN_F32] = compare_f32},
           [FLYNN_ADAPTIVE_COMPARE_FLOATS] = {[FLYNN_U8] = compare_floats_u8, [FLYNN_U16] = compare_floats_u16},
           [FLYNN_ADAPTIVE_WIDEN] = {[FLYNN_U8] = widen_u8, [FLYNN_U16] = widen_u16}},
};
